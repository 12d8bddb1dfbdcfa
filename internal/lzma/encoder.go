package lzma

import "math/bits"

// op is one symbol of a stream.
type op struct {
	// back says where bytes come from: 0 to 3 repeats a remembered distance, from
	// reps on it is the distance (1 for the byte before) plus reps-1.
	back   uint32
	length uint32 // 1 with back 0 is a short repetition
}

// literal as an op's back stands for the byte itself, length 1.
const literal = 1<<32 - 1

// encoder writes symbols, and remembers what the unpacker knows at this position.
type encoder struct {
	*model
	rc    rangeEncoder
	data  []byte
	pos   uint32
	state uint8
	reps  [reps]uint32 // distances less 1, latest first
}

func newEncoder(data []byte, p Params) *encoder {
	return &encoder{model: newModel(p), rc: newRangeEncoder(len(data)/2 + 64), data: data}
}

func (e *encoder) write(o op) {
	posState := e.pos & e.pbMask
	isMatch := &e.isMatch[e.state][posState]
	switch {
	case o.back == literal:
		e.rc.bit(isMatch, 0)
		e.writeLiteral()
		e.state = stateLiteral(e.state)
	case o.back < reps:
		e.rc.bit(isMatch, 1)
		e.rc.bit(&e.isRep[e.state], 1)
		e.writeRep(o, posState)
	default:
		e.rc.bit(isMatch, 1)
		e.rc.bit(&e.isRep[e.state], 0)
		e.writeLength(&e.matchLen, o.length, posState)
		e.writeDistance(o.back-reps, lenState(o.length))
		e.reps = pushed(e.reps, o.back-reps)
		e.state = stateMatch(e.state)
	}
	e.pos += o.length
}

// pushed returns the distances after a match at another distance.
func pushed(r [reps]uint32, distance uint32) [reps]uint32 {
	return [reps]uint32{distance, r[0], r[1], r[2]}
}

// rotated returns the distances after a repetition of number i.
func rotated(r [reps]uint32, i uint32) [reps]uint32 {
	switch i {
	case 1:
		return [reps]uint32{r[1], r[0], r[2], r[3]}
	case 2:
		return [reps]uint32{r[2], r[0], r[1], r[3]}
	case 3:
		return [reps]uint32{r[3], r[0], r[1], r[2]}
	}
	return r
}

func (e *encoder) writeLiteral() {
	before := byte(0)
	if e.pos > 0 {
		before = e.data[e.pos-1]
	}
	probs := e.literalProbs(e.pos, before)
	symbol := uint32(e.data[e.pos])
	if e.state < afterMatch {
		e.rc.tree(probs[:0x100], symbol, 8)
		return
	}
	// The byte where a match would have gone on is probably not this one: it is part
	// of the context for as long as the bits agree.
	match := uint32(e.data[e.pos-e.reps[0]-1])
	node, agree := uint32(1), uint32(0x100)
	for i := 7; i >= 0; i-- {
		match <<= 1
		bit := symbol >> i & 1
		e.rc.bit(&probs[agree+match&agree+node], bit)
		node = node<<1 | bit
		if bit == 0 {
			agree &^= match
		} else {
			agree &= match
		}
	}
}

func (e *encoder) writeRep(o op, posState uint32) {
	s := e.state
	if o.back == 0 {
		e.rc.bit(&e.isRep0[s], 0)
		if o.length == 1 {
			e.rc.bit(&e.isRep0Long[s][posState], 0)
			e.state = stateShortRep(s)
			return
		}
		e.rc.bit(&e.isRep0Long[s][posState], 1)
	} else {
		e.rc.bit(&e.isRep0[s], 1)
		if o.back == 1 {
			e.rc.bit(&e.isRep1[s], 0)
		} else {
			e.rc.bit(&e.isRep1[s], 1)
			e.rc.bit(&e.isRep2[s], o.back-2)
		}
		e.reps = rotated(e.reps, o.back)
	}
	e.writeLength(&e.repLen, o.length, posState)
	e.state = stateRep(s)
}

func (e *encoder) writeLength(l *lenModel, length, posState uint32) {
	switch n := length - minMatch; {
	case n < 8:
		e.rc.bit(&l.choice, 0)
		e.rc.tree(l.low[posState][:], n, 3)
	case n < 16:
		e.rc.bit(&l.choice, 1)
		e.rc.bit(&l.choice2, 0)
		e.rc.tree(l.mid[posState][:], n-8, 3)
	default:
		e.rc.bit(&l.choice, 1)
		e.rc.bit(&l.choice2, 1)
		e.rc.tree(l.high[:], n-16, 8)
	}
}

func (e *encoder) writeDistance(distance, lenState uint32) {
	slot := slotOf(distance)
	e.rc.tree(e.slot[lenState][:], slot, 6)
	if slot < firstSlot {
		return
	}
	footer := uint(slot>>1 - 1)
	rest := distance & (1<<footer - 1)
	if slot < alignSlot {
		e.rc.reverseTree(e.special[slot-firstSlot][:], rest, footer)
		return
	}
	e.rc.direct(rest>>alignBits, footer-alignBits)
	e.rc.reverseTree(e.align[:], rest, alignBits)
}

// slotOf returns the place of the highest bit of a distance and the bit below it, as
// one number.
func slotOf(distance uint32) uint32 {
	if distance < firstSlot {
		return distance
	}
	high := uint32(bits.Len32(distance)) - 1
	return high<<1 | distance>>(high-1)&1
}
