package ndb

import (
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/adler32"
	"io"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"syscall"
	"testing"

	"rescuebox/internal/pkgdb/rpm/blob"
	"rescuebox/internal/pkgdb/rpm/rpmtest"
)

// all returns the whole values of a file, and the damage in it.
func all(r io.ReaderAt, size int) (values [][]byte, damage []*blob.Damage) {
	Each(r, int64(size), func(_ blob.Place, value []byte, d *blob.Damage) bool {
		if d != nil {
			damage = append(damage, d)
		} else {
			values = append(values, bytes.Clone(value))
		}
		return true
	})
	return values, damage
}

// missing returns how many of want are not in got, and -1 when there is something
// else in got.
func missing(got, want [][]byte) int {
	known := map[string]bool{}
	for _, w := range want {
		known[string(w)] = true
	}
	for _, g := range got {
		if !known[string(g)] {
			return -1
		}
	}
	return len(want) - len(got)
}

func TestEach(t *testing.T) {
	for _, n := range []int{0, 1, 100, 700} {
		want := rpmtest.Values(n, 3000)
		data := rpmtest.Slots(want...)
		got, damage := all(rpmtest.Faulty{Data: data}, len(data))
		if len(damage) != 0 || !slices.EqualFunc(got, want, bytes.Equal) {
			t.Errorf("%d of %d values, %v", len(got), n, damage)
		}
	}
	big := bytes.Repeat([]byte("0123456789"), 300000)
	data := rpmtest.Slots(big)
	if got, damage := all(rpmtest.Faulty{Data: data}, len(data)); damage != nil || !bytes.Equal(got[0], big) {
		t.Errorf("a value of %d bytes: %d, %v", len(big), len(got), damage)
	}
}

// A file that rpm 4.18 wrote (lib/backend/ndb/rpmpkg.c with a driver that puts,
// replaces and deletes values at random), and the length and hash of each value that
// rpm reads from it.
func TestWrittenByRPM(t *testing.T) {
	packed, err := os.ReadFile("testdata/rpmpkg.db.gz")
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile("testdata/rpmpkg.want")
	if err != nil {
		t.Fatal(err)
	}
	r, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		t.Fatal(err)
	}
	data, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	values, damage := all(rpmtest.Faulty{Data: data}, len(data))
	var got []string
	for _, v := range values {
		hash := uint32(0)
		for _, c := range v {
			hash = hash*31 + uint32(c)
		}
		got = append(got, fmt.Sprintf("%d %d", len(v), hash))
	}
	want := strings.Split(strings.TrimSpace(string(text)), "\n")
	slices.Sort(got)
	slices.Sort(want)
	if damage != nil || !slices.Equal(got, want) {
		t.Errorf("%d values, want %d, %v", len(got), len(want), damage)
	}
}

func TestStop(t *testing.T) {
	data := rpmtest.Slots(rpmtest.Values(50, 300)...)
	for _, header := range []int64{0, 512} { // slots, and what is found without them
		for n := 1; n <= 50; n++ {
			calls := 0
			Each(rpmtest.Faulty{Data: data, Size: header}, int64(len(data)), func(blob.Place, []byte, *blob.Damage) bool {
				calls++
				return calls < n
			})
			if calls != n {
				t.Fatalf("%d calls, want %d", calls, n)
			}
		}
	}
}

// Each sector in turn cannot be read: values that lie there are lost, values whose
// slots do are found all the same.
func TestUnreadable(t *testing.T) {
	want := rpmtest.Values(200, 500)
	data := rpmtest.Slots(want...)
	table := int(binary.LittleEndian.Uint32(data[12:])) * pageSize
	for at := 0; at < len(data); at += 512 {
		got, damage := all(rpmtest.Faulty{Data: data, Bad: int64(at), Size: 512}, len(data))
		lost := missing(got, want)
		touched := 0
		for i, v := range want {
			begin := int(binary.LittleEndian.Uint32(data[32+32*i+8:])) * blockSize
			if end := begin + len(v) + 44; begin < at+512 && at < end {
				touched++
			}
		}
		switch {
		case at < table && (lost != 0 || len(damage) != 1), lost > touched || lost < 0, lost > len(damage):
			t.Errorf("sector at %d: lost %d of %d there, %v", at, lost, touched, damage)
		}
		for _, d := range damage {
			if !errors.Is(d.Err, syscall.EIO) || d.Offset < int64(at) || d.Offset >= int64(at+512) {
				t.Errorf("sector at %d: %v", at, d)
			}
		}
	}
}

