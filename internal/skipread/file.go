package skipread

import (
	"io"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// page is the alignment that a direct read needs of offset, length and memory
// on every device (open(2), O_DIRECT asks for the logical block size, at most a
// page).
const page = 4096

// File reads an open file at offsets. Reads of less than a page bypass the page
// cache where the file system can: through the cache one bad sector takes the
// seven good ones of its page along.
type File struct {
	fd      int
	buffer  []byte // one page, aligned to a page; nil until it is needed
	refused bool   // the file system has no direct reads
}

// NewFile returns a File of the descriptor fd, which stays the caller's.
func NewFile(fd int) *File { return &File{fd: fd} }

// ReadAt implements io.ReaderAt. Its errors are of type syscall.Errno, or io.EOF.
func (f *File) ReadAt(p []byte, off int64) (int, error) {
	if len(p) < page && off%Block == 0 && !f.refused {
		n, err := f.direct(p, off)
		if err != unix.EINVAL {
			return n, err
		}
		f.refused = true
	}
	total := 0
	for total < len(p) {
		n, err := pread(f.fd, p[total:], off+int64(total))
		if err != nil {
			return total, err
		}
		if n == 0 {
			return total, io.EOF
		}
		total += n
	}
	return total, nil
}

// direct reads with O_DIRECT set on the descriptor for as long as it takes: the
// file cannot be opened anew when its path is gone or /proc is not mounted.
func (f *File) direct(p []byte, off int64) (int, error) {
	flags, err := unix.FcntlInt(uintptr(f.fd), unix.F_GETFL, 0)
	if err != nil {
		return 0, unix.EINVAL
	}
	if _, err := unix.FcntlInt(uintptr(f.fd), unix.F_SETFL, flags|unix.O_DIRECT); err != nil {
		return 0, unix.EINVAL
	}
	defer unix.FcntlInt(uintptr(f.fd), unix.F_SETFL, flags)

	if f.buffer == nil {
		f.buffer = aligned()
	}
	whole := (len(p) + Block - 1) / Block * Block
	n, err := pread(f.fd, f.buffer[:whole], off)
	if err != nil {
		return 0, err
	}
	if n == 0 {
		return 0, io.EOF
	}
	return copy(p, f.buffer[:n]), nil
}

func pread(fd int, p []byte, off int64) (int, error) {
	for {
		n, err := unix.Pread(fd, p, off)
		if err != syscall.EINTR {
			return n, err
		}
	}
}

// aligned returns a page of memory at an address that is a multiple of a page.
func aligned() []byte {
	b := make([]byte, 2*page)
	skip := -int(uintptr(unsafe.Pointer(&b[0]))) & (page - 1)
	return b[skip : skip+page]
}
