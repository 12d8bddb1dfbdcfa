// Package device opens what is rescued and where the copy goes: it knows which disk it
// is, and refuses targets that would be destroyed.
package device

import (
	"io"
	"strconv"

	"rescuebox/internal/diskread"
	"rescuebox/internal/medium"
)

// Source is a block device or a regular file that is read. Its methods may be called
// from several goroutines.
type Source struct {
	*diskread.Disk
	Identity Identity
	path     string
	buffered bool
}

// OpenSource opens a path for reading, past the page cache if that is possible and
// buffered is not asked for. Errors are *os.PathError.
func OpenSource(path string, buffered bool) (*Source, error) {
	mode := diskread.Direct
	if buffered {
		mode = diskread.Buffered
	}
	disk, err := diskread.Open(path, mode)
	if err != nil {
		return nil, err
	}
	s := &Source{Disk: disk, Identity: Identity{Size: disk.Size()}, path: path, buffered: buffered}
	if disk.IsDevice() {
		s.Identity = identify(uint64(disk.Stat().Rdev), disk.Size())
	}
	return s, nil
}

// Sectors implements rescue.Medium.
func (s *Source) Sectors() (logical, physical int64) {
	return int64(s.Block()), int64(s.Physical())
}

// ReadAt implements rescue.Medium, with any offset and length. Errors have a
// syscall.Errno in their chain, and rescue.ErrGone when the device is no more.
func (s *Source) ReadAt(p []byte, off int64) (int, error) {
	n, block := int64(len(p)), int64(s.Block())
	if off%block == 0 && n%block == 0 {
		return s.all(p, off)
	}
	from, to := off-off%block, (off+n+block-1)/block*block
	whole := medium.AlignedBuffer(int(to - from))
	got, err := s.all(whole, from)
	if int64(got) <= off-from {
		return 0, err
	}
	if got = copy(p, whole[off-from:got]); got == len(p) {
		err = nil
	}
	return got, err
}

// all reads until all is there, something fails or it ends.
func (s *Source) all(p []byte, off int64) (n int, err error) {
	for n < len(p) && err == nil {
		var k int
		k, err = s.Disk.ReadAt(p[n:], off+int64(n))
		n += k
	}
	if err == io.EOF {
		err = nil
	}
	return n, s.check(err)
}

// Identity is which disk it is.
type Identity struct {
	Model, Serial string // as sysfs has them; empty where it does not
	Size          int64  // bytes
	Disk          string // the kernel's name of the whole disk: sda
	Partition     int    // 0 for the whole disk
}

// String is what a map keeps: model, serial, partition and size.
func (id Identity) String() string {
	text := strconv.FormatInt(id.Size, 10) + " bytes"
	if id.Partition > 0 {
		text = "partition " + strconv.Itoa(id.Partition) + ", " + text
	}
	if id.Serial != "" {
		text = "serial " + id.Serial + ", " + text
	}
	if id.Model != "" {
		text = id.Model + ", " + text
	}
	return text
}
