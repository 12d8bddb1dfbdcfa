package pagecache

import (
	"bytes"
	"errors"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"syscall"
	"testing"
)

func random(n int) []byte {
	b := make([]byte, n)
	rand.NewChaCha8([32]byte{7}).Read(b)
	return b
}

// What was just written is in the cache, of a file of any size.
func TestWritten(t *testing.T) {
	content := random(windowSize + 3*(64<<10) + 17)
	for _, size := range []int{0, 1, 4095, 4096, 65536, 70_001, len(content)} {
		path := filepath.Join(t.TempDir(), "file")
		if err := os.WriteFile(path, content[:size], 0o600); err != nil {
			t.Fatal(err)
		}
		c, err := Open(path)
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		list, err := c.Resident(0, 1<<40)
		if err != nil || size > 0 && (len(list) != 1 || list[0] != Range{0, int64(size)}) {
			t.Errorf("%d bytes: resident %v, %v", size, list, err)
		}
		got := make([]byte, size+10)
		n, err := c.ReadAt(got, 0)
		if n != size || err != io.EOF || !bytes.Equal(got[:n], content[:size]) {
			t.Errorf("%d bytes: read %d, %v", size, n, err)
		}
		// The way for kernels without process_vm_readv.
		n, err = c.read(got[:size], 0)
		if n != size || err != nil || !bytes.Equal(got[:n], content[:size]) {
			t.Errorf("%d bytes: read plainly %d, %v", size, n, err)
		}
	}
}

// A part is read from any offset, also across windows, and none behind the end.
func TestParts(t *testing.T) {
	content := random(windowSize + 100_000)
	path := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
	c, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	for _, off := range []int{0, 1, 4095, 12_345, windowSize - 100, windowSize, len(content) - 5} {
		got := make([]byte, 9000)
		n, err := c.ReadAt(got, int64(off))
		want := content[off:min(off+9000, len(content))]
		if !bytes.Equal(got[:n], want) || (err == io.EOF) != (n < 9000) {
			t.Errorf("at %d: %d bytes, %v", off, n, err)
		}
		list, err := c.Resident(int64(off), 9000)
		if err != nil || len(list) != 1 || list[0] != (Range{int64(off), int64(len(want))}) {
			t.Errorf("at %d: resident %v, %v", off, list, err)
		}
	}
	if n, err := c.ReadAt(make([]byte, 1), int64(len(content))); n != 0 || err != io.EOF {
		t.Errorf("at the end: %d, %v", n, err)
	}
}

// A file that became shorter gives no SIGBUS.
func TestShrunk(t *testing.T) {
	path := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(path, random(300_000), 0o600); err != nil {
		t.Fatal(err)
	}
	c, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if err := os.Truncate(path, 5); err != nil {
		t.Fatal(err)
	}
	if n, err := c.ReadAt(make([]byte, 10_000), 200_000); n != 0 || err != ErrNotCached {
		t.Errorf("%d, %v", n, err)
	}
	w, err := c.window(0, 300_000)
	if err != nil {
		t.Fatal(err)
	}
	defer w.close()
	if n, err := w.copy(make([]byte, 10_000), 200_000); n != 0 || err != ErrNotCached {
		t.Errorf("of a page that is gone: %d, %v", n, err)
	}
}

func TestOpenErrors(t *testing.T) {
	dir := t.TempDir()
	if _, err := Open(filepath.Join(dir, "nosuch")); !errors.Is(err, syscall.ENOENT) {
		t.Error(err)
	}
	var path *os.PathError
	if _, err := Open(dir); !errors.As(err, &path) {
		t.Errorf("a folder: %v", err)
	}
}
