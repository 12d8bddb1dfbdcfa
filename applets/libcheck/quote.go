package libcheck

import (
	"strings"
	"unicode/utf8"
)

// display shows a name in one line of text: what a terminal would act on, and what
// is no UTF-8, comes out as an escape of C.
func display(s string) string { return escape(s, "\\") }

// quote writes a name as a shell reads it.
func quote(s string) string {
	plain := func(r rune) bool {
		return 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9' || strings.ContainsRune("/._+-=:,@%", r)
	}
	switch escaped := escape(s, "\\'"); {
	case s != "" && strings.IndexFunc(s, func(r rune) bool { return !plain(r) }) < 0:
		return s
	case escaped == s:
		return "'" + s + "'"
	default:
		return "$'" + escaped + "'"
	}
}

// escape puts a backslash before the bytes of special, and writes control bytes and
// bytes that are no UTF-8 as escapes.
func escape(s, special string) string {
	const octal = "01234567"
	var b strings.Builder
	for i := 0; i < len(s); {
		r, size := utf8.DecodeRuneInString(s[i:])
		c := s[i]
		switch {
		case c == '\n':
			b.WriteString("\\n")
		case c < 0x20 || c == 0x7f || r == utf8.RuneError && size == 1:
			b.WriteString("\\" + string(octal[c>>6]) + string(octal[c>>3&7]) + string(octal[c&7]))
		case r >= 0x80 && r < 0xa0:
			// Terminals take these for control characters, too.
			for _, c := range []byte(s[i : i+size]) {
				b.WriteString("\\" + string(octal[c>>6]) + string(octal[c>>3&7]) + string(octal[c&7]))
			}
		default:
			if strings.ContainsRune(special, r) {
				b.WriteByte('\\')
			}
			b.WriteString(s[i : i+size])
		}
		i += size
	}
	return b.String()
}
