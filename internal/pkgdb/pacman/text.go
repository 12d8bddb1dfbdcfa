package pacman

import (
	"bytes"
	"strings"
)

// cutWord returns the first word of a line and what follows it.
func cutWord(line []byte) (word, rest []byte) {
	start := 0
	for start < len(line) && isBlank(line[start]) {
		start++
	}
	end := start
	for end < len(line) && !isBlank(line[end]) {
		end++
	}
	return line[start:end], line[end:]
}

func isBlank(c byte) bool { return c == ' ' || c == '\t' }

// unescape returns a path as it is: what mtree(5) has escaped stands there in octal,
// as \040, or as in C (vis(3)). It may return word itself.
func unescape(word []byte) ([]byte, bool) {
	if bytes.IndexByte(word, '\\') < 0 {
		return word, true
	}
	var out []byte
	for i := 0; i < len(word); i++ {
		if word[i] != '\\' {
			out = append(out, word[i])
			continue
		}
		i++
		digits := word[i:min(len(word), i+3)]
		if b, ok := octal(digits); ok {
			out = append(out, b)
			i += 2
			continue
		}
		if len(digits) == 0 {
			return nil, false
		}
		const letters, meaning = `\abfnrstv#`, "\\\a\b\f\n\r \t\v#"
		at := strings.IndexByte(letters, digits[0])
		if at < 0 {
			return nil, false
		}
		out = append(out, meaning[at])
	}
	return out, true
}

// octal returns the byte that three octal digits are.
func octal(digits []byte) (byte, bool) {
	v := 0
	for _, d := range digits {
		if d < '0' || d > '7' {
			return 0, false
		}
		v = v<<3 | int(d-'0')
	}
	return byte(v), len(digits) == 3 && v > 0 && v < 256
}
