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

// lenPrices are the prices of lengths by the low bits of the position.
type lenPrices [posStates][maxMatch + 1]uint32

func (l *lenPrices) update(t *bitPrices, m *lenModel, posStates uint32) {
	for s := range posStates {
		for n := range uint32(8) {
			l[s][minMatch+n] = t.zero(m.choice) + t.tree(m.low[s][:], n, 3)
			l[s][minMatch+8+n] = t.one(m.choice) + t.zero(m.choice2) + t.tree(m.mid[s][:], n, 3)
		}
	}
	for n := range uint32(256) {
		price := t.one(m.choice) + t.one(m.choice2) + t.tree(m.high[:], n, 8)
		for s := range posStates {
			l[s][minMatch+16+n] = price
		}
	}
}

// distancePrices are the prices of distances by the length's state.
type distancePrices struct {
	near  [lenStates][1 << (alignSlot / 2)]uint32 // those below alignSlot, in full
	slot  [lenStates][slots]uint32                // with the bits that have no model
	align [1 << alignBits]uint32
}

func (d *distancePrices) update(t *bitPrices, m *model) {
	for v := range d.align {
		d.align[v] = t.reverseTree(m.align[:], uint32(v), alignBits)
	}
	for s := range d.slot {
		for slot := range uint32(slots) {
			price := t.tree(m.slot[s][:], slot, 6)
			if slot >= alignSlot {
				price += (slot>>1 - 1 - alignBits) << priceBits
			}
			d.slot[s][slot] = price
		}
	}
	for distance := range uint32(len(d.near[0])) {
		slot, price := slotOf(distance), uint32(0)
		if slot >= firstSlot {
			footer := uint(slot>>1 - 1)
			price = t.reverseTree(m.special[slot-firstSlot][:], distance&(1<<footer-1), footer)
		}
		for s := range d.near {
			d.near[s][distance] = d.slot[s][slot] + price
		}
	}
}

func (d *distancePrices) of(distance, lenState uint32) uint32 {
	if distance < uint32(len(d.near[0])) {
		return d.near[lenState][distance]
	}
	return d.slot[lenState][slotOf(distance)] + d.align[distance%(1<<alignBits)]
}