// A flipped bit anywhere is noticed, and costs no more than the value it is in.
func TestFlip(t *testing.T) {
	want := rpmtest.Values(40, 500)
	data := rpmtest.Slots(want...)
	random := rand.New(rand.NewPCG(1, 2))
	for range 500 {
		at, bit := random.IntN(len(data)), byte(1)<<random.IntN(8)
		data[at] ^= bit
		got, damage := all(rpmtest.Faulty{Data: data}, len(data))
		if lost := missing(got, want); lost < 0 || lost > 1 || lost > len(damage) {
			t.Fatalf("bit %#x of byte %d: lost %d, %v", bit, at, lost, damage)
		}
		data[at] ^= bit
	}
}

func TestCutOff(t *testing.T) {
	want := rpmtest.Values(40, 500)
	data := rpmtest.Slots(want...)
	for size := range len(data) {
		if size > 1024 && size%151 != 0 {
			continue
		}
		got, damage := all(rpmtest.Faulty{Data: data[:size]}, size)
		if lost := missing(got, want); lost < 0 || lost > 0 && len(damage) == 0 {
			t.Fatalf("%d bytes: %d values, %v", size, len(got), damage)
		}
	}
}

// Slots that all tell of the same value, or of ones that overlap, do not make the
// file be read again and again.
func TestOverlap(t *testing.T) {
	data := rpmtest.Slots(bytes.Repeat([]byte("Slot"), 250000))
	le := binary.LittleEndian
	begin := le.Uint32(data[32+8:])
	for i := 3; i < 256; i++ { // each begins 16 bytes later, and has a head
		at := int(begin)*blockSize + (i-2)*blockSize
		copy(data[16*i:], data[32:48])
		le.PutUint32(data[16*i+8:], begin+uint32(i-2))
		copy(data[at:], data[int(begin)*blockSize:][:headSize])
	}
	read := 0
	all(counter{rpmtest.Faulty{Data: data}, &read}, len(data))
	if read > 5*len(data) {
		t.Errorf("%d bytes read of a file of %d", read, len(data))
	}
}

// counter counts bytes that are read.
type counter struct {
	io.ReaderAt
	n *int
}

func (c counter) ReadAt(p []byte, at int64) (int, error) {
	*c.n += len(p)
	return c.ReaderAt.ReadAt(p, at)
}

func TestAdler(t *testing.T) {
	for _, n := range []int{0, 1, 5551, 5552, 5553, 100000} {
		data := bytes.Repeat([]byte{0xff}, n)
		if got, want := adler(1, data), adler32.Checksum(data); got != want {
			t.Errorf("%d bytes: %x, want %x", n, got, want)
		}
	}
}

func FuzzEach(f *testing.F) {
	f.Add(rpmtest.Slots())
	f.Add(rpmtest.Slots(rpmtest.Values(5, 200)...))
	f.Add(rpmtest.Slots(rpmtest.Values(5, 200)...)[:4500])
	f.Fuzz(func(t *testing.T, data []byte) {
		rpmtest.Bounded(t, len(data), func() {
			Each(rpmtest.Faulty{Data: data}, int64(len(data)), func(at blob.Place, value []byte, _ *blob.Damage) bool {
				if at.Offset < 0 || len(value) > len(data) {
					t.Fatal(at, len(value))
				}
				return true
			})
		})
	})
}
