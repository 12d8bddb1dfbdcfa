package ddrescuelog

import (
	"math"
	"strings"

	"rescuebox/internal/mapfile"
)

// change returns a map whose blocks in the domain have other types, each given by
// that which it has.
func change(m *mapfile.Map, d mapfile.Domain, to func(mapfile.Block) mapfile.Status) (*mapfile.Map, error) {
	out := like(m)
	for b, in := range d.Pieces(m) {
		if in {
			b.Status = to(b)
		}
		if err := out.Append(b); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// like is an empty map of a map's header, that begins where it begins.
func like(m *mapfile.Map) *mapfile.Map {
	out := mapfile.New(m.Start)
	out.Header, out.Comments, out.Start = m.Header, m.Comments, m.Start
	return out
}

// changed is the type that -a gives a block.
func (o *options) changed(b mapfile.Block) mapfile.Status {
	if i := strings.IndexByte(o.old, byte(b.Status)); i >= 0 {
		return mapfile.Status(o.new[i])
	}
	return b.Status
}

func inverted(b mapfile.Block) mapfile.Status {
	if b.Status == mapfile.Finished {
		return mapfile.BadSector
	}
	return mapfile.Finished
}

// logic joins the finished blocks of two maps, where both have blocks: XOR, AND or
// OR. What ceases to be finished is bad; what is in neither stays as it is.
func logic(op rune, m, other *mapfile.Map, d mapfile.Domain) (*mapfile.Map, error) {
	out := like(m)
	both := mapfile.NewDomain(0, math.MaxInt64, other)
	for b, in := range d.Pieces(m) {
		if !in {
			if err := out.Append(b); err != nil {
				return nil, err
			}
			continue
		}
		for piece, second := range both.Split(b) {
			first := piece.Status == mapfile.Finished
			finished := first || second
			switch op {
			case 'x':
				finished = first != second
			case 'y':
				finished = first && second
			}
			switch {
			case finished:
				piece.Status = mapfile.Finished
			case first:
				piece.Status = mapfile.BadSector
			}
			if err := out.Append(piece); err != nil {
				return nil, err
			}
		}
	}
	return out, nil
}

// shift moves all blocks before the end of the domain.
func shift(m *mapfile.Map, d mapfile.Domain, offset int64) (*mapfile.Map, error) {
	out := like(m)
	out.Resize(0)
	_, end, _, _ := d.Extent()
	for b := range m.Range(m.Start, end-m.Start) {
		from, to := shifted(b, offset)
		if offset <= 0 && out.Size() == 0 {
			out.Resize(from)
			out.Start = from
		}
		if err := out.Append(mapfile.Block{Pos: from, Size: to - from, Status: b.Status}); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// equal compares the types of all blocks of the domain; asDomain compares only which
// are finished, and what a map does not reach is not.
func equal(a, b *mapfile.Map, d mapfile.Domain, asDomain bool) bool {
	size := max(a.Size(), b.Size())
	for area := range d.Crop(0, size).Areas() {
		pos, end := area.Pos, area.Pos+area.Size
		for pos < end {
			first, in1 := a.At(pos)
			second, in2 := b.At(pos)
			switch {
			case asDomain && (first.Status == mapfile.Finished) != (second.Status == mapfile.Finished):
				return false
			case !asDomain && (in1 != in2 || first.Status != second.Status):
				return false
			}
			next := end
			if in1 {
				next = min(next, first.Pos+first.Size)
			}
			if in2 {
				next = min(next, second.Pos+second.Size)
			}
			pos = next
		}
	}
	return true
}
