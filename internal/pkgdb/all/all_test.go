package all

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"rescuebox/internal/rootfs"
)

// names returns the names of the databases inside dir.
func names(t *testing.T, dir string) (list []string, err error) {
	t.Helper()
	databases, err := Open(rootfs.New(dir))
	for _, db := range databases {
		list = append(list, db.Name())
	}
	return list, err
}

func TestOpen(t *testing.T) {
	dir := t.TempDir()
	if got, err := names(t, dir); len(got) > 0 || err != nil {
		t.Errorf("of an empty root: %v, %v", got, err)
	}
	for _, path := range []string{"var/lib/dpkg/status", "var/lib/pacman/local/ALPM_DB_VERSION", "lib/apk/db/installed"} {
		path = filepath.Join(dir, path)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, nil, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if got, err := names(t, dir); !slices.Equal(got, []string{"dpkg", "pacman", "apk"}) || err != nil {
		t.Errorf("%v, %v", got, err)
	}
	// One that cannot be looked at keeps no other from it.
	if err := os.RemoveAll(filepath.Join(dir, "lib")); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("lib", filepath.Join(dir, "lib")); err != nil {
		t.Fatal(err)
	}
	got, err := names(t, dir)
	if !slices.Equal(got, []string{"dpkg", "pacman"}) || err == nil || !strings.Contains(err.Error(), "/lib/apk/db/installed") {
		t.Errorf("%v, %v", got, err)
	}
}
