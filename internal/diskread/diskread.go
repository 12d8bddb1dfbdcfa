// Package diskread reads a disk, or a file that is the image of one, at offsets and
// from several goroutines, past the page cache where that is asked for: through it,
// one bad sector takes the good ones of its page along, or all that the kernel reads
// ahead.
package diskread

import (
	"io"
	"os"
	"sync/atomic"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"

	"rescuebox/internal/medium"
)

// ErrKind is the error of opening what is neither a block device nor a regular file.
var ErrKind error = wrongKind{}

type wrongKind struct{}

func (wrongKind) Error() string { return "Neither a block device nor a regular file" }

// Mode says which way the bytes come.
type Mode int

const (
	// Auto reads block devices directly, and files through the page cache.
	Auto Mode = iota
	// Direct reads past the page cache, where the kernel can.
	Direct
	// Buffered reads through the page cache, which may hold the last copy of what
	// the medium has lost.
	Buffered
)

// maxBlock is the largest logical sector that is believed, in bytes.
const maxBlock = 1 << 20

// Disk is an open disk or image.
type Disk struct {
	fd       int
	stat     unix.Stat_t
	size     int64
	block    int
	physical int
	direct   atomic.Bool
}

// Open opens a disk or image for reading, which nothing here ever does otherwise:
// it may be in use, or mounted. Errors are *os.PathError.
func Open(path string, mode Mode) (*Disk, error) {
	// A FIFO would not open, and some drives load a medium at that: look first.
	var stat unix.Stat_t
	if err := retry(func() error { return unix.Stat(path, &stat) }); err != nil {
		return nil, &os.PathError{Op: "stat", Path: path, Err: err}
	}
	if kind := stat.Mode & unix.S_IFMT; kind != unix.S_IFBLK && kind != unix.S_IFREG {
		return nil, &os.PathError{Op: "open", Path: path, Err: ErrKind}
	}
	if mode == Auto && stat.Mode&unix.S_IFMT == unix.S_IFBLK {
		mode = Direct
	}
	fd, direct, err := open(path, mode == Direct)
	if err != nil {
		return nil, &os.PathError{Op: "open", Path: path, Err: err}
	}
	d := &Disk{fd: fd}
	d.direct.Store(direct)
	if err := d.measure(); err != nil {
		_ = d.Close()
		return nil, &os.PathError{Op: "open", Path: path, Err: err}
	}
	if !direct && d.IsDevice() {
		d.noReadahead()
	}
	return d, nil
}

func open(path string, direct bool) (fd int, isDirect bool, err error) {
	const plain = unix.O_RDONLY | unix.O_CLOEXEC | unix.O_LARGEFILE
	if direct {
		err = retry(func() error {
			fd, err = unix.Open(path, plain|unix.O_DIRECT, 0)
			return err
		})
		if err != unix.EINVAL {
			return fd, true, err
		}
	}
	err = retry(func() error {
		fd, err = unix.Open(path, plain, 0)
		return err
	})
	return fd, false, err
}

func retry(call func() error) error {
	for {
		if err := call(); err != unix.EINTR {
			return err
		}
	}
}

// measure finds sizes out.
func (d *Disk) measure() error {
	if err := unix.Fstat(d.fd, &d.stat); err != nil {
		return err
	}
	d.block, d.physical = 512, 512
	switch d.stat.Mode & unix.S_IFMT {
	case unix.S_IFREG:
		d.size = int64(d.stat.Size)
		d.block = d.fileBlock()
		d.physical = d.block
		return nil
	case unix.S_IFBLK:
	default:
		return ErrKind // it was another one a moment ago
	}
	var size uint64
	if _, _, e := unix.Syscall(unix.SYS_IOCTL, uintptr(d.fd), unix.BLKGETSIZE64, uintptr(unsafe.Pointer(&size))); e != 0 {
		return e
	}
	d.size = int64(size & (1<<63 - 1))
	if n, err := unix.IoctlGetInt(d.fd, unix.BLKSSZGET); err == nil && valid(n) {
		d.block = n
	}
	d.physical = d.block
	if n, err := unix.IoctlGetInt(d.fd, unix.BLKPBSZGET); err == nil && valid(n) && n > d.block {
		d.physical = n
	}
	return nil
}

