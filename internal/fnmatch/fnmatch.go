// Package fnmatch matches file names against shell patterns as fnmatch(3) of
// POSIX does: * ? [set] and \ for taking the next character literally.
// Characters are those of UTF-8; a byte that is not UTF-8 is a character of its
// own, so that every file name can be matched.
package fnmatch

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Flags change how a pattern matches.
type Flags uint

// The flags, named as fnmatch(3) names them.
const (
	CaseFold Flags = 1 << iota // letters match in either case
	PathName                   // a slash is matched only by a slash
	LeadDir                    // a name matches also when only a leading folder of it does
)

// Match reports whether the whole of name matches pattern. A bracket that is
// never closed stands for itself; a pattern that ends in a lone \ matches
// nothing, as in the GNU C library. Time is at most proportional to
// len(pattern) times len(name).
func Match(pattern, name string, flags Flags) bool {
	m := matcher{flags: flags}
	// Only the last star need ever be tried again: whatever an earlier one
	// could take, the later one can take too.
	p, n := 0, 0
	starP, starN := -1, 0
	for {
		if flags&LeadDir != 0 && p == len(pattern) && n < len(name) && name[n] == '/' {
			return true
		}
		if n == len(name) && onlyStars(pattern[p:]) {
			return true
		}
		if p < len(pattern) && pattern[p] == '*' {
			starP, starN = p, n
			p++
			continue
		}
		if dp, dn, ok := m.one(pattern[p:], name[n:]); ok {
			p, n = p+dp, n+dn
			continue
		}
		if starP < 0 || starN >= len(name) || flags&PathName != 0 && name[starN] == '/' {
			return false
		}
		_, size := decode(name[starN:])
		starN += size
		p, n = starP+1, starN
	}
}

func onlyStars(p string) bool { return strings.Trim(p, "*") == "" }

type matcher struct{ flags Flags }

// one matches the first element of p, which is no star, against the first
// character of n and returns the lengths of both.
func (m matcher) one(p, n string) (dp, dn int, ok bool) {
	if p == "" || n == "" {
		return 0, 0, false
	}
	c, dn := decode(n)
	slash := m.flags&PathName != 0 && c == '/'
	switch p[0] {
	case '?':
		return 1, dn, !slash
	case '[':
		if length, in := m.bracket(p, c); length > 0 {
			return length, dn, in && !slash
		}
	case '\\':
		if len(p) == 1 {
			return 0, 0, false
		}
		want, size := decode(p[1:])
		return 1 + size, dn, m.same(want, c)
	}
	want, size := decode(p)
	return size, dn, m.same(want, c)
}

func (m matcher) same(a, b rune) bool {
	return a == b || m.flags&CaseFold != 0 && fold(a) == fold(b)
}

func fold(r rune) rune {
	if r < 0 {
		return r
	}
	return unicode.ToLower(r)
}

// decode returns the first character of s. A byte that is not UTF-8 becomes a
// negative number, which no character is.
func decode(s string) (rune, int) {
	r, size := utf8.DecodeRuneInString(s)
	if r == utf8.RuneError && size <= 1 {
		return -rune(s[0]), 1
	}
	return r, size
}
