//go:build amd64

package bdb

import (
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"flag"
	"os"
	"path/filepath"
	"testing"

	"rescuebox/internal/pkgdb/rpm/rpmtest"
)

var update = flag.Bool("bdb.update", false, "write the files in testdata anew, with the host's db5.3_load")

// Files that Berkeley DB made, of every page size and both byte orders.
func TestBerkeleyDB(t *testing.T) {
	values := rpmtest.Values(80, 40000)
	for _, order := range []binary.ByteOrder{binary.LittleEndian, binary.BigEndian} {
		for pageSize := minPage; pageSize <= maxPage; pageSize *= 2 {
			path := filepath.Join(t.TempDir(), "Packages")
			rpmtest.Hash(t, path, pageSize, order, values...)
			data, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			got, damage := all(rpmtest.Faulty{Data: data}, len(data))
			if len(damage) != 0 || !same(got, values) {
				t.Errorf("%v, pages of %d: %d values of %d, %v", order, pageSize, len(got), len(values), damage)
			}
		}
	}
}

// The files that the other tests use, which run where there is no db5.3_load.
func TestFixtures(t *testing.T) {
	if !*update {
		return
	}
	for name, f := range fixtures {
		path := filepath.Join(t.TempDir(), "Packages")
		rpmtest.Hash(t, path, f.pageSize, f.order, rpmtest.Values(f.values, f.longest)...)
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		var packed bytes.Buffer
		w := gzip.NewWriter(&packed)
		w.Write(data)
		w.Close()
		if err := os.WriteFile(filepath.Join("testdata", name+".gz"), packed.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}
