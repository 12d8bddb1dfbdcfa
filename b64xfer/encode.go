package b64xfer

import (
	"encoding/base64"
	"strconv"
)

// number puts the number and the length of each line in front of it, as "12:960:".
// A shell compares both with what it counts, so that a line which is cut, swapped,
// doubled or missing is found without any program. No shell takes such a line for a
// command, an assignment or a substitution.
//
// The first lines, so many of them as twice says, come again at the end. They hold
// the header of a program: where no hash can be computed, a shell would run a file
// with a damaged one as a script.
func number(twice int, encode func([]byte, func(string) bool)) func([]byte, func(string) bool) {
	return func(data []byte, yield func(string) bool) {
		var again []string
		n, more := 0, true
		put := func(line string) bool {
			n++
			more = yield(strconv.Itoa(n) + ":" + strconv.Itoa(len(line)) + ":" + line)
			return more
		}
		encode(data, func(line string) bool {
			if len(again) < twice {
				again = append(again, line)
			}
			return put(line)
		})
		for _, line := range again {
			if !more || !put(line) {
				return
			}
		}
	}
}

// base64Lines returns an encoder into lines of that many characters, a multiple
// of four.
func base64Lines(width int) func([]byte, func(string) bool) {
	return func(data []byte, yield func(string) bool) {
		for piece := width / 4 * 3; len(data) > 0; {
			n := min(len(data), piece)
			if !yield(base64.StdEncoding.EncodeToString(data[:n])) {
				return
			}
			data = data[n:]
		}
	}
}

// octalWidth is where a line of printf text ends, give or take one byte's text.
const octalWidth = 960

// octalLines encodes for printf(1) of POSIX, whose format takes up to three octal
// digits behind a backslash. A line must not begin with a dash, which printf takes
// for options, nor be End, nor hold anything that a shell's read changes.
func octalLines(data []byte, yield func(string) bool) {
	line := make([]byte, 0, octalWidth+4)
	for i, c := range data {
		switch {
		case c == '%':
			line = append(line, "%%"...)
		case c == '\\':
			line = append(line, `\\`...)
		case plain(c):
			line = append(line, c)
		default:
			// Fewer digits do where no digit follows to be taken for one more.
			digits := 3
			if i+1 == len(data) || data[i+1] < '0' || data[i+1] > '9' {
				digits = 1
				for v := c >> 3; v > 0; v >>= 3 {
					digits++
				}
			}
			line = append(line, '\\')
			for d := digits - 1; d >= 0; d-- {
				line = append(line, '0'+c>>(3*d)&7)
			}
		}
		if len(line) >= octalWidth {
			if !yield(string(line)) {
				return
			}
			line = line[:0]
		}
	}
	if len(line) > 0 {
		yield(string(line))
	}
}

// plain reports whether a byte stands for itself in octalLines: printable, and of
// no meaning to a shell, to its history or to printf. The full stop is none, so that
// no line is End, nor the colon, which ends a line's number and length.
func plain(c byte) bool {
	switch {
	case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9':
		return true
	}
	switch c {
	case '+', ',', '/', '@', '_':
		return true
	}
	return false
}
