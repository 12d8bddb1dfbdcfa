package pacman

import "bytes"

// cutWord returns the first word of a line and what follows it.
func cutWord(line []byte) (word, rest []byte) {
	line = bytes.TrimLeft(line, " \t")
	if end := bytes.IndexAny(line, " \t"); end >= 0 {
		return line[:end], line[end+1:]
	}
	return line, nil
}

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
		const letters, meaning = `\abfnrstv#`, "\\\a\b\f\n\r \t\v#"
		at := -1
		if len(digits) > 0 {
			at = bytes.IndexByte([]byte(letters), digits[0])
		}
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
