package lzma

import "math/bits"

// Prices are in units of 1/256 bit.
const priceBits = 8

// bitPrices has the price of a bit whose probability is n/2048, for n from 1 on.
type bitPrices [1 << probBits]uint16

// newBitPrices computes logarithms by squaring, in integers: the same stream has to
// come out on every machine.
func newBitPrices() *bitPrices {
	t := new(bitPrices)
	for n := 1; n < len(t); n++ {
		v, log := uint64(n), 0
		for range priceBits {
			v *= v
			log <<= 1
			for v >= 1<<24 {
				v >>= 1
				log++
			}
		}
		t[n] = uint16(probBits<<priceBits - log - bits.Len64(v) + 1)
	}
	return t
}

func (t *bitPrices) zero(p prob) uint32 { return uint32(t[p&(1<<probBits-1)]) }
func (t *bitPrices) one(p prob) uint32  { return uint32(t[(1<<probBits-p)&(1<<probBits-1)]) }

func (t *bitPrices) bit(p prob, bit uint32) uint32 {
	if bit == 0 {
		return t.zero(p)
	}
	return t.one(p)
}

func (t *bitPrices) tree(probs []prob, v uint32, bits uint) uint32 {
	price := uint32(0)
	for node := v | 1<<bits; node > 1; node >>= 1 {
		price += t.bit(probs[node>>1], node&1)
	}
	return price
}

func (t *bitPrices) reverseTree(probs []prob, v uint32, bits uint) uint32 {
	price, node := uint32(0), uint32(1)
	for ; bits > 0; bits-- {
		price += t.bit(probs[node], v&1)
		node = node<<1 | v&1
		v >>= 1
	}
	return price
}

// literal is the price of a literal after a literal.
func (t *bitPrices) literal(probs *[litContext]prob, symbol byte) uint32 {
	price := uint32(0)
	for node := uint32(symbol) | 0x100; node > 1; node >>= 1 {
		price += t.bit(probs[node>>1], node&1)
	}
	return price
}

// matchedLiteral is the price of a literal after a match that would have gone on
// with another byte.
func (t *bitPrices) matchedLiteral(probs *[litContext]prob, symbol, match byte) uint32 {
	price := uint32(0)
	m, agree, node := uint32(match), uint32(0x100), uint32(1)
	for s := uint32(symbol) | 0x100; s < 0x10000; s <<= 1 {
		m <<= 1
		bit := s >> 7 & 1
		price += t.bit(probs[(agree+m&agree+node)%litContext], bit)
		node = node<<1 | bit
		agree &= ^(m ^ -bit)
	}
	return price
}
