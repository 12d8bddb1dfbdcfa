package fnmatch

import (
	"strings"
	"unicode"
)

// bracket matches c against the bracket expression that p begins with
// (POSIX.1-2017, XBD 9.3.5, with ! for ^) and returns the expression's length,
// 0 when it is not one.
func (m matcher) bracket(p string, c rune) (length int, in bool) {
	i := 1
	invert := i < len(p) && (p[i] == '!' || p[i] == '^')
	if invert {
		i++
	}
	for first := true; ; first = false {
		if i >= len(p) {
			return 0, false
		}
		if p[i] == ']' && !first {
			return i + 1, in != invert
		}
		if name, size, ok := class(p[i:]); ok {
			known, has := m.inClass(name, c)
			if !known {
				return m.never(p, i+size)
			}
			in = in || has
			i += size
			continue
		}
		low, size, ok := element(p[i:])
		if !ok {
			return 0, false
		}
		i += size
		high := low
		if i+1 < len(p) && p[i] == '-' && p[i+1] != ']' {
			high, size, ok = element(p[i+1:])
			if !ok {
				return 0, false
			}
			i += 1 + size
		}
		in = in || m.between(low, high, c)
	}
}

// never returns the length of an expression that names an unknown class and so
// matches nothing; p[i:] is what follows the class.
func (m matcher) never(p string, i int) (int, bool) {
	if end := strings.IndexByte(p[i:], ']'); end >= 0 {
		return i + end + 1, false
	}
	return 0, false
}

func (m matcher) between(low, high, c rune) bool {
	if low <= c && c <= high {
		return true
	}
	if m.flags&CaseFold == 0 || c < 0 {
		return false
	}
	l, u := unicode.ToLower(c), unicode.ToUpper(c)
	return low <= l && l <= high || low <= u && u <= high
}

// class returns the name of the character class, as [:alpha:], that s begins with.
func class(s string) (name string, size int, ok bool) {
	if !strings.HasPrefix(s, "[:") {
		return "", 0, false
	}
	end := strings.Index(s[2:], ":]")
	if end < 0 {
		return "", 0, false
	}
	name = s[2 : 2+end]
	for _, b := range []byte(name) {
		if b < 'a' || b > 'z' {
			return "", 0, false
		}
	}
	return name, end + 4, true
}

// element returns the one character that s begins with inside a bracket: plain,
// after a backslash, or as [.x.] or [=x=], which without a locale are x.
func element(s string) (c rune, size int, ok bool) {
	if s == "" {
		return 0, 0, false
	}
	if len(s) > 1 && s[0] == '[' && (s[1] == '.' || s[1] == '=') {
		end := strings.Index(s[2:], s[1:2]+"]")
		if end > 0 {
			if c, size = decode(s[2:]); size == end {
				return c, end + 4, true
			}
		}
		return '[', 1, true
	}
	if s[0] == '\\' {
		if len(s) == 1 {
			return 0, 0, false
		}
		c, size = decode(s[1:])
		return c, size + 1, true
	}
	c, size = decode(s)
	return c, size, true
}

func (m matcher) inClass(name string, c rune) (known, in bool) {
	if m.flags&CaseFold != 0 && (name == "upper" || name == "lower") {
		name = "alpha"
	}
	ascii := c >= 0 && c < 0x80
	switch name {
	case "alpha":
		return true, unicode.IsLetter(c)
	case "digit":
		return true, '0' <= c && c <= '9'
	case "alnum":
		return true, unicode.IsLetter(c) || '0' <= c && c <= '9'
	case "upper":
		return true, unicode.IsUpper(c)
	case "lower":
		return true, unicode.IsLower(c)
	case "space":
		return true, c >= 0 && unicode.IsSpace(c)
	case "blank":
		return true, c == ' ' || c == '\t'
	case "punct":
		return true, ascii && c > ' ' && c < 0x7f && !unicode.IsLetter(c) && !unicode.IsDigit(c)
	case "print":
		return true, c >= 0 && unicode.IsPrint(c)
	case "graph":
		return true, c >= 0 && c != ' ' && unicode.IsGraphic(c)
	case "cntrl":
		return true, c >= 0 && unicode.IsControl(c)
	case "xdigit":
		return true, '0' <= c && c <= '9' || 'a' <= c && c <= 'f' || 'A' <= c && c <= 'F'
	}
	return false, false
}
