package report

import (
	"math"
	"math/bits"
	"strconv"
	"strings"

	"rescuebox/internal/jsontree"
)

// Decimal is the number hi<<64 + lo in decimal digits.
func Decimal(hi, lo uint64) string {
	const part = 1e19 // of 19 digits, the most that a uint64 holds
	if hi == 0 {
		return strconv.FormatUint(lo, 10)
	}
	upper, rest := bits.Div64(hi%part, lo, part)
	last := strconv.FormatUint(rest, 10)
	return Decimal(hi/part, upper) + strings.Repeat("0", 19-len(last)) + last
}

// Grouped is v with a comma between each three digits.
func Grouped(v uint64) string {
	s := strconv.FormatUint(v, 10)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// Capacity is a number of bytes in the decimal unit that leaves three digits, the rest
// of them cut off as smartctl does: 4.09 GB.
func Capacity(bytes uint64) string {
	units := []string{"B", "KB", "MB", "GB", "TB", "PB"}
	whole, part, unit := bytes, uint64(0), 0
	for whole >= 1000 && unit < len(units)-1 {
		whole, part, unit = whole/1000, whole%1000, unit+1
	}
	s := strconv.FormatUint(whole, 10)
	if digits := 3 - len(s); unit > 0 && digits > 0 {
		three := strconv.FormatUint(part+1000, 10)[1:]
		s += "." + three[:digits]
	}
	return s + " " + units[unit]
}

// Bytes is a number of bytes as smartctl prints it: 1,000,204,886,016 [1.00 TB]. Of
// numbers that take more than 64 bits there are only the digits.
func Bytes(hi, lo uint64) string {
	switch {
	case hi > 0:
		return Decimal(hi, lo)
	case lo == 0:
		return "0"
	}
	return Grouped(lo) + " [" + Capacity(lo) + "]"
}

// Tenths is n/per with a digit behind the point, rounded as the C library rounds a double:
// from its exact value, and half to even. A kit has no table to print others with.
func Tenths(n, per uint32) string {
	fraction, exponent := math.Frexp(float64(n) / float64(per))
	if exponent < -8 {
		return "0.0"
	}
	const digits = 53 // of a double, in bits
	scaled, shift := 10*uint64(fraction*(1<<digits)), digits-exponent
	tenths, rest, half := scaled>>shift, scaled&(1<<shift-1), uint64(1)<<(shift-1)
	if rest > half || rest == half && tenths&1 != 0 {
		tenths++
	}
	return strconv.FormatUint(tenths/10, 10) + "." + strconv.FormatUint(tenths%10, 10)
}

// Exact adds the number hi<<64 + lo to the object, with what a reader needs that has
// only floating-point numbers: the digits as text from 2^53 on (RFC 8259, 6), and the
// bytes, the least significant first, of what takes more than 64 bits.
func Exact(object *jsontree.Node, name string, hi, lo uint64) {
	digits := Decimal(hi, lo)
	object.At(name).Number(digits)
	if hi == 0 && lo < 1<<53 {
		return
	}
	object.At(name + "_s").String(digits)
	if hi == 0 {
		return
	}
	list := object.At(name + "_le")
	for i := range 16 {
		if i >= 8 && hi>>(8*(i-8)) == 0 {
			break
		}
		word := lo
		if i >= 8 {
			word = hi
		}
		list.Append().Uint(uint64(byte(word >> (8 * (i % 8)))))
	}
}

// Printable is a field of text of a device as it is shown: without spaces around it,
// up to the first NUL, and with a question mark for what is not printable ASCII.
func Printable(field []byte) string {
	var b strings.Builder
	for _, c := range field {
		if c == 0 {
			break
		}
		if c < ' ' || c > '~' {
			c = '?'
		}
		b.WriteByte(c)
	}
	return strings.Trim(b.String(), " ")
}

// Message adds a message of a failure to the text and to smartctl.messages.
func (o *Output) Message(severity, text string) {
	o.Print(text, "\n")
	m := o.JSON.At("smartctl", "messages").Append()
	m.At("string").String(text)
	m.At("severity").String(severity)
}