func valid(block int) bool { return block >= 512 && block <= maxBlock && block&(block-1) == 0 }

// fileBlock asks statx(2) for the unit of direct reads (Linux 6.1), or tries; at worst
// it is a page, which suffices for any disk.
func (d *Disk) fileBlock() int {
	const page = 4096
	if !d.Direct() {
		return 512
	}
	var x unix.Statx_t
	err := unix.Statx(d.fd, "", unix.AT_EMPTY_PATH, unix.STATX_DIOALIGN, &x)
	switch {
	case err != nil || x.Mask&unix.STATX_DIOALIGN == 0:
		if d.unaligned() {
			return 512
		}
		// A read of less than a page tells, whatever becomes of it otherwise.
		if _, err := d.pread(medium.AlignedBuffer(512), 512); err != unix.EINVAL {
			return 512
		}
		return page
	case !valid(int(x.Dio_offset_align)):
		// Nothing of this file is read directly, as where it is compressed.
		d.buffer()
		return 512
	}
	return int(x.Dio_offset_align)
}

// unaligned reports whether the file system's direct reads need no alignment, for there
// is no disk beneath it: fuse_direct_io and nfs_file_direct_read of Linux check none.
// A read to find that out would cost a failing disk at the other end a turn.
func (d *Disk) unaligned() bool {
	var st unix.Statfs_t
	if err := retry(func() error { return unix.Fstatfs(d.fd, &st) }); err != nil {
		return false
	}
	return st.Type == unix.FUSE_SUPER_MAGIC || st.Type == unix.NFS_SUPER_MAGIC
}

// Size returns the size in bytes.
func (d *Disk) Size() int64 { return d.size }

// Block returns the logical sector in bytes, the unit of reads; of an image 512, or
// what its file system needs for direct ones.
func (d *Disk) Block() int { return d.block }

// Physical returns the physical sector in bytes: what the medium loses at once.
func (d *Disk) Physical() int { return d.physical }

// IsDevice reports whether it is a block device.
func (d *Disk) IsDevice() bool { return d.stat.Mode&unix.S_IFMT == unix.S_IFBLK }

// Stat returns what fstat(2) said at the opening.
func (d *Disk) Stat() *unix.Stat_t { return &d.stat }

// Direct reports whether reads bypass the page cache; it turns false when the kernel
// refuses.
func (d *Disk) Direct() bool { return d.direct.Load() }

// Close closes it.
func (d *Disk) Close() error { return unix.Close(d.fd) }

// ReadAt reads at an offset that is a multiple of Block, as is the length of p; p is
// from medium.AlignedBuffer. A read may reach past the end, and returns less than was
// asked for where the kernel does. Errors are of type syscall.Errno, or io.EOF.
func (d *Disk) ReadAt(p []byte, off int64) (int, error) {
	n, err := d.pread(p, off)
	if err == syscall.EINVAL && d.Direct() {
		d.buffer()
		n, err = d.pread(p, off)
	}
	if err == nil && n == 0 && len(p) > 0 {
		err = io.EOF
	}
	return n, err
}

func (d *Disk) pread(p []byte, off int64) (n int, err error) {
	err = retry(func() error {
		n, err = unix.Pread(d.fd, p, off)
		return err
	})
	return max(n, 0), err
}

// buffer goes on through the page cache, from the next read on.
func (d *Disk) buffer() {
	d.direct.Store(false)
	flags, err := unix.FcntlInt(uintptr(d.fd), unix.F_GETFL, 0)
	if err == nil {
		_, _ = unix.FcntlInt(uintptr(d.fd), unix.F_SETFL, flags&^unix.O_DIRECT)
	}
	if d.IsDevice() {
		d.noReadahead()
	}
}

// noReadahead keeps a bad sector from failing the reads of others near it: a page is
// then all that is lost.
func (d *Disk) noReadahead() { _ = unix.Fadvise(d.fd, 0, 0, unix.FADV_RANDOM) }
