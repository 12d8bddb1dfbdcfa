package blockdev

import (
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// figetbszIoctl is FIGETBSZ, _IO(0, 2): see fibmapIoctl.
const figetbszIoctl = unix.BLKSSZGET&^0xffff | 2

// BlockSize returns the size in bytes of the blocks of an open file's file system.
func BlockSize(fd int) (int64, error) {
	var size int32
	if err := ioctl(fd, figetbszIoctl, unsafe.Pointer(&size)); err != nil || size <= 0 {
		var st unix.Statfs_t
		if err := unix.Fstatfs(fd, &st); err != nil {
			return 0, err
		}
		size = int32(st.Bsize)
	}
	if size < SectorSize || size > 1<<20 {
		return 0, syscall.EINVAL
	}
	return int64(size), nil
}

// FSBlock returns the number of the block of an open file's file system that holds
// the byte physical of its device, as debugfs(8) of ext2 to ext4 takes it. XFS
// counts blocks otherwise: its tools take sectors (xfs_db's daddr).
func FSBlock(fd int, physical int64) (int64, error) {
	if physical < 0 {
		return 0, syscall.EINVAL
	}
	size, err := BlockSize(fd)
	if err != nil {
		return 0, err
	}
	return physical / size, nil
}

// BufferSize returns the size in bytes of the blocks by which the kernel buffers an
// open block device, and counts in "Buffer I/O error, logical block N": those of
// the file system mounted from it (BLKBSZGET).
func BufferSize(fd int) (int64, error) {
	// The number says size_t, the kernel writes an int.
	var size [2]int32
	if err := ioctl(fd, unix.BLKBSZGET, unsafe.Pointer(&size)); err != nil {
		return 0, err
	}
	if size[0] < SectorSize || size[0] > 1<<20 {
		return 0, syscall.EINVAL
	}
	return int64(size[0]), nil
}
