package lzma

// decoder reads bits, and holds what the packer knew at this position. Damage is
// noted and looked at once per symbol: bits read past the end are harmless.
type decoder struct {
	*model
	in      []byte
	at      int // next byte of in
	width   uint32
	code    uint32
	damaged bool
}

// Decode unpacks a stream into size bytes. All of the stream must be used, and no
// other bytes may follow; an end marker after the last byte is accepted, as other
// packers write one.
func Decode(stream []byte, p Params, size int) ([]byte, error) {
	if !p.valid() {
		return nil, ErrParams
	}
	if size < 0 || size > MaxSize {
		return nil, ErrTooLarge
	}
	if len(stream) < 5 || stream[0] != 0 {
		return nil, ErrDamaged
	}
	d := &decoder{model: newModel(p), in: stream, at: 5, width: 1<<32 - 1}
	d.code = uint32(stream[1])<<24 | uint32(stream[2])<<16 | uint32(stream[3])<<8 | uint32(stream[4])
	// A stream of n bytes makes at most some 7000 n; never reserve more than that.
	out := d.unpack(make([]byte, 0, min(size, len(stream)*8192)), size)
	if d.damaged || len(out) != size || d.code != 0 || d.at != len(stream) {
		return nil, ErrDamaged
	}
	return out, nil
}

// unpack appends to out until it has size bytes and the stream is at its end, or is
// found to be damaged.
func (d *decoder) unpack(out []byte, size int) []byte {
	state := uint8(0)
	var back [reps]uint32
	for !d.damaged {
		d.normalize()
		if len(out) == size && d.code == 0 && d.at == len(d.in) {
			return out
		}
		posState := uint32(len(out)) & d.pbMask
		if d.bit(&d.isMatch[state][posState]) == 0 {
			if len(out) == size {
				break
			}
			out = append(out, d.literal(out, state, back[0]))
			state = stateLiteral(state)
			continue
		}
		var length uint32
		switch {
		case d.bit(&d.isRep[state]) == 0:
			length = d.length(&d.matchLen, posState)
			distance := d.distance(lenState(length))
			if distance == 1<<32-1 { // the end marker
				d.normalize()
				return out
			}
			back = pushed(back, distance)
			state = stateMatch(state)
		default:
			var i uint32
			i, length = d.rep(state, posState)
			back = rotated(back, i)
			if length == 1 {
				state = stateShortRep(state)
			} else {
				state = stateRep(state)
			}
		}
		if uint64(back[0]) >= uint64(len(out)) || uint64(length) > uint64(size-len(out)) {
			break
		}
		for from := len(out) - int(back[0]) - 1; length > 0; length-- {
			out = append(out, out[from])
			from++
		}
	}
	d.damaged = true
	return out
}

func (d *decoder) normalize() {
	if d.width < minWidth {
		d.width <<= 8
		d.code <<= 8
		if d.at == len(d.in) {
			d.damaged = true
			return
		}
		d.code |= uint32(d.in[d.at])
		d.at++
	}
	if d.code >= d.width {
		d.damaged = true
	}
}

func (d *decoder) bit(p *prob) uint32 {
	d.normalize()
	zero := d.width >> probBits * uint32(*p)
	if d.code < zero {
		d.width = zero
		*p += (1<<probBits - *p) >> probShift
		return 0
	}
	d.width -= zero
	d.code -= zero
	*p -= *p >> probShift
	return 1
}

func (d *decoder) tree(probs []prob, bits uint) uint32 {
	node := uint32(1)
	for range bits {
		node = node<<1 | d.bit(&probs[node])
	}
	return node - 1<<bits
}

func (d *decoder) reverseTree(probs []prob, bits uint) uint32 {
	node, v := uint32(1), uint32(0)
	for i := range bits {
		bit := d.bit(&probs[node])
		node = node<<1 | bit
		v |= bit << i
	}
	return v
}

func (d *decoder) literal(out []byte, state uint8, back uint32) byte {
	before := byte(0)
	if len(out) > 0 {
		before = out[len(out)-1]
	}
	probs := d.literalProbs(uint32(len(out)), before)
	if state < afterMatch {
		return byte(d.tree(probs[:0x100], 8))
	}
	match := uint32(out[len(out)-int(back)-1])
	node, agree := uint32(1), uint32(0x100)
	for node < 0x100 {
		match <<= 1
		bit := d.bit(&probs[agree+match&agree+node])
		node = node<<1 | bit
		if bit == 0 {
			agree &^= match
		} else {
			agree &= match
		}
	}
	return byte(node)
}

// rep reads which distance is repeated, and for how long.
func (d *decoder) rep(state uint8, posState uint32) (i, length uint32) {
	if d.bit(&d.isRep0[state]) == 0 {
		if d.bit(&d.isRep0Long[state][posState]) == 0 {
			return 0, 1
		}
	} else if d.bit(&d.isRep1[state]) == 0 {
		i = 1
	} else {
		i = 2 + d.bit(&d.isRep2[state])
	}
	return i, d.length(&d.repLen, posState)
}

func (d *decoder) length(l *lenModel, posState uint32) uint32 {
	switch {
	case d.bit(&l.choice) == 0:
		return minMatch + d.tree(l.low[posState][:], 3)
	case d.bit(&l.choice2) == 0:
		return minMatch + 8 + d.tree(l.mid[posState][:], 3)
	}
	return minMatch + 16 + d.tree(l.high[:], 8)
}

// distance reads a distance, less 1.
func (d *decoder) distance(lenState uint32) uint32 {
	slot := d.tree(d.slot[lenState][:], 6)
	if slot < firstSlot {
		return slot
	}
	footer := uint(slot>>1 - 1)
	v := (2 | slot&1) << footer
	if slot < alignSlot {
		return v | d.reverseTree(d.special[slot-firstSlot][:], footer)
	}
	for i := footer; i > alignBits; i-- {
		d.normalize()
		d.width >>= 1
		if d.code >= d.width {
			d.code -= d.width
			v |= 1 << (i - 1)
		}
	}
	return v | d.reverseTree(d.align[:], alignBits)
}
