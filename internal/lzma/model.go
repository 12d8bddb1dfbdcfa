package lzma

// prob is the probability that a bit is 0, in units of 1/2048.
type prob = uint16

const (
	probBits  = 11
	probInit  = 1 << (probBits - 1)
	probShift = 5 // how slowly a probability follows the bits seen
)

// Bounds of the format.
const (
	states    = 12
	posStates = 1 << 4 // most values of the position's low bits
	minMatch  = 2
	maxMatch  = 273
	reps      = 4 // distances remembered

	lenStates  = 4  // lengths 2, 3, 4 and all others have slots of their own
	slots      = 64 // distances come as a slot and bits behind it
	firstSlot  = 4  // of the slots that have bits behind them
	alignSlot  = 14 // first of the slots whose lowest 4 bits share one model
	alignBits  = 4
	litContext = 0x300 // probabilities of one literal model
)

// model is everything a stream adapts as it goes. Packer and unpacker hold the same
// one at the same position.
type model struct {
	isMatch    [states][posStates]prob
	isRep      [states]prob
	isRep0     [states]prob
	isRep1     [states]prob
	isRep2     [states]prob
	isRep0Long [states][posStates]prob

	slot    [lenStates][slots]prob
	special [alignSlot - firstSlot][1 << 5]prob // bits behind a slot, lowest first
	align   [1 << alignBits]prob

	matchLen, repLen lenModel

	literal []prob
	lc      uint
	lpMask  uint32
	pbMask  uint32
}

// lenModel codes a length less minMatch: 8 short ones, 8 more, and 256.
type lenModel struct {
	choice, choice2 prob
	low, mid        [posStates][8]prob
	high            [256]prob
}

func newModel(p Params) *model {
	m := &model{
		literal: make([]prob, litContext<<(p.LC+p.LP)),
		lc:      uint(p.LC),
		lpMask:  1<<p.LP - 1,
		pbMask:  1<<p.PB - 1,
	}
	for s := range states {
		fill(m.isMatch[s][:])
		fill(m.isRep0Long[s][:])
	}
	for _, probs := range [][]prob{m.isRep[:], m.isRep0[:], m.isRep1[:], m.isRep2[:], m.align[:], m.literal} {
		fill(probs)
	}
	for i := range m.slot {
		fill(m.slot[i][:])
	}
	for i := range m.special {
		fill(m.special[i][:])
	}
	m.matchLen.reset()
	m.repLen.reset()
	return m
}

func (l *lenModel) reset() {
	l.choice, l.choice2 = probInit, probInit
	for i := range posStates {
		fill(l.low[i][:])
		fill(l.mid[i][:])
	}
	fill(l.high[:])
}

func fill(probs []prob) {
	for i := range probs {
		probs[i] = probInit
	}
}

// literalProbs returns the model of the literal at pos that follows the byte before.
func (m *model) literalProbs(pos uint32, before byte) *[litContext]prob {
	context := (pos&m.lpMask)<<m.lc + uint32(before)>>(8-m.lc)
	return (*[litContext]prob)(m.literal[context*litContext:])
}

// The states say what the last few symbols were; below this one the last was a
// literal.
const afterMatch = 7

func stateLiteral(s uint8) uint8 {
	switch {
	case s < 4:
		return 0
	case s < 10:
		return s - 3
	}
	return s - 6
}

func stateMatch(s uint8) uint8 {
	if s < afterMatch {
		return 7
	}
	return 10
}

func stateRep(s uint8) uint8 {
	if s < afterMatch {
		return 8
	}
	return 11
}

func stateShortRep(s uint8) uint8 {
	if s < afterMatch {
		return 9
	}
	return 11
}

// lenState chooses a slot's model by the match's length.
func lenState(length uint32) uint32 { return min(length-minMatch, lenStates-1) }
