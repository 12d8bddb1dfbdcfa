// Package jsonw writes JSON (RFC 8259). It exists because encoding/json costs a
// binary half a megabyte.
package jsonw

import (
	"strconv"
	"unicode/utf8"
)

// Writer appends one JSON value to a buffer, piece by piece; commas and colons
// come by themselves. The caller closes what it opens and gives each member of an
// object a Key. The zero Writer is ready to use.
type Writer struct {
	buf   []byte
	comma bool // the next value or key follows another
}

// Bytes returns what has been written so far.
func (w *Writer) Bytes() []byte { return w.buf }

// Object opens an object, to be closed by EndObject.
func (w *Writer) Object() { w.open('{') }

// EndObject closes an object.
func (w *Writer) EndObject() { w.close('}') }

// Array opens an array, to be closed by EndArray.
func (w *Writer) Array() { w.open('[') }

// EndArray closes an array.
func (w *Writer) EndArray() { w.close(']') }

// Key begins a member of an object; one value follows.
func (w *Writer) Key(name string) *Writer {
	w.separate()
	w.quote(name)
	w.buf = append(w.buf, ':')
	w.comma = false
	return w
}

// String writes a string. Bytes that are not UTF-8, as file names may hold, come
// out as U+FFFD each.
func (w *Writer) String(s string) {
	w.separate()
	w.quote(s)
}

// Int writes a number.
func (w *Writer) Int(n int64) {
	w.separate()
	w.buf = strconv.AppendInt(w.buf, n, 10)
}

// Bool writes true or false.
func (w *Writer) Bool(b bool) {
	w.separate()
	w.buf = strconv.AppendBool(w.buf, b)
}

func (w *Writer) open(c byte) {
	w.separate()
	w.buf = append(w.buf, c)
	w.comma = false
}

func (w *Writer) close(c byte) {
	w.buf = append(w.buf, c)
	w.comma = true
}

func (w *Writer) separate() {
	if w.comma {
		w.buf = append(w.buf, ',')
	}
	w.comma = true
}

const hex = "0123456789abcdef"

func (w *Writer) quote(s string) {
	w.buf = append(w.buf, '"')
	for _, r := range s {
		switch {
		case r == '"' || r == '\\':
			w.buf = append(w.buf, '\\', byte(r))
		case r == '\n':
			w.buf = append(w.buf, '\\', 'n')
		case r < 0x20 || r == 0x7f:
			// DEL need not be escaped, but terminals act on it.
			w.buf = append(w.buf, '\\', 'u', '0', '0', hex[r>>4], hex[r&15])
		default:
			// Ranging over a string turns bad bytes into utf8.RuneError.
			w.buf = utf8.AppendRune(w.buf, r)
		}
	}
	w.buf = append(w.buf, '"')
}
