package jsontree

import "strconv"

// Lines returns the document as statements, one a line, of which each says where it
// belongs: for grep, as smartctl --json=g and gron print them. compact leaves out the
// spaces.
func (n *Node) Lines(compact bool) []byte {
	is := " = "
	if compact {
		is = "="
	}
	return n.lines(nil, "json", is)
}

func (n *Node) lines(out []byte, path, is string) []byte {
	value := n.append(nil, "", "")
	switch n.kind {
	case object:
		value = []byte("{}")
	case array:
		value = []byte("[]")
	}
	out = append(append(append(append(out, path...), is...), value...), ";\n"...)
	for _, name := range n.names {
		out = n.members[name].lines(out, path+"."+name, is)
	}
	for i, item := range n.items {
		out = item.lines(out, path+"["+strconv.Itoa(i)+"]", is)
	}
	return out
}

// YAML returns the document in that form (YAML 1.2), its strings as those of JSON, which
// are YAML's too.
func (n *Node) YAML() []byte { return append(n.yaml([]byte("---"), "\n"), '\n') }

// yaml appends a value behind what names it. line is a newline with the indent.
func (n *Node) yaml(out []byte, line string) []byte {
	if n.Len() == 0 {
		return append(append(out, ' '), n.append(nil, "", "")...)
	}
	for _, name := range n.names {
		out = append(append(append(out, line...), name...), ':')
		out = n.members[name].yaml(out, line+"  ")
	}
	for _, item := range n.items {
		out = append(append(out, line...), '-')
		inner := item.yaml(nil, line+"  ")
		if item.Len() > 0 { // the first line goes behind the dash
			inner = inner[len(line)+1:]
		}
		out = append(out, inner...)
	}
	return out
}
