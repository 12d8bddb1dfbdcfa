package deflate

// Bounds of a match (RFC 1951, 2 and 3.2.5).
const (
	minMatch = 3
	maxMatch = 258
	window   = 32 << 10
)

// token is a literal byte, or a match: its length in the upper half, its distance
// in the lower one.
type token uint32

func (t token) isLiteral() bool { return t < 256 }
func (t token) literal() int    { return int(t) }
func (t token) length() int     { return int(t >> 16) }

// distance is stored less one: it can be 32768.
func (t token) distance() int { return int(t&0xffff) + 1 }

// maxChain is how many earlier places are compared for the longest match.
const maxChain = 2048

const hashBits = 15

// matcher finds repetitions in data.
type matcher struct {
	data []byte
	at   int
	head [1 << hashBits]int32 // last place with a hash, plus one
	prev [window]int32        // the place before that with the same hash, plus one

	// The match at the place before, held back while a longer one may start here.
	held, heldDistance int
}

func newMatcher(data []byte) *matcher { return &matcher{data: data} }

// next returns the next token, and false at the end of data. A match waits for one
// step, and gives way to a longer one that starts a byte later.
func (m *matcher) next() (token, bool) {
	for m.at < len(m.data) {
		length, distance := 0, 0
		if m.held < maxMatch {
			length, distance = m.longest()
		}
		m.insert(m.at)
		held, heldDistance := m.held, m.heldDistance
		switch {
		case held >= minMatch && held >= length:
			for end := m.at - 1 + held; m.at < end-1; {
				m.at++
				m.insert(m.at)
			}
			m.at++
			m.held = 0
			return token(held<<16 | (heldDistance - 1)), true
		case held > 0:
			m.at++
			m.held, m.heldDistance = max(length, 1), distance
			return token(m.data[m.at-2]), true
		}
		// Nothing is held yet: hold this place, as a literal of length one.
		m.at++
		m.held, m.heldDistance = max(length, 1), distance
	}
	if m.held > 0 {
		held, distance := m.held, m.heldDistance
		m.held = 0
		if held >= minMatch {
			return token(held<<16 | (distance - 1)), true
		}
		return token(m.data[m.at-1]), true
	}
	return 0, false
}

func (m *matcher) hash(i int) uint32 {
	v := uint32(m.data[i]) | uint32(m.data[i+1])<<8 | uint32(m.data[i+2])<<16
	return v * 0x9e3779b1 >> (32 - hashBits)
}

func (m *matcher) insert(i int) {
	if i+minMatch > len(m.data) {
		return
	}
	h := m.hash(i)
	m.prev[i%window] = m.head[h]
	m.head[h] = int32(i + 1)
}

// longest returns the longest match for the data at m.at, or a length of 0.
func (m *matcher) longest() (length, distance int) {
	rest := m.data[m.at:]
	if len(rest) < minMatch {
		return 0, 0
	}
	rest = rest[:min(len(rest), maxMatch)]
	length = minMatch - 1
	chain := maxChain
	for at := int(m.head[m.hash(m.at)]) - 1; at >= 0 && m.at-at <= window && chain > 0; chain-- {
		there := m.data[at:]
		if there[length] == rest[length] {
			n := 0
			for n < len(rest) && there[n] == rest[n] {
				n++
			}
			// A short match from far away costs more bits than its literals.
			if n > length && !(n == minMatch && m.at-at > 4096) {
				length, distance = n, m.at-at
				if n == len(rest) {
					break
				}
			}
		}
		next := int(m.prev[at%window]) - 1
		if next >= at {
			break
		}
		at = next
	}
	if distance == 0 {
		return 0, 0
	}
	return length, distance
}
