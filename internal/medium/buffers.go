package medium

import (
	"unsafe"

	"golang.org/x/sys/unix"
)

// hugePage is the size of a huge page in bytes: that of x86 and of most others. Where
// it is another one, the buffers are aligned all the same.
const hugePage = 2 << 20

// AlignedBuffers returns n buffers of size bytes each, at addresses that O_DIRECT
// accepts, in huge pages where the kernel has them (madvise(2), MADV_HUGEPAGE). A
// direct read into pages of 4 KiB is up to 256 segments for a disk, each on its own
// for a virtual one, and one in a huge page: that is three times as fast.
func AlignedBuffers(n, size int) [][]byte {
	each := (size + alignment - 1) / alignment * alignment
	total := n * each
	list := make([][]byte, n)
	if total < hugePage/4 {
		for i := range list {
			list[i] = AlignedBuffer(size)
		}
		return list
	}
	// Rounded up to whole huge pages: the end of the last one is not used.
	whole := (total + hugePage - 1) / hugePage * hugePage
	b := make([]byte, whole+hugePage)
	skip := -int(uintptr(unsafe.Pointer(&b[0]))) & (hugePage - 1)
	b = b[skip : skip+whole]
	_ = unix.Madvise(b, unix.MADV_HUGEPAGE) // a kernel without them has small ones
	for i := range list {
		list[i] = b[i*each : i*each+size : i*each+size]
	}
	return list
}

// Populate finds memory for a buffer from AlignedBuffers, which stays as it is, if the
// kernel can (Linux 5.14, madvise(2) MADV_POPULATE_WRITE). It may take milliseconds; the
// buffer may be used meanwhile.
func Populate(b []byte) {
	if len(b) > 0 {
		_ = unix.Madvise(b, unix.MADV_POPULATE_WRITE)
	}
}
