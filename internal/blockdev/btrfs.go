package blockdev

import (
	"unsafe"

	"golang.org/x/sys/unix"
)

// btrfsInfo is BTRFS_IOC_FS_INFO, _IOR(0x94, 31, 1024 bytes), with the bits for
// "out" of the architecture, which are those of BLKGETSIZE64.
const btrfsInfo = unix.BLKGETSIZE64&^0x1fffffff | 0x400<<16 | 0x94<<8 | 31

// BtrfsDevices returns the devices that the btrfs with the open file is on; nil for
// other file systems, and where sysfs does not know it (before Linux 3.14).
func (s System) BtrfsDevices(fd int) []Device {
	// struct btrfs_ioctl_fs_info_args of linux/btrfs.h, of which the identity of
	// the file system stands at byte 16.
	var info [128]uint64
	if err := ioctl(fd, btrfsInfo, unsafe.Pointer(&info)); err != nil {
		return nil
	}
	id := unsafe.Slice((*byte)(unsafe.Pointer(&info)), 1024)[16:32]
	dir := s.sys() + "/fs/btrfs/" + uuid(id) + "/devices"
	var list []Device
	for _, name := range names(dir) {
		if d, ok := s.at(dir + "/" + name); ok {
			list = append(list, d)
		}
	}
	return list
}

// uuid writes 16 bytes as sysfs does: 8-4-4-4-12.
func uuid(id []byte) string {
	const digits = "0123456789abcdef"
	var b []byte
	for i, c := range id {
		if i == 4 || i == 6 || i == 8 || i == 10 {
			b = append(b, '-')
		}
		b = append(b, digits[c>>4], digits[c&15])
	}
	return string(b)
}
