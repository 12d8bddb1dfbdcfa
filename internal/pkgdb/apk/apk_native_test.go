//go:build amd64

package apk

import (
	"errors"
	"os"
	"slices"
	"strings"
	"syscall"
	"testing"

	"rescuebox/internal/pkgdb"
	"rescuebox/scripts/faultlab"
)

func TestMain(m *testing.M) {
	faultlab.Main()
	os.Exit(m.Run())
}

// A bad sector in the database loses the packages that lie in it and no more; one
// flipped byte in a file is seen.
func TestBadSector(t *testing.T) {
	files := map[string]string{}
	var installed strings.Builder
	var paths []string
	for i := range 300 {
		name := "p" + string(rune('a'+i%26)) + strings.Repeat("x", i/26)
		paths = append(paths, "/usr/lib/"+name)
		files["usr/lib/"+name] = "content of " + name
		installed.WriteString("P:" + name + "\nV:1-r0\nT:" + strings.Repeat("words ", 30) + "\nF:usr\nF:usr/lib\nR:" + name +
			"\na:0:0:755\nZ:" + q1("content of "+name) + "\n\n")
	}
	files["lib/apk/db/installed"] = installed.String()
	dir := tree(t, files)
	whole, err := find(t, dir, paths...)
	if err != nil || len(whole) != len(paths) {
		t.Fatalf("%d, %v", len(whole), err)
	}
	lab, err := faultlab.NewTree(dir, "/dev/fuse")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { lab.Close() })
	if err := lab.Fail("lib/apk/db/installed", 50_000, 700); err != nil {
		t.Fatal(err)
	}
	got, err := find(t, lab.Dir(), paths...)
	var e *pkgdb.Error
	if !errors.Is(err, syscall.EIO) || !errors.As(err, &e) || e.Path != places[0] || e.Offset > 50_000 || e.Offset < 50_000-4096 {
		t.Errorf("%v", err)
	}
	if lost := len(whole) - len(got); lost < 2 || lost > 25 {
		t.Errorf("%d of %d lost", lost, len(whole))
	}
	for _, line := range got {
		if !slices.Contains(whole, line) {
			t.Errorf("not in the whole database: %s", line)
		}
	}
}
