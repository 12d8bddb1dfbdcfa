// Package md5 is MD5 (RFC 1321), with which dpkg records what it installed. The
// standard library's brings crypto's self-tests with it.
package md5

import (
	"encoding/binary"
	"math/bits"
)

// Size is the length of a digest, in bytes.
const Size = 16

const blockSize = 64

// Hash is a digest under way. The zero value is not usable; see New.
type Hash struct {
	state  [4]uint32
	block  [blockSize]byte
	filled int    // bytes in block
	length uint64 // bytes so far
}

// New returns the digest of nothing yet.
func New() *Hash {
	return &Hash{state: [4]uint32{0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476}}
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
	pad = binary.LittleEndian.AppendUint64(pad, h.length*8)
	last.Write(pad)
	for i, v := range last.state {
		binary.LittleEndian.PutUint32(sum[4*i:], v)
	}
	return sum
}

// constants are the first 32 bits of the sines of 1 to 64 radians (3.4, table T).
var constants = [64]uint32{
	0xd76aa478, 0xe8c7b756, 0x242070db, 0xc1bdceee, 0xf57c0faf, 0x4787c62a, 0xa8304613, 0xfd469501,
	0x698098d8, 0x8b44f7af, 0xffff5bb1, 0x895cd7be, 0x6b901122, 0xfd987193, 0xa679438e, 0x49b40821,
	0xf61e2562, 0xc040b340, 0x265e5a51, 0xe9b6c7aa, 0xd62f105d, 0x02441453, 0xd8a1e681, 0xe7d3fbc8,
	0x21e1cde6, 0xc33707d6, 0xf4d50d87, 0x455a14ed, 0xa9e3e905, 0xfcefa3f8, 0x676f02d9, 0x8d2a4c8a,
	0xfffa3942, 0x8771f681, 0x6d9d6122, 0xfde5380c, 0xa4beea44, 0x4bdecfa9, 0xf6bb4b60, 0xbebfbc70,
	0x289b7ec6, 0xeaa127fa, 0xd4ef3085, 0x04881d05, 0xd9d4d039, 0xe6db99e5, 0x1fa27cf8, 0xc4ac5665,
	0xf4292244, 0x432aff97, 0xab9423a7, 0xfc93a039, 0x655b59c3, 0x8f0ccc92, 0xffeff47d, 0x85845dd1,
	0x6fa87e4f, 0xfe2ce6e0, 0xa3014314, 0x4e0811a1, 0xf7537e82, 0xbd3af235, 0x2ad7d2bb, 0xeb86d391,
}

// compress takes in whole blocks (3.4). Each turn of a loop is four steps, after
// which every word is at its place again; f and g are written so that b, on which
// each step waits for the one before, comes last.
func (h *Hash) compress(p []byte) {
	a, b, c, d := h.state[0], h.state[1], h.state[2], h.state[3]
	var x [16]uint32
	for ; len(p) >= blockSize; p = p[blockSize:] {
		for i := range x {
			x[i] = binary.LittleEndian.Uint32(p[4*i:])
		}
		a0, b0, c0, d0 := a, b, c, d
		for i := 0; i < 16; i += 4 {
			a = b + bits.RotateLeft32(a+x[i]+constants[i]+(d^b&(c^d)), 7)
			d = a + bits.RotateLeft32(d+x[i+1]+constants[i+1]+(c^a&(b^c)), 12)
			c = d + bits.RotateLeft32(c+x[i+2]+constants[i+2]+(b^d&(a^b)), 17)
			b = c + bits.RotateLeft32(b+x[i+3]+constants[i+3]+(a^c&(d^a)), 22)
		}
		for i := 16; i < 32; i += 4 {
			a = b + bits.RotateLeft32(a+x[(5*i+1)&15]+constants[i]+(c&^d)+(b&d), 5)
			d = a + bits.RotateLeft32(d+x[(5*i+6)&15]+constants[i+1]+(b&^c)+(a&c), 9)
			c = d + bits.RotateLeft32(c+x[(5*i+11)&15]+constants[i+2]+(a&^b)+(d&b), 14)
			b = c + bits.RotateLeft32(b+x[5*i&15]+constants[i+3]+(d&^a)+(c&a), 20)
		}
		for i := 32; i < 48; i += 4 {
			a = b + bits.RotateLeft32(a+x[(3*i+5)&15]+constants[i]+(c^d^b), 4)
			d = a + bits.RotateLeft32(d+x[(3*i+8)&15]+constants[i+1]+(b^c^a), 11)
			c = d + bits.RotateLeft32(c+x[(3*i+11)&15]+constants[i+2]+(a^b^d), 16)
			b = c + bits.RotateLeft32(b+x[(3*i+14)&15]+constants[i+3]+(d^a^c), 23)
		}
		for i := 48; i < 64; i += 4 {
			a = b + bits.RotateLeft32(a+x[7*i&15]+constants[i]+(c^(b|^d)), 6)
			d = a + bits.RotateLeft32(d+x[(7*i+7)&15]+constants[i+1]+(b^(a|^c)), 10)
			c = d + bits.RotateLeft32(c+x[(7*i+14)&15]+constants[i+2]+(a^(d|^b)), 15)
			b = c + bits.RotateLeft32(b+x[(7*i+5)&15]+constants[i+3]+(d^(c|^a)), 21)
		}
		a, b, c, d = a+a0, b+b0, c+c0, d+d0
	}
	h.state = [4]uint32{a, b, c, d}
}
