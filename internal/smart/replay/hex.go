package replay

import (
	"bytes"
	"errors"
	"strconv"
)

// The standard library's encoding/hex brings in fmt, and that reflection.

// appendHex appends the digits of bytes.
func appendHex(out, b []byte) []byte {
	const digits = "0123456789abcdef"
	for _, c := range b {
		out = append(out, digits[c>>4], digits[c&15])
	}
	return out
}

// unhex decodes hexadecimal digits. A single one is a byte.
func unhex(text []byte) ([]byte, error) {
	digits := bytes.Join(bytes.Fields(text), nil)
	if len(digits) == 1 {
		digits = append([]byte{'0'}, digits...)
	}
	out := make([]byte, 0, len(digits)/2)
	for i, c := range digits {
		v := nibble(c)
		switch {
		case v > 15:
			return nil, errors.New(strconv.QuoteToASCII(string(digits[i:i+1])) + " is no hexadecimal digit")
		case i%2 == 0:
			out = append(out, v)
		default:
			out[i/2] = out[i/2]<<4 | v
		}
	}
	if len(digits)%2 != 0 {
		return nil, errors.New("an odd number of hexadecimal digits")
	}
	return out, nil
}

// nibble is the value of a digit, 255 of what is none.
func nibble(c byte) byte {
	switch {
	case c >= '0' && c <= '9':
		return c - '0'
	case c >= 'a' && c <= 'f', c >= 'A' && c <= 'F':
		return c&15 + 9
	}
	return 255
}
