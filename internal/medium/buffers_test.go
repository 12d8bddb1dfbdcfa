package medium

import (
	"testing"
	"unsafe"
)

// Buffers are for direct reads, do not overlap, and large ones begin a huge page.
func TestAlignedBuffers(t *testing.T) {
	for _, c := range []struct{ n, size int }{{1, 512}, {3, 100}, {5, 256 << 10}, {4, 1 << 20}, {3, 1<<20 + 1}, {2, 3 << 20}, {0, 1 << 20}} {
		list := AlignedBuffers(c.n, c.size)
		if len(list) != c.n {
			t.Errorf("%v: %d buffers", c, len(list))
		}
		for i, b := range list {
			address := uintptr(unsafe.Pointer(&b[0]))
			if len(b) != c.size || cap(b) != c.size || address%alignment != 0 {
				t.Errorf("%v: buffer %d of %d bytes, capacity %d, at %#x", c, i, len(b), cap(b), address)
			}
			if i == 0 && c.n*c.size >= hugePage && address%hugePage != 0 {
				t.Errorf("%v: at %#x, no huge page", c, address)
			}
			for j := range b {
				b[j] = byte(i + 1)
			}
		}
		for i, b := range list {
			for j := range b {
				if b[j] != byte(i+1) {
					t.Fatalf("%v: buffer %d is another's too, at %d", c, i, j)
				}
			}
		}
	}
}
