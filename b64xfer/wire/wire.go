// Package wire is the text that carries a file over a terminal: lines that are
// chunks with number and checksum, as docs/paste.md says.
package wire

import (
	"iter"
	"strconv"
)

// ChunkSize is how many bytes a chunk carries, unless the terminal is narrow. With
// its checksum a chunk of this size needs no padding in base64, and its line stays
// below 1000 characters, far from the 4095 at which a terminal cuts lines silently.
const ChunkSize = 734

// MaxSize is the largest content that is carried, in bytes: it is held in memory on
// both sides.
const MaxSize = 64 << 20

// MaxLine is how long a line can be, in characters, without its newline.
const MaxLine = 1000

// End is the line that ends a payload.
const End = "."

// residue is the CRC-32 of anything that is followed by its own CRC-32.
const residue = 0x2144DF1C

// AppendLine appends the line of a chunk, without a newline. Number 0 is the header's.
func AppendLine(line []byte, number int, data []byte) []byte {
	line = append(strconv.AppendInt(line, int64(number), 10), ':')
	c := ^update(update(^uint32(0), line[len(line)-digits(number)-1:]), data)
	sealed := make([]byte, 0, len(data)+4)
	sealed = append(append(sealed, data...), byte(c), byte(c>>8), byte(c>>16), byte(c>>24))
	return appendBase64(line, sealed)
}

func digits(n int) int {
	d := 1
	for ; n > 9; n /= 10 {
		d++
	}
	return d
}

// Parse returns the number and the data of a chunk's line. It is false for anything
// else, a damaged chunk too. The line must not have white space around it.
func Parse(line []byte) (number int, data []byte, sound bool) {
	i := 0
	for i < len(line) && i < 8 && '0' <= line[i] && line[i] <= '9' {
		number = number*10 + int(line[i]-'0')
		i++
	}
	if i == 0 || i+1 >= len(line) || line[i] != ':' || line[0] == '0' && i > 1 {
		return 0, nil, false
	}
	i++
	data, sound = parseBase64(line[i:])
	if !sound || len(data) < 4 || ^update(update(^uint32(0), line[:i]), data) != residue {
		return 0, nil, false
	}
	return number, data[:len(data)-4], true
}

// Lines returns the payload of a content that its header describes: the header, each
// chunk, and End, without newlines.
func Lines(h Header, content []byte) iter.Seq[string] {
	return h.lines(content, Set{{0, h.Count()}})
}

// Some returns as Lines does the chunks of a set alone, and End. Numbers beyond the
// last chunk are passed over.
func Some(h Header, content []byte, set Set) iter.Seq[string] {
	return h.lines(content, set)
}

func (h Header) lines(content []byte, set Set) iter.Seq[string] {
	return func(yield func(string) bool) {
		line := make([]byte, 0, MaxLine)
		for _, r := range set {
			for n := r.First; n <= min(r.Last, h.Count()); n++ {
				data := []byte(h.Text())
				if n > 0 {
					data = h.Piece(content, n)
				}
				if line = AppendLine(line[:0], n, data); !yield(string(line)) {
					return
				}
			}
		}
		yield(End)
	}
}
