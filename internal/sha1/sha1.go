// Package sha1 is SHA-1 (FIPS 180-4), with which apk records what it installed. The
// standard library's brings crypto's self-tests with it.
package sha1

import (
	"encoding/binary"
	"math/bits"
)

// Size is the length of a digest, in bytes.
const Size = 20

const blockSize = 64

// Hash is a digest under way. The zero value is not usable; see New.
type Hash struct {
	state  [5]uint32
	block  [blockSize]byte
	filled int    // bytes in block
	length uint64 // bytes so far
}

// New returns the digest of nothing yet.
func New() *Hash {
	return &Hash{state: [5]uint32{0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0}}
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
	whole := len(p) / blockSize * blockSize
	h.compress(p[:whole])
	h.filled = copy(h.block[:], p[whole:])
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

// compress takes in whole blocks (6.1.3, the method that keeps 16 words of the
// message schedule). A loop for each function and constant (4.1.1, 4.2.1).
func (h *Hash) compress(p []byte) {
	a, b, c, d, e := h.state[0], h.state[1], h.state[2], h.state[3], h.state[4]
	var w [16]uint32
	for ; len(p) >= blockSize; p = p[blockSize:] {
		a0, b0, c0, d0, e0 := a, b, c, d, e
		for i := range w {
			w[i] = binary.BigEndian.Uint32(p[4*i:])
			t := e + w[i] + 0x5a827999 + (d ^ b&(c^d)) + bits.RotateLeft32(a, 5)
			e, d, c, b, a = d, c, bits.RotateLeft32(b, 30), a, t
		}
		for i := uint(16); i < 20; i++ {
			t := e + next(&w, i) + 0x5a827999 + (d ^ b&(c^d)) + bits.RotateLeft32(a, 5)
			e, d, c, b, a = d, c, bits.RotateLeft32(b, 30), a, t
		}
		for i := uint(20); i < 40; i++ {
			t := e + next(&w, i) + 0x6ed9eba1 + (b ^ c ^ d) + bits.RotateLeft32(a, 5)
			e, d, c, b, a = d, c, bits.RotateLeft32(b, 30), a, t
		}
		for i := uint(40); i < 60; i++ {
			t := e + next(&w, i) + 0x8f1bbcdc + (b&c + d&(b^c)) + bits.RotateLeft32(a, 5)
			e, d, c, b, a = d, c, bits.RotateLeft32(b, 30), a, t
		}
		for i := uint(60); i < 80; i++ {
			t := e + next(&w, i) + 0xca62c1d6 + (b ^ c ^ d) + bits.RotateLeft32(a, 5)
			e, d, c, b, a = d, c, bits.RotateLeft32(b, 30), a, t
		}
		a, b, c, d, e = a+a0, b+b0, c+c0, d+d0, e+e0
	}
	h.state = [5]uint32{a, b, c, d, e}
}

// next puts word i of the message schedule in place of the one 16 before it.
func next(w *[16]uint32, i uint) uint32 {
	v := bits.RotateLeft32(w[(i-3)&15]^w[(i-8)&15]^w[(i-14)&15]^w[i&15], 1)
	w[i&15] = v
	return v
}
