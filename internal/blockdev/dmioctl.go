package blockdev

import (
	"encoding/binary"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// From linux/dm-ioctl.h. tableStatus is DM_TABLE_STATUS, _IOWR(0xfd, 12, struct
// dm_ioctl); the two ways in which architectures encode that make the same number.
const (
	tableStatus = 0xC138FD0C
	dmHeader    = 312 // size of struct dm_ioctl

	dmStatusTable = 1 << 4  // in: the table, not the state
	dmBufferFull  = 1 << 8  // out: the buffer was too small
	dmNoFlush     = 1 << 11 // in: do not write anything back first
	dmSecureData  = 1 << 15 // in: wipe the kernel's copy, which may hold keys
)

// maxTable bounds the buffer for a table in bytes: the largest has some thousand
// targets of about 100 bytes.
const maxTable = 4 << 20

// readTargets asks the kernel for the table of a mapped device through the control
// node, as root. Nothing is changed by that.
func readTargets(control string, major, minor uint32) ([]Target, error) {
	fd, err := unix.Open(control, unix.O_RDWR|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, err
	}
	defer unix.Close(fd)
	for size := 16 << 10; size <= maxTable; size *= 4 {
		buffer := make([]byte, size)
		dmRequest(buffer, major, minor)
		if err := ioctl(fd, tableStatus, unsafe.Pointer(&buffer[0])); err != nil {
			return nil, err
		}
		flags := binary.NativeEndian.Uint32(buffer[28:])
		if flags&dmBufferFull != 0 {
			clear(buffer)
			continue
		}
		list, err := answer(buffer)
		clear(buffer) // of keys
		return list, err
	}
	return nil, syscall.E2BIG
}

// dmRequest writes the header of a question.
func dmRequest(b []byte, major, minor uint32) {
	order := binary.NativeEndian
	order.PutUint32(b, 4) // version 4.0.0
	order.PutUint32(b[12:], uint32(len(b)))
	order.PutUint32(b[16:], dmHeader)
	order.PutUint32(b[28:], dmStatusTable|dmNoFlush|dmSecureData)
	order.PutUint64(b[40:], unix.Mkdev(major, minor))
}

// answer reads the kernel's one.
func answer(b []byte) ([]Target, error) {
	size := binary.NativeEndian.Uint32(b[12:])
	start := binary.NativeEndian.Uint32(b[16:])
	count := binary.NativeEndian.Uint32(b[20:])
	if uint64(size) > uint64(len(b)) || start > size || start < dmHeader || count > size/specSize {
		return nil, syscall.EINVAL
	}
	list, err := ParseTargets(b[start:size], int(count))
	for i := range list {
		if list[i].Type == "crypt" {
			list[i].Params = withoutKey(list[i].Params)
		}
	}
	return list, err
}

// withoutKey blanks the second word.
func withoutKey(params string) string {
	p := []byte(params)
	word := 0
	for i, c := range p {
		if c == ' ' {
			word++
		} else if word == 1 {
			p[i] = '0'
		}
	}
	return string(p)
}
