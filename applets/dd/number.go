package dd

import (
	"errors"
	"math"
	"math/bits"
	"strconv"
	"strings"
)

var (
	errNumber       = errors.New("invalid number")
	errRange  error = tooLarge{}
)

// tooLarge is EOVERFLOW in the words of the C library, as dd has them.
type tooLarge struct{}

func (tooLarge) Error() string { return "Value too large for defined data type" }

// parseNumber reads a number with a multiplier, or several of them with x between.
func parseNumber(text string) (int64, error) {
	product := int64(1)
	for factor := range strings.SplitSeq(text, "x") {
		n, err := parseFactor(factor)
		if err != nil {
			return 0, err
		}
		if product, err = multiply(product, n); err != nil {
			return 0, err
		}
	}
	return product, nil
}

func parseFactor(text string) (int64, error) {
	digits := len(text) - len(strings.TrimLeft(text, "0123456789"))
	if digits == 0 {
		return 0, errNumber
	}
	n, err := strconv.ParseInt(text[:digits], 10, 64)
	unit, known := multiplier(text[digits:])
	if !known {
		return 0, errNumber
	}
	if err != nil {
		return 0, errRange
	}
	if n == 0 {
		return 0, nil
	}
	if unit == 0 {
		return 0, errRange
	}
	return multiply(n, unit)
}

func multiply(a, b int64) (int64, error) {
	hi, lo := bits.Mul64(uint64(a), uint64(b))
	if hi != 0 || lo > math.MaxInt64 {
		return 0, errRange
	}
	return int64(lo), nil
}

// multiplier is what a suffix stands for: those of coreutils, "Block size" and "dd".
// It is 0 where it is too large for any number.
func multiplier(suffix string) (int64, bool) {
	switch suffix {
	case "", "c", "B":
		return 1, true
	case "w":
		return 2, true
	case "b":
		return 512, true
	}
	power := strings.IndexByte("KMGTPEZYRQ", suffix[0]) + 1
	if suffix[0] == 'k' {
		power = 1
	}
	base := int64(1024)
	switch suffix[1:] {
	case "", "iB":
	case "B":
		base = 1000
	default:
		return 0, false
	}
	n := int64(1)
	for range power {
		var err error
		if n, err = multiply(n, base); err != nil {
			return 0, true
		}
	}
	return n, power > 0
}
