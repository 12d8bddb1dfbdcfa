// Package ddnumber reads and prints numbers as the tools of GNU ddrescue do: sizes
// with multipliers (the manual's chapter "Invoking ddrescue"), sizes for people, and
// percentages.
package ddnumber

import (
	"math/bits"
	"strconv"
	"strings"
)

// Range is what a number may be.
type Range struct{ Min, Max int64 }

// Error is a number that cannot be taken. It reads as that of ddrescue.
type Error struct {
	Arg    string // as typed
	Reason string
	Option string // as typed: -s or --size
}

func (e *Error) Error() string { return "'" + e.Arg + "': " + e.Reason + " option '" + e.Option + "'." }

// Parse reads the argument of an option: decimal, 0x hexadecimal or 0 octal, with
// underscores between digits (since 1.30), then k M G T P E Z Y (powers of 1000) or
// Ki Mi Gi ... (of 1024), then s for sectors or B for bytes. sector is the size of
// one in bytes. Errors are of type *Error.
func Parse(arg, option string, sector int64, limits Range) (int64, error) {
	fail := func(reason string) (int64, error) { return 0, &Error{arg, reason, option} }
	out := "Value out of limits [" + Grouped(limits.Min) + "," + Grouped(limits.Max) + "] in"
	negative, magnitude, unit, ok := cutNumber(arg)
	if !ok {
		return fail("Bad or missing numerical argument in")
	}
	factor, exponent, ok := multiplier(unit)
	if !ok {
		return fail("Bad multiplier in numerical argument of")
	}
	n, err := strconv.ParseUint(strings.ReplaceAll(magnitude.digits, "_", ""), magnitude.base, 63)
	if err != nil {
		return fail(out)
	}
	for range exponent {
		if n, ok = times(n, factor); !ok {
			return fail(out)
		}
	}
	if strings.HasSuffix(unit, "s") {
		if n, ok = times(n, uint64(sector)); !ok {
			return fail(out)
		}
	}
	signed := int64(n)
	if negative {
		signed = -signed
	}
	if signed < limits.Min || signed > limits.Max {
		return fail(out)
	}
	return signed, nil
}

// magnitude is a number's digits and their base.
type magnitude struct {
	digits string
	base   int
}

// cutNumber splits an argument as strtoll(3) does, which stops at the first
// character that is no digit.
func cutNumber(arg string) (negative bool, m magnitude, rest string, ok bool) {
	rest = strings.TrimLeft(arg, " \t\n\v\f\r")
	if rest != "" && (rest[0] == '-' || rest[0] == '+') {
		negative, rest = rest[0] == '-', rest[1:]
	}
	m.base = 10
	switch {
	case len(rest) > 2 && rest[0] == '0' && rest[1]|0x20 == 'x' && digit(rest[2]) < 16:
		m.base, rest = 16, rest[2:]
	case len(rest) > 0 && rest[0] == '0':
		m.base = 8
	}
	n := 0
	for n < len(rest) && (digit(rest[n]) < m.base || n > 0 && rest[n] == '_' && n+1 < len(rest) && digit(rest[n+1]) < m.base) {
		n++
	}
	m.digits = rest[:n]
	return negative, m, rest[n:], n > 0
}

// digit is the value of a hexadecimal digit, 16 for another character.
func digit(c byte) int {
	switch {
	case c >= '0' && c <= '9':
		return int(c - '0')
	case c|0x20 >= 'a' && c|0x20 <= 'f':
		return int(c|0x20-'a') + 10
	}
	return 16
}

// multiplier reads what follows the digits. The value is factor to the power of
// exponent; sectors are the caller's.
func multiplier(unit string) (factor uint64, exponent int, ok bool) {
	rest := strings.TrimSuffix(strings.TrimSuffix(unit, "B"), "s")
	if len(unit)-len(rest) > 1 {
		return 0, 0, false
	}
	switch {
	case rest == "":
		return 1, 0, true
	case rest == "k":
		return 1000, 1, true
	case rest == "Ki":
		return 1024, 1, true
	case strings.IndexByte(prefixes[1:], rest[0]) < 0 || len(rest) > 2:
		return 0, 0, false
	}
	exponent = strings.IndexByte(prefixes, rest[0]) + 1
	switch rest[1:] {
	case "":
		return 1000, exponent, true
	case "i":
		return 1024, exponent, true
	}
	return 0, 0, false
}

// prefixes are those of powers of 1000.
const prefixes = "kMGTPEZY"

// times multiplies without overflow of 63 bits.
func times(a, b uint64) (uint64, bool) {
	high, low := bits.Mul64(a, b)
	return low, high == 0 && low>>63 == 0
}

// Grouped is a number with its digits in groups of three: 9_223_372.
func Grouped(n int64) string {
	text := strconv.FormatInt(n, 10)
	first := 0
	if n < 0 {
		first = 1
	}
	for i := len(text) - 3; i > first; i -= 3 {
		text = text[:i] + "_" + text[i:]
	}
	return text
}

// Prefixes chooses the units of Size.
type Prefixes bool

// SI are powers of 1000 (kB); Binary are powers of 1024 (KiB).
const (
	SI     Prefixes = false
	Binary Prefixes = true
)

// Size is a number of bytes in at most six digits, rounded down: "999999 B",
// "1000 kB", "976 KiB".
func Size(n int64, p Prefixes) string {
	factor, unit := int64(1000), "B"
	if p == Binary {
		factor = 1024
	}
	for i := 0; i < len(prefixes) && (n > 999999 || n < -999999); i++ {
		n /= factor
		unit = prefixes[i:i+1] + "B"
		if p == Binary {
			unit = strings.ToUpper(prefixes[i:i+1]) + "iB"
		}
	}
	return strconv.FormatInt(n, 10) + " " + unit
}

// Percent is part of whole, which are not negative: "100%", "12.5%" where that is
// exact, else with two decimals, "33.33%"; the digits before the point are padded to
// three.
func Percent(part, whole int64) string {
	if whole <= 0 || part < 0 {
		return "  0%"
	}
	part = min(part, whole)
	high, low := bits.Mul64(uint64(part), 10000)
	n, rest := bits.Div64(high, low, uint64(whole))
	if rest >= uint64(whole)-rest { // half and more
		n++
	}
	text := strconv.FormatUint(n/100, 10)
	text = strings.Repeat(" ", max(0, 3-len(text))) + text
	decimals := strconv.FormatUint(100+n%100, 10)[1:]
	if rest == 0 {
		decimals = strings.TrimRight(decimals, "0")
	}
	if decimals != "" {
		text += "." + decimals
	}
	return text + "%"
}
