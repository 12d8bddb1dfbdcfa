// Package device opens what is rescued and where the copy goes: it reads past the page
// cache, knows which disk it is, and refuses targets that would be destroyed.
package device

import (
	"os"
	"strconv"
	"sync/atomic"
	"syscall"

	"golang.org/x/sys/unix"

	"rescuebox/internal/medium"
)

// sector is the unit of most disks, in bytes.
const sector = 512

// Source is a block device or a regular file that is read. Its methods may be called
// from several goroutines.
type Source struct {
	Identity Identity
	Path     string
	Block    bool // a block device

	fd                int
	size              int64
	logical, physical int64
	direct            atomic.Bool
}

// OpenSource opens a path for reading, past the page cache if that is possible and
// buffered is not asked for. Errors are *os.PathError.
func OpenSource(path string, buffered bool) (*Source, error) {
	const flags = unix.O_RDONLY | unix.O_CLOEXEC | unix.O_NONBLOCK | unix.O_LARGEFILE
	fd, err := unix.Open(path, flags|unix.O_DIRECT, 0)
	direct := err == nil && !buffered
	if err == unix.EINVAL || err == nil && buffered {
		if err == nil {
			unix.Close(fd)
		}
		fd, err = unix.Open(path, flags, 0)
	}
	if err != nil {
		return nil, &os.PathError{Op: "open", Path: path, Err: err}
	}
	s := &Source{Path: path, fd: fd, logical: sector, physical: sector}
	s.direct.Store(direct)
	if err := s.measure(); err != nil {
		unix.Close(fd)
		return nil, &os.PathError{Op: "open", Path: path, Err: err}
	}
	if !direct {
		s.noReadAhead()
	}
	return s, nil
}

// noReadAhead keeps a buffered read of one bad sector from failing with all that the
// kernel would read before it is asked.
func (s *Source) noReadAhead() {
	// What refuses the advice reads on as it did.
	_ = unix.Fadvise(s.fd, 0, 0, unix.FADV_RANDOM)
}

// measure finds size, sectors and identity.
func (s *Source) measure() error {
	var stat unix.Stat_t
	if err := unix.Fstat(s.fd, &stat); err != nil {
		return err
	}
	switch stat.Mode & unix.S_IFMT {
	case unix.S_IFREG:
		s.size = stat.Size
		var x unix.Statx_t
		if unix.Statx(s.fd, "", unix.AT_EMPTY_PATH, unix.STATX_DIOALIGN, &x) == nil && x.Mask&unix.STATX_DIOALIGN != 0 {
			s.logical = max(s.logical, int64(x.Dio_offset_align))
		}
		s.physical = s.logical
		s.Identity = Identity{Size: s.size}
	case unix.S_IFBLK:
		s.Block = true
		var err error
		if s.size, s.logical, s.physical, err = geometry(s.fd); err != nil {
			return err
		}
		s.Identity = identify(uint64(stat.Rdev), s.size)
	default:
		return syscall.EINVAL // a pipe, a folder, a character device: nothing is read at a place of one
	}
	return nil
}

// geometry asks a block device for its size and sectors: BLKGETSIZE64, BLKSSZGET and
// BLKPBSZGET of linux/fs.h.
func geometry(fd int) (size, logical, physical int64, err error) {
	size, err = unix.Seek(fd, 0, unix.SEEK_END)
	if err != nil {
		return 0, 0, 0, err
	}
	n, err := unix.IoctlGetInt(fd, unix.BLKSSZGET)
	if err != nil {
		return 0, 0, 0, err
	}
	logical, physical = int64(uint32(n)), int64(uint32(n))
	if p, err := unix.IoctlGetUint32(fd, unix.BLKPBSZGET); err == nil {
		physical = max(logical, int64(p))
	}
	const most = 1 << 20 // a size of more is no sector's
	if logical < sector || logical&(logical-1) != 0 || logical > most || physical&(physical-1) != 0 || physical > most {
		logical, physical = sector, sector
	}
	return size, logical, physical, nil
}

// Size implements rescue.Medium.
func (s *Source) Size() int64 { return s.size }

// Sectors implements rescue.Medium.
func (s *Source) Sectors() (logical, physical int64) { return s.logical, s.physical }

// Direct reports whether reads pass the page cache by.
func (s *Source) Direct() bool { return s.direct.Load() }

// Close closes it.
func (s *Source) Close() error { return unix.Close(s.fd) }

// ReadAt implements rescue.Medium, with any offset and length. Errors are of type
// syscall.Errno.
func (s *Source) ReadAt(p []byte, off int64) (int, error) {
	n := int64(len(p))
	if !s.Direct() || off%s.logical == 0 && n%s.logical == 0 {
		return s.pread(p, off)
	}
	from, to := off-off%s.logical, (off+n+s.logical-1)/s.logical*s.logical
	whole := medium.AlignedBuffer(int(to - from))
	got, err := s.pread(whole, from)
	if int64(got) <= off-from {
		return 0, err
	}
	got = copy(p, whole[off-from:got])
	if got == len(p) {
		err = nil
	}
	return got, err
}

// pread reads until all is there, or something fails.
func (s *Source) pread(p []byte, off int64) (n int, err error) {
	for n < len(p) {
		k, err := unix.Pread(s.fd, p[n:], off+int64(n))
		switch {
		case err == unix.EINTR:
		case err == unix.EINVAL && s.direct.CompareAndSwap(true, false):
			if flags, err := unix.FcntlInt(uintptr(s.fd), unix.F_GETFL, 0); err == nil {
				_, _ = unix.FcntlInt(uintptr(s.fd), unix.F_SETFL, flags&^unix.O_DIRECT)
			}
			s.noReadAhead()
		case err != nil:
			return n, err
		case k == 0:
			return n, nil
		default:
			n += k
		}
	}
	return n, nil
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
