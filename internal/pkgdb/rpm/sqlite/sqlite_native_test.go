//go:build amd64

package sqlite

import (
	"bytes"
	"compress/gzip"
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"
)

var (
	update = flag.Bool("sqlite.update", false, "write the files in testdata anew, with the host's SQLite")
	seeds  = flag.Int("sqlite.seeds", 1, "how many databases of each kind to compare with SQLite")
)

// makeDatabase makes a database with SQLite, as testdata/make.py says.
func makeDatabase(t *testing.T, dir, name string, args ...string) {
	t.Helper()
	args = append([]string{"testdata/make.py", dir, name}, args...)
	if out, err := exec.Command("python3", args...).CombinedOutput(); err != nil {
		t.Fatalf("python3 (apt-get install python3): %v %s", err, out)
	}
}

// Databases that SQLite made: every page size, with and without reserved bytes,
// pages of pointers (auto_vacuum) and logs, against what SQLite selects.
func TestSQLite(t *testing.T) {
	for seed := range *seeds {
		for i, page := 0, minPage; page <= maxPage; i, page = i+1, page*2 {
			for j, mode := range []string{"plain", "wal", "restart"} {
				reserved := []string{"0", "32", "8"}[(i+j+seed)%3]
				vacuum := []string{"NONE", "FULL"}[(i+j+seed/3)%2]
				dir := t.TempDir()
				name := mode + strconv.Itoa(page) + "-" + strconv.Itoa(seed)
				makeDatabase(t, dir, name, strconv.Itoa(page), reserved, vacuum, mode, "40", strconv.Itoa(20*page))
				d := load(t, dir, name)
				got, damage := d.all()
				if len(damage) != 0 || !same(got, d.want) {
					t.Errorf("%s, %s reserved, auto_vacuum %s: %d rows of %d, %v",
						name, reserved, vacuum, len(got), len(d.want), damage)
				}
			}
		}
	}
}

// The files that the other tests use, which run where there is no SQLite.
func TestFixtures(t *testing.T) {
	if !*update {
		return
	}
	dir := t.TempDir()
	for name, args := range fixtures {
		makeDatabase(t, dir, name, args...)
		for _, suffix := range []string{".db", ".db-wal"} {
			data, err := os.ReadFile(filepath.Join(dir, name+suffix))
			if os.IsNotExist(err) {
				continue
			}
			if err != nil {
				t.Fatal(err)
			}
			var packed bytes.Buffer
			w := gzip.NewWriter(&packed)
			w.Write(data)
			w.Close()
			if err := os.WriteFile("testdata/"+name+suffix+".gz", packed.Bytes(), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(filepath.Join(dir, name+".want"))
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile("testdata/"+name+".want", want, 0o644); err != nil {
			t.Fatal(err)
		}
	}
}
