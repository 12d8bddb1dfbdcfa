package snapshot

import (
	"encoding/binary"
	"math/bits"
)

// xxh64 is XXH64 with seed 0 of data that comes in multiples of 32 bytes (xxHash
// specification, "XXH64 algorithm description"). It finds damage, not malice, at the
// speed of memory, as the stub runs it at every start.
type xxh64 struct {
	acc   [4]uint64
	total uint64
}

const (
	xxhPrime1 = 0x9E3779B185EBCA87
	xxhPrime2 = 0xC2B2AE3D27D4EB4F
	xxhPrime3 = 0x165667B19E3779F9
	xxhPrime4 = 0x85EBCA77C2B2AE63
)

func newXXH64() *xxh64 {
	p1, p2 := uint64(xxhPrime1), uint64(xxhPrime2) // variables: the sums overflow
	return &xxh64{acc: [4]uint64{p1 + p2, p2, 0, -p1}}
}

func xxhRound(acc, lane uint64) uint64 {
	return bits.RotateLeft64(acc+lane*xxhPrime2, 31) * xxhPrime1
}

// add takes the next data, of which len(p)%32 bytes at the end must not exist.
func (x *xxh64) add(p []byte) {
	x.total += uint64(len(p))
	a, b, c, d := x.acc[0], x.acc[1], x.acc[2], x.acc[3]
	for ; len(p) >= 32; p = p[32:] {
		a = xxhRound(a, binary.LittleEndian.Uint64(p))
		b = xxhRound(b, binary.LittleEndian.Uint64(p[8:]))
		c = xxhRound(c, binary.LittleEndian.Uint64(p[16:]))
		d = xxhRound(d, binary.LittleEndian.Uint64(p[24:]))
	}
	x.acc = [4]uint64{a, b, c, d}
}

// sum is only XXH64's for a total of at least 32 bytes.
func (x *xxh64) sum() uint64 {
	h := bits.RotateLeft64(x.acc[0], 1) + bits.RotateLeft64(x.acc[1], 7) +
		bits.RotateLeft64(x.acc[2], 12) + bits.RotateLeft64(x.acc[3], 18)
	for _, acc := range x.acc {
		h = (h^xxhRound(0, acc))*xxhPrime1 + xxhPrime4
	}
	h += x.total
	h = (h ^ h>>33) * xxhPrime2
	h = (h ^ h>>29) * xxhPrime3
	return h ^ h>>32
}
