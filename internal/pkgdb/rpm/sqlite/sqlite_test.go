package sqlite

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"rescuebox/internal/pkgdb/rpm/blob"
	"rescuebox/internal/pkgdb/rpm/rpmtest"
)

// fixtures are files in testdata, by the arguments of make.py.
var fixtures = map[string][]string{
	"plain":   {"1024", "0", "NONE", "plain", "60", "9000"},
	"wal":     {"512", "8", "FULL", "wal", "25", "3000"},
	"restart": {"4096", "0", "NONE", "restart", "20", "9000"},
}

// packages is the table of make.py.
var packages = Table{Name: "Packages", Root: 2}

// database is a database, its log, and what SQLite finds in it.
type database struct {
	data, log []byte
	want      []string // length and SHA-256 of each blob
}

// load reads a database in dir; files of testdata are packed.
func load(t testing.TB, dir, name string) database {
	t.Helper()
	read := func(suffix string) []byte {
		path := filepath.Join(dir, name+suffix)
		if dir == "testdata" && suffix != ".want" {
			path += ".gz"
		}
		data, err := os.ReadFile(path)
		if os.IsNotExist(err) && suffix == ".db-wal" {
			return nil
		}
		if err != nil {
			t.Fatal(err)
		}
		if strings.HasSuffix(path, ".gz") {
			r, err := gzip.NewReader(bytes.NewReader(data))
			if err != nil {
				t.Fatal(err)
			}
			if data, err = io.ReadAll(r); err != nil {
				t.Fatal(err)
			}
		}
		return data
	}
	return database{read(".db"), read(".db-wal"), strings.Split(strings.TrimSpace(string(read(".want"))), "\n")}
}

// all returns the blobs of a database, described as in want, and the damage.
func (d database) all() ([]string, []*blob.Damage) {
	return d.with(rpmtest.Faulty{Data: d.data}, rpmtest.Faulty{Data: d.log})
}

// with is all with readers of the database and its log.
func (d database) with(r, log io.ReaderAt) (got []string, damage []*blob.Damage) {
	l := Log{log, int64(len(d.log))}
	if d.log == nil {
		l = Log{}
	}
	Each(r, int64(len(d.data)), l, packages, func(_ blob.Place, row []byte, bad *blob.Damage) bool {
		if bad != nil {
			damage = append(damage, bad)
			return true
		}
		value := Column(row, 1)
		sum := sha256.Sum256(value)
		got = append(got, strconv.Itoa(len(value))+" "+hex.EncodeToString(sum[:]))
		return true
	})
	return got, damage
}

func same(got, want []string) bool { return slices.Equal(got, want) }

// missing returns how many of want are not in got, and -1 when got has others or
// another order.
func missing(got, want []string) int {
	at := 0
	for _, g := range got {
		for at < len(want) && want[at] != g {
			at++
		}
		if at == len(want) {
			return -1
		}
		at++
	}
	return len(want) - len(got)
}

func TestEach(t *testing.T) {
	for name := range fixtures {
		d := load(t, "testdata", name)
		got, damage := d.all()
		if len(damage) != 0 || !same(got, d.want) {
			t.Errorf("%s: %d rows of %d, %v", name, len(got), len(d.want), damage)
		}
	}
}

// Without its log a database is as it was before.
func TestLogCounts(t *testing.T) {
	d := load(t, "testdata", "wal")
	d.log = nil
	if got, _ := d.all(); same(got, d.want) {
		t.Error("the log makes no difference")
	}
}

func TestStop(t *testing.T) {
	d := load(t, "testdata", "plain")
	for n := 1; n <= len(d.want); n++ {
		calls := 0
		Each(rpmtest.Faulty{Data: d.data}, int64(len(d.data)), Log{}, packages, func(blob.Place, []byte, *blob.Damage) bool {
			calls++
			return calls < n
		})
		if calls != n {
			t.Fatalf("%d calls, want %d", calls, n)
		}
	}
}

func TestNoTable(t *testing.T) {
	d := load(t, "testdata", "plain")
	said := ""
	Each(rpmtest.Faulty{Data: d.data}, int64(len(d.data)), Log{}, Table{Name: "Nosuch", Root: 2}, func(_ blob.Place, _ []byte, bad *blob.Damage) bool {
		said += bad.Err.Error()
		return true
	})
	if said != "no table Nosuch" {
		t.Errorf("said %q", said)
	}
}

// Each page in turn cannot be read, then is rubbish.
func TestDamage(t *testing.T) {
	d := load(t, "testdata", "plain")
	whole := rpmtest.Faulty{Data: d.data}
	for at := 0; at < len(d.data); at += 1024 {
		bad := whole
		bad.Bad, bad.Size = int64(at), 1024
		got, damage := d.with(bad, nil)
		lost := missing(got, d.want)
		// Page 1 has the size of pages, which is another than rpm's.
		if lost < 0 || lost > 0 && len(damage) == 0 {
			t.Errorf("unreadable page at %d: lost %d, %v", at, lost, damage)
		}
		for _, x := range damage {
			if at > 0 && (x.Offset != int64(at) || !errors.Is(x.Err, syscall.EIO)) {
				t.Errorf("unreadable page at %d: %v", at, x)
			}
		}
		rubbish := bytes.Clone(d.data)
		copy(rubbish[at:], strings.Repeat("\xa5", 1024))
		got, damage = d.with(rpmtest.Faulty{Data: rubbish}, nil)
		// Of overflow pages only the number of the next one can be checked.
		lost = missing(got, d.want)
		if lost > 0 && len(damage) == 0 || len(got) > len(d.want) {
			t.Errorf("rubbish page at %d: lost %d, %v", at, lost, damage)
		}
	}
}

