// Package sha256 is SHA-256 (FIPS 180-4) for the kit. The standard library's brings
// 60 kB (compressed) of self-tests and an entropy source with 32 MiB of zeroed
// memory with it, which a host under an address-space limit does not have. It is
// three times as fast on processors with instructions for it; a few megabytes of
// the toolbox itself are all that is hashed with this one.
package sha256

import (
	"encoding/binary"
	"math/bits"
)

// Size is the length of a digest, in bytes.
const Size = 32

const blockSize = 64

// Hash is a digest under way. The zero value is not usable; see New.
type Hash struct {
	state  [8]uint32
	block  [blockSize]byte
	filled int    // bytes in block
	length uint64 // bytes so far
}

// New returns the digest of nothing yet.
func New() *Hash {
	return &Hash{state: [8]uint32{
		0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19,
	}}
}

// Write adds p. It never fails.
func (h *Hash) Write(p []byte) (int, error) {
	n := len(p)
	h.length += uint64(n)
	if h.filled > 0 {
		took := copy(h.block[h.filled:], p)
		h.filled += took
		p = p[took:]
		if h.filled < blockSize {
			return n, nil
		}
		h.compress(h.block[:])
		h.filled = 0
	}
	for len(p) >= blockSize {
		h.compress(p)
		p = p[blockSize:]
	}
	h.filled = copy(h.block[:], p)
	return n, nil
}

// Sum returns the digest of what was written. More can be written afterwards.
func (h *Hash) Sum() (sum [Size]byte) {
	last := *h
	pad := make([]byte, 1, blockSize+8)
	pad[0] = 0x80
	for (last.filled+len(pad))%blockSize != blockSize-8 {
		pad = append(pad, 0)
	}
	pad = binary.BigEndian.AppendUint64(pad, h.length*8)
	last.Write(pad)
	for i, v := range last.state {
		binary.BigEndian.PutUint32(sum[4*i:], v)
	}
	return sum
}

// Sum256 returns the digest of data.
func Sum256(data []byte) [Size]byte {
	h := New()
	h.Write(data)
	return h.Sum()
}

// Hex returns a digest as 64 lower-case digits.
func Hex(sum [Size]byte) string {
	const digits = "0123456789abcdef"
	text := make([]byte, 0, 2*Size)
	for _, b := range sum {
		text = append(text, digits[b>>4], digits[b&15])
	}
	return string(text)
}

// constants are the first 32 bits of the fractional parts of the cube roots of the
// first 64 primes (FIPS 180-4, 4.2.2).
var constants = [64]uint32{
	0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
	0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
	0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
	0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
	0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
	0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
	0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
	0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
}

// compress takes in one block (FIPS 180-4, 6.2.2).
func (h *Hash) compress(p []byte) {
	var w [64]uint32
	for i := range 16 {
		w[i] = binary.BigEndian.Uint32(p[4*i:])
	}
	for i := 16; i < 64; i++ {
		a, b := w[i-15], w[i-2]
		s0 := bits.RotateLeft32(a, -7) ^ bits.RotateLeft32(a, -18) ^ a>>3
		s1 := bits.RotateLeft32(b, -17) ^ bits.RotateLeft32(b, -19) ^ b>>10
		w[i] = w[i-16] + s0 + w[i-7] + s1
	}
	s := h.state
	a, b, c, d, e, f, g, x := s[0], s[1], s[2], s[3], s[4], s[5], s[6], s[7]
	for i := range 64 {
		t1 := x + (bits.RotateLeft32(e, -6) ^ bits.RotateLeft32(e, -11) ^ bits.RotateLeft32(e, -25)) +
			(e&f ^ ^e&g) + constants[i] + w[i]
		t2 := (bits.RotateLeft32(a, -2) ^ bits.RotateLeft32(a, -13) ^ bits.RotateLeft32(a, -22)) + (a&b ^ a&c ^ b&c)
		x, g, f, e, d, c, b, a = g, f, e, d+t1, c, b, a, t1+t2
	}
	for i, v := range [8]uint32{a, b, c, d, e, f, g, x} {
		h.state[i] += v
	}
}
