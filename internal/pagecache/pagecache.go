// Package pagecache reads what the page cache holds of a file, without a read of the
// medium: after a disk has lost a sector it may have the last good copy.
//
// An ordinary read does not do. Even preadv2(2) with RWF_NOWAIT starts to read ahead
// where a page is missing, and so does the page that readahead has marked, wherever
// the next gap is; posix_fadvise(2) stops the first, not the second. A page fault
// under MADV_RANDOM does neither. The pages are therefore mapped, and copied out by
// the kernel on behalf of process_vm_readv(2): no byte of the mapping is ever touched
// by the program, so that a page which cannot be had is an EFAULT and no SIGBUS.
package pagecache

import (
	"io"
	"os"

	"golang.org/x/sys/unix"
)

// The errors of looking into the cache.
var (
	// ErrNotCached is that of bytes which are not in the cache.
	ErrNotCached error = reason("Not in the page cache")
	// ErrUnknown is that of a user who may not know what is in the cache: the
	// kernel tells the file's owner, who may write to it, and root (mincore(2)).
	ErrUnknown error = reason("Not allowed to know what is in the page cache")
)

type reason string

func (r reason) Error() string { return string(r) }

// Range is a run of bytes of a file.
type Range struct{ Offset, Length int64 }

// Cache is the page cache of one file. It may be used from several goroutines.
type Cache struct {
	fd   int
	stat unix.Stat_t
	page int64 // bytes
}

// Open opens a file to look at its pages. It fails with ErrUnknown where the kernel
// would not tell the truth. All errors but ErrUnknown are a *os.PathError.
func Open(path string) (*Cache, error) {
	// No O_DIRECT: reads of the cache are what is wanted. No access time is written
	// to a disk that may not take it.
	const flags = unix.O_RDONLY | unix.O_CLOEXEC | unix.O_NONBLOCK | unix.O_LARGEFILE
	fd, err := open(path, flags|unix.O_NOATIME)
	if err == unix.EPERM {
		fd, err = open(path, flags)
	}
	if err != nil {
		return nil, &os.PathError{Op: "open", Path: path, Err: err}
	}
	c := &Cache{fd: fd, page: int64(os.Getpagesize())}
	if err := unix.Fstat(fd, &c.stat); err != nil {
		c.Close()
		return nil, &os.PathError{Op: "stat", Path: path, Err: err}
	}
	told, err := c.told()
	switch {
	case err != nil:
		err = &os.PathError{Op: "mincore", Path: path, Err: err}
	case !told:
		err = ErrUnknown
	}
	if err != nil {
		c.Close()
		return nil, err
	}
	return c, nil
}

func open(path string, flags int) (int, error) {
	for {
		fd, err := unix.Open(path, flags, 0)
		if err != unix.EINTR {
			return fd, err
		}
	}
}

// Close closes the file.
func (c *Cache) Close() error { return unix.Close(c.fd) }

// Stat returns what fstat(2) said at the opening.
func (c *Cache) Stat() *unix.Stat_t { return &c.stat }

// Size is that of the file at the opening, in bytes.
func (c *Cache) Size() int64 { return int64(c.stat.Size) }

// beyond is how far behind the end of a file nothing can be in its cache, in bytes:
// file systems keep checksums of a file's content close behind it (fs/ext4/verity.c).
const beyond = 1 << 40

// told reports whether mincore(2) tells this user the truth. To whom it may not, it
// says that all pages are there (mm/mincore.c, can_do_mincore); a page far behind the
// end of the file never is.
func (c *Cache) told() (bool, error) {
	const alignment = 64 << 10 // of offsets, with pages of any size
	for _, off := range [...]int64{(c.Size() + beyond) &^ (alignment - 1), (c.Size() + 2*alignment - 1) &^ (alignment - 1)} {
		w, err := c.window(off, c.page)
		if err == unix.EOVERFLOW || err == unix.EINVAL {
			continue // of a 32-bit system: offsets are of fewer bits
		}
		if err != nil {
			return false, err
		}
		defer w.close()
		state, err := w.resident()
		return err == nil && state[0]&1 == 0, err
	}
	return false, unix.EOVERFLOW
}

// windowSize is how much of a file is mapped at a time, in bytes: little enough for
// the address space of a 32-bit program.
const windowSize = 16 << 20

// Resident returns which of the length bytes from off on are in the cache, in order;
// ranges that touch are one. They can be gone a moment later.
func (c *Cache) Resident(off, length int64) ([]Range, error) {
	var list []Range
	end := min(off+length, c.Size())
	for at := off; at < end; {
		stop := min((at/windowSize+1)*windowSize, end)
		w, err := c.window(at, stop-at)
		if err != nil {
			return list, err
		}
		list, err = w.ranges(list, at, stop)
		w.close()
		if err != nil {
			return list, err
		}
		at = stop
	}
	return list, nil
}

// ReadAt reads what is in the cache: up to the first byte that is not, whose error is
// ErrNotCached, or to the end of the file, io.EOF. Others are a syscall.Errno.
func (c *Cache) ReadAt(p []byte, off int64) (int, error) {
	end := min(off+int64(len(p)), c.Size())
	total := 0
	for at := off; at < end; at = off + int64(total) {
		stop := min((at/windowSize+1)*windowSize, end)
		n, err := c.some(p[total:total+int(stop-at)], at)
		total += n
		if err != nil {
			return total, err
		}
	}
	if total < len(p) {
		return total, io.EOF
	}
	return total, nil
}

// some reads within one window.
func (c *Cache) some(p []byte, off int64) (int, error) {
	w, err := c.window(off, int64(len(p)))
	if err != nil {
		return 0, err
	}
	defer w.close()
	list, err := w.ranges(nil, off, off+int64(len(p)))
	if err != nil {
		return 0, err
	}
	if len(list) == 0 || list[0].Offset > off {
		return 0, ErrNotCached
	}
	p, short := p[:list[0].Length], list[0].Length < int64(len(p))
	n, err := w.copy(p, off)
	if err == nil && short {
		err = ErrNotCached
	}
	return n, err
}
