package inflate

// endOfBlock is the symbol that ends a block.
const endOfBlock = 256

// fixed sets the codes that need no description (RFC 1951, 3.2.6).
func (z *Reader) fixed() {
	var lengths [288]uint8
	for i := range lengths {
		switch {
		case i < 144:
			lengths[i] = 8
		case i < 256:
			lengths[i] = 9
		case i < 280:
			lengths[i] = 7
		default:
			lengths[i] = 8
		}
	}
	z.lit.build(lengths[:], false)
	var distances [32]uint8
	for i := range distances {
		distances[i] = 5
	}
	z.dist.build(distances[:], false)
}

// codeOrder is the order in which the lengths of the code for code lengths stand.
var codeOrder = [19]uint8{16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15}

// dynamic reads the codes of a block (RFC 1951, 3.2.7).
func (z *Reader) dynamic() error {
	head, err := z.take(14)
	if err != nil {
		return err
	}
	lits, dists, codes := int(head&31)+257, int(head>>5&31)+1, int(head>>10)+4
	if lits > 286 || dists > 30 {
		return z.damaged()
	}
	var lengths [286 + 30]uint8
	for _, at := range codeOrder[:codes] {
		n, err := z.take(3)
		if err != nil {
			return err
		}
		lengths[at] = uint8(n)
	}
	if !z.lit.build(lengths[:len(codeOrder)], false) {
		return z.damaged()
	}
	clear(lengths[:len(codeOrder)])
	if err := z.lengths(lengths[:lits+dists]); err != nil {
		return err
	}
	if lengths[endOfBlock] == 0 || !z.lit.build(lengths[:lits], true) || !z.dist.build(lengths[lits:lits+dists], true) {
		return z.damaged()
	}
	return nil
}

// lengths reads the lengths of both codes, which are coded themselves: 16 repeats the
// last one, 17 and 18 are zeros.
func (z *Reader) lengths(list []uint8) error {
	for i := 0; i < len(list); {
		symbol, err := z.symbol(&z.lit)
		if err != nil {
			return err
		}
		if symbol < 16 {
			list[i] = uint8(symbol)
			i++
			continue
		}
		bits, least, value := uint(2), 3, uint8(0)
		switch {
		case symbol == 16 && i == 0:
			return z.damaged()
		case symbol == 16:
			value = list[i-1]
		case symbol == 17:
			bits = 3
		default:
			bits, least = 7, 11
		}
		extra, err := z.take(bits)
		if err != nil {
			return err
		}
		n := least + int(extra)
		if n > len(list)-i {
			return z.damaged()
		}
		for range n {
			list[i] = value
			i++
		}
	}
	return nil
}
