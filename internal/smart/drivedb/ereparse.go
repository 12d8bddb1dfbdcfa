package drivedb

import "strings"

type parsing struct {
	source string
	at     int
	bad    bool
}

func (p *parsing) peek() byte {
	if p.at < len(p.source) {
		return p.source[p.at]
	}
	return 0
}

// alternatives reads up to the end or the parenthesis that closes.
func (p *parsing) alternatives(depth int) *node {
	n := &node{kind: '|'}
	if depth > 100 {
		p.bad = true
		return n
	}
	for {
		n.parts = append(n.parts, p.sequence(depth))
		if p.bad || p.peek() != '|' {
			return n
		}
		p.at++
	}
}

func (p *parsing) sequence(depth int) *node {
	n := &node{kind: '.'}
	for !p.bad && p.at < len(p.source) && p.peek() != '|' && (p.peek() != ')' || depth == 0) {
		part := p.atom(depth)
		for !p.bad && p.at < len(p.source) && strings.IndexByte("*+?{", p.peek()) >= 0 {
			part = p.repeated(part)
		}
		n.parts = append(n.parts, part)
	}
	return n
}

func (p *parsing) atom(depth int) *node {
	n := &node{kind: 'c'}
	c := p.peek()
	p.at++
	switch c {
	case '(':
		n = p.alternatives(depth + 1)
		p.bad = p.bad || p.peek() != ')'
		p.at++
	case '.':
		n.chars = set{^uint64(0), ^uint64(0), ^uint64(0), ^uint64(0)}
	case '^', '$':
		n.kind = c
	case '[':
		p.brackets(&n.chars)
	case '*', '+', '?', '{':
		p.bad = true
	case '\\':
		p.bad = p.at == len(p.source)
		n.chars.add(p.peek())
		p.at++
	default:
		n.chars.add(c)
	}
	return n
}

func (p *parsing) repeated(part *node) *node {
	n := &node{kind: '*', parts: []*node{part}, max: -1}
	c := p.peek()
	p.at++
	switch c {
	case '+':
		n.min = 1
	case '?':
		n.max = 1
	case '{':
		n.min = p.count()
		n.max = n.min
		if p.peek() == ',' {
			p.at++
			n.max = -1
			if p.peek() != '}' {
				n.max = p.count()
			}
		}
		if p.peek() != '}' || n.max >= 0 && n.max < n.min {
			p.bad = true
		}
		p.at++
	}
	return n
}

// count reads a number of repetitions, which POSIX limits to 255.
func (p *parsing) count() (v int) {
	start := p.at
	for c := p.peek(); c >= '0' && c <= '9' && v <= 255; c = p.peek() {
		v = 10*v + int(c-'0')
		p.at++
	}
	p.bad = p.bad || p.at == start || v > 255
	return v
}

// classes are the character classes of the POSIX locale.
var classes = map[string]string{
	"alpha": "AZaz", "digit": "09", "alnum": "09AZaz", "upper": "AZ", "lower": "az",
	"space": "  \t\r", "blank": "  \t\t", "xdigit": "09AFaf", "punct": "!/:@[`{~",
}

// brackets reads a bracket expression behind its opening bracket.
func (p *parsing) brackets(out *set) {
	not := p.peek() == '^'
	if not {
		p.at++
	}
	for first := true; ; first = false {
		if p.at >= len(p.source) {
			p.bad = true
			return
		}
		if p.peek() == ']' && !first {
			p.at++
			break
		}
		p.members(out)
	}
	if not {
		for i := range out {
			out[i] = ^out[i]
		}
	}
}

func (p *parsing) members(out *set) {
	rest := p.source[p.at:]
	if name, ok := strings.CutPrefix(rest, "[:"); ok {
		name, _, ok = strings.Cut(name, ":]")
		ranges, known := classes[name]
		if !ok || !known {
			p.bad = true
			p.at++
			return
		}
		p.at += len(name) + 4
		for ; len(ranges) >= 2; ranges = ranges[2:] {
			out.fill(ranges[0], ranges[1])
		}
		return
	}
	low, high := rest[0], rest[0]
	p.at++
	if len(rest) >= 3 && rest[1] == '-' && rest[2] != ']' {
		high = rest[2]
		p.at += 2
	}
	p.bad = p.bad || high < low
	out.fill(low, high)
}

func (s *set) fill(low, high byte) {
	for c := int(low); c <= int(high); c++ {
		s.add(byte(c))
	}
}
