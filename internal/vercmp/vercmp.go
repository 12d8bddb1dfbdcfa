// Package vercmp compares file names by the version numbers in them, as ls -v
// and sort -V of GNU coreutils do: file9 before file10, and file-1.2.tar.gz by
// 1.2. The rules are those of the chapter "Version sort ordering" of its manual,
// after Debian's for package versions.
package vercmp

import "strings"

// Compare returns a negative number, 0 or a positive one as a is before, equal
// to or after b. Different names can be equal: a01 and a1.
func Compare(a, b string) int {
	if a == b {
		return 0
	}
	if ra, rb := rank(a), rank(b); ra != rb {
		return ra - rb
	} else if ra < hidden {
		return 0
	}
	baseA, baseB := base(a), base(b)
	if c := compare(baseA, baseB); c != 0 || len(baseA) == len(a) && len(baseB) == len(b) {
		return c
	}
	return compare(a, b)
}

// What comes first, whatever follows.
const (
	empty = iota
	dot
	dotdot
	hidden
	other
)

func rank(s string) int {
	switch {
	case s == "":
		return empty
	case s == ".":
		return dot
	case s == "..":
		return dotdot
	case s[0] == '.':
		return hidden
	}
	return other
}

// base returns s without its suffix: the longest end of the form
// (\.[A-Za-z~][A-Za-z0-9~]*)* that leaves at least one byte.
func base(s string) string {
	end := 0
	for i := 0; i < len(s); {
		i++
		end = i
		for i+1 < len(s) && s[i] == '.' && (letter(s[i+1]) || s[i+1] == '~') {
			for i += 2; i < len(s) && (letter(s[i]) || digit(s[i]) || s[i] == '~'); {
				i++
			}
		}
	}
	return s[:end]
}

// compare alternates between stretches without digits, compared by weight, and
// numbers of any length.
func compare(a, b string) int {
	for a != "" || b != "" {
		for a != "" && !digit(a[0]) || b != "" && !digit(b[0]) {
			if wa, wb := weight(a), weight(b); wa != wb {
				return wa - wb
			}
			// Equal weights are of equal bytes, so neither is at its end.
			a, b = a[1:], b[1:]
		}
		var na, nb string
		na, a = number(a)
		nb, b = number(b)
		if len(na) != len(nb) {
			return len(na) - len(nb)
		}
		if c := strings.Compare(na, nb); c != 0 {
			return c
		}
	}
	return 0
}

// number cuts the digits off the start of s and drops their leading zeros.
func number(s string) (digits, rest string) {
	n := 0
	for n < len(s) && digit(s[n]) {
		n++
	}
	return strings.TrimLeft(s[:n], "0"), s[n:]
}

// weight orders the first byte of s: '~' before the end, then digits (as ends of
// the stretch), letters, and all others.
func weight(s string) int {
	switch {
	case s == "":
		return -1
	case digit(s[0]):
		return 0
	case letter(s[0]):
		return int(s[0])
	case s[0] == '~':
		return -2
	}
	return int(s[0]) + 256
}

func digit(c byte) bool  { return '0' <= c && c <= '9' }
func letter(c byte) bool { return 'a' <= c|0x20 && c|0x20 <= 'z' }
