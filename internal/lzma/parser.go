package lzma

// The parser decides which symbols make the bytes. It goes over a block of
// positions, and keeps at each the cheapest ways to get there: several ones, as a
// dearer way may leave a better distance to repeat. Then the cheapest way through
// the block is written, the models learn, and prices are what they are now.
const (
	ways      = 6    // kept at each position
	minBlock  = 64   // a block ends where all ways meet, from here on
	maxBlock  = 4096 // and here at the latest
	nice      = maxMatch
	findDepth = 1024
	repricing = 32 // symbols after which tables of prices are computed anew
)

// way is how to get to a position.
type way struct {
	price uint32
	reps  [reps]uint32
	last  op
	// tail, if not 0, says that last was followed by a literal and by so many bytes at
	// the same distance. What is cheap as a whole need not be so in its parts.
	tail  uint16
	from  uint8 // which of the ways at the position before last
	state uint8
}

func (w *way) length() int {
	if w.tail == 0 {
		return int(w.last.length)
	}
	return int(w.last.length) + 1 + int(w.tail)
}

type parser struct {
	*encoder
	finder *matchFinder
	found  []match

	bits               *bitPrices
	matchLens, repLens lenPrices
	distance           distancePrices
	written            int // symbols with a length since prices were computed

	way   [maxBlock + 2*maxMatch + 2][ways]way // by position in the block, cheapest first
	count [maxBlock + 2*maxMatch + 2]uint8
	start int // of the block
	end   int // last position of the block with a way
	path  []op
}

func newParser(data []byte, p Params) *parser {
	q := &parser{encoder: newEncoder(data, p), finder: newMatchFinder(data, findDepth), bits: newBitPrices()}
	q.written = repricing
	return q
}

// block parses and writes some symbols.
func (p *parser) block() {
	p.reprice()
	p.start = int(p.pos)
	limit := min(len(p.data)-p.start, maxBlock)
	p.way[0][0] = way{reps: p.reps, state: p.state}
	p.count[0], p.end = 1, 0
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
		for i := 1; i < int(long.length); i++ {
			p.found = p.finder.find(p.start+at+i, p.found[:0])
		}
	}
	clear(p.count[:p.end+1])
}

func (p *parser) reprice() {
	if p.written < repricing {
		return
	}
	p.written = 0
	p.matchLens.update(p.bits, &p.matchLen, p.pbMask+1)
	p.repLens.update(p.bits, &p.repLen, p.pbMask+1)
	p.distance.update(p.bits, p.model)
}

// longest returns a symbol that is so long that nothing else is tried.
func (p *parser) longest(at int) op {
	if len(p.found) == 0 {
		return op{}
	}
	m := p.found[len(p.found)-1]
	if m.length < nice {
		return op{}
	}
	pos := p.start + at
	for i, distance := range p.way[at][0].reps {
		if p.common(pos, distance, nice) == nice {
			return op{uint32(i), nice}
		}
	}
	return op{m.distance + reps, m.length}
}

// common counts the bytes, up to limit, that are the same here and at a distance.
func (p *parser) common(pos int, distance uint32, limit int) int {
	from := pos - int(distance) - 1
	if from < 0 {
		return 0
	}
	return common(p.data, from, pos, limit)
}

// extend goes on from all ways at a position.
func (p *parser) extend(at int) {
	pos := p.start + at
	posState := uint32(pos) & p.pbMask
	cheapest, from := uint32(1<<32-1), 0
	for i := range int(p.count[at]) {
		w := &p.way[at][i]
		isMatch := p.isMatch[w.state][posState]
		p.extendLiteral(at, i, w.price+p.bits.zero(isMatch))
		matched := w.price + p.bits.one(isMatch)
		p.extendReps(at, i, matched+p.bits.one(p.isRep[w.state]))
		if price := matched + p.bits.zero(p.isRep[w.state]); price < cheapest {
			cheapest, from = price, i
		}
	}
	p.extendMatches(at, from, cheapest)
}

func (p *parser) literalPrice(pos int, state uint8, distance uint32) uint32 {
	before := byte(0)
	if pos > 0 {
		before = p.data[pos-1]
	}
	probs := p.literalProbs(uint32(pos), before)
	if state < afterMatch {
		return p.bits.literal(probs, p.data[pos])
	}
	return p.bits.matchedLiteral(probs, p.data[pos], p.data[pos-int(distance)-1])
}

func (p *parser) extendLiteral(at, i int, price uint32) {
	w := &p.way[at][i]
	price += p.literalPrice(p.start+at, w.state, w.reps[0])
	p.add(at+1, way{price: price, reps: w.reps, last: op{literal, 1}, from: uint8(i), state: stateLiteral(w.state)})
}

