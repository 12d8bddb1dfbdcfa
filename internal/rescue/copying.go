package rescue

import (
	"time"

	"rescuebox/internal/mapfile"
)

// copying reads forward what was not tried. Where all is well it has several reads on
// their way, which grow: one that fails costs one more than its clusters would. A read
// that fails makes it careful: one small read at a time. At the second one that fails
// it skips, each time twice as much; when it lands on a good place it goes back to find
// where the bad run ends. Runs that come at regular distances are a dead head's, and
// are skipped as soon as the next one begins.
type copying struct {
	*board
	cursor int64
	size   int64 // of the next read
	calm   int   // reads in a row that were good
	alone  bool  // one read at a time

	run    int64 // where the bad run began in which the cursor is, or -1
	failed int   // reads in it, slow ones too
	slow   bool  // there are slow ones among them
	skip   int64
	hole   hole // that the last skip left
	back   bool // the hole is being read backward
	heads  heads
}

// hole is a run that was skipped.
type hole struct {
	from, to int64
	size     int64 // of the next read, at its end
	shrinks  bool  // the end of the bad run is in the last that was tried
}

// brief is how long a read takes of a medium that is so fast that its reads may be larger:
// what goes on between them costs more than the larger read that fails.
const brief = time.Millisecond

// calmReads is after how many good reads the next ones are twice as large, firstReads
// where no read has failed yet.
const (
	calmReads  = 8
	firstReads = 2
)

func newCopying(b *board) *copying {
	return &copying{board: b, size: b.Cluster, run: -1, skip: b.Skip}
}

func (c *copying) about() (mapfile.Status, int, string) { return mapfile.NonTried, 1, "copying" }

func (c *copying) next(flying int) (Read, bool) {
	if c.alone && flying > 0 || flying >= c.Depth {
		return Read{}, false
	}
	if c.back {
		return c.behind(), true
	}
	b, ok := c.block(c.cursor, "?")
	if !ok {
		return Read{}, false
	}
	size := c.size
	// Where a bad run is foreseen one small read tells.
	start, length, known := c.heads.next()
	inside := known && b.Pos >= start && b.Pos < start+length
	if inside {
		if flying > 0 {
			return Read{}, false
		}
		size = c.cluster()
	}
	end := min(b.Pos+b.Size, upTo(b.Pos, size))
	if known && !inside && b.Pos < start && start < end {
		end = start
	}
	c.cursor = end
	return Read{b.Pos, end - b.Pos}, true
}

// behind is the next read of the hole, from its end.
func (c *copying) behind() Read {
	from := max(c.hole.from, c.hole.to-c.hole.size)
	return Read{from, c.hole.to - from}
}

func (c *copying) done(o Outcome) {
	switch {
	case c.back && o.Pos >= c.hole.from && o.End() == c.hole.to:
		c.backward(o)
	case o.Err == nil && !o.Slow:
		c.note(o, mapfile.NonTrimmed)
		c.good(o)
	default:
		c.note(o, mapfile.NonTrimmed)
		c.bad(o)
	}
}

func (c *copying) good(o Outcome) {
	if c.run >= 0 && o.Pos >= c.cursor-o.Size {
		if c.hole.to > c.hole.from && c.hole.to == o.Pos {
			c.hole.size, c.hole.shrinks, c.back = c.cluster(), false, true
		} else {
			c.over(o.Pos)
		}
	}
	if c.calm++; c.calm < c.enough() {
		return
	}
	c.calm = 0
	// Large reads are for where failures are far apart.
	most := c.Most
	if o.Took < brief {
		most = max(most, c.Back)
	}
	if c.size < c.cluster() {
		if c.size = c.cluster(); c.cheap() {
			c.size = c.Sector
		}
	} else if c.size*2 <= most && c.size*2 <= c.rare() && c.roomy(c.size*2) {
		c.size *= 2
	}
	// As many reads as may fail at once are to be few beside those between two failures.
	// Several sectors on their way are no quicker than one.
	c.alone = c.alone && (c.size == c.Sector || c.size < c.Most && int64(c.Depth)*c.size > c.rare())
}

// enough is how many good reads make the next ones larger.
func (c *copying) enough() int {
	switch {
	case c.failures == 0:
		return firstReads
	case c.size == c.Sector && c.crowded():
		return int(c.cluster() / c.Sector)
	}
	return calmReads
}

