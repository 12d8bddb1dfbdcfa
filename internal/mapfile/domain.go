package mapfile

import (
	"iter"
	"math"
)

// Domain is the bytes that an operation is about: a range, and in it the finished
// blocks of a map when there is one.
type Domain struct {
	from, to int64
	finished *Map // may be nil
}

// NewDomain is [pos, pos+size), or all from pos on where size is negative, in the
// finished blocks of a map, which may be nil.
func NewDomain(pos, size int64, finished *Map) Domain {
	d := Domain{max(pos, 0), math.MaxInt64, finished}
	if size >= 0 {
		_, d.to = clip(pos, size)
	}
	return d
}

// Crop is the part of a domain within [from, to).
func (d Domain) Crop(from, to int64) Domain {
	return Domain{max(d.from, from), min(d.to, to), d.finished}
}

// Split cuts a block where the domain begins and ends, and says of each piece whether
// it is in; neighbours differ in that.
func (d Domain) Split(b Block) iter.Seq2[Block, bool] {
	return func(yield func(Block, bool) bool) {
		at, end := b.Pos, b.Pos+b.Size
		for area := range d.Crop(b.Pos, end).Areas() {
			if at < area.Pos && !yield(Block{at, area.Pos - at, b.Status}, false) {
				return
			}
			if !yield(Block{area.Pos, area.Size, b.Status}, true) {
				return
			}
			at = area.Pos + area.Size
		}
		if at < end {
			yield(Block{at, end - at, b.Status}, false)
		}
	}
}

// Areas are the runs of bytes of the domain, without a status.
func (d Domain) Areas() iter.Seq[Block] {
	return func(yield func(Block) bool) {
		if d.finished == nil {
			if d.from < d.to {
				yield(Block{Pos: d.from, Size: d.to - d.from})
			}
			return
		}
		for at := d.from; at < d.to; {
			b, ok := d.finished.Next(at, string(Finished))
			if !ok || b.Pos >= d.to {
				return
			}
			from, to := max(b.Pos, at), min(b.Pos+b.Size, d.to)
			if !yield(Block{Pos: from, Size: to - from}) {
				return
			}
			at = to
		}
	}
}

// Holds says whether all of a block is in the domain.
func (d Domain) Holds(b Block) bool {
	whole := true
	for _, in := range d.Split(b) {
		whole = whole && in
	}
	return whole
}

// Extent is where the domain begins and ends, how many bytes it has and in how many
// areas; all are 0 of an empty one.
func (d Domain) Extent() (begin, end, size int64, areas int) {
	for a := range d.Areas() {
		if areas == 0 {
			begin = a.Pos
		}
		end, size, areas = a.Pos+a.Size, size+a.Size, areas+1
	}
	return begin, end, size, areas
}

// Pieces are the blocks of a map, cut at the domain's bounds, and whether they are in
// it. The map must not change meanwhile.
func (d Domain) Pieces(m *Map) iter.Seq2[Block, bool] {
	return func(yield func(Block, bool) bool) {
		for b := range m.Range(m.Start, math.MaxInt64) {
			for piece, in := range d.Split(b) {
				if !yield(piece, in) {
					return
				}
			}
		}
	}
}
