package mapfile

import (
	"cmp"
	"errors"
	"io"
	"slices"
	"strings"
)

// MaxBlocks bounds the blocks of a Map that is read, and so its memory to 256 MB; a
// disk of such a map has 8 million separate errors.
const MaxBlocks = 1 << 24

const (
	// maxLoose bounds the blocks that are sorted, in 256 MB.
	maxLoose = 1 << 23
	// maxComments bounds the comment lines kept.
	maxComments = 1024
)

// ErrBlocks says that a map has too many blocks for memory.
var ErrBlocks = errors.New("map has more than 16777216 blocks")

// Read reads a map. Errors are of type *Error, ErrBlocks, or those of reading.
func Read(r io.Reader) (*Map, error) {
	m := New(0)
	first, end := true, int64(0)
	s := scanner{comment: m.keep, each: func(line int, b Block) error {
		switch {
		case b.Size == 0 && (b.Pos != 0 || m.size > 0):
			return &Error{line, BadBlockLine}
		case !first && b.Pos != end:
			return &Error{line, Gap}
		case first:
			m.Resize(b.Pos)
			m.Start = b.Pos
		}
		first, end = false, b.Pos+b.Size
		return m.Append(b)
	}}
	if err := s.scan(r); err != nil {
		return nil, err
	}
	m.Header = s.header
	return m, nil
}

// ReadLoose reads a map that a person made: blocks in any order, that may overlap
// where their statuses agree. Gaps get the status fill. Errors are those of Read.
func ReadLoose(r io.Reader, fill Status) (*Map, error) {
	m := New(0)
	type numbered struct {
		Block
		line int
	}
	var list []numbered
	s := scanner{comment: m.keep, each: func(line int, b Block) error {
		if b.Size == 0 {
			if b.Pos != 0 {
				return &Error{line, BadBlockLine}
			}
			return nil
		}
		if len(list) == maxLoose {
			return ErrBlocks
		}
		list = append(list, numbered{b, line})
		return nil
	}}
	if err := s.scan(r); err != nil {
		return nil, err
	}
	m.Header = s.header
	slices.SortStableFunc(list, func(a, b numbered) int { return cmp.Compare(a.Pos, b.Pos) })
	for _, b := range list {
		m.push(m.size, b.Pos, fill)
		over := m.size - b.Pos
		if over > 0 && m.Status(m.size-1) != b.Status {
			return nil, &Error{b.line, Overlap}
		}
		m.push(m.size, b.Pos+b.Size, b.Status)
	}
	return m, nil
}

// Append adds a block at the end of the map; what lies before it is NonTried. The error
// is ErrBlocks.
func (m *Map) Append(b Block) error {
	m.push(m.size, b.Pos, NonTried)
	m.push(b.Pos, b.Pos+b.Size, b.Status)
	return m.tooLarge()
}

// tooLarge is ErrBlocks when the map has more than MaxBlocks.
func (m *Map) tooLarge() error {
	if len(m.chunks) > MaxBlocks/chunkMax && m.Count(order) > MaxBlocks {
		return ErrBlocks
	}
	return nil
}

// keep takes a comment line of the file read.
func (m *Map) keep(text string) {
	if len(m.Comments) < maxComments {
		m.Comments = append(m.Comments, text)
	}
}

// labelWidth is the column at which ddrescue writes values in comments.
const labelWidth = 14

// Comment returns the value of a comment "label: value"; empty when there is none.
func (m *Map) Comment(label string) string {
	if i := m.labelled(label); i >= 0 {
		return strings.Trim(m.Comments[i][len(label)+1:], spaces)
	}
	return ""
}

// SetComment replaces the comment "label: value", or adds it behind the others. An
// empty value takes it away.
func (m *Map) SetComment(label, value string) {
	i := m.labelled(label)
	text := label + ":" + strings.Repeat(" ", max(1, labelWidth-1-len(label))) + value
	switch {
	case value == "" && i >= 0:
		m.Comments = slices.Delete(m.Comments, i, i+1)
	case value == "":
	case i >= 0:
		m.Comments[i] = text
	default:
		m.Comments = append(m.Comments, text)
	}
}

func (m *Map) labelled(label string) int {
	return slices.IndexFunc(m.Comments, func(c string) bool { return strings.HasPrefix(c, label+":") })
}
