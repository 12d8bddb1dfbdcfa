package bdb

import (
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"rescuebox/internal/pkgdb/rpm/blob"
	"rescuebox/internal/pkgdb/rpm/rpmtest"
)

// fixtures are files in testdata that db5.3_load made of rpmtest.Values.
var fixtures = map[string]struct {
	order           binary.ByteOrder
	pageSize        int
	values, longest int
}{
	"little": {binary.LittleEndian, 4096, 40, 20000},
	"big":    {binary.BigEndian, 512, 30, 4000},
}

// fixture returns a file in testdata and the values in it.
func fixture(t testing.TB, name string) (data []byte, values [][]byte) {
	t.Helper()
	f, err := os.Open(filepath.Join("testdata", name+".gz"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	r, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	if data, err = io.ReadAll(r); err != nil {
		t.Fatal(err)
	}
	return data, rpmtest.Values(fixtures[name].values, fixtures[name].longest)
}

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

// same reports whether two lists hold the same values.
func same(a, b [][]byte) bool {
	a, b = slices.Clone(a), slices.Clone(b)
	slices.SortFunc(a, bytes.Compare)
	slices.SortFunc(b, bytes.Compare)
	return slices.EqualFunc(a, b, bytes.Equal)
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
	for name := range fixtures {
		data, want := fixture(t, name)
		got, damage := all(rpmtest.Faulty{Data: data}, len(data))
		if len(damage) != 0 || !same(got, want) {
			t.Errorf("%s: %d values of %d, %v", name, len(got), len(want), damage)
		}
	}
}

// A walk ends when it is told to, wherever that is.
func TestStop(t *testing.T) {
	data, want := fixture(t, "little")
	for n := 1; n <= len(want); n++ {
		calls := 0
		Each(rpmtest.Faulty{Data: data}, int64(len(data)), func(blob.Place, []byte, *blob.Damage) bool {
			calls++
			return calls < n
		})
		if calls != n {
			t.Fatalf("%d calls, want %d", calls, n)
		}
	}
}

// Pages in turn cannot be read, then are rubbish: only what lies there is lost,
// and it is told. Without the metadata page all is found.
func TestDamage(t *testing.T) {
	for name, f := range fixtures {
		data, want := fixture(t, name)
		step := f.pageSize
		if len(data) > 200<<10 {
			step *= 5
		}
		for at := 0; at < len(data); at += step {
			kind := data[at+pageType]
			got, damage := all(rpmtest.Faulty{Data: data, Bad: int64(at), Size: int64(f.pageSize)}, len(data))
			lost := missing(got, want)
			switch {
			case len(damage) == 0 || damage[0].Offset != int64(at) || !errors.Is(damage[0].Err, syscall.EIO):
				t.Errorf("%s: unreadable page at %d: %v", name, at, damage)
			case at == 0 && lost != 0, kind == typeOverflow && lost != 1, lost < 0:
				t.Errorf("%s: unreadable page at %d of type %d: lost %d", name, at, kind, lost)
			}
			for _, rubbish := range []string{"\xff", "\x00"} {
				bad := bytes.Clone(data)
				copy(bad[at:], strings.Repeat(rubbish, f.pageSize))
				got, damage = all(rpmtest.Faulty{Data: bad}, len(bad))
				lost = missing(got, want)
				if lost < 0 || at == 0 && lost != 0 || lost > 0 && len(damage) == 0 || kind == typeOverflow && lost != 1 {
					t.Errorf("%s: rubbish %q at %d of type %d: lost %d, %v", name, rubbish, at, kind, lost, damage)
				}
			}
		}
	}
}

// A file cut off anywhere gives what is in front.
func TestCutOff(t *testing.T) {
	data, want := fixture(t, "big")
	for size := 0; size < len(data); size += 256 {
		got, damage := all(rpmtest.Faulty{Data: data[:size]}, size)
		if missing(got, want) < 0 || missing(got, want) > 0 && len(damage) == 0 {
			t.Errorf("%d bytes: %d values, %v", size, len(got), damage)
		}
	}
}

// Overflow pages that lead back, or to those of another value, end.
func TestCycle(t *testing.T) {
	data, want := fixture(t, "little")
	order := fixtures["little"].order
	for at := 4096; at < len(data); at += 4096 {
		if data[at+pageType] != typeOverflow || order.Uint32(data[at+pageNext:]) == 0 {
			continue
		}
		bad := bytes.Clone(data)
		order.PutUint32(bad[at+pageNext:], uint32(at/4096))
		got, damage := all(rpmtest.Faulty{Data: bad}, len(bad))
		if missing(got, want) != 1 || len(damage) != 1 {
			t.Errorf("page at %d leads to itself: lost %d, %v", at, missing(got, want), damage)
		}
	}
}

// An item that leads to a hash page loses its value, not those on the page.
func TestLeadsToHashPage(t *testing.T) {
	data, want := fixture(t, "big")
	order := fixtures["big"].order
	hashPage := 0
	for at := len(data) - 512; hashPage == 0; at -= 512 {
		if data[at+pageType] == typeHash && order.Uint16(data[at+pageItems:]) > 0 {
			hashPage = at / 512
		}
	}
	for at := 512; at < len(data); at += 512 {
		if data[at+pageType] != typeOverflow || order.Uint32(data[at+pageNext:]) == 0 {
			continue
		}
		bad := bytes.Clone(data)
		order.PutUint32(bad[at+pageNext:], uint32(hashPage))
		got, damage := all(rpmtest.Faulty{Data: bad}, len(bad))
		if missing(got, want) != 1 || len(damage) != 1 {
			t.Errorf("page at %d leads to %d: lost %d, %v", at, hashPage, missing(got, want), damage)
		}
	}
}

func FuzzEach(f *testing.F) {
	big, _ := fixture(f, "big")
	f.Add(big[:12*512])
	little, _ := fixture(f, "little")
	f.Add(little[:4*4096])
	f.Fuzz(func(t *testing.T, data []byte) {
		rpmtest.Bounded(t, len(data), func() {
			total := 0
			Each(rpmtest.Faulty{Data: data}, int64(len(data)), func(at blob.Place, value []byte, _ *blob.Damage) bool {
				total += len(value)
				if at.Offset < 0 || at.Offset > int64(len(data))+maxPage {
					t.Fatal(at)
				}
				return true
			})
			if total > 3*len(data) {
				t.Fatalf("%d bytes of values in a file of %d", total, len(data))
			}
		})
	})
}
