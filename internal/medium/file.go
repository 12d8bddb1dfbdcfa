package medium

import (
	"io"
	"os"
	"sync/atomic"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// ErrNotFile is the error of opening something that is no regular file.
var ErrNotFile error = notFile{}

type notFile struct{}

func (notFile) Error() string { return "Not a regular file" }

// File is a regular file read past the page cache where its file system can.
type File struct {
	fd       int
	stat     unix.Stat_t
	block    int
	buffered atomic.Bool
	btrfs    bool // and read by readEncoded, until that is refused
}

// Open opens a regular file without touching its access time where that is
// allowed: the medium may not take another write.
func Open(path string) (*File, error) {
	fd, direct, err := openDirect(path)
	if err != nil {
		return nil, &os.PathError{Op: "open", Path: path, Err: err}
	}
	f := &File{fd: fd}
	if err := unix.Fstat(fd, &f.stat); err != nil {
		f.Close()
		return nil, &os.PathError{Op: "stat", Path: path, Err: err}
	}
	if f.stat.Mode&unix.S_IFMT != unix.S_IFREG {
		f.Close()
		return nil, &os.PathError{Op: "open", Path: path, Err: ErrNotFile}
	}
	var known bool
	f.block, known = directBlock(fd)
	// A file that is encrypted or compressed opens for direct I/O, but is read
	// through the cache; statx(2) says so by an alignment of 0.
	unit := onBtrfs(fd)
	f.btrfs = unit > 0
	if !direct || known && f.block == 0 || f.btrfs {
		f.dropDirect()
		f.buffered.Store(!f.tryEncoded())
	}
	if f.btrfs && f.Direct() {
		f.block = unit
	}
	if f.block < sector || f.block > Chunk || f.block&(f.block-1) != 0 {
		f.block = sector
	}
	return f, nil
}

// sector is the logical block of most disks, in bytes.
const sector = 512

// openDirect tries without the flags that a file system or a user may not have.
// O_NONBLOCK keeps a FIFO from holding the program up.
func openDirect(path string) (fd int, direct bool, err error) {
	const plain = unix.O_RDONLY | unix.O_CLOEXEC | unix.O_NONBLOCK | unix.O_LARGEFILE
	for _, extra := range [...]int{unix.O_DIRECT | unix.O_NOATIME, unix.O_DIRECT, unix.O_NOATIME, 0} {
		for {
			fd, err = unix.Open(path, plain|extra, 0)
			if err != unix.EINTR {
				break
			}
		}
		if err != unix.EINVAL && err != unix.EPERM {
			return fd, extra&unix.O_DIRECT != 0, err
		}
	}
	return fd, false, err
}

// directBlock asks statx(2) for the unit of direct reads, Linux 6.1; known is false
// on an older kernel or a file system that does not tell.
func directBlock(fd int) (block int, known bool) {
	var x unix.Statx_t
	err := unix.Statx(fd, "", unix.AT_EMPTY_PATH, unix.STATX_DIOALIGN, &x)
	if err != nil || x.Mask&unix.STATX_DIOALIGN == 0 {
		return 0, false
	}
	return int(x.Dio_offset_align), true
}

// tryEncoded reports whether the file can be read extent by extent: asked for at its
// end, where nothing is read, for any place may be bad.
func (f *File) tryEncoded() bool {
	if !f.btrfs {
		return false
	}
	_, _, err := f.encoded(AlignedBuffer(alignment), f.Size())
	return err == nil || err != syscall.ENOTTY && err != syscall.EPERM && err != syscall.EINVAL && err != syscall.EOPNOTSUPP
}

func (f *File) dropDirect() {
	flags, err := unix.FcntlInt(uintptr(f.fd), unix.F_GETFL, 0)
	if err == nil {
		_, _ = unix.FcntlInt(uintptr(f.fd), unix.F_SETFL, flags&^unix.O_DIRECT)
	}
}

// Fd returns the descriptor, which stays the file's.
func (f *File) Fd() int { return f.fd }

// Stat returns what fstat(2) said at the opening.
func (f *File) Stat() *unix.Stat_t { return &f.stat }

// Size implements Source.
func (f *File) Size() int64 { return int64(f.stat.Size) }

// Block implements Source.
func (f *File) Block() int { return f.block }

// Direct reports whether reads bypass the page cache; it may turn false as reads
// are refused.
func (f *File) Direct() bool { return !f.buffered.Load() }

// Close closes the file.
func (f *File) Close() error { return unix.Close(f.fd) }

// ReadAt implements Source. Its errors are of type syscall.Errno, or io.EOF. The
// buffer is from AlignedBuffer.
func (f *File) ReadAt(p []byte, off int64) (int, error) {
	if f.btrfs && f.Direct() {
		n, err := f.readEncoded(p, off)
		if err == nil && n == 0 {
			err = io.EOF
		}
		return n, err
	}
	n, err := pread(f.fd, p, off)
	if err == syscall.EINVAL && f.Direct() {
		n, err = f.refused(p, off)
	}
	if err == nil && n == 0 {
		err = io.EOF
	}
	return n, err
}

// refused reads where a direct read was invalid: the disk's blocks are larger than
// the kernel could tell, or the file system has no direct reads after all.
func (f *File) refused(p []byte, off int64) (int, error) {
	if off%alignment != 0 || len(p)%alignment != 0 {
		// In a whole page it may be read; the part that was asked for begins
		// somewhere in it.
		page := AlignedBuffer(alignment)
		start := off - off%alignment
		n, err := pread(f.fd, page, start)
		if err != syscall.EINVAL {
			return copy(p, page[min(int(off-start), max(n, 0)):max(n, 0)]), err
		}
	}
	f.buffered.Store(true)
	f.dropDirect()
	return pread(f.fd, p, off)
}

func pread(fd int, p []byte, off int64) (int, error) {
	for {
		n, err := unix.Pread(fd, p, off)
		if err != syscall.EINTR {
			return max(n, 0), err
		}
	}
}

// AlignedBuffer returns n bytes at an address that O_DIRECT accepts.
func AlignedBuffer(n int) []byte {
	b := make([]byte, n+alignment)
	skip := -int(uintptr(unsafe.Pointer(&b[0]))) & (alignment - 1)
	return b[skip : skip+n : skip+n]
}
