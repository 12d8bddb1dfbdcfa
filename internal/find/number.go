package find

import (
	"errors"
	"math"
	"strconv"
)

// number is the argument n, +n or -n of a numeric test.
type number struct {
	sign byte // '+' more than, '-' less than, 0 exactly
	n    float64
}

func parseNumber(arg string) (number, error) {
	var c number
	digits := arg
	if arg != "" && (arg[0] == '+' || arg[0] == '-') {
		c.sign, digits = arg[0], arg[1:]
	}
	if digits == "" || digits[0] != '.' && (digits[0] < '0' || digits[0] > '9') {
		return c, errors.New("not a number")
	}
	for _, b := range []byte(digits) {
		if b != '.' && (b < '0' || b > '9') {
			return c, errors.New("not a number")
		}
	}
	var err error
	c.n, err = strconv.ParseFloat(digits, 64)
	return c, err
}

// integer is parseNumber for counts, which have no fraction.
func integer(arg string) (number, error) {
	c, err := parseNumber(arg)
	if err == nil && c.n != math.Trunc(c.n) {
		err = errors.New("not a whole number")
	}
	return c, err
}

func (c number) match(v float64) bool {
	switch c.sign {
	case '+':
		return v > c.n
	case '-':
		return v < c.n
	}
	return v == c.n
}

// size is the argument of -size: a number of units, to which a file's size is
// rounded up before it is compared.
type size struct {
	number
	unit int64 // bytes
}

func parseSize(arg string) (size, error) {
	s := size{unit: 512}
	if arg == "" {
		return s, errors.New("no size")
	}
	digits := arg[:len(arg)-1]
	switch arg[len(arg)-1] {
	case 'b':
	case 'c':
		s.unit = 1
	case 'w':
		s.unit = 2
	case 'k':
		s.unit = 1 << 10
	case 'M':
		s.unit = 1 << 20
	case 'G':
		s.unit = 1 << 30
	case 'T':
		s.unit = 1 << 40
	default:
		digits = arg
	}
	var err error
	s.number, err = integer(digits)
	return s, err
}

func (s size) match(bytes int64) bool {
	units := bytes / s.unit
	if bytes%s.unit > 0 {
		units++
	}
	return s.number.match(float64(units))
}
