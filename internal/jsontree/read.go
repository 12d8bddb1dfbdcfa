package jsontree

import "strconv"

// Find returns the member of an object, or one below it by further names; nil where there
// is none. Unlike At it makes nothing. What reads a Node takes nil for nothing.
func (n *Node) Find(names ...string) *Node {
	for _, name := range names {
		if n == nil {
			return nil
		}
		n = n.members[name]
	}
	return n
}

// Items are those of an array.
func (n *Node) Items() []*Node {
	if n == nil {
		return nil
	}
	return n.items
}

// Names are those of the members of an object, in their order.
func (n *Node) Names() []string {
	if n == nil {
		return nil
	}
	return n.names
}

// Value is a string as it is, and a number or a truth value as JSON has it; "" of all
// else.
func (n *Node) Value() string {
	if n == nil || n.kind != text && n.kind != literal {
		return ""
	}
	return n.text
}

// Float is a number, or 1 for true and 0 for false.
func (n *Node) Float() (v float64, ok bool) {
	if n == nil || n.kind != literal {
		return 0, false
	}
	switch n.text {
	case "true":
		return 1, true
	case "false":
		return 0, true
	}
	v, err := strconv.ParseFloat(n.text, 64)
	return v, err == nil
}
