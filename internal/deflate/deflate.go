// Package deflate writes zlib streams (RFC 1950, RFC 1951), as small as zlib's best
// level makes them. The standard library's writer costs the kit 100 kB compressed
// where this costs 11: it has one level and works on a whole file in memory.
package deflate

import "encoding/binary"

// AppendZlib appends data as a zlib stream to dst.
func AppendZlib(dst, data []byte) []byte {
	const (
		deflate32K = 0x78 // method and window size
		slowest    = 0xda // level hint, and what makes the pair a multiple of 31
	)
	w := &writer{out: append(dst, deflate32K, slowest)}
	tokens := make([]token, 0, blockTokens)
	m := newMatcher(data)
	for {
		t, more := m.next()
		if more {
			tokens = append(tokens, t)
		}
		if len(tokens) == blockTokens || !more {
			w.block(tokens, !more)
			tokens = tokens[:0]
		}
		if !more {
			break
		}
	}
	w.align()
	return binary.BigEndian.AppendUint32(w.out, adler32(data))
}

// blockTokens is how many literals and matches share a set of codes.
const blockTokens = 1 << 14

// adler32 is the checksum of RFC 1950, section 9.
func adler32(data []byte) uint32 {
	const (
		modulus = 65521
		chunk   = 5552 // the most bytes before a sum of uint32 overflows
	)
	a, b := uint32(1), uint32(0)
	for len(data) > 0 {
		part := data[:min(len(data), chunk)]
		data = data[len(part):]
		for _, c := range part {
			a += uint32(c)
			b += a
		}
		a, b = a%modulus, b%modulus
	}
	return b<<16 | a
}

// writer packs bits, the lowest first (RFC 1951, 3.1.1).
type writer struct {
	out   []byte
	bits  uint64
	count uint
}

func (w *writer) put(value uint32, n uint8) {
	w.bits |= uint64(value) << w.count
	w.count += uint(n)
	for w.count >= 8 {
		w.out = append(w.out, byte(w.bits))
		w.bits >>= 8
		w.count -= 8
	}
}

func (w *writer) align() {
	if w.count > 0 {
		w.put(0, uint8(8-w.count))
	}
}

// endOfBlock is the symbol that ends a block.
const endOfBlock = 256

// block writes tokens with codes of their own (RFC 1951, 3.2.7).
func (w *writer) block(tokens []token, last bool) {
	var literals [286]uint32
	var distances [30]uint32
	literals[endOfBlock] = 1
	for _, t := range tokens {
		if t.isLiteral() {
			literals[t.literal()]++
			continue
		}
		symbol, _, _ := lengthSymbol(t.length())
		literals[symbol]++
		symbol, _, _ = distanceSymbol(t.distance())
		distances[symbol]++
	}
	lit, dist := newCode(literals[:], 15), newCode(distances[:], 15)
	final := uint32(0)
	if last {
		final = 1
	}
	w.put(final|2<<1, 3)
	w.codes(lit, dist)
	for _, t := range tokens {
		if t.isLiteral() {
			lit.write(w, t.literal())
			continue
		}
		symbol, extra, n := lengthSymbol(t.length())
		lit.write(w, symbol)
		w.put(extra, n)
		symbol, extra, n = distanceSymbol(t.distance())
		dist.write(w, symbol)
		w.put(extra, n)
	}
	lit.write(w, endOfBlock)
}

// codeOrder is the order in which the lengths of the code for code lengths stand.
var codeOrder = [19]int{16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15}

// codes writes the lengths of both codes, themselves coded.
func (w *writer) codes(lit, dist code) {
	nlit, ndist := lit.used(257), dist.used(1)
	runs := runLengths(append(append([]uint8(nil), lit.lengths[:nlit]...), dist.lengths[:ndist]...))
	var counts [19]uint32
	for _, r := range runs {
		counts[r.symbol]++
	}
	c := newCode(counts[:], 7)
	n := len(codeOrder)
	for n > 4 && c.lengths[codeOrder[n-1]] == 0 {
		n--
	}
	w.put(uint32(nlit-257), 5)
	w.put(uint32(ndist-1), 5)
	w.put(uint32(n-4), 4)
	for _, symbol := range codeOrder[:n] {
		w.put(uint32(c.lengths[symbol]), 3)
	}
	for _, r := range runs {
		c.write(w, r.symbol)
		w.put(r.extra, r.bits)
	}
}

// run is one symbol of the code for code lengths, with its extra bits.
type run struct {
	symbol int
	extra  uint32
	bits   uint8
}

// runLengths codes repeated lengths: 16 repeats the last one 3 to 6 times, 17 and
// 18 are 3 to 10 and 11 to 138 zeros.
func runLengths(lengths []uint8) []run {
	var runs []run
	for i := 0; i < len(lengths); {
		n := 1
		for i+n < len(lengths) && lengths[i+n] == lengths[i] {
			n++
		}
		i += n
		v := lengths[i-1]
		if v != 0 {
			runs = append(runs, run{symbol: int(v)})
			n--
		}
		for n > 0 {
			k := 1
			switch {
			case v == 0 && n >= 11:
				k = min(n, 138)
				runs = append(runs, run{18, uint32(k - 11), 7})
			case v == 0 && n >= 3:
				k = min(n, 10)
				runs = append(runs, run{17, uint32(k - 3), 3})
			case v != 0 && n >= 3:
				k = min(n, 6)
				runs = append(runs, run{16, uint32(k - 3), 2})
			default:
				runs = append(runs, run{symbol: int(v)})
			}
			n -= k
		}
	}
	return runs
}

// lengthSymbol and distanceSymbol return the symbol of a match's length or distance
// with its extra bits (RFC 1951, 3.2.5).
func lengthSymbol(length int) (symbol int, extra uint32, n uint8) {
	if length == maxMatch {
		return 285, 0, 0
	}
	return split(257, 4, length-minMatch)
}

func distanceSymbol(distance int) (symbol int, extra uint32, n uint8) {
	return split(0, 2, distance-1)
}

// split codes v: the first values have a symbol each, then each power of two is
// divided among steps symbols, of which the first four or eight take no bits.
func split(first, steps, v int) (symbol int, extra uint32, n uint8) {
	for v>>n >= 2*steps {
		n++
	}
	return first + int(n)*steps + v>>n, uint32(v & (1<<n - 1)), n
}
