// Package quoting shows file names so that they can be read and typed again: in
// the styles of ls of GNU coreutils (manual, "Formatting the file names").
package quoting

import (
	"strings"
	"unicode/utf8"
)

// Style is a way to show a name.
type Style uint8

// The styles. Shell and ShellEscape quote only names that a shell would not
// take as they are.
const (
	Literal           Style = iota // as it is
	Shell                          // 'a b'
	ShellAlways                    // 'a'
	ShellEscape                    // 'a'$'\n'
	ShellEscapeAlways              // the same, always with quotes
	C                              // "a\n"
	Escape                         // a\n
)

// Quoter shows names in one style.
type Quoter struct {
	Style Style
	// UTF8 shows printable characters of UTF-8 as they are, for terminals that
	// can. Otherwise every byte above 127 counts as unprintable.
	UTF8 bool
	// Hide shows what is not printable as '?', in the styles that would not
	// escape it.
	Hide bool
	// Special bytes are quoted too.
	Special string
}

// Append adds name to dst.
func (q *Quoter) Append(dst []byte, name string) []byte {
	switch q.Style {
	case C, Escape:
		return q.escape(dst, name)
	case ShellEscape, ShellEscapeAlways:
		return q.shell(dst, name)
	case Shell, ShellAlways:
		start := len(dst)
		return q.hide(q.shell(dst, name), start)
	}
	start := len(dst)
	return q.hide(append(dst, name...), start)
}

// Quoted reports whether Append would change name other than by Hide.
func (q *Quoter) Quoted(name string) bool {
	switch q.Style {
	case Literal:
		return false
	case Shell, ShellEscape:
		return q.forced(name)
	}
	return string(q.Append(nil, name)) != name
}

// hide replaces what is not printable in dst[start:].
func (q *Quoter) hide(dst []byte, start int) []byte {
	if !q.Hide {
		return dst
	}
	name := string(dst[start:])
	dst = dst[:start]
	for name != "" {
		n, printable := q.next(name)
		if printable {
			dst = append(dst, name[:n]...)
		} else {
			dst = append(dst, '?')
		}
		name = name[n:]
	}
	return dst
}

// escape adds name in the style C or Escape.
func (q *Quoter) escape(dst []byte, name string) []byte {
	special := q.Special + `\`
	if q.Style == C {
		special += `"`
		dst = append(dst, '"')
	}
	for name != "" {
		n, printable := q.next(name)
		switch {
		case !printable:
			dst = escaped(dst, name[:n])
		case strings.IndexByte(special, name[0]) >= 0:
			dst = append(dst, '\\', name[0])
		default:
			dst = append(dst, name[:n]...)
		}
		name = name[n:]
	}
	if q.Style == C {
		dst = append(dst, '"')
	}
	return dst
}

// escaped adds the escape sequences of C for the bytes of s.
func escaped(dst []byte, s string) []byte {
	for _, c := range []byte(s) {
		dst = append(dst, '\\')
		if '\a' <= c && c <= '\r' {
			dst = append(dst, "abtnvfr"[c-'\a'])
		} else {
			dst = append(dst, '0'+c>>6, '0'+c>>3&7, '0'+c&7)
		}
	}
	return dst
}

// next returns the size of the first character and whether it is printable.
func (q *Quoter) next(name string) (n int, printable bool) {
	c := name[0]
	if c < utf8.RuneSelf || !q.UTF8 {
		return 1, ' ' <= c && c < 0x7f
	}
	r, n := utf8.DecodeRuneInString(name)
	return n, n > 1 && printableRune(r)
}

// Width returns how many cells of a terminal shown takes.
func (q *Quoter) Width(shown []byte) int {
	width := 0
	for i := 0; i < len(shown); {
		c := shown[i]
		if c < utf8.RuneSelf || !q.UTF8 {
			if ' ' <= c && c < 0x7f {
				width++
			}
			i++
			continue
		}
		r, n := utf8.DecodeRune(shown[i:])
		width += cells(r)
		i += n
	}
	return width
}

// invisible are stretches of characters that show nothing, change the direction
// of text, or do not exist; wide ones take two cells (Unicode 15, general
// category Cc Cf Cs Co Cn in part, and East Asian Width W and F in part).
var (
	invisible = [...][2]rune{{0, 0x1f}, {0x7f, 0x9f}, {0x200b, 0x200f}, {0x2028, 0x202e}, {0x2060, 0x206f},
		{0xd800, 0xf8ff}, {0xfeff, 0xfeff}, {0xfff0, 0xfffb}, {0xfffe, 0xffff}, {0xe0000, 0x10ffff}}
	combining = [...][2]rune{{0x300, 0x36f}, {0x483, 0x489}, {0x591, 0x5bd}, {0x64b, 0x65f}, {0x1ab0, 0x1aff},
		{0x1dc0, 0x1dff}, {0x20d0, 0x20f0}, {0xfe00, 0xfe0f}, {0xfe20, 0xfe2f}}
	wide = [...][2]rune{{0x1100, 0x115f}, {0x2e80, 0x303e}, {0x3041, 0xa4cf}, {0xac00, 0xd7a3}, {0xf900, 0xfaff},
		{0xfe30, 0xfe6f}, {0xff00, 0xff60}, {0xffe0, 0xffe6}, {0x1f300, 0x1f64f}, {0x1f900, 0x1f9ff}, {0x20000, 0x3fffd}}
)

func within(r rune, ranges [][2]rune) bool {
	for _, x := range ranges {
		if x[0] <= r && r <= x[1] {
			return true
		}
	}
	return false
}

func printableRune(r rune) bool { return !within(r, invisible[:]) }

func cells(r rune) int {
	switch {
	case within(r, combining[:]):
		return 0
	case within(r, wide[:]):
		return 2
	}
	return 1
}
