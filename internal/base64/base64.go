// Package base64 turns streams into base64 text (RFC 4648, section 4) and back
// in bounded memory, and decodes as coreutils does: newlines are skipped, padded
// groups may follow each other, and what came before an error is delivered.
package base64

import (
	"encoding/base64"
	"errors"
	"io"
)

// ErrInvalid is the error of a text that is not base64, or ends in mid-group.
var ErrInvalid = errors.New("invalid input")

// Encode writes the encoding of r to w in lines of wrap characters, each ended
// by a newline; a wrap of 0 makes one line without one.
func Encode(w io.Writer, r io.Reader, wrap uint64) error {
	in := make([]byte, 24<<10)
	text := make([]byte, base64.StdEncoding.EncodedLen(len(in)))
	var lines []byte
	var column uint64
	for {
		n, err := io.ReadFull(r, in)
		base64.StdEncoding.Encode(text, in[:n])
		out := text[:base64.StdEncoding.EncodedLen(n)]
		last := err == io.EOF || err == io.ErrUnexpectedEOF
		if wrap > 0 {
			lines, column = fold(lines[:0], out, wrap, column)
			if last && column > 0 {
				lines = append(lines, '\n')
			}
			out = lines
		}
		if len(out) > 0 {
			if _, werr := w.Write(out); werr != nil {
				return werr
			}
		}
		if last {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

// fold appends text to lines with a newline behind every wrap characters.
// Column says how many characters the current line has.
func fold(lines, text []byte, wrap, column uint64) ([]byte, uint64) {
	for len(text) > 0 {
		n := min(uint64(len(text)), wrap-column)
		lines = append(lines, text[:n]...)
		text = text[n:]
		if column += n; column == wrap {
			lines = append(lines, '\n')
			column = 0
		}
	}
	return lines, column
}

// Decode writes what the text of r stands for to w. With ignoreGarbage it skips
// every byte that is not of the alphabet or padding, else only newlines. All that
// precedes an error has been written when it returns.
func Decode(w io.Writer, r io.Reader, ignoreGarbage bool) error {
	d := decoder{values: alphabet(), ignoreGarbage: ignoreGarbage}
	in := make([]byte, 32<<10)
	for {
		n, err := r.Read(in)
		d.out = d.out[:0]
		ok := d.decode(in[:n])
		if err == io.EOF && ok && d.n > 0 {
			d.quantum(d.group[:d.n])
			ok = false
		}
		if len(d.out) > 0 {
			if _, werr := w.Write(d.out); werr != nil {
				return werr
			}
		}
		switch {
		case !ok:
			return ErrInvalid
		case err == io.EOF:
			return nil
		case err != nil:
			return err
		}
	}
}

// What a byte is, when it is not one of the alphabet's 64 values.
const (
	padding = 64 + iota
	newline
	garbage
)

// alphabet maps each byte to its value of RFC 4648, table 1, or to what it is.
func alphabet() *[256]byte {
	var values [256]byte
	for i := range values {
		values[i] = garbage
	}
	const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
	for i := range len(letters) {
		values[letters[i]] = byte(i)
	}
	values['='], values['\n'] = padding, newline
	return &values
}

type decoder struct {
	values        *[256]byte
	ignoreGarbage bool
	group         [4]byte // values of a group that is not complete yet
	n             int
	out           []byte
}

// decode appends what text stands for to d.out, and reports whether it is valid.
func (d *decoder) decode(text []byte) bool {
	values := d.values
	for len(text) > 0 {
		for d.n == 0 && len(text) >= 4 {
			a, b, c, e := values[text[0]], values[text[1]], values[text[2]], values[text[3]]
			if a|b|c|e >= 64 {
				break
			}
			d.out = append(d.out, a<<2|b>>4, b<<4|c>>2, c<<6|e)
			text = text[4:]
		}
		if len(text) == 0 {
			break
		}
		v := values[text[0]]
		text = text[1:]
		if v == newline || v == garbage && d.ignoreGarbage {
			continue
		}
		d.group[d.n] = v
		if d.n++; d.n == 4 {
			d.n = 0
			if !d.quantum(d.group[:]) {
				return false
			}
		}
	}
	return true
}

// quantum appends the bytes of one group, as many as its valid values give, and
// reports whether it is a whole valid one. As coreutils does, it accepts padding
// behind values whose spare bits are not zero.
func (d *decoder) quantum(group []byte) bool {
	if len(group) < 2 || group[0] >= 64 || group[1] >= 64 {
		return false
	}
	d.out = append(d.out, group[0]<<2|group[1]>>4)
	if len(group) < 3 {
		return false
	}
	if group[2] == padding {
		return len(group) == 4 && group[3] == padding
	}
	if group[2] >= 64 {
		return false
	}
	d.out = append(d.out, group[1]<<4|group[2]>>2)
	if len(group) < 4 {
		return false
	}
	if group[3] == padding {
		return true
	}
	if group[3] >= 64 {
		return false
	}
	d.out = append(d.out, group[2]<<6|group[3])
	return true
}
