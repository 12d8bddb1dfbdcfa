package pagecache

import (
	"os"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// window is a mapped part of a file. Its memory is handed to the kernel, and never
// touched: a missing page would be a SIGBUS.
type window struct {
	cache  *Cache
	start  int64 // offset in the file, a multiple of the page size
	memory []byte
}

// window maps the pages that hold the length bytes from off on.
func (c *Cache) window(off, length int64) (*window, error) {
	start := off - off%c.page
	pages := (off + length - start + c.page - 1) / c.page
	memory, err := unix.Mmap(c.fd, start, int(pages*c.page), unix.PROT_READ, unix.MAP_SHARED)
	if err != nil {
		return nil, err
	}
	w := &window{c, start, memory}
	if err := unix.Madvise(memory, unix.MADV_RANDOM); err != nil {
		w.close()
		return nil, err
	}
	return w, nil
}

func (w *window) close() { _ = unix.Munmap(w.memory) }

// resident returns a byte for each page, whose lowest bit says that it is in the
// cache and that its content is valid (mm/mincore.c, mincore_page).
func (w *window) resident() ([]byte, error) {
	state := make([]byte, int64(len(w.memory))/w.cache.page)
	for {
		_, _, errno := unix.Syscall(unix.SYS_MINCORE, uintptr(unsafe.Pointer(&w.memory[0])),
			uintptr(len(w.memory)), uintptr(unsafe.Pointer(&state[0])))
		switch errno {
		case 0:
			return state, nil
		case unix.EINTR, unix.EAGAIN:
		default:
			return nil, errno
		}
	}
}

// ranges appends to list what the cache holds of the bytes from a to b.
func (w *window) ranges(list []Range, a, b int64) ([]Range, error) {
	state, err := w.resident()
	if err != nil {
		return list, err
	}
	for i, s := range state {
		from := max(w.start+int64(i)*w.cache.page, a)
		to := min(w.start+int64(i+1)*w.cache.page, b)
		if s&1 == 0 || from >= to {
			continue
		}
		if n := len(list); n > 0 && list[n-1].Offset+list[n-1].Length == from {
			list[n-1].Length += to - from
		} else {
			list = append(list, Range{from, to - from})
		}
	}
	return list, nil
}

// copy fills p with bytes that were in the cache a moment ago. What has left it since
// is read by the kernel, page by page, and ErrNotCached where that fails.
func (w *window) copy(p []byte, off int64) (int, error) {
	total := 0
	for total < len(p) {
		n, err := w.peek(p[total:], int(off-w.start)+total)
		switch {
		case n > 0:
			total += n
		case err == unix.EFAULT || err == nil:
			return total, ErrNotCached
		case err == unix.EINTR || err == unix.EAGAIN:
		default:
			n, err := w.cache.read(p[total:], off+int64(total))
			return total + n, err
		}
	}
	return total, nil
}

// peek lets the kernel copy from the mapping, which starts at the skip-th byte.
func (w *window) peek(p []byte, skip int) (int, error) {
	local := unix.Iovec{Base: &p[0]}
	local.SetLen(len(p))
	remote := unix.RemoteIovec{Base: uintptr(unsafe.Pointer(&w.memory[0])) + uintptr(skip), Len: len(p)}
	n, err := unix.ProcessVMReadv(os.Getpid(), []unix.Iovec{local}, []unix.RemoteIovec{remote}, 0)
	return max(n, 0), err
}

// read is for a kernel or a container without process_vm_readv(2). Reads that need
// the medium fail instead, where the file system and the kernel (4.14) can tell; the
// worst they start is to read ahead.
func (c *Cache) read(p []byte, off int64) (int, error) {
	_ = unix.Fadvise(c.fd, 0, 0, unix.FADV_RANDOM)
	total := 0
	for total < len(p) {
		// Page by page: one that is gone must not be part of a larger read.
		n := min(int64(len(p)-total), c.page-(off+int64(total))%c.page)
		n, err := c.readPage(p[total:total+int(n)], off+int64(total))
		total += int(n)
		switch {
		case err == unix.EINTR:
		case err == unix.EAGAIN || err == nil && n == 0:
			return total, ErrNotCached
		case err != nil:
			return total, err
		}
	}
	return total, nil
}

func (c *Cache) readPage(p []byte, off int64) (int64, error) {
	n, err := unix.Preadv2(c.fd, [][]byte{p}, off, unix.RWF_NOWAIT)
	switch err {
	case unix.EOPNOTSUPP, unix.ENOSYS, unix.EINVAL, syscall.EPERM:
		n, err = unix.Pread(c.fd, p, off)
	}
	return int64(max(n, 0)), err
}