// extendReps tries the distances remembered.
func (p *parser) extendReps(at, i int, price uint32) {
	w := p.way[at][i]
	pos := p.start + at
	limit := min(len(p.data)-pos, maxMatch)
	posState := uint32(pos) & p.pbMask
	for r, distance := range w.reps {
		n := p.common(pos, distance, limit)
		if n == 0 {
			continue
		}
		price := price
		if r == 0 {
			price += p.bits.zero(p.isRep0[w.state])
			short := price + p.bits.zero(p.isRep0Long[w.state][posState])
			p.add(at+1, way{price: short, reps: w.reps, last: op{0, 1}, from: uint8(i), state: stateShortRep(w.state)})
			price += p.bits.one(p.isRep0Long[w.state][posState])
		} else {
			price += p.bits.one(p.isRep0[w.state])
			if r == 1 {
				price += p.bits.zero(p.isRep1[w.state])
			} else {
				price += p.bits.one(p.isRep1[w.state]) + p.bits.bit(p.isRep2[w.state], uint32(r)-2)
			}
		}
		if n < minMatch {
			continue
		}
		next := way{reps: rotated(w.reps, uint32(r)), last: op{back: uint32(r)}, from: uint8(i), state: stateRep(w.state)}
		prices := &p.repLens[posState]
		for l := minMatch; l <= n; l++ {
			next.price, next.last.length = price+prices[l], uint32(l)
			p.add(at+l, next)
		}
		p.extendTail(at, next)
	}
}

// extendMatches tries new distances: all lengths of each that no nearer one has.
func (p *parser) extendMatches(at, i int, price uint32) {
	w := &p.way[at][i]
	posState := uint32(p.start+at) & p.pbMask
	prices := &p.matchLens[posState]
	l := uint32(minMatch)
	for _, m := range p.found {
		next := way{reps: pushed(w.reps, m.distance), last: op{back: m.distance + reps}, from: uint8(i), state: stateMatch(w.state)}
		for ; l <= m.length; l++ {
			next.price = price + prices[l] + p.distance.of(m.distance, lenState(l))
			next.last.length = l
			p.add(at+int(l), next)
		}
		p.extendTail(at, next)
	}
}

// extendTail tries a literal after a match and then the same distance again.
func (p *parser) extendTail(at int, w way) {
	at += int(w.last.length)
	pos := p.start + at
	limit := min(len(p.data)-pos-1, maxMatch)
	if limit < minMatch {
		return
	}
	n := p.common(pos+1, w.reps[0], limit)
	if n < minMatch {
		return
	}
	price := w.price + p.bits.zero(p.isMatch[w.state][uint32(pos)&p.pbMask]) + p.literalPrice(pos, w.state, w.reps[0])
	state := stateLiteral(w.state)
	posState := uint32(pos+1) & p.pbMask
	w.price = price + p.bits.one(p.isMatch[state][posState]) + p.bits.one(p.isRep[state]) +
		p.bits.zero(p.isRep0[state]) + p.bits.one(p.isRep0Long[state][posState]) + p.repLens[posState][n]
	w.state = stateRep(state)
	w.tail = uint16(n)
	p.add(at+1+n, w)
}

// add keeps a way to a position if it is among the cheapest.
func (p *parser) add(at int, w way) {
	list, n := &p.way[at], int(p.count[at])
	if n == ways && w.price >= list[ways-1].price {
		return
	}
	p.end = max(p.end, at)
	// Of ways with the same distance to repeat first the cheapest is enough.
	i := 0
	for i < n && list[i].price <= w.price {
		if list[i].reps[0] == w.reps[0] {
			return
		}
		i++
	}
	j := i
	for j < n && list[j].reps[0] != w.reps[0] {
		j++
	}
	if j == n {
		if n < ways {
			p.count[at]++
		} else {
			j = n - 1
		}
	}
	copy(list[i+1:j+1], list[i:j])
	list[i] = w
}

// commit writes the cheapest way to a position.
func (p *parser) commit(at int) {
	p.path = p.path[:0]
	for i := 0; at > 0; {
		w := &p.way[at][i]
		if w.tail != 0 {
			p.path = append(p.path, op{0, uint32(w.tail)}, op{literal, 1})
		}
		p.path = append(p.path, w.last)
		at -= w.length()
		i = int(w.from)
	}
	for i := len(p.path) - 1; i >= 0; i-- {
		p.emit(p.path[i])
	}
}

func (p *parser) emit(o op) {
	p.write(o)
	if o.length > 1 {
		p.written++
	}
}
