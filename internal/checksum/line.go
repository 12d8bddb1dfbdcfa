// Package checksum reads and writes the lines of checksum files, as md5sum(1),
// sha256sum(1) and shasum(1) write them.
package checksum

import "strings"

// Line is one file's checksum.
type Line struct {
	Algorithm string // of a tagged line ("SHA256"), else empty
	Sum       []byte
	Binary    bool // '*' stands before the name
	Name      string
}

// maxSum is the size in bytes of the longest checksum, SHA-512's.
const maxSum = 64

// Parse reads a line without its newline: "SUM  NAME", "SUM *NAME", "SUM NAME" or
// "ALGORITHM (NAME) = SUM", with a backslash before it where the name is escaped.
func Parse(text string) (Line, bool) {
	text = strings.TrimLeft(text, " \t")
	escaped := strings.HasPrefix(text, `\`)
	text = strings.TrimPrefix(text, `\`)
	l, ok := tagged(text)
	if !ok {
		l, ok = untagged(text)
	}
	if ok && escaped {
		l.Name, ok = unescape(l.Name)
	}
	if l.Name == "" {
		ok = false
	}
	return l, ok
}

// tagged reads the form of BSD and, without blanks, of openssl.
func tagged(text string) (l Line, ok bool) {
	open := strings.IndexByte(text, '(')
	end := strings.LastIndexByte(text, ')')
	if open < 1 || end < open {
		return l, false
	}
	l.Algorithm = strings.TrimSuffix(text[:open], " ")
	l.Name = text[open+1 : end]
	sum, ok := strings.CutPrefix(strings.TrimLeft(text[end+1:], " \t"), "=")
	if !ok || !isName(l.Algorithm) {
		return l, false
	}
	l.Sum, ok = digits(strings.TrimSpace(sum))
	return l, ok
}

// isName reports whether text can be the name of an algorithm, as "SHA512/256".
func isName(text string) bool {
	for i := range len(text) {
		if b := text[i] | 0x20; (b < 'a' || b > 'z') && (text[i] < '-' || text[i] > '9') {
			return false
		}
	}
	return text != ""
}

func untagged(text string) (l Line, ok bool) {
	end := strings.IndexAny(text, " \t")
	if end < 0 {
		return l, false
	}
	l.Sum, ok = digits(text[:end])
	name := text[end+1:]
	// The second character says how the file was read. Old BSD has none.
	if len(name) > 1 && (name[0] == ' ' || name[0] == '*') {
		l.Binary = name[0] == '*'
		name = name[1:]
	}
	l.Name = name
	return l, ok
}

func digits(text string) ([]byte, bool) {
	if text == "" || len(text)%2 != 0 || len(text) > 2*maxSum {
		return nil, false
	}
	sum := make([]byte, len(text)/2)
	for i := range len(text) {
		d, ok := digit(text[i])
		if !ok {
			return nil, false
		}
		sum[i/2] = sum[i/2]<<4 | d
	}
	return sum, true
}

func digit(b byte) (byte, bool) {
	switch {
	case '0' <= b && b <= '9':
		return b - '0', true
	case 'a' <= b|0x20 && b|0x20 <= 'f':
		return b | 0x20 - 'a' + 10, true
	}
	return 0, false
}

// Hex renders a checksum in lower-case digits.
func Hex(sum []byte) string {
	const letters = "0123456789abcdef"
	b := make([]byte, 0, 2*len(sum))
	for _, v := range sum {
		b = append(b, letters[v>>4], letters[v&15])
	}
	return string(b)
}

var escapes = strings.NewReplacer("\\", `\\`, "\n", `\n`, "\r", `\r`)

// Escape returns the name as a line holds it, and the mark that stands before the
// line: a backslash when the two differ.
func Escape(name string) (escaped, mark string) {
	if !strings.ContainsAny(name, "\\\n\r") {
		return name, ""
	}
	return escapes.Replace(name), `\`
}

func unescape(name string) (string, bool) {
	var b strings.Builder
	for i := 0; i < len(name); i++ {
		if name[i] != '\\' {
			b.WriteByte(name[i])
			continue
		}
		if i++; i == len(name) {
			return "", false
		}
		switch name[i] {
		case '\\':
			b.WriteByte('\\')
		case 'n':
			b.WriteByte('\n')
		case 'r':
			b.WriteByte('\r')
		default:
			return "", false
		}
	}
	return b.String(), true
}

// String returns the line without a newline: tagged when Algorithm is set. With
// raw the name is not escaped, as for lines that end in a zero byte.
func (l Line) String(raw bool) string {
	name, mark := l.Name, ""
	if !raw {
		name, mark = Escape(name)
	}
	sum := Hex(l.Sum)
	if l.Algorithm != "" {
		return mark + l.Algorithm + " (" + name + ") = " + sum
	}
	star := " "
	if l.Binary {
		star = "*"
	}
	return mark + sum + " " + star + name
}
