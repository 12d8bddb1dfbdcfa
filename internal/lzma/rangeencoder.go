package lzma

// rangeEncoder writes bits as a number inside an interval that narrows with every
// bit, by as much as the bit was unlikely.
type rangeEncoder struct {
	out   []byte
	low   uint64 // 33 bits: the highest one is a carry into what is held back
	width uint32
	cache byte  // held back, as a carry may still reach it
	held  int64 // bytes held back: cache, and after it those that are 0xff
}

func newRangeEncoder(capacity int) rangeEncoder {
	return rangeEncoder{out: make([]byte, 0, capacity), width: 1<<32 - 1, held: 1}
}

// The interval is widened by a byte when it is below this.
const minWidth = 1 << 24

func (e *rangeEncoder) shift() {
	if e.low < 0xff<<24 || e.low >= 1<<32 {
		carry := byte(e.low >> 32)
		for b := e.cache; e.held > 0; e.held-- {
			e.out = append(e.out, b+carry)
			b = 0xff
		}
		e.cache = byte(e.low >> 24)
	}
	e.held++
	e.low = e.low & (1<<24 - 1) << 8
}

// bit writes a bit and lets its model learn from it.
func (e *rangeEncoder) bit(p *prob, bit uint32) {
	zero := e.width >> probBits * uint32(*p)
	if bit == 0 {
		e.width = zero
		*p += (1<<probBits - *p) >> probShift
	} else {
		e.low += uint64(zero)
		e.width -= zero
		*p -= *p >> probShift
	}
	if e.width < minWidth {
		e.width <<= 8
		e.shift()
	}
}

// direct writes the low bits of v, highest first, each as likely 0 as 1.
func (e *rangeEncoder) direct(v uint32, bits uint) {
	for bits > 0 {
		bits--
		e.width >>= 1
		if v>>bits&1 != 0 {
			e.low += uint64(e.width)
		}
		if e.width < minWidth {
			e.width <<= 8
			e.shift()
		}
	}
}

// tree writes the low bits of v, highest first; what came before chooses the model.
func (e *rangeEncoder) tree(probs []prob, v uint32, bits uint) {
	node := uint32(1)
	for bits > 0 {
		bits--
		bit := v >> bits & 1
		e.bit(&probs[node], bit)
		node = node<<1 | bit
	}
}

// reverseTree is tree with the lowest bit first.
func (e *rangeEncoder) reverseTree(probs []prob, v uint32, bits uint) {
	node := uint32(1)
	for ; bits > 0; bits-- {
		bit := v & 1
		v >>= 1
		e.bit(&probs[node], bit)
		node = node<<1 | bit
	}
}

// finish writes what is held back and returns all.
func (e *rangeEncoder) finish() []byte {
	for range 5 {
		e.shift()
	}
	return e.out
}