// crowded reports whether failures are so close together that much of what is good would
// be lost with them, in clusters that fail.
func (c *copying) crowded() bool {
	return c.Crowded < c.Cluster && c.failures >= calmReads && c.apart() < 8*c.Cluster
}

// cluster is the size of a read near a failure.
func (c *copying) cluster() int64 {
	if c.crowded() {
		return c.Crowded
	}
	return c.Cluster
}

// cheap reports whether larger reads than a sector would only fail more often, at much
// more time than the sectors take. A few failures tell nothing of that.
func (c *copying) cheap() bool {
	return c.failures >= calmReads && 2*c.walk(c.Sector) < c.failing
}

// behindFailure is the size of the first reads behind a failed one. Where failures are
// close together the next one may be there: a cluster would fail once more than it has.
func (c *copying) behindFailure() int64 {
	if c.cheap() || c.crowded() {
		return c.Sector
	}
	return c.cluster()
}

// rare is the most of a read, in bytes, by how far failures are apart. Before the first
// one that is not known, and one larger read that fails costs little.
func (c *copying) rare() int64 {
	if c.failures == 0 {
		return c.costs.good / 4
	}
	return c.apart() / 16
}

// over ends a bad run.
func (c *copying) over(end int64) {
	if end-c.run >= 4*c.Cluster && !c.slow {
		c.heads.add(c.run, end)
	}
	c.slow = false
	c.run, c.failed, c.skip, c.hole, c.back = -1, 0, c.Skip, hole{}, false
}

func (c *copying) bad(o Outcome) {
	c.size, c.alone, c.calm = c.behindFailure(), true, 0
	if c.run < 0 {
		c.run = o.Pos
	}
	c.failed++
	c.slow = c.slow || o.Err == nil
	if c.NoSkip || o.End() < c.cursor {
		return
	}
	to := o.End()
	if end, known := c.heads.end(c.run, 2*c.Cluster); known && to < end {
		to = end
	} else if c.failed > 1 || o.Err == nil {
		// As far again as the run is long.
		c.skip = max(c.skip, o.End()-c.run)
		if most := c.MaxSkip; o.Err == nil {
			// All of a slow run will come: few ways back are worth more than its end.
			c.skip = min(max(c.skip, most), 16*most)
		} else {
			c.skip = min(c.skip, most)
		}
		to += c.skip
	}
	c.hole = hole{}
	if to > o.End() {
		// Where the domain ends, or something is known, there is no way back.
		if b, ok := c.block(o.End(), "?"); ok && b.Pos == o.End() && to <= b.Pos+b.Size && !c.Forward {
			c.hole = hole{from: o.End(), to: to}
		}
		c.cursor = to
	}
}

// backward looks for the end of the bad run in the hole: it reads twice as much each
// time, and half as much when that fails.
func (c *copying) backward(o Outcome) {
	h := &c.hole
	switch {
	case o.Err == nil:
		c.note(o, mapfile.NonTrimmed)
		h.to = o.Pos
		if h.shrinks {
			h.size = max(h.size/2, c.cluster())
		} else {
			h.size = min(2*h.size, c.Back)
		}
		// What is slow will come as well forward, without turns of the disk.
		if h.to <= h.from || o.Slow {
			c.over(h.from)
		}
	case o.Size > c.cluster():
		// What is left of it stays untried: the next read tells more.
		got := o.Got - o.Got%c.Sector
		c.set(Read{o.Pos, got}, mapfile.Finished)
		h.size, h.shrinks = upTo(o.Size/2-1, c.cluster()), true
	default:
		c.note(o, mapfile.NonTrimmed)
		c.over(o.End())
	}
}

// heads are bad runs that may come at regular distances: those of a head that does
// not read any more.
type heads struct {
	start, length int64 // of the last run
	period        int64 // from the run before it, or 0
}

func (h *heads) add(start, end int64) {
	if h.length > 0 {
		h.period = start - h.start
	}
	h.start, h.length = start, end-start
}

// next is the next run, if that is known.
func (h *heads) next() (start, length int64, known bool) {
	return h.start + h.period, h.length, h.period > 0
}

// end is where a run ends that begins near to a place where one was foreseen.
func (h *heads) end(start, tolerance int64) (int64, bool) {
	foreseen, _, known := h.next()
	if !known || start < foreseen-tolerance || start > foreseen+tolerance {
		return 0, false
	}
	return start + h.length, true
}
