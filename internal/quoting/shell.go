package quoting

import "strings"

// forced reports whether a shell would not take name as it is.
func (q *Quoter) forced(name string) bool {
	switch name {
	case "", "{", "}":
		return true
	}
	if name[0] == '#' || name[0] == '~' {
		return true
	}
	escapes := q.Style >= ShellEscape
	for i := 0; i < len(name); {
		n, printable := q.next(name[i:])
		switch c := name[i]; {
		case printable && (strings.IndexByte(" !\"$&'()*;<=>?[\\^`|", c) >= 0 || strings.IndexByte(q.Special, c) >= 0):
			return true
		case !printable && (escapes || c == '\n' || c == '\r' || c == '\t'):
			return true
		}
		i += n
	}
	return false
}

// shell adds name in one of the shell styles.
func (q *Quoter) shell(dst []byte, name string) []byte {
	always := q.Style == ShellAlways || q.Style == ShellEscapeAlways
	if !always && !q.forced(name) {
		return append(dst, name...)
	}
	if q.apostrophe(name) {
		return append(append(append(dst, '"'), name...), '"')
	}
	dst = append(dst, '\'')
	escapes, open := q.Style >= ShellEscape, false // open: within $''
	for name != "" {
		n, printable := q.next(name)
		switch {
		case !printable && escapes:
			if !open {
				dst = append(dst, "'$'"...)
			}
			open = true
			dst = escaped(dst, name[:n])
		case name[0] == '\'':
			// The first quote ends either kind of quoting.
			dst = append(dst, `'\''`...)
			open = false
		default:
			if open {
				dst = append(dst, "''"...)
			}
			open = false
			dst = append(dst, name[:n]...)
		}
		name = name[n:]
	}
	return append(dst, '\'')
}

// apostrophe reports whether double quotes are enough and easier to read: for
// it's, but not where a shell would see more in the name than text.
func (q *Quoter) apostrophe(name string) bool {
	if strings.IndexByte(name, '\'') < 0 {
		return false
	}
	for i := 0; i < len(name); {
		n, printable := q.next(name[i:])
		c := name[i]
		start := i == 0 && (c == '#' || c == '~')
		if !printable || !start && strings.IndexByte("!\"#$&()*;<=>?[\\^`{|}~", c) >= 0 {
			return false
		}
		i += n
	}
	return true
}
