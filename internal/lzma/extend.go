package lzma

// extend goes on from all ways at a position.
func (p *parser) extend(at int) {
	posState := uint32(p.start+at) & p.pbMask
	cheapest, from := uint32(noBound), 0
	p.tried = p.tried[:0]
	list := &p.ways[at]
	for i := range list.count {
		w := &list.way[i]
		isMatch := p.model.isMatch[w.state][posState]
		p.extendLiteral(at, i, w.price+p.prices.bits.zero(isMatch))
		matched := w.price + p.prices.bits.one(isMatch)
		p.extendReps(at, i, matched+p.prices.bits.one(p.model.isRep[w.state]))
		p.tried = append(p.tried, w.reps[:]...)
		if price := matched + p.prices.bits.zero(p.model.isRep[w.state]); price < cheapest {
			cheapest, from = price, i
		}
	}
	// Whatever way a new distance is reached from, it is the one to repeat.
	p.extendMatches(at, from, cheapest)
}

func (p *parser) add(at int, w *way) {
	if w.price >= p.bound[at] {
		return
	}
	p.end = max(p.end, at)
	p.bound[at] = p.ways[at].add(w)
}

func (p *parser) literalPrice(pos int, state uint8, distance uint32) uint32 {
	before := byte(0)
	if pos > 0 {
		before = p.data[pos-1]
	}
	probs := p.model.literalProbs(uint32(pos), before)
	if state < afterMatch {
		return p.prices.bits.literal(probs, p.data[pos])
	}
	return p.prices.bits.matchedLiteral(probs, p.data[pos], p.data[pos-int(distance)-1])
}

func (p *parser) extendLiteral(at, i int, price uint32) {
	w := &p.ways[at].way[i]
	price += p.literalPrice(p.start+at, w.state, w.reps[0])
	p.add(at+1, &way{price: price, reps: w.reps, last: op{literal, 1}, from: uint8(i), state: stateLiteral(w.state)})
}

// extendReps tries the distances remembered, and the short repetition.
func (p *parser) extendReps(at, i int, price uint32) {
	w := &p.ways[at].way[i]
	pos := p.start + at
	posState := uint32(pos) & p.pbMask
	limit := min(len(p.data)-pos, maxMatch)
	for r, distance := range w.reps {
		if p.wasTried(distance, r) {
			continue
		}
		n := p.common(pos, distance, limit)
		if n == 0 {
			continue
		}
		if r == 0 {
			short := price + p.prices.bits.zero(p.model.isRep0[w.state]) + p.prices.bits.zero(p.model.isRep0Long[w.state][posState])
			p.add(at+1, &way{price: short, reps: w.reps, last: op{0, 1}, from: uint8(i), state: stateShortRep(w.state)})
		}
		if n < minMatch {
			continue
		}
		price := price + p.prices.rep(p.model, w.state, posState, r)
		next := way{reps: rotated(w.reps, uint32(r)), last: op{back: uint32(r)}, from: uint8(i), state: stateRep(w.state)}
		prices := &p.prices.repLen[posState]
		for l := minMatch; l <= n; l++ {
			if next.price = price + prices[l]; next.price < p.bound[at+l] {
				next.last.length = uint32(l)
				p.add(at+l, &next)
			}
		}
		next.price, next.last.length = price+prices[n], uint32(n)
		p.extendTail(at, next)
	}
}

// wasTried says whether a cheaper way at this position could repeat the same
// distance at no higher price.
func (p *parser) wasTried(distance uint32, rank int) bool {
	for i, d := range p.tried {
		if d == distance && i%reps <= rank {
			return true
		}
	}
	return false
}

// extendMatches tries new distances: all lengths of each that no nearer one has.
func (p *parser) extendMatches(at, i int, price uint32) {
	w := &p.ways[at].way[i]
	prices := &p.prices.matchLen[uint32(p.start+at)&p.pbMask]
	l := uint32(minMatch)
	for _, m := range p.found {
		next := way{reps: pushed(w.reps, m.distance), last: op{back: m.distance + reps}, from: uint8(i), state: stateMatch(w.state)}
		for ; l <= m.length; l++ {
			next.last.length = l
			next.price = price + prices[l] + p.prices.distance(m.distance, lenState(l))
			p.add(at+int(l), &next)
		}
		p.extendTail(at, next)
	}
}

// extendTail tries a literal behind a match, and then the same distance again.
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
	bits := p.prices.bits
	w.price += bits.zero(p.model.isMatch[w.state][uint32(pos)&p.pbMask]) + p.literalPrice(pos, w.state, w.reps[0])
	state, posState := stateLiteral(w.state), uint32(pos+1)&p.pbMask
	w.price += bits.one(p.model.isMatch[state][posState]) + bits.one(p.model.isRep[state]) +
		p.prices.rep(p.model, state, posState, 0) + p.prices.repLen[posState][n]
	w.state, w.tail = stateRep(state), uint16(n)
	p.add(at+1+n, &w)
}
