package faultymedium

import (
	"bytes"
	"errors"
	"syscall"
	"testing"

	"rescuebox/internal/mapfile"
)

type memory struct {
	*bytes.Reader
	reads *int
}

func (m memory) ReadAt(p []byte, off int64) (int, error) {
	*m.reads++
	return m.Reader.ReadAt(p, off)
}
func (memory) Sectors() (logical, physical int64) { return 512, 512 }
func (memory) Close() error                       { return nil }

func TestMapped(t *testing.T) {
	reads := 0
	m := mapfile.New(3000)
	m.Set(0, 1000, mapfile.Finished)
	m.Set(1000, 500, mapfile.BadSector)
	m.Set(1500, 1500, mapfile.Finished)
	medium := Mapped{memory{bytes.NewReader(make([]byte, 5000)), &reads}, m}
	if n := medium.Size(); n != 3000 {
		t.Errorf("%d bytes", n)
	}
	for _, c := range []struct {
		off, size int64
		n         int
		err       error
	}{
		{0, 1000, 1000, nil}, {0, 1001, 0, syscall.EIO}, {999, 1, 1, nil}, {1000, 1, 0, syscall.EIO}, {1499, 2, 0, syscall.EIO},
		{1500, 1500, 1500, nil}, {500, 2000, 0, syscall.EIO},
	} {
		reads = 0
		n, err := medium.ReadAt(make([]byte, c.size), c.off)
		if n != c.n || !errors.Is(err, c.err) || (reads > 0) != (c.err == nil) {
			t.Errorf("%d bytes at %d: %d, %v, %d reads", c.size, c.off, n, err, reads)
		}
	}
}

func TestStamped(t *testing.T) {
	stamp := bytes.Repeat([]byte("bad!"), 128)
	content := bytes.Repeat([]byte("x"), 5000)
	copy(content[1024:], stamp)
	copy(content[2600:], stamp) // between sectors: that is data
	copy(content[4096:], stamp)
	reads := 0
	medium := Stamped{memory{bytes.NewReader(content), &reads}, stamp}
	for _, c := range []struct {
		off, size int64
		n         int
		err       error
	}{
		{0, 1024, 1024, nil}, {0, 5000, 1024, syscall.ENODATA}, {1024, 512, 0, syscall.ENODATA}, {1536, 2560, 2560, nil},
		{1536, 3464, 2560, syscall.ENODATA}, {1100, 400, 400, nil}, {1000, 1000, 24, syscall.ENODATA}, {4096, 904, 0, syscall.ENODATA},
		{4608, 392, 392, nil},
	} {
		n, err := medium.ReadAt(make([]byte, c.size), c.off)
		if n != c.n || !errors.Is(err, c.err) {
			t.Errorf("%d bytes at %d: %d, %v", c.size, c.off, n, err)
		}
	}
}
