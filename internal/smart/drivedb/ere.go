package drivedb

import "strings"

// An extended regular expression of POSIX (XBD 9.4), with what the database uses: sets,
// groups, alternatives, repetition. All states are followed at the same time, so that no
// expression makes matching slow.

// Matches reports whether an expression matches all of a text. One that is malformed
// matches nothing.
func Matches(expression, text string) bool {
	// Most rows of a database begin with some other letters than the model.
	if !plausible(expression, text) {
		return false
	}
	p, ok := compile(expression)
	return ok && p.match(text)
}

// plausible compares the literal beginning of an expression, where that is all of its
// alternatives.
func plausible(expression, text string) bool {
	if strings.Contains(expression, "|") || strings.ContainsAny(expression, `\`) {
		return true
	}
	end := strings.IndexAny(expression, `.[]()*+?{}^$`)
	if end < 0 {
		return expression == text
	}
	// With + the last one may still be none: a second repetition can follow.
	if end > 0 && strings.IndexByte("*+?{", expression[end]) >= 0 {
		end--
	}
	return strings.HasPrefix(text, expression[:end])
}

type set [4]uint64

func (s *set) add(c byte)      { s[c>>6] |= 1 << (c & 63) }
func (s *set) has(c byte) bool { return s[c>>6]>>(c&63)&1 != 0 }

// instruction takes a character of a set, or goes on at one or two others.
type instruction struct {
	chars      *set
	next, also int // also is -1 where there is one way
	assert     byte
}

type machine struct {
	code []instruction
	end  int
}

// most is how many instructions an expression may have, with all repetitions written out.
const most = 20000

// node is a parsed expression: it may be compiled several times.
type node struct {
	kind     byte // 'c' set, '.' sequence, '|' alternatives, '*' repetition, '^' and '$'
	chars    set
	parts    []*node
	min, max int // of a repetition; max -1: no limit
}

func compile(source string) (*machine, bool) {
	p := &parsing{source: source}
	tree := p.alternatives(0)
	if p.bad || p.at != len(source) {
		return nil, false
	}
	m := &machine{}
	end := m.build(tree, m.emit(instruction{next: -1, also: -1}))
	m.end = 0
	if len(m.code) >= most {
		return nil, false
	}
	m.code = append(m.code, instruction{next: end, also: -1})
	return m, true
}

func (m *machine) emit(i instruction) int {
	if len(m.code) < most {
		m.code = append(m.code, i)
	}
	return len(m.code) - 1
}

// build compiles a node that goes on at next, and returns where it begins.
func (m *machine) build(n *node, next int) int {
	if len(m.code) >= most {
		return 0
	}
	switch n.kind {
	case 'c':
		return m.emit(instruction{chars: &n.chars, next: next, also: -1})
	case '^', '$':
		return m.emit(instruction{next: next, also: -1, assert: n.kind})
	case '.':
		for i := len(n.parts) - 1; i >= 0; i-- {
			next = m.build(n.parts[i], next)
		}
		return next
	case '|':
		in := m.build(n.parts[0], next)
		for _, p := range n.parts[1:] {
			in = m.emit(instruction{next: in, also: m.build(p, next)})
		}
		return in
	}
	in := next
	if n.max < 0 {
		in = m.emit(instruction{next: next, also: -1})
		loop := m.build(n.parts[0], in)
		m.code[in].also = loop
	}
	for range max(0, n.max-n.min) {
		in = m.emit(instruction{next: m.build(n.parts[0], in), also: next})
	}
	for range n.min {
		in = m.build(n.parts[0], in)
	}
	return in
}

func (m *machine) match(text string) bool {
	now, then := newStates(len(m.code)), newStates(len(m.code))
	m.follow(now, len(m.code)-1, text, 0)
	for i := 0; i < len(text) && len(now.list) > 0; i++ {
		then.clear()
		for _, s := range now.list {
			if c := m.code[s].chars; c != nil && c.has(text[i]) {
				m.follow(then, m.code[s].next, text, i+1)
			}
		}
		now, then = then, now
	}
	return now.in[m.end]
}

type states struct {
	in    []bool
	list  []int
	stack []int
}

func newStates(n int) *states { return &states{in: make([]bool, n)} }

func (s *states) clear() {
	for _, i := range s.list {
		s.in[i] = false
	}
	s.list = s.list[:0]
}

// follow adds a state and all that it leads to without a character.
func (m *machine) follow(s *states, first int, text string, at int) {
	s.stack = append(s.stack[:0], first)
	for len(s.stack) > 0 {
		i := s.stack[len(s.stack)-1]
		s.stack = s.stack[:len(s.stack)-1]
		if i < 0 || s.in[i] {
			continue
		}
		s.in[i] = true
		s.list = append(s.list, i)
		c := &m.code[i]
		if c.chars != nil || c.assert == '^' && at != 0 || c.assert == '$' && at != len(text) {
			continue
		}
		s.stack = append(s.stack, c.next, c.also)
	}
}
