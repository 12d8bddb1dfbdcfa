package diskread

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"rescuebox/internal/medium"
)

func TestImage(t *testing.T) {
	data := make([]byte, 100_001)
	for i := range data {
		data[i] = byte(i * 7 >> 3)
	}
	path := filepath.Join(t.TempDir(), "image")
	if err := os.WriteFile(path, data, 0o400); err != nil {
		t.Fatal(err)
	}
	for _, mode := range []Mode{Auto, Direct, Buffered} {
		d, err := Open(path, mode)
		if err != nil {
			t.Fatal(err)
		}
		if d.Size() != int64(len(data)) || d.IsDevice() || mode != Direct && (d.Direct() || d.Block() != 512) || d.Physical() != d.Block() || d.Stat().Nlink != 1 {
			t.Errorf("mode %d: %d bytes in blocks of %d, direct %v", mode, d.Size(), d.Block(), d.Direct())
		}
		block := d.Block()
		p := medium.AlignedBuffer(32 * block)
		for off := 0; off < len(data); off += len(p) {
			n, err := d.ReadAt(p, int64(off))
			if want := data[off:min(off+len(p), len(data))]; err != nil || !bytes.Equal(p[:n], want) {
				t.Errorf("mode %d, at %d: %d, %v", mode, off, n, err)
			}
		}
		behind := (int64(len(data)) + int64(block) - 1) / int64(block) * int64(block)
		if n, err := d.ReadAt(p, behind); n != 0 || err != io.EOF {
			t.Errorf("mode %d, behind the end: %d, %v", mode, n, err)
		}
		// What the kernel refuses directly is read the other way, for good.
		if n, err := d.ReadAt(p[:7], 3); n != 7 || err != nil || !bytes.Equal(p[:7], data[3:10]) {
			t.Errorf("mode %d, out of line: %d, %v", mode, n, err)
		}
		if err := d.Close(); err != nil {
			t.Error(err)
		}
	}
}

func TestKinds(t *testing.T) {
	dir := t.TempDir()
	fifo := filepath.Join(dir, "fifo")
	if err := unix.Mkfifo(fifo, 0o600); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]error{
		dir: ErrKind, fifo: ErrKind, os.DevNull: ErrKind, filepath.Join(dir, "nosuch"): syscall.ENOENT, "": syscall.ENOENT,
	} {
		var named *os.PathError
		if _, err := Open(path, Auto); !errors.Is(err, want) || !errors.As(err, &named) || named.Path != path {
			t.Errorf("%q: %v", path, err)
		}
	}
}
