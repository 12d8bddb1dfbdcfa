// Package jsontree builds a JSON document of parts that come in any order, each with
// its place in the document, and writes it with the members in the order in which they
// came (RFC 8259).
package jsontree

import (
	"strconv"

	"rescuebox/internal/jsonw"
	"rescuebox/internal/order"
)

// Node is a value of a document: an object, an array, a plain value, or, as the zero
// Node, nothing yet.
type Node struct {
	kind    kind
	text    string // of a string, or the literal
	names   []string
	members map[string]*Node
	items   []*Node
}

type kind uint8

const (
	none kind = iota
	object
	array
	text
	literal
)

// At returns the member of an object, which n becomes, by its name; more are names of
// members below that one. It makes what is missing. It panics when what is there is
// something else: that is a mistake of the program.
func (n *Node) At(name string, more ...string) *Node {
	n = n.member(name)
	for _, name := range more {
		n = n.member(name)
	}
	return n
}

func (n *Node) member(name string) *Node {
	n.become(object)
	if m := n.members[name]; m != nil {
		return m
	}
	if n.members == nil {
		n.members = map[string]*Node{}
	}
	m := &Node{}
	n.names = append(n.names, name)
	n.members[name] = m
	return m
}

// Item returns item i of an array, which n becomes, and makes what is missing up to it.
func (n *Node) Item(i int) *Node {
	n.become(array)
	for len(n.items) <= i {
		n.items = append(n.items, &Node{})
	}
	return n.items[i]
}

func (n *Node) become(k kind) {
	if n.kind != none && n.kind != k {
		panic("jsontree: two kinds of value in one place")
	}
	n.kind = k
}

// Append returns a new item at the end of an array.
func (n *Node) Append() *Node { return n.Item(len(n.items)) }

// Empty makes n an array, if it is nothing yet, that may stay without items.
func (n *Node) Empty() { n.become(array) }

// Len is how many items or members there are.
func (n *Node) Len() int { return len(n.items) + len(n.names) }

// String makes n a string. Bytes that are not UTF-8 come out as U+FFFD.
func (n *Node) String(s string) { n.become(text); n.text = s }

// Int makes n a number.
func (n *Node) Int(v int64) { n.set(strconv.FormatInt(v, 10)) }

// Uint makes n a number.
func (n *Node) Uint(v uint64) { n.set(strconv.FormatUint(v, 10)) }

// Number makes n the number of any size that the decimal digits are of.
func (n *Node) Number(digits string) { n.set(digits) }

// Bool makes n true or false.
func (n *Node) Bool(v bool) { n.set(strconv.FormatBool(v)) }

// Sort puts the members of all objects into the order of their names.
func (n *Node) Sort() {
	order.Strings(n.names)
	for _, m := range n.members {
		m.Sort()
	}
	for _, i := range n.items {
		i.Sort()
	}
}

func (n *Node) set(s string) { n.become(literal); n.text = s }

// Bytes returns the document. With an indent it is one of several lines, as smartctl's.
func (n *Node) Bytes(indent string) []byte {
	out := n.append(nil, indent, "\n")
	return append(out, '\n')
}

func (n *Node) append(out []byte, indent, line string) []byte {
	switch n.kind {
	case none:
		return append(out, "null"...)
	case text:
		return appendString(out, n.text)
	case literal:
		return append(out, n.text...)
	}
	inner, separator := line+indent, ":"
	if indent == "" {
		line, inner = "", ""
	} else {
		separator = ": "
	}
	open, end := byte('['), byte(']')
	if n.kind == object {
		open, end = '{', '}'
	}
	out = append(out, open)
	for i, name := range n.names {
		out = begin(out, i, inner)
		out = append(appendString(out, name), separator...)
		out = n.members[name].append(out, indent, inner)
	}
	for i, item := range n.items {
		out = begin(out, i, inner)
		out = item.append(out, indent, inner)
	}
	if n.Len() > 0 {
		out = append(out, line...)
	}
	return append(out, end)
}

func begin(out []byte, i int, line string) []byte {
	if i > 0 {
		out = append(out, ',')
	}
	return append(out, line...)
}

func appendString(out []byte, s string) []byte {
	var w jsonw.Writer
	w.String(s)
	return append(out, w.Bytes()...)
}
