package rescue

import "rescuebox/internal/mapfile"

// trimming goes through blocks that failed, sector by sector and forward only: a read
// backward costs a disk a turn. Where nine sectors in a row are bad it leaves the rest
// of the block for scraping, but for its end.
type trimming struct {
	sequence
	bad   int   // sectors in a row
	tail  bool  // only the end of the block is left: it is read backward
	wide  int64 // until here sector by sector: behind it there may be untried clusters
	first bool  // no bad sector was found in what is stepped through
	alone bool  // one was, and nothing good behind it yet
}

func newTrimming(b *board) *trimming { return &trimming{sequence: newSequence(b, b.Reverse)} }

func (t *trimming) about() (mapfile.Status, int, string) { return mapfile.NonTrimmed, 1, "trimming" }

func (t *trimming) next(flying int) (Read, bool) {
	if flying > 0 {
		return Read{}, false
	}
	if t.from >= t.to {
		if !t.take("*") {
			return Read{}, false
		}
		t.bad, t.tail, t.wide, t.first, t.alone = 0, false, t.to, true, false
		if large, known := t.largeAt(t.from); known {
			t.wide = large.End()
		}
	}
	if t.tail {
		from := max(t.from, (t.to-1)/t.Sector*t.Sector)
		return Read{from, t.to - from}, true
	}
	if t.from >= t.wide {
		// It failed with others: alone it may be good.
		return t.step(t.Cluster), true
	}
	return t.step(t.Sector), true
}

func (t *trimming) done(o Outcome) {
	if o.Size > t.Sector { // a piece
		if t.note(o, mapfile.NonTrimmed) {
			t.from = o.End()
		} else {
			t.from, t.wide, t.first, t.alone = o.Pos+o.Got-o.Got%t.Sector, o.End(), true, false
		}
		return
	}
	good := t.note(o, mapfile.BadSector)
	switch {
	case t.tail && good:
		t.to = o.Pos
	case t.tail:
		t.leave(t.from, o.Pos)
	case good:
		t.from, t.bad = o.End(), 0
		t.over(o.Pos)
	default:
		t.from = o.End()
		if t.bad++; t.bad == hopeless {
			t.rest()
		} else if t.first {
			t.found(o.Pos)
		}
	}
}

// found is called at the first bad sector of a step. Where a large read has failed, its
// other clusters were not tried, and may be good in one read each.
func (t *trimming) found(pos int64) {
	t.first, t.alone = false, true
	if large, known := t.largeAt(pos); known {
		t.wide = min(large.End(), upTo(pos, t.Cluster))
	}
}

// over is called at a good sector. Behind the first run of bad ones all may be good in
// one read, where failures are rare. At the first bad one that read would come too early:
// several sectors are bad together where a physical one is larger.
func (t *trimming) over(pos int64) {
	if t.alone && !t.dense(t.Sector) {
		t.wide = upTo(pos, t.Sector)
	}
	t.alone = false
}

// hopeless is a row of bad sectors that is longer than a physical one of 4096 bytes
// behind logical ones of 512.
const hopeless = 9

// rest leaves what follows a row of bad sectors, and goes on at the block's end if what is
// behind that is good.
func (t *trimming) rest() {
	if t.from < t.to && t.to < t.m.Size() && t.m.Status(t.to) == mapfile.Finished {
		t.tail = true
		return
	}
	t.leave(t.from, t.to)
}

// leave gives the rest of the block to scraping.
func (t *trimming) leave(from, to int64) {
	if from < to {
		t.set(Read{from, to - from}, mapfile.NonScraped)
	}
	t.from = t.to
}
