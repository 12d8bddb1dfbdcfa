//go:build amd64

package dpkg

import (
	"bufio"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"rescuebox/internal/pkgdb"
	"rescuebox/internal/rootfs"
)

// sumLines returns the lines of md5sums of the host's packages, up to limit packages.
func sumLines(t testing.TB, limit int) (lines []string) {
	t.Helper()
	sums, err := filepath.Glob(info + "*" + sumsSuffix)
	if err != nil || len(sums) < 50 {
		t.Fatalf("%d packages, %v: this test needs a Debian host", len(sums), err)
	}
	for i := range min(limit, len(sums)) {
		// From all over the alphabet.
		f, err := os.Open(sums[i*len(sums)/min(limit, len(sums))])
		if err != nil {
			t.Fatal(err)
		}
		for scan := bufio.NewScanner(f); scan.Scan(); {
			lines = append(lines, scan.Text())
		}
		f.Close()
	}
	return lines
}

// realFiles returns the real paths of the regular files in lines, each once.
func realFiles(lines []string) (paths []string) {
	seen, folders := map[string]bool{}, map[string]string{}
	for _, line := range lines {
		_, path, _ := strings.Cut(line, "  ")
		dir, name := filepath.Split("/" + path)
		real, known := folders[dir]
		if !known {
			real, _ = filepath.EvalSymlinks(dir)
			folders[dir] = real
		}
		path = real + "/" + name
		if info, err := os.Lstat(path); real != "" && !seen[path] && err == nil && info.Mode().IsRegular() {
			seen[path] = true
			paths = append(paths, path)
		}
	}
	return paths
}

func hostRecords(t testing.TB, paths []string) map[string][]pkgdb.Record {
	t.Helper()
	db, err := Open(rootfs.Root{})
	if err != nil || db == nil {
		t.Fatalf("Open: %v, %v", db, err)
	}
	records := map[string][]pkgdb.Record{}
	err = db.Lookup(context.Background(), pkgdb.Want(rootfs.Root{}, paths), func(i int, r pkgdb.Record) {
		records[paths[i]] = append(records[paths[i]], r)
	})
	if err != nil {
		t.Error(err)
	}
	return records
}

// Every file of 30 packages has a record, and it is the sum of what lies there,
// unless dpkg's own --verify says that this is another.
func TestHostFiles(t *testing.T) {
	paths := realFiles(sumLines(t, 30))
	records := hostRecords(t, paths)
	known := map[string]string{}
	for _, path := range paths {
		if len(records[path]) == 0 {
			t.Errorf("%s: no record", path)
			continue
		}
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		h := pkgdb.NewHash(pkgdb.MD5)
		h.Write(data)
		fine := false
		for _, r := range records[path] {
			fine = fine || r.Digest.Matches(h.Digest())
		}
		if !fine && !changed(t, known, records[path]) {
			t.Errorf("%s: not what %+v says", path, records[path])
		}
	}
	t.Logf("%d files", len(paths))
}

// changed reports whether dpkg finds a file of the records' packages changed. What it
// said of a package is known afterwards.
func changed(t *testing.T, known map[string]string, records []pkgdb.Record) bool {
	t.Helper()
	for _, r := range records {
		if _, asked := known[r.Package]; !asked {
			out, err := exec.Command("dpkg", "--verify", r.Package).Output()
			if _, exit := err.(*exec.ExitError); err != nil && !exit {
				t.Fatal(err)
			}
			known[r.Package] = string(out)
		}
		for line := range strings.Lines(known[r.Package]) {
			if strings.HasSuffix(line, " "+r.Path+"\n") {
				return true
			}
		}
	}
	return false
}

// The names and versions are those of dpkg-query, which adds the architecture to the
// names of foreign packages too.
func TestHostPackages(t *testing.T) {
	paths := realFiles(sumLines(t, 100))
	records := hostRecords(t, paths)
	out, err := exec.Command("dpkg-query", "-W", "-f", "${binary:Package} ${Version}\n${Package} ${Version}\n").Output()
	if err != nil {
		t.Fatal(err)
	}
	installed := map[string]bool{}
	for line := range strings.Lines(string(out)) {
		installed[strings.TrimSpace(line)] = true
	}
	missing := 0
	for _, path := range paths {
		if len(records[path]) == 0 {
			missing++
		}
		for _, r := range records[path] {
			if !installed[r.Package+" "+r.Version] {
				t.Errorf("%s: of %s %s, which is not installed", path, r.Package, r.Version)
			}
		}
	}
	if missing > 0 {
		t.Errorf("%d of %d files have no record", missing, len(paths))
	}
	t.Logf("%d files", len(paths))
}

func BenchmarkHostAll(b *testing.B) { benchmark(b, realFiles(sumLines(b, 1<<20))) }

func BenchmarkHostLibraries(b *testing.B) {
	out, err := exec.Command("ldconfig", "-p").Output()
	if err != nil {
		b.Fatal(err)
	}
	var paths []string
	for line := range strings.Lines(string(out)) {
		if _, path, ok := strings.Cut(strings.TrimSpace(line), "=> "); ok {
			if real, err := filepath.EvalSymlinks(path); err == nil {
				paths = append(paths, real)
			}
		}
	}
	benchmark(b, paths)
}

func benchmark(b *testing.B, paths []string) {
	db, err := Open(rootfs.Root{})
	if err != nil || db == nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	records := 0
	for b.Loop() {
		records = 0
		want := pkgdb.Want(rootfs.Root{}, paths)
		if err := db.Lookup(context.Background(), want, func(int, pkgdb.Record) { records++ }); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(records), "records")
	b.ReportMetric(float64(len(paths)), "files")
}
