package salvage

import (
	"os"
	"testing"

	"golang.org/x/sys/unix"

	"rescuebox/internal/pagecache"
	"rescuebox/internal/rootfs"
)

func hostRoot(dir string) rootfs.Root { return rootfs.New(dir) }

// drop lets the page cache forget a file of a test.
func drop(t *testing.T, path string) {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if err := f.Sync(); err != nil {
		t.Fatal(err)
	}
	if err := unix.Fadvise(int(f.Fd()), 0, 0, unix.FADV_DONTNEED); err != nil {
		t.Fatal(err)
	}
	c, err := pagecache.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if list, err := c.Resident(0, c.Size()); err != nil || len(list) > 0 {
		t.Fatalf("%s is cached still: %v, %v (the folder for temporary files must be on a disk)", path, list, err)
	}
}
