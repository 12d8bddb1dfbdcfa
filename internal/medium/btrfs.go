package medium

import (
	"runtime"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Btrfs reads through the page cache even where O_DIRECT is set, whenever data has
// checksums (fs/btrfs/file.c), so that what is cached is not looked at on the disk.
// BTRFS_IOC_ENCODED_READ (linux/btrfs.h, Linux 5.18, for root) reads an extent as it
// lies on the disk, past the cache, and checks its checksum.

// btrfsMagic is BTRFS_SUPER_MAGIC of statfs(2).
const btrfsMagic = 0x9123683e

// onBtrfs returns the sector of the file's btrfs in bytes, the unit of its checksums;
// 0 for another file system.
func onBtrfs(fd int) int {
	var st unix.Statfs_t
	if unix.Fstatfs(fd, &st) != nil || uint32(st.Type) != btrfsMagic {
		return 0
	}
	return int(min(int64(st.Bsize), Chunk))
}

// encodedArgs is struct btrfs_ioctl_encoded_io_args.
type encodedArgs struct {
	iov                          *unix.Iovec
	count                        uintptr
	offset                       int64
	flags                        uint64
	length                       uint64 // of the file, in bytes, that were read
	decodedLength, decodedOffset uint64
	compression, encryption      uint32
	_                            [64]byte
}

// encodedRead is BTRFS_IOC_ENCODED_READ, _IOR(0x94, 64, struct
// btrfs_ioctl_encoded_io_args); the bits for "read" are those of BLKGETSIZE64.
const encodedRead = unix.BLKGETSIZE64&0xe0000000 | unsafe.Sizeof(encodedArgs{})<<16 | 0x94<<8 | 64

// largestExtent is the most that a compressed extent takes on the disk, in bytes
// (BTRFS_MAX_COMPRESSED).
const largestExtent = 128 << 10

// readEncoded fills p with the bytes of the file from off on, up to the end of an
// extent at least. A compressed extent, which needs more room than its bytes may
// have, is read for its checksum, and its bytes come the usual way.
func (f *File) readEncoded(p []byte, off int64) (int, error) {
	if off >= f.Size() {
		return 0, nil
	}
	args, n, err := f.encoded(p, off)
	if err == syscall.ENOBUFS {
		args, _, err = f.encoded(AlignedBuffer(largestExtent), off)
	}
	if err != nil {
		return 0, err
	}
	if args.compression != 0 || args.encryption != 0 {
		return pread(f.fd, p[:min(int64(len(p)), int64(args.length))], off)
	}
	return n, nil
}

func (f *File) encoded(p []byte, off int64) (args encodedArgs, n int, err error) {
	vector := unix.Iovec{Base: &p[0]}
	vector.SetLen(len(p))
	for {
		args = encodedArgs{iov: &vector, count: 1, offset: off}
		got, _, errno := unix.Syscall(unix.SYS_IOCTL, uintptr(f.fd), uintptr(encodedRead), uintptr(unsafe.Pointer(&args)))
		runtime.KeepAlive(&vector)
		switch errno {
		case 0:
			// Holes are not copied.
			if got == 0 && args.length > 0 {
				got = uintptr(min(int64(args.length), int64(len(p)), f.Size()-off))
				clear(p[:got])
			}
			return args, int(min(int64(got), f.Size()-off)), nil
		case syscall.EINTR:
		default:
			return args, 0, errno
		}
	}
}
