package device

import (
	"bytes"
	"errors"
	"os"
	"unsafe"

	"golang.org/x/sys/unix"

	"rescuebox/internal/diskread"
	"rescuebox/internal/medium"
)

// WriteAt implements rescue.Target. Its calls must not overlap.
func (t *Target) WriteAt(p []byte, off int64) (int, error) {
	if t.Sparse && off >= t.size && zero(p) {
		return len(p), nil
	}
	if t.Compare && t.holds(p, off) {
		return len(p), nil
	}
	n, err := t.write(p, off)
	t.size = max(t.size, off+int64(n))
	if err != nil {
		t.forget()
	}
	return n, err
}

// holds reports whether bytes are there already. What does not read is not.
func (t *Target) holds(p []byte, off int64) bool {
	if len(t.buffer) < len(p) {
		t.buffer = medium.AlignedBuffer(len(p))
	}
	n, err := t.file.ReadAt(t.buffer[:len(p)], off)
	return err == nil && n == len(p) && bytes.Equal(t.buffer[:n], p)
}

// write goes past the page cache where a write has the size and the place for it.
func (t *Target) write(p []byte, off int64) (int, error) {
	if t.past == nil || len(p) == 0 || off%t.unit != 0 || int64(len(p))%t.unit != 0 || int64(uintptr(unsafe.Pointer(&p[0])))%t.unit != 0 {
		return t.file.WriteAt(p, off)
	}
	n, err := t.past.WriteAt(p, off)
	if errors.Is(err, unix.EINVAL) {
		return t.file.WriteAt(p, off)
	}
	return n, err
}

// openPast opens the target a second time for writes past the page cache, unless it
// takes none.
func (t *Target) openPast() error {
	disk, err := diskread.Open(t.Path, diskread.Direct)
	if errors.Is(err, diskread.ErrKind) {
		return nil // /dev/null
	}
	if err != nil {
		return err
	}
	direct := disk.Direct()
	t.unit = int64(disk.Block())
	if err := disk.Close(); err != nil {
		return err
	}
	if !direct {
		return nil
	}
	flags := os.O_WRONLY | unix.O_DIRECT
	if t.TargetOptions.Sync {
		flags |= os.O_SYNC
	}
	t.past, err = os.OpenFile(t.Path, flags, 0)
	if errors.Is(err, unix.EINVAL) {
		t.past = nil
		return nil
	}
	return err
}

// Past reports whether writes go past the page cache, as Direct asks for.
func (t *Target) Past() bool { return t.past != nil }

func zero(p []byte) bool {
	for _, c := range p {
		if c != 0 {
			return false
		}
	}
	return true
}