// Without page 1 a database whose table is where rpm's is can be read.
func TestFirstPageLost(t *testing.T) {
	dir := "testdata"
	d := load(t, dir, "restart")
	d.log = nil
	want, damage := d.all()
	if len(damage) != 0 || len(want) == 0 {
		t.Fatal(damage)
	}
	got, damage := d.with(rpmtest.Faulty{Data: d.data, Size: 512}, nil)
	if !same(got, want) || len(damage) != 1 {
		t.Errorf("%d rows of %d, %v", len(got), len(want), damage)
	}
}

// The log ends where it cannot be read, after the transactions in front.
func TestLogUnreadable(t *testing.T) {
	d := load(t, "testdata", "wal")
	log, _ := readLog(Log{rpmtest.Faulty{Data: d.log}, int64(len(d.log))})
	last := int64(0) // behind it lie pages of a transaction that was not committed
	for _, at := range log.pages {
		last = max(last, at)
	}
	frame := frameHeader + 512
	for at := logHeader; at <= int(last); at += 5 * frame {
		_, damage := d.with(rpmtest.Faulty{Data: d.data}, rpmtest.Faulty{Data: d.log, Bad: int64(at) + 100, Size: 1})
		if len(damage) == 0 || !damage[0].Log || damage[0].Offset != int64(at)+100 || !errors.Is(damage[0].Err, syscall.EIO) {
			t.Errorf("frame at %d: %v", at, damage)
		}
	}
}

// Logs of big-endian machines have other checksums.
func TestBigEndianLog(t *testing.T) {
	for _, name := range []string{"wal", "restart"} {
		d := load(t, "testdata", name)
		be := binary.BigEndian
		page := int(be.Uint32(d.log[8:]))
		d.log[3] |= 1
		s := &sum{order: be}
		s.add(d.log[:24])
		be.PutUint32(d.log[24:], s.a)
		be.PutUint32(d.log[28:], s.b)
		for at := logHeader; at+frameHeader+page <= len(d.log); at += frameHeader + page {
			if !bytes.Equal(d.log[at+8:at+16], d.log[16:24]) {
				break
			}
			s.add(d.log[at : at+8])
			s.add(d.log[at+frameHeader : at+frameHeader+page])
			be.PutUint32(d.log[at+16:], s.a)
			be.PutUint32(d.log[at+20:], s.b)
		}
		if got, damage := d.all(); len(damage) != 0 || !same(got, d.want) {
			t.Errorf("%s: %d rows of %d, %v", name, len(got), len(d.want), damage)
		}
	}
}

// A flipped bit in the log ends it in front of the transaction.
func TestLogFlip(t *testing.T) {
	d := load(t, "testdata", "wal")
	before := database{data: d.data}
	old, _ := before.all()
	for _, at := range []int{0, 9, 17, 25, logHeader + 1, logHeader + 17, logHeader + 300} {
		d.log[at] ^= 4
		if got, damage := d.all(); len(damage) != 0 || !same(got, old) {
			t.Errorf("byte %d: %d rows of %d, %v", at, len(got), len(old), damage)
		}
		d.log[at] ^= 4
	}
}

func TestVarint(t *testing.T) {
	for _, c := range []struct {
		bytes string
		v     uint64
		n     int
	}{
		{"\x00", 0, 1}, {"\x7f\xff", 127, 1}, {"\x81\x00", 128, 2}, {"\x82\x80\x01", 1<<15 + 1, 3},
		{strings.Repeat("\xff", 9), 1<<64 - 1, 9}, {strings.Repeat("\x80", 8) + "\x80", 128, 9},
		{"", 0, 0}, {"\x80", 0, 0}, {strings.Repeat("\xff", 8), 0, 0},
	} {
		if v, n := varint([]byte(c.bytes)); v != c.v || n != c.n {
			t.Errorf("%q: %d, %d", c.bytes, v, n)
		}
	}
}

func TestColumn(t *testing.T) {
	// NULL, 1, text "ab", blob 01 02 03, number of 2 bytes
	record := []byte("\x06\x00\x09\x11\x12\x02" + "ab" + "\x01\x02\x03" + "\x12\x34")
	for i, want := range []string{"", "", "ab", "\x01\x02\x03", "\x12\x34", ""} {
		if got := Column(record, i); string(got) != want {
			t.Errorf("column %d: %q, want %q", i, got, want)
		}
	}
	if got := Column(record[:9], 3); string(got) != "\x01" {
		t.Errorf("of a record cut off: %q", got)
	}
	for n := range 6 {
		if Column(record[:n], 2) != nil {
			t.Errorf("a header of %d bytes has a column", n)
		}
	}
}

func FuzzEach(f *testing.F) {
	d := load(f, "testdata", "wal")
	f.Add(d.data[:8<<10], d.log[:8<<10])
	d = load(f, "testdata", "plain")
	f.Add(d.data[:12<<10], []byte{})
	f.Fuzz(func(t *testing.T, data, log []byte) {
		size := len(data) + len(log)
		rpmtest.Bounded(t, size, func() {
			total := 0
			l := Log{rpmtest.Faulty{Data: log}, int64(len(log))}
			Each(rpmtest.Faulty{Data: data}, int64(len(data)), l, packages, func(at blob.Place, row []byte, _ *blob.Damage) bool {
				total += len(row)
				if at.Offset < 0 || len(Column(row, 1)) > len(row) {
					t.Fatal(at)
				}
				return true
			})
			if total > 3*size+3*maxPage {
				t.Fatalf("%d bytes of rows in a file of %d", total, size)
			}
		})
	})
}
