// Package unshifted writes text that is typed without a shift key, for keyboards of
// virtual machines that lose it, or know another layout's: small letters, digits, and
// the marks that a US keyboard has beside them.
package unshifted

import (
	"errors"
	"strings"
)

// keys are the characters that need no shift key on a US keyboard.
const keys = "abcdefghijklmnopqrstuvwxyz0123456789`-=[]\\;',./ \n"

// Free reports whether text needs no shift key.
func Free(text string) bool { return strings.Trim(text, keys) == "" }

// Line writes a line of base64, or a chunk of package wire: a comma stands for the
// shift key, '-' for '+' and ';' for ':'. stage-0 and stage-1 read that.
func Line(line string) string {
	var b strings.Builder
	for i := range len(line) {
		switch c := line[i]; {
		case 'A' <= c && c <= 'Z':
			b.WriteByte(',')
			b.WriteByte(c ^ 0x20)
		case c == '+':
			b.WriteByte('-')
		case c == ':':
			b.WriteByte(';')
		default:
			b.WriteByte(c)
		}
	}
	return b.String()
}

// width is where a typed line ends: the editor of busybox cuts at 1023 characters.
const width = 400

// functions collect text in r1, bytes in r2, and evaluate the text. What evaluates
// this splits it at spaces, and would match names to * ? and [.
const functions = `r1(){ r1="$r1$1";};r2(){ r2="$r2$1";};r3(){ set -- "$(printf "$r1")";unset -f r1 r2;unset r1;eval "$1";};r1=;r2=`

// Command returns lines that have a POSIX shell evaluate text, in which $r2 is a
// format of printf for the bytes given. They define functions by a printf between
// backquotes, the one substitution that is typed without a shift key, and pass them
// the rest in octal; the last line has the text's status. Text with a percent sign is an error: some shells take it for
// one of a format even in octal.
func Command(text string, bytes []byte) (string, error) {
	switch {
	case strings.Contains(text, "%"):
		return "", errors.New("a percent sign cannot be typed without a shift key")
	case len(bytes) == 0 && Free(text):
		return text, nil
	}
	lines := []string{" eval `printf '" + strings.Join(octal([]byte(functions), 1<<16), "") + "'`"}
	for _, piece := range octal(bytes, width) {
		lines = append(lines, " r2 '"+piece+"'")
	}
	for _, piece := range octal([]byte(text), width) {
		lines = append(lines, " r1 '"+piece+"'")
	}
	return strings.Join(append(lines, " r3"), "\n"), nil
}

// octal writes bytes for the format of a printf, in pieces of some width, which
// follow each other. A digit behind an octal one is octal too.
func octal(b []byte, width int) []string {
	var pieces []string
	var piece []byte
	escaped := false
	for _, c := range b {
		if len(piece) >= width {
			pieces, piece = append(pieces, string(piece)), nil
		}
		literal := 'a' <= c && c <= 'z' || c == ' ' || strings.IndexByte("-=[];,./", c) >= 0
		if literal || !escaped && '0' <= c && c <= '9' {
			piece, escaped = append(piece, c), false
			continue
		}
		piece, escaped = append(piece, '\\', '0'+c>>6, '0'+c>>3&7, '0'+c&7), true
	}
	if len(piece) > 0 {
		pieces = append(pieces, string(piece))
	}
	return pieces
}
