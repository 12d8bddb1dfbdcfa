package mapfile

import (
	"cmp"
	"iter"
	"math"
	"slices"
	"strings"
)

// Map is a map in memory: what is known of each byte of a disk, as blocks that
// cover [0, Size()) without gaps; neighbours differ in status. It keeps millions of
// blocks in 16 bytes each (12 on 32-bit machines). It is not safe for concurrent
// use.
type Map struct {
	Header Header
	// Comments are the lines before the header, without "# " and newline.
	Comments []string
	// Start is where the first block of the file began that was read. Before it all
	// is NonTried, and Write leaves that out, as ddrescuelog does. Set moves it.
	Start int64

	size   int64
	chunks []*chunk // none is empty
	blocks [kinds]int
	bytes  [kinds]int64
}

// extent is a block without its size: it ends where the next one begins.
type extent struct {
	pos    int64
	status Status
}

// chunk is a run of extents. A map is a list of them, so that an insertion moves a
// few thousand bytes instead of the whole map.
type chunk struct {
	list []extent
	has  [kinds]int // extents of each status, by which searches pass chunks over
}

// chunkMax bounds the extents of a chunk. With a million blocks an insertion moves
// at most 8 KiB of extents, and rarely the 16 KiB of the list of chunks.
const chunkMax = 512

// kinds is the number of statuses a block can have; order lists them from the least
// processed on.
const (
	kinds = 5
	order = "?*/-+"
)

// kind is the place of a status in order; what is no status of a block counts as
// NonTried, by which nothing is lost.
func kind(s Status) int { return max(0, strings.IndexByte(order, byte(s))) }

// New returns a map of size bytes that were not tried.
func New(size int64) *Map {
	m := &Map{Header: Header{Status: NonTried, Pass: 1}}
	m.Resize(size)
	return m
}

// Clone returns a copy, for one to save or to look at while the other is edited.
func (m *Map) Clone() *Map {
	c := *m
	c.Comments = slices.Clone(m.Comments)
	c.chunks = make([]*chunk, len(m.chunks))
	for i, old := range m.chunks {
		c.chunks[i] = &chunk{list: slices.Clone(old.list), has: old.has}
	}
	return &c
}

// Size is the end of the last block in bytes.
func (m *Map) Size() int64 { return m.size }

// Count is the number of blocks that have one of the statuses, as "-/*".
func (m *Map) Count(statuses string) int {
	n := 0
	for k := range order {
		if strings.IndexByte(statuses, order[k]) >= 0 {
			n += m.blocks[k]
		}
	}
	return n
}

// Sum is the number of bytes that have one of the statuses, as "-/*".
func (m *Map) Sum(statuses string) int64 {
	n := int64(0)
	for k := range order {
		if strings.IndexByte(statuses, order[k]) >= 0 {
			n += m.bytes[k]
		}
	}
	return n
}

// Status is that of the byte at pos; NonTried outside of the map.
func (m *Map) Status(pos int64) Status {
	b, ok := m.At(pos)
	if !ok {
		return NonTried
	}
	return b.Status
}

// At returns the block that holds the byte at pos.
func (m *Map) At(pos int64) (Block, bool) {
	if pos < 0 || pos >= m.size {
		return Block{}, false
	}
	return m.block(m.locate(pos)), true
}

// Blocks are all blocks in order. The map must not change meanwhile.
func (m *Map) Blocks() iter.Seq[Block] { return m.Range(0, math.MaxInt64) }

// Range are the blocks of the bytes [pos, pos+size), the first and the last one cut
// to it. The map must not change meanwhile.
func (m *Map) Range(pos, size int64) iter.Seq[Block] {
	return func(yield func(Block) bool) {
		pos, end := clip(pos, size)
		end = min(end, m.size)
		for at, ok := m.locate(pos), pos < end; ok; at, ok = m.next(at) {
			b := m.block(at)
			if b.Pos >= end {
				return
			}
			from, to := max(b.Pos, pos), min(b.Pos+b.Size, end)
			if !yield(Block{from, to - from, b.Status}) {
				return
			}
		}
	}
}

// Next returns the first block that has one of the statuses, as "-/*", and ends
// behind pos.
func (m *Map) Next(pos int64, statuses string) (Block, bool) {
	pos = max(pos, 0)
	if pos >= m.size {
		return Block{}, false
	}
	at := m.locate(pos)
	for ; at.chunk < len(m.chunks); at = (place{at.chunk + 1, 0}) {
		c := m.chunks[at.chunk]
		for ; c.hasAny(statuses) && at.i < len(c.list); at.i++ {
			if strings.IndexByte(statuses, byte(c.list[at.i].status)) >= 0 {
				return m.block(at), true
			}
		}
	}
	return Block{}, false
}

// Prev returns the last block that has one of the statuses, as "-/*", and begins
// before pos.
func (m *Map) Prev(pos int64, statuses string) (Block, bool) {
	pos = min(pos, m.size)
	if pos <= 0 {
		return Block{}, false
	}
	at := m.locate(pos - 1)
	for {
		c := m.chunks[at.chunk]
		for ; c.hasAny(statuses) && at.i >= 0; at.i-- {
			if strings.IndexByte(statuses, byte(c.list[at.i].status)) >= 0 {
				return m.block(at), true
			}
		}
		if at.chunk--; at.chunk < 0 {
			return Block{}, false
		}
		at.i = len(m.chunks[at.chunk].list) - 1
	}
}

func (c *chunk) hasAny(statuses string) bool {
	for k, n := range c.has {
		if n > 0 && strings.IndexByte(statuses, order[k]) >= 0 {
			return true
		}
	}
	return false
}

// clip returns the bounds of [pos, pos+size) that lie in [0, MaxInt64].
func clip(pos, size int64) (from, to int64) {
	to = pos + size
	if size > 0 && pos > math.MaxInt64-size {
		to = math.MaxInt64
	}
	return max(pos, 0), to
}

// place is where an extent is.
type place struct{ chunk, i int }

// locate returns the place of the extent that holds the byte at pos, which is not
// negative; the last one for what is behind the map.
func (m *Map) locate(pos int64) place {
	byPos := func(e extent, pos int64) int { return cmp.Compare(e.pos, pos) }
	c, found := slices.BinarySearchFunc(m.chunks, pos, func(c *chunk, pos int64) int { return byPos(c.list[0], pos) })
	if !found && c > 0 {
		c--
	}
	if c == len(m.chunks) {
		return place{c, 0}
	}
	i, found := slices.BinarySearchFunc(m.chunks[c].list, pos, byPos)
	if !found && i > 0 {
		i--
	}
	return place{c, i}
}

func (m *Map) at(at place) *extent { return &m.chunks[at.chunk].list[at.i] }

func (m *Map) block(at place) Block {
	e, end := m.at(at), m.size
	if next, ok := m.next(at); ok {
		end = m.at(next).pos
	}
	return Block{e.pos, end - e.pos, e.status}
}

func (m *Map) next(at place) (place, bool) {
	if at.i+1 < len(m.chunks[at.chunk].list) {
		return place{at.chunk, at.i + 1}, true
	}
	return place{at.chunk + 1, 0}, at.chunk+1 < len(m.chunks)
}

func (m *Map) prev(at place) (place, bool) {
	switch {
	case at.i > 0:
		return place{at.chunk, at.i - 1}, true
	case at.chunk > 0:
		return place{at.chunk - 1, len(m.chunks[at.chunk-1].list) - 1}, true
	}
	return at, false
}
