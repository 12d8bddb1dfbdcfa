package cat

import "strconv"

// format is what the options make of the bytes, and where in the text it is.
type format struct {
	number, nonblank, squeeze, ends, tabs, control bool

	line    int64
	midline bool
	blanks  int  // empty lines since the last byte of text; 2 stands for more
	cr      bool // a CR is held back: -E shows one before LF as ^M
	out     []byte
}

// plain reports whether the bytes go through as they are.
func (f *format) plain() bool {
	return !(f.number || f.squeeze || f.ends || f.tabs || f.control)
}

// append formats p and returns the bytes to write, valid until the next call.
func (f *format) append(p []byte) []byte {
	f.out = f.out[:0]
	for _, b := range p {
		if b == '\n' {
			f.newline()
		} else {
			f.byte(b)
		}
	}
	return f.out
}

// end returns what was held back.
func (f *format) end() []byte {
	f.out = f.out[:0]
	f.release()
	return f.out
}

func (f *format) newline() {
	if !f.midline {
		f.blanks = min(f.blanks+1, 2)
		if f.squeeze && f.blanks == 2 {
			return
		}
		if f.number && !f.nonblank {
			f.count()
		}
	}
	if f.ends {
		if f.cr {
			f.out = append(f.out, '^', 'M')
			f.cr = false
		}
		f.out = append(f.out, '$')
	}
	f.out = append(f.out, '\n')
	f.midline = false
}

func (f *format) byte(b byte) {
	f.release()
	if !f.midline {
		f.midline, f.blanks = true, 0
		if f.number {
			f.count()
		}
	}
	switch {
	case b == '\t':
		if f.tabs {
			f.out = append(f.out, '^', 'I')
		} else {
			f.out = append(f.out, b)
		}
	case f.control:
		f.out = visible(f.out, b)
	case b == '\r' && f.ends:
		f.cr = true
	default:
		f.out = append(f.out, b)
	}
}

// release writes the CR that was held back and turned out to be a plain one.
func (f *format) release() {
	if f.cr {
		f.out = append(f.out, '\r')
		f.cr = false
	}
}

// count writes the number of the line: six columns and a tab.
func (f *format) count() {
	f.line++
	digits := strconv.FormatInt(f.line, 10)
	const blank = "      "
	if len(digits) < len(blank) {
		f.out = append(f.out, blank[len(digits):]...)
	}
	f.out = append(f.out, digits...)
	f.out = append(f.out, '\t')
}

// visible appends b as ^X, M-X or itself.
func visible(out []byte, b byte) []byte {
	if b >= 128 {
		out = append(out, 'M', '-')
		b -= 128
	}
	switch {
	case b < 32:
		return append(out, '^', b+64)
	case b == 127:
		return append(out, '^', '?')
	}
	return append(out, b)
}
