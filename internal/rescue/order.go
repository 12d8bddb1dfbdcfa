package rescue

import "rescuebox/internal/mapfile"

// sequence takes the blocks of a map one after the other, from the beginning, or from
// the end.
type sequence struct {
	*board
	reverse  bool
	at       int64 // blocks before it are done; those behind it where it is reversed
	from, to int64 // of the block that was taken, what is left of it
}

func newSequence(b *board, reverse bool) sequence {
	s := sequence{board: b, reverse: reverse}
	if reverse {
		s.at = b.m.Size()
	}
	return s
}

// take goes to the next block. It is false when there is none.
func (s *sequence) take(statuses string) bool {
	find := s.block
	if s.reverse {
		find = s.blockBefore
	}
	b, ok := find(s.at, statuses)
	if !ok {
		return false
	}
	s.from, s.to = b.Pos, b.Pos+b.Size
	s.at = s.to
	if s.reverse {
		s.at = s.from
	}
	return true
}

// step is the next read of at most so many bytes of the block, up to a multiple of
// them.
func (s *sequence) step(size int64) Read {
	return Read{s.from, min(s.to, upTo(s.from, size)) - s.from}
}

// mirrored is a phase that sees the medium from its end: what is forward for it is
// backward.
type mirrored struct {
	phase
	mirror
}

// mirror turns positions around. It has the medium's size, rounded up so that what is
// aligned stays so.
type mirror struct{ size int64 }

func newMirror(size, unit int64) mirror { return mirror{(size + unit - 1) / unit * unit} }

func (m mirror) read(r Read) Read { return Read{m.size - r.End(), r.Size} }

// board is one with a map, and a domain, that are turned around. What is marked in it
// is marked in b's, too.
func (m mirror) board(b *board) *board {
	turned := *b
	turned.m, turned.turned = mapfile.New(m.size), &m
	for block := range b.known.Blocks() {
		turned.m.Set(m.size-block.Pos-block.Size, block.Size, block.Status)
	}
	turned.areas = nil
	for i := len(b.areas) - 1; i >= 0; i-- {
		a := b.areas[i]
		turned.areas = append(turned.areas, mapfile.Block{Pos: m.size - a.Pos - a.Size, Size: a.Size})
	}
	return &turned
}

func (m mirrored) next(flying int) (Read, bool) {
	r, ok := m.phase.next(flying)
	return m.read(r), ok
}

func (m mirrored) done(o Outcome) {
	if o.Err != nil {
		o.tail, o.Got = o.Got, 0
	}
	o.Read = m.read(o.Read)
	m.phase.done(o)
}
