package rescue

import (
	"slices"

	"rescuebox/internal/mapfile"
)

// board is what the phases of one stage share: the map, the part of it that they may
// read, and how.
type board struct {
	m *mapfile.Map
	Strategy
	areas []mapfile.Block // of the domain, in order
	// doubt has what was marked after the start of the last good read: of a drive that
	// has died it is all wrong.
	doubt []doubtful
	nr    int // of the outcome that is being noted
	// large are failed reads of more than a cluster, whose clusters were not tried.
	large []Read

	good, failures int64 // bytes that were read, and reads that failed
}

// doubtful is what a block was, before an outcome.
type doubtful struct {
	mapfile.Block
	nr int
}

func newBoard(m *mapfile.Map, s Strategy, d mapfile.Domain) *board {
	return &board{m: m, Strategy: s, areas: slices.Collect(d.Areas())}
}

// block returns the first run of bytes from pos on, or with reverse the last one
// before pos, that has one of the statuses and is in the domain.
func (b *board) block(pos int64, statuses string) (mapfile.Block, bool) {
	for {
		found, ok := b.m.Next(pos, statuses)
		if !ok {
			return found, false
		}
		if found.Pos < pos {
			found.Size -= pos - found.Pos
			found.Pos = pos
		}
		area, ok := b.area(found.Pos)
		if !ok {
			return found, false
		}
		from, to := max(found.Pos, area.Pos), min(found.Pos+found.Size, area.Pos+area.Size)
		if from < to {
			return mapfile.Block{Pos: from, Size: to - from, Status: found.Status}, true
		}
		pos = area.Pos
	}
}

// area is the first of the domain that ends behind pos.
func (b *board) area(pos int64) (mapfile.Block, bool) {
	i, _ := slices.BinarySearchFunc(b.areas, pos, func(a mapfile.Block, pos int64) int {
		if a.Pos+a.Size <= pos {
			return -1
		}
		return 1
	})
	if i == len(b.areas) {
		return mapfile.Block{}, false
	}
	return b.areas[i], true
}

// set marks bytes, and remembers what they were until something reads well.
func (b *board) set(r Read, s mapfile.Status) {
	if r.Size <= 0 {
		return
	}
	if s != mapfile.Finished {
		for was := range b.m.Range(r.Pos, r.Size) {
			b.doubt = append(b.doubt, doubtful{was, b.nr})
		}
	}
	b.m.Set(r.Pos, r.Size, s)
}

// undo takes back what was marked since the last good read, and returns how many
// bytes that was.
func (b *board) undo() (bytes int64) {
	for _, was := range slices.Backward(b.doubt) {
		b.m.Set(was.Pos, was.Size, was.Status)
		bytes += was.Size
	}
	b.doubt = b.doubt[:0]
	return bytes
}

// trusted is called when the medium has proven that it still reads.
func (b *board) trusted() { b.doubt = b.doubt[:0] }

// note marks what an outcome says: what was read, and what failed, as bad where it is
// one sector, else with the status given.
func (b *board) note(o Outcome, failed mapfile.Status) (good bool) {
	b.good += o.Got
	b.nr = o.nr
	if o.Got > 0 {
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
	b.failures++
	got := o.Got - o.Got%b.Sector
	b.set(Read{o.Pos, got}, mapfile.Finished)
	rest := Read{o.Pos + got, o.Size - got}
	switch {
	case rest.Size <= b.Sector:
		failed = mapfile.BadSector
	case rest.Size > b.Cluster:
		b.large = append(b.large, rest)
	}
	b.set(rest, failed)
	return false
}

// largeAt returns what of a failed large read is left from pos on.
func (b *board) largeAt(pos int64) (Read, bool) {
	for _, r := range b.large {
		if r.Pos <= pos && pos < r.End() {
			return Read{pos, r.End() - pos}, true
		}
	}
	return Read{}, false
}

// apart is the mean distance between failures, in bytes.
func (b *board) apart() int64 { return (b.good + 1) / max(b.failures, 1) }

// upTo is where a read from pos on ends, on a multiple of its size.
func upTo(pos, size int64) int64 { return pos - pos%size + size }
