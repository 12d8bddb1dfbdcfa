package inflate

// The most bits that a code has (RFC 1951, 3.2.7), and how many are looked up at once.
const (
	maxBits  = 15
	fastBits = 9
)

// code is a canonical Huffman code (RFC 1951, 3.2.2).
type code struct {
	// fast has, for what the next bits can be, a symbol and in the low four bits
	// the length of its code; 0 when that is longer.
	fast    [1 << fastBits]uint16
	counts  [maxBits + 1]uint16 // of codes by length
	symbols [288]uint16         // by their codes
}

// build makes the code of symbols by the lengths of their codes, 0 for one that is not
// used. It is false when more codes are wanted than there are, or fewer; but with
// incomplete set a code of one symbol, or of none, may be that (zlib, inftrees.c).
func (c *code) build(lengths []uint8, incomplete bool) bool {
	*c = code{}
	for _, n := range lengths {
		c.counts[n]++
	}
	used := len(lengths) - int(c.counts[0])
	c.counts[0] = 0
	var next, start [maxBits + 2]uint16
	left := 1
	for n := 1; n <= maxBits; n++ {
		left = left*2 - int(c.counts[n])
		if left < 0 {
			return false
		}
		next[n+1] = (next[n] + c.counts[n]) * 2
		start[n+1] = start[n] + c.counts[n]
	}
	if left > 0 && !(incomplete && used == int(c.counts[1])) {
		return false
	}
	for symbol, n := range lengths {
		if n == 0 {
			continue
		}
		c.symbols[start[n]] = uint16(symbol)
		start[n]++
		if n <= fastBits {
			entry := uint16(symbol)<<4 | uint16(n)
			for at := reverse(next[n], n); at < 1<<fastBits; at += 1 << n {
				c.fast[at] = entry
			}
		}
		next[n]++
	}
	return true
}

// reverse returns the n bits of a code in the order in which they come.
func reverse(v uint16, n uint8) (r uint16) {
	for range n {
		r = r<<1 | v&1
		v >>= 1
	}
	return r
}

// find returns the symbol whose code bits begin with, lowest first, and the length of
// the code; 0 when there is none of at most n bits.
func (c *code) find(bits uint64, n uint) (symbol int, length uint) {
	if e := c.fast[bits&(1<<fastBits-1)]; e != 0 {
		length = uint(e & 15)
		if length > n {
			return 0, 0
		}
		return int(e >> 4), length
	}
	// The codes of one length are consecutive numbers, and follow those of the
	// length before with a zero behind them.
	value, first, index := 0, 0, 0
	for length = 1; length <= min(n, maxBits); length++ {
		value |= int(bits & 1)
		bits >>= 1
		count := int(c.counts[length])
		if value-first < count {
			return int(c.symbols[index+value-first]), length
		}
		index += count
		first = (first + count) * 2
		value *= 2
	}
	return 0, 0
}
