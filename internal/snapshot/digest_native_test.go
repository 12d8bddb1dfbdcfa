//go:build amd64

package snapshot

import "testing"

// The sums are those of xxhsum -H1 (xxhash 0.8.1).
func TestXXH64(t *testing.T) {
	data := make([]byte, 1<<16)
	for i := range data {
		data[i] = byte(i * 7)
	}
	for n, want := range map[int]uint64{32: 0x91b0cb0931a8c629, 4096: 0xc8066d80a6fe1426, 1 << 16: 0xd127a7818d57b4c8} {
		x := newXXH64()
		x.add(data[:n/64*32])
		x.add(data[n/64*32 : n])
		if got := x.sum(); got != want {
			t.Errorf("%d bytes: %#x, want %#x", n, got, want)
		}
	}
}
