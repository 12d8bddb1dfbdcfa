// Package intake takes chunk lines (package wire) out of what a terminal, a pipe or a
// copied scrollback has: among prompts and echoes, behind escape sequences, wrapped
// at some width.
package intake

import (
	"bytes"

	"rescuebox/b64xfer/wire"
)

// Kind is what a line was.
type Kind int

// The kinds of lines.
const (
	Noise   Kind = iota // nothing to do with a payload
	Chunk               // a sound chunk
	Damaged             // what looks like a chunk, and is not sound, or not of this payload
	End                 // the end of the payload
)

// Intake gathers a payload. The zero value is ready.
type Intake struct {
	wire.Assembly
	begun bool   // a chunk came
	open  []byte // a line that may be the beginning of a wrapped chunk
}

// maxOpen is how long a chunk that was wrapped can be, in characters.
const maxOpen = wire.MaxLine + 32

// Line takes a line without its newline, and returns what it was and, of a sound
// chunk, its number. A chunk that a terminal has wrapped is Damaged until the line
// comes that makes it whole.
func (in *Intake) Line(line []byte) (Kind, int) {
	spaced := len(line) > 0 && line[0] == ' '
	line = bytes.TrimSpace(plain(line))
	switch {
	case len(line) == 0:
		return Noise, 0
	case string(line) == wire.End:
		in.open = nil
		return in.end(), 0
	case begins(line):
		in.open = append([]byte(nil), line...)
	case len(in.open) > 0 && continues(line) && len(in.open)+len(line) <= maxOpen:
		in.open = append(in.open, line...)
	case spaced:
		// What runs the file was typed, since the end was lost.
		in.open = nil
		return in.end(), 0
	default:
		return Noise, 0
	}
	number, data, sound := wire.Parse(in.open)
	if !sound {
		return Damaged, 0
	}
	in.open = nil
	if !in.Add(number, data) {
		return Damaged, 0
	}
	in.begun = true
	return Chunk, number
}

// Begun reports whether a chunk of a payload came.
func (in *Intake) Begun() bool { return in.begun }

// end is End once a payload has begun: before it stand the lines of other receivers.
func (in *Intake) end() Kind {
	if !in.begun {
		return Noise
	}
	return End
}

// begins reports whether a line is a number, a colon and base64.
func begins(line []byte) bool {
	i := bytes.IndexByte(line, ':')
	if i < 1 || i > 8 || i+1 == len(line) {
		return false
	}
	for _, c := range line[:i] {
		if c < '0' || c > '9' {
			return false
		}
	}
	return continues(line[i+1:])
}

// continues reports whether a line is base64 alone.
func continues(line []byte) bool {
	for _, c := range line {
		switch {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9', c == '+', c == '/', c == '=':
		default:
			return false
		}
	}
	return true
}

const escape = 0x1b

// plain drops the escape sequences of terminals: those of ECMA-48 (CSI), and strings
// like a window's title (OSC). A line that has none is returned as it is.
func plain(line []byte) []byte {
	if bytes.IndexByte(line, escape) < 0 {
		return line
	}
	var out []byte
	for i := 0; i < len(line); i++ {
		if line[i] != escape {
			out = append(out, line[i])
			continue
		}
		if i++; i == len(line) {
			break
		}
		switch line[i] {
		case '[': // up to a letter or another final byte
			for i++; i < len(line) && (line[i] < 0x40 || line[i] > 0x7e); i++ {
			}
		case ']', 'P', '_', '^': // up to BEL, or ESC and a backslash
			for i++; i < len(line) && line[i] != 7 && line[i] != escape; i++ {
			}
			if i+1 < len(line) && line[i] == escape {
				i++
			}
		}
	}
	return out
}
