package lzma

// The parser decides which symbols make the bytes. It goes over a block of
// positions, and keeps at each the cheapest ways to get there: several ones, as a
// dearer way may leave a better distance to repeat. Then the cheapest way through
// the block is written, the models learn, and prices are what they are now.
const (
	minBlock  = 256 // a block ends where all ways meet, from here on
	maxBlock  = 4096
	reach     = 2*maxMatch + 1 // of the longest step: match, literal, repetition
	findDepth = 1024
	repricing = 8    // symbols after which tables of prices are computed anew
	planAhead = 2048 // bytes
	noBound   = 1<<32 - 1
)

type parser struct {
	*encoder
	finder *matchFinder
	found  []match
	ops    []op // all that were written

	// Prices are those of this model: the one of the encoder, or when there is a plan,
	// ops of an earlier pass over the same data, what it will be some bytes ahead. What
	// becomes likely is used early.
	model  *model
	scout  *encoder
	plan   []op
	prices priceTables
	stale  int // symbols with a length since prices were computed

	ways  []wayList // by position in the block
	bound []uint32  // what a new way must cost less than
	start int       // of the block
	end   int       // last position of the block with a way
	tried []uint32  // distances repeated at this position, by rank
}

func newParser(data []byte, p Params, finder *matchFinder, plan []op) *parser {
	q := &parser{encoder: newEncoder(data, p), finder: finder, plan: plan, stale: repricing}
	q.model = q.encoder.model
	if plan != nil {
		q.scout = newEncoder(data, p)
		q.model = q.scout.model
	}
	q.prices.bits = newBitPrices()
	room := min(len(data), maxBlock+reach) + 1
	q.ways, q.bound = make([]wayList, room), make([]uint32, room)
	q.end = room - 1
	q.clear()
	return q
}

// clear forgets all ways.
func (p *parser) clear() {
	for i := range p.bound[:p.end+1] {
		p.bound[i] = noBound
		p.ways[i].count = 0
	}
	p.end = 0
}

// block parses and writes some symbols.
func (p *parser) block() {
	p.reprice()
	p.start = int(p.pos)
	limit := min(len(p.data)-p.start, maxBlock)
	p.ways[0].add(&way{reps: p.reps, state: p.state})
	at := 0
	var long op
	for at < limit && (at < p.end || at < minBlock) {
		p.found = p.finder.find(p.start+at, p.found[:0])
		if long = p.longest(at); long.length != 0 {
			break
		}
		p.extend(at)
		at++
	}
	p.commit(at)
	if long.length != 0 {
		p.emit(long)
		for i := 1; i < maxMatch; i++ {
			p.found = p.finder.find(p.start+at+i, p.found[:0])
		}
	}
	p.clear()
}

// reprice brings the scout to its place and prices up to date.
func (p *parser) reprice() {
	for len(p.plan) > 0 && p.scout.pos < p.pos+planAhead {
		p.scout.write(p.plan[0])
		p.plan = p.plan[1:]
	}
	if p.stale >= repricing {
		p.stale = 0
		p.prices.update(p.model)
	}
}

// longest returns a symbol so long that nothing else is tried, where there is one.
func (p *parser) longest(at int) op {
	if len(p.found) == 0 {
		return op{}
	}
	m := p.found[len(p.found)-1]
	if m.length < maxMatch {
		return op{}
	}
	for i, distance := range p.ways[at].way[0].reps {
		if p.common(p.start+at, distance, maxMatch) == maxMatch {
			return op{uint32(i), maxMatch}
		}
	}
	return op{m.distance + reps, maxMatch}
}

// common counts the bytes, up to limit, that are the same here and at a distance.
func (p *parser) common(pos int, distance uint32, limit int) int {
	from := pos - int(distance) - 1
	if from < 0 {
		return 0
	}
	return common(p.data, from, pos, limit)
}

// commit writes the cheapest way to a position.
func (p *parser) commit(at int) {
	first := len(p.ops)
	for i := 0; at > 0; {
		w := &p.ways[at].way[i]
		if w.tail != 0 {
			p.ops = append(p.ops, op{0, uint32(w.tail)}, op{literal, 1})
		}
		p.ops = append(p.ops, w.last)
		at -= w.length()
		i = int(w.from)
	}
	path := p.ops[first:]
	for i := range path {
		if j := len(path) - 1 - i; i < j {
			path[i], path[j] = path[j], path[i]
		}
		p.write(path[i])
		if path[i].length > 1 {
			p.stale++
		}
	}
}

func (p *parser) emit(o op) {
	p.ops = append(p.ops, o)
	p.write(o)
	p.stale++
}
