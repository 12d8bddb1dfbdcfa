package rescue

import (
	"slices"

	"rescuebox/internal/mapfile"
)

// record is what is known of a medium: the map, and what reads have taught.
type record struct {
	known *mapfile.Map
	// doubt has what was marked after the start of the last good read: of a drive that
	// has died it is all wrong.
	doubt []doubtful
	nr    int // of the outcome that is being noted
	// large are failed reads of more than a cluster, whose clusters were not tried.
	large []Read
	costs
}

// doubtful is what a block was, before an outcome.
type doubtful struct {
	mapfile.Block
	nr int
}

// board is what a phase sees: the map, the part of it that it may read, and how.
type board struct {
	*record
	Strategy
	m      *mapfile.Map // known, or that turned around
	turned *mirror      // nil: m is known
	areas  []mapfile.Block
}

func newBoard(r *record, s Strategy, d mapfile.Domain) *board {
	return &board{record: r, Strategy: s, m: r.known, areas: slices.Collect(d.Crop(0, r.known.Size()).Areas())}
}

// block returns the first run of bytes from pos on that has one of the statuses and
// is in the domain.
func (b *board) block(pos int64, statuses string) (mapfile.Block, bool) {
	for {
		found, ok := b.m.Next(pos, statuses)
		if !ok {
			return found, false
		}
		found = cut(found, pos, found.Pos+found.Size)
		i := b.area(found.Pos)
		if i == len(b.areas) {
			return found, false
		}
		if in := cut(found, b.areas[i].Pos, b.areas[i].Pos+b.areas[i].Size); in.Size > 0 {
			return in, true
		}
		pos = b.areas[i].Pos
	}
}

// blockBefore is block for the last run before pos.
func (b *board) blockBefore(pos int64, statuses string) (mapfile.Block, bool) {
	for {
		found, ok := b.m.Prev(pos, statuses)
		if !ok {
			return found, false
		}
		found = cut(found, found.Pos, pos)
		i := b.area(found.Pos + found.Size - 1)
		if i == len(b.areas) || b.areas[i].Pos >= found.Pos+found.Size {
			i--
		}
		if i < 0 {
			return found, false
		}
		if in := cut(found, b.areas[i].Pos, b.areas[i].Pos+b.areas[i].Size); in.Size > 0 {
			return in, true
		}
		pos = b.areas[i].Pos + b.areas[i].Size
	}
}

// cut is what of a block lies between two positions; its size may be negative.
func cut(b mapfile.Block, from, to int64) mapfile.Block {
	from, to = max(from, b.Pos), min(to, b.Pos+b.Size)
	return mapfile.Block{Pos: from, Size: to - from, Status: b.Status}
}

// area is the index of the first of the domain that ends behind pos.
func (b *board) area(pos int64) int {
	i, _ := slices.BinarySearchFunc(b.areas, pos, func(a mapfile.Block, pos int64) int {
		if a.Pos+a.Size <= pos {
			return -1
		}
		return 1
	})
	return i
}

// set marks bytes, and remembers what they were until something reads well.
func (b *board) set(r Read, s mapfile.Status) {
	if r.Size <= 0 {
		return
	}
	if b.turned != nil {
		b.m.Set(r.Pos, r.Size, s)
		r = b.turned.read(r)
	}
	if s != mapfile.Finished {
		for was := range b.known.Range(r.Pos, r.Size) {
			b.doubt = append(b.doubt, doubtful{was, b.nr})
		}
	}
	b.known.Set(r.Pos, r.Size, s)
}

// undo takes back what was marked since the last good read, and returns how many
// bytes that was.
func (r *record) undo() (bytes int64) {
	for _, was := range slices.Backward(r.doubt) {
		r.known.Set(was.Pos, was.Size, was.Status)
		bytes += was.Size
	}
	r.doubt = r.doubt[:0]
	return bytes
}

// trusted is called when the medium has proven that it still reads.
func (r *record) trusted() { r.doubt = r.doubt[:0] }

// note marks what an outcome says: what was read, and what failed, as bad where it is
// one sector, else with the status given.
func (b *board) note(o Outcome, failed mapfile.Status) (good bool) {
	b.nr = o.nr
	b.learn(o, b.Sector)
	if o.Got+o.tail > 0 {
		// It was started when these had failed: the medium did read then.
		sure := 0
		for sure < len(b.doubt) && b.doubt[sure].nr <= o.after {
			sure++
		}
		b.doubt = slices.Delete(b.doubt, 0, sure)
	}
	if o.Err == nil {
		b.set(o.Read, mapfile.Finished)
		return true
	}
	got, tail := o.Got-o.Got%b.Sector, o.tail-o.tail%b.Sector
	b.set(Read{o.Pos, got}, mapfile.Finished)
	b.set(Read{o.End() - tail, tail}, mapfile.Finished)
	rest := Read{o.Pos + got, o.Size - got - tail}
	switch {
	case rest.Size <= b.Sector:
		failed = mapfile.BadSector
	case rest.Size > b.Cluster && b.turned != nil:
		b.large = append(b.large, b.turned.read(rest))
	case rest.Size > b.Cluster:
		b.large = append(b.large, rest)
	}
	b.set(rest, failed)
	return false
}

// largeAt returns what of a failed large read is left from pos on.
func (r *record) largeAt(pos int64) (Read, bool) {
	for _, l := range r.large {
		if l.Pos <= pos && pos < l.End() {
			return Read{pos, l.End() - pos}, true
		}
	}
	return Read{}, false
}

// upTo is where a read from pos on ends, on a multiple of its size.
func upTo(pos, size int64) int64 { return pos - pos%size + size }
