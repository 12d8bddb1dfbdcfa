// Package faultymedium makes reads of a medium fail that would not: where a map says
// so, to try a rescue out, or where the bytes are those that a drive hands out in
// place of a sector that it cannot read.
package faultymedium

import (
	"bytes"
	"syscall"

	"rescuebox/internal/mapfile"
)

// Medium is what is read: that of package rescue.
type Medium interface {
	ReadAt(p []byte, off int64) (int, error)
	Size() int64
	Sectors() (logical, physical int64)
	Close() error
}

// Mapped is a medium of which only what is finished in a map can be read, as that of
// ddrescue's --test-mode: a read that is not all in such a block reads nothing, and
// does not reach the medium under it.
type Mapped struct {
	Medium
	Map *mapfile.Map // is not changed any more
}

// Size is the smaller one of the medium's and the map's.
func (m Mapped) Size() int64 { return min(m.Medium.Size(), m.Map.Size()) }

// ReadAt implements Medium. The error of a place that is not to be read is EIO.
func (m Mapped) ReadAt(p []byte, off int64) (int, error) {
	if b, ok := m.Map.At(off); ok && (b.Status != mapfile.Finished || b.Pos+b.Size-off < int64(len(p))) {
		return 0, syscall.EIO
	}
	return m.Medium.ReadAt(p, off)
}

// Stamped is a medium that hands out the same bytes for each sector that it cannot
// read, and no error.
type Stamped struct {
	Medium
	Stamp []byte // one sector; not empty
}

// ReadAt implements Medium. The sectors that are as the stamp are ENODATA, as a medium
// error is to Linux.
func (m Stamped) ReadAt(p []byte, off int64) (int, error) {
	n, err := m.Medium.ReadAt(p, off)
	size := int64(len(m.Stamp))
	// The sectors of the medium begin at multiples of their size.
	for at := (off+size-1)/size*size - off; at+size <= int64(n); at += size {
		if bytes.Equal(p[at:at+size], m.Stamp) {
			return int(at), syscall.ENODATA
		}
	}
	return n, err
}
