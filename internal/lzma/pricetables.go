package lzma

// priceTables are prices of what consists of many bits. Whole tables are computed
// from time to time, single bits are priced as the model is.
type priceTables struct {
	bits *bitPrices

	matchLen, repLen [posStates][maxMatch + 1]uint32 // by the low bits of the position

	near  [lenStates][1 << (alignSlot / 2)]uint32 // distances below alignSlot, in full
	slot  [lenStates][slots]uint32                // with the bits that have no model
	align [1 << alignBits]uint32
}

func (t *priceTables) update(m *model) {
	t.updateLength(&t.matchLen, &m.matchLen, m.pbMask+1)
	t.updateLength(&t.repLen, &m.repLen, m.pbMask+1)
	t.updateDistance(m)
}

func (t *priceTables) updateLength(prices *[posStates][maxMatch + 1]uint32, m *lenModel, posStates uint32) {
	short := t.bits.zero(m.choice)
	mid := t.bits.one(m.choice) + t.bits.zero(m.choice2)
	long := t.bits.one(m.choice) + t.bits.one(m.choice2)
	for s := range posStates {
		for n := range uint32(8) {
			prices[s][minMatch+n] = short + t.bits.tree(m.low[s][:], n, 3)
			prices[s][minMatch+8+n] = mid + t.bits.tree(m.mid[s][:], n, 3)
		}
	}
	for n := range uint32(256) {
		price := long + t.bits.tree(m.high[:], n, 8)
		for s := range posStates {
			prices[s][minMatch+16+n] = price
		}
	}
}

func (t *priceTables) updateDistance(m *model) {
	for v := range t.align {
		t.align[v] = t.bits.reverseTree(m.align[:], uint32(v), alignBits)
	}
	for s := range t.slot {
		for slot := range uint32(slots) {
			price := t.bits.tree(m.slot[s][:], slot, 6)
			if slot >= alignSlot {
				price += (slot>>1 - 1 - alignBits) << priceBits
			}
			t.slot[s][slot] = price
		}
	}
	for distance := range uint32(len(t.near[0])) {
		slot, price := slotOf(distance), uint32(0)
		if slot >= firstSlot {
			footer := uint(slot>>1 - 1)
			price = t.bits.reverseTree(m.special[slot-firstSlot][:], distance&(1<<footer-1), footer)
		}
		for s := range t.near {
			t.near[s][distance] = t.slot[s][slot] + price
		}
	}
}

// distance is the price of a distance, less 1.
func (t *priceTables) distance(distance, lenState uint32) uint32 {
	if distance < uint32(len(t.near[0])) {
		return t.near[lenState][distance]
	}
	return t.slot[lenState][slotOf(distance)] + t.align[distance%(1<<alignBits)]
}

// rep is the price of naming which distance is repeated, without the length.
func (t *priceTables) rep(m *model, state uint8, posState uint32, i int) uint32 {
	switch i {
	case 0:
		return t.bits.zero(m.isRep0[state]) + t.bits.one(m.isRep0Long[state][posState])
	case 1:
		return t.bits.one(m.isRep0[state]) + t.bits.zero(m.isRep1[state])
	}
	return t.bits.one(m.isRep0[state]) + t.bits.one(m.isRep1[state]) + t.bits.bit(m.isRep2[state], uint32(i-2))
}
