package pkgdb

import (
	"os"
	"path/filepath"
	"testing"

	"rescuebox/internal/rootfs"
)

func TestWanted(t *testing.T) {
	dir := t.TempDir()
	for _, d := range []string{"usr/lib/x", "opt"} {
		if err := os.MkdirAll(filepath.Join(dir, d), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	for link, target := range map[string]string{
		"lib": "usr/lib", "usr/lib64": "/usr/lib", "usr/lib/x/link.so": "../lib.so", "usr/x": "/", "gone": "nowhere",
	} {
		if err := os.Symlink(target, filepath.Join(dir, link)); err != nil {
			t.Fatal(err)
		}
	}
	paths := []string{"/usr/lib/lib.so", "/opt/a", "/top", "/usr/lib/lib.so", "/usr/lib/x/b"}
	w := Want(rootfs.New(dir), paths)
	for _, c := range []struct {
		path string
		want int
	}{
		{"usr/lib/lib.so", 0},
		{"/lib/lib.so", 0},
		{"lib/lib.so", 0},
		{"usr/lib64/lib.so", 0},
		{"usr/lib64//x/./../lib.so", 0},
		{"opt/a", 1},
		{"/opt/a", 1},
		{"usr/x/opt/a", 1},
		{"top", 2},
		{"/top", 2},
		{"usr/x/top", 2},
		{"lib/x/b", 4},
		{"lib/x/b", 4},
		{"usr/lib/x/link.so", -1}, // a link is not the file that it leads to
		{"lib.so", -1},
		{"gone/a", -1},
		{"nosuch/a", -1},
		{"", -1},
		{"/", -1},
		{"opt/a/", -1},
		{"opt/b", -1},
	} {
		got, ok := w.Index([]byte(c.path))
		if !ok {
			got = -1
		}
		if got != c.want {
			t.Errorf("%q: %d, want %d", c.path, got, c.want)
		}
	}
	for _, folder := range []string{"lib", "/lib", "lib/", "/usr/lib/"} {
		if i, ok := w.IndexIn([]byte(folder), []byte("lib.so")); !ok || i != 0 {
			t.Errorf("in %q: %d, %v", folder, i, ok)
		}
	}
	none := Want(rootfs.New(dir), nil)
	if i, ok := none.Index([]byte("/usr/lib/lib.so")); ok {
		t.Errorf("of nothing: %d", i)
	}
}
