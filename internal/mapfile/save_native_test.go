//go:build amd64

package mapfile

import (
	"os"
	"runtime"
	"strconv"
	"testing"

	"golang.org/x/sys/unix"
)

// A folder of another mount namespace, which has a name in /proc only, gets its map, and
// not the one here that is called so there.
func TestSaveElsewhere(t *testing.T) {
	here := t.TempDir()
	if err := os.WriteFile(here+"/map", []byte("another"), 0o600); err != nil {
		t.Fatal(err)
	}
	mounted := make(chan *os.File)
	go func() {
		defer close(mounted)
		runtime.LockOSThread() // and it ends with the goroutine
		if err := unix.Unshare(unix.CLONE_NEWNS); err != nil {
			t.Errorf("%v (run as root)", err)
			return
		}
		if err := unix.Mount("", "/", "", unix.MS_REC|unix.MS_PRIVATE, ""); err != nil {
			t.Error(err)
			return
		}
		if err := unix.Mount("mapfile-test", here, "tmpfs", 0, ""); err != nil {
			t.Error(err)
			return
		}
		if f, err := os.Open(here); err != nil {
			t.Error(err)
		} else {
			mounted <- f
		}
	}()
	f := <-mounted
	if f == nil {
		return
	}
	defer f.Close()
	dir := "/proc/self/fd/" + strconv.Itoa(int(f.Fd()))
	for range 2 {
		if err := New(4096).Save(dir+"/map", Since130); err != nil {
			t.Fatal(err)
		}
	}
	names, err := f.Readdirnames(-1)
	if err != nil || len(names) != 1 || names[0] != "map" {
		t.Errorf("%v %v", names, err)
	}
	if text, err := os.ReadFile(here + "/map"); err != nil || string(text) != "another" {
		t.Errorf("%v %q", err, text)
	}
}
