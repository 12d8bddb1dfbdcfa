package blockdev

import (
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Extent is a run of a file's bytes on the device of its file system.
type Extent struct {
	Offset, Length int64 // bytes in the file
	Physical       int64 // byte on the device; meaningful when Mapped
	Mapped         bool  // false for holes and where the file system does not tell
}

// fiemapIoctl is FS_IOC_FIEMAP, _IOWR('f', 11, struct fiemap) (linux/fs.h); the
// two ways in which architectures encode that make the same number.
const fiemapIoctl = 0xC020660B

// fibmapIoctl is FIBMAP, _IO(0, 1), with the bits for "no argument" of the
// architecture, which are those of BLKSSZGET, _IO(0x12, 104).
const fibmapIoctl = unix.BLKSSZGET&^0xffff | 1

// Flags of extents (linux/fiemap.h) for which fe_physical is no address of the
// bytes: UNKNOWN, DELALLOC, ENCODED, DATA_ENCRYPTED, NOT_ALIGNED, DATA_INLINE,
// DATA_TAIL.
const noAddress = 0x2 | 0x4 | 0x8 | 0x80 | 0x100 | 0x200 | 0x400

// lastExtent is FIEMAP_EXTENT_LAST.
const lastExtent = 0x1

// fiemap is struct fiemap of linux/fiemap.h with room for some extents.
type fiemap struct {
	start, length                  uint64 // bytes
	flags, mapped, count, reserved uint32
	extents                        [32]fiemapExtent
}

type fiemapExtent struct {
	logical, physical, length uint64 // bytes
	_                         [2]uint64
	flags                     uint32
	_                         [3]uint32
}

// Extents returns where the bytes of the open file from off on lie, split where
// they are not contiguous, in order and without gaps. The error is that of the
// system when the file system can tell by neither FIEMAP nor FIBMAP. Nothing is
// written back first: what has no place yet is not Mapped.
func Extents(fd int, off, length int64) ([]Extent, error) {
	if off < 0 || length <= 0 || off+length < 0 {
		return nil, syscall.EINVAL
	}
	if !addressable(fd) {
		return nil, syscall.EOPNOTSUPP
	}
	list, err := byFiemap(fd, off, length)
	if err == syscall.EOPNOTSUPP || err == syscall.ENOTTY || err == syscall.EINVAL {
		return byFibmap(fd, off, length)
	}
	return list, err
}

// addressable reports whether physical addresses of the file's file system are
// those of one device: btrfs, bcachefs and zfs have an address space of their own.
func addressable(fd int) bool {
	var st unix.Statfs_t
	if err := unix.Fstatfs(fd, &st); err != nil {
		return false
	}
	switch uint32(st.Type) {
	case 0x9123683E, 0xCA451A4E, 0x2FC12FC1:
		return false
	}
	return true
}

func byFiemap(fd int, off, length int64) ([]Extent, error) {
	list := extents{at: off, end: off + length}
	for list.at < list.end {
		m := fiemap{start: uint64(list.at), length: uint64(list.end - list.at)}
		m.count = uint32(len(m.extents))
		if err := ioctl(fd, fiemapIoctl, unsafe.Pointer(&m)); err != nil {
			return nil, err
		}
		before, last := list.at, m.mapped == 0
		for _, e := range m.extents[:min(m.mapped, m.count)] {
			list.add(e)
			last = last || e.flags&lastExtent != 0
		}
		if last || list.at == before {
			break
		}
	}
	list.hole(list.end)
	return list.done, nil
}

// extents collects what covers a range of a file.
type extents struct {
	at, end int64
	done    []Extent
}

// add takes the part of an extent that lies in the range and was not covered yet.
func (l *extents) add(e fiemapExtent) {
	const limit = 1 << 62
	if e.logical > limit || e.length > limit || e.physical > limit {
		return
	}
	start, end := int64(e.logical), int64(e.logical+e.length)
	if end <= l.at || start >= l.end {
		return
	}
	l.hole(start)
	from, to := max(start, l.at), min(end, l.end)
	l.put(Extent{
		Offset: from, Length: to - from,
		Physical: int64(e.physical) + from - start,
		Mapped:   e.flags&noAddress == 0,
	})
}

func (l *extents) hole(end int64) {
	if end = min(end, l.end); end > l.at {
		l.put(Extent{Offset: l.at, Length: end - l.at})
	}
}

// put appends an extent that follows the last one, or makes that longer.
func (l *extents) put(e Extent) {
	l.at = e.Offset + e.Length
	if !e.Mapped {
		e.Physical = 0
	}
	if n := len(l.done); n > 0 {
		last := &l.done[n-1]
		if last.Mapped == e.Mapped && (!e.Mapped || last.Physical+last.Length == e.Physical) {
			last.Length += e.Length
			return
		}
	}
	l.done = append(l.done, e)
}

// byFibmap asks block by block, as root can on file systems older than FIEMAP.
func byFibmap(fd int, off, length int64) ([]Extent, error) {
	var st unix.Statfs_t
	if err := unix.Fstatfs(fd, &st); err != nil {
		return nil, err
	}
	size := int64(st.Bsize)
	if size < SectorSize || size > 1<<20 {
		return nil, syscall.EINVAL
	}
	list := extents{at: off, end: off + length}
	for list.at < list.end {
		block := int32(list.at / size)
		if int64(block) != list.at/size {
			return nil, syscall.EOVERFLOW
		}
		number := block
		if err := ioctl(fd, fibmapIoctl, unsafe.Pointer(&number)); err != nil {
			return nil, err
		}
		e := fiemapExtent{logical: uint64(int64(block) * size), length: uint64(size)}
		e.physical = uint64(uint32(number)) * uint64(size)
		if number == 0 {
			e.flags = noAddress
		}
		list.add(e)
	}
	return list.done, nil
}

func ioctl(fd int, request uintptr, argument unsafe.Pointer) error {
	for {
		_, _, errno := unix.Syscall(unix.SYS_IOCTL, uintptr(fd), request, uintptr(argument))
		if errno == 0 {
			return nil
		}
		if errno != syscall.EINTR {
			return errno
		}
	}
}
