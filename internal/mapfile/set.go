package mapfile

import "slices"

// Set gives the bytes [pos, pos+size) a status. Behind the end it extends the map,
// with NonTried in between. It takes the time of two binary searches and of moving
// less than a chunk, and that of the blocks it replaces.
func (m *Map) Set(pos, size int64, s Status) {
	pos, end := clip(pos, size)
	if pos >= end {
		return
	}
	m.Start = min(m.Start, pos)
	if end > m.size {
		m.Resize(end)
	}
	s = Status(order[kind(s)])
	if b := m.block(m.locate(pos)); b.Status == s && b.Pos+b.Size >= end {
		return
	}
	for b := range m.Range(pos, end-pos) {
		m.bytes[kind(b.Status)] -= b.Size
	}
	m.bytes[kind(s)] += end - pos
	m.split(end)
	at := m.split(pos)
	m.cut(at, end)
	m.count(at, -1)
	m.at(at).status = s
	m.count(at, 1)
	if next, ok := m.next(at); ok && m.at(next).status == s {
		m.cut(at, m.at(next).pos+1)
	}
	if prev, ok := m.prev(at); ok && m.at(prev).status == s {
		m.cut(prev, pos+1)
	}
	m.join(m.locate(pos).chunk)
}

// Resize cuts the map to size bytes, or extends it with NonTried.
func (m *Map) Resize(size int64) {
	size = max(size, 0)
	switch {
	case size == 0:
		*m = Map{Header: m.Header, Comments: m.Comments}
	case size < m.size:
		for b := range m.Range(size, m.size-size) {
			m.bytes[kind(b.Status)] -= b.Size
		}
		m.cut(m.locate(size-1), m.size)
		m.size = size
		m.Start = min(m.Start, size)
	case size > m.size:
		m.push(m.size, size, NonTried)
	}
}

// push appends the bytes [from, to) to a map that ends at from.
func (m *Map) push(from, to int64, s Status) {
	if to <= from {
		return
	}
	m.size = to
	m.bytes[kind(s)] += to - from
	n := len(m.chunks)
	if n > 0 {
		if c := m.chunks[n-1]; c.list[len(c.list)-1].status == s {
			return
		}
	}
	if n == 0 || len(m.chunks[n-1].list) >= chunkMax*3/4 { // with room for insertions
		m.chunks = append(m.chunks, &chunk{})
		n++
	}
	c := m.chunks[n-1]
	c.list = append(c.list, extent{from, s})
	m.count(place{n - 1, len(c.list) - 1}, 1)
}

// count adds n blocks of the status of an extent.
func (m *Map) count(at place, n int) {
	k := kind(m.at(at).status)
	m.blocks[k] += n
	m.chunks[at.chunk].has[k] += n
}

// split makes an extent begin at pos, and returns its place; that of the last one
// when pos is the end of the map.
func (m *Map) split(pos int64) place {
	at := m.locate(pos)
	e := *m.at(at)
	if e.pos == pos || pos >= m.size {
		return at
	}
	c := m.chunks[at.chunk]
	if len(c.list) >= chunkMax {
		m.halve(at.chunk)
		at = m.locate(pos)
		c = m.chunks[at.chunk]
	}
	at.i++
	c.list = slices.Insert(c.list, at.i, extent{pos, e.status})
	m.count(at, 1)
	return at
}

// halve makes two chunks out of one.
func (m *Map) halve(i int) {
	c := m.chunks[i]
	half := len(c.list) / 2
	behind := &chunk{list: slices.Clone(c.list[half:])}
	c.list = c.list[:half]
	for _, e := range behind.list {
		behind.has[kind(e.status)]++
		c.has[kind(e.status)]--
	}
	m.chunks = slices.Insert(m.chunks, i+1, behind)
}

// cut drops the extents behind the one at a place that begin before end, so that
// this one reaches to what follows them. Bytes are the caller's to count.
func (m *Map) cut(at place, end int64) {
	from, first := at.i+1, at.chunk
	last := first // behind the chunks that are empty now
	for i := first; i < len(m.chunks); i++ {
		c := m.chunks[i]
		to := from
		for to < len(c.list) && c.list[to].pos < end {
			m.count(place{i, to}, -1)
			to++
		}
		c.list = slices.Delete(c.list, from, to)
		if len(c.list) > from {
			break
		}
		last, from = i, 0
	}
	if last > first {
		m.chunks = slices.Delete(m.chunks, first+1, last+1)
	}
}

// join makes one chunk of two neighbours that became small, so that a map that
// shrinks has few.
func (m *Map) join(i int) {
	if i+1 >= len(m.chunks) {
		return
	}
	c, next := m.chunks[i], m.chunks[i+1]
	if len(c.list)+len(next.list) > chunkMax/2 {
		return
	}
	c.list = append(c.list, next.list...)
	for k, n := range next.has {
		c.has[k] += n
	}
	m.chunks = slices.Delete(m.chunks, i+1, i+2)
}

// Compact gives what is unfinished of a sector that two blocks share to the less
// processed one, as ddrescue does with the map of a disk: it reads whole sectors.
// sector is a size in bytes.
func (m *Map) Compact(sector int64) {
	for pos := int64(0); sector > 1 && pos < m.size; {
		b, _ := m.At(pos)
		pos = b.Pos + b.Size
		if pos%sector == 0 || pos >= m.size {
			continue
		}
		from := pos / sector * sector
		least, pieces := kinds, []Block(nil)
		for b := range m.Range(from, sector) {
			if b.Status != Finished {
				least = min(least, kind(b.Status))
				pieces = append(pieces, b)
			}
		}
		for _, b := range pieces {
			m.Set(b.Pos, b.Size, Status(order[least]))
		}
		pos = from + sector
	}
}
