package wire

import "rescuebox/internal/sha256"

// Assembly is a content that comes in chunks, in any order.
type Assembly struct {
	header Header
	told   bool
	early  []chunk // that came before the header
	data   []byte
	have   []bool
}

type chunk struct {
	number int
	data   []byte
}

// maxEarly is how many bytes are kept before the header says how many there can be.
const maxEarly = MaxSize / ChunkSize

// Add takes a sound chunk, as Parse returns it. It returns false for one that
// cannot belong here: another header, a number or a length that does not fit.
func (a *Assembly) Add(number int, data []byte) bool {
	if number == 0 {
		return a.head(data)
	}
	if !a.told {
		if len(a.early) >= maxEarly {
			return false
		}
		a.early = append(a.early, chunk{number, data})
		return true
	}
	if number > a.header.Count() || len(data) != len(a.header.Piece(a.data, number)) {
		return false
	}
	copy(a.header.Piece(a.data, number), data)
	a.have[number] = true
	return true
}

func (a *Assembly) head(text []byte) bool {
	h, err := ParseHeader(text)
	if err != nil {
		return false
	}
	if a.told {
		return h == a.header
	}
	a.header, a.told = h, true
	a.data, a.have = make([]byte, h.Size), make([]bool, h.Count()+1)
	a.have[0] = true
	for _, c := range a.early {
		a.Add(c.number, c.data)
	}
	a.early = nil
	return true
}

// Header returns what chunk 0 has said, and whether it came.
func (a *Assembly) Header() (Header, bool) { return a.header, a.told }

// Missing returns the chunks that did not come. Without the header it is chunk 0
// alone: nobody knows more.
func (a *Assembly) Missing() Set {
	if !a.told {
		return Set{{0, 0}}
	}
	var s Set
	for n, have := range a.have {
		switch {
		case have:
		case len(s) > 0 && s[len(s)-1].Last == n-1:
			s[len(s)-1].Last = n
		default:
			s = append(s, Range{n, n})
		}
	}
	return s
}

// Content returns what the chunks carry once none is missing, and whether its
// SHA-256 is the header's. When it is not, all chunks but the header are forgotten.
func (a *Assembly) Content() ([]byte, bool) {
	if len(a.Missing()) > 0 {
		return nil, false
	}
	if sha256.Sum256(a.data) != a.header.Sum {
		clear(a.have[1:])
		return nil, false
	}
	return a.data, true
}
