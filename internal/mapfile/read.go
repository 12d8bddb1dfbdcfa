package mapfile

import (
	"cmp"
	"errors"
	"io"
	"slices"
	"strings"
)

const (
	// maxBlocks bounds the blocks of a Map, and so its memory to 256 MB; a map that
	// has them is one of a disk with 8 million separate errors.
	maxBlocks = 1 << 24
	// maxComments bounds the comment lines kept.
	maxComments = 1024
)

// errBlocks says that a map is too large for memory.
var errBlocks = errors.New("map has more than 16777216 blocks")

// Read reads a map. Errors are of type *Error, or those of reading.
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
// where their statuses agree. Gaps get the status fill. Errors are of type *Error, or
// those of reading.
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
		if len(list) == maxBlocks {
			return errBlocks
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
// says that the map has too many blocks for memory.
func (m *Map) Append(b Block) error {
	m.push(m.size, b.Pos, NonTried)
	m.push(b.Pos, b.Pos+b.Size, b.Status)
	if len(m.chunks) > maxBlocks/chunkMax*4/3 {
		return errBlocks
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
