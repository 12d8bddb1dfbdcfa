package ddrescue

import (
	"math/bits"
	"strconv"
	"strings"
	"time"

	"rescuebox/internal/applet"
)

// interval takes a time as ddrescue does: a whole number, a decimal one or a fraction
// of whole ones (1.5, 3/2), and s, m, h or d; seconds where there is none. What comes
// out is a whole number of seconds.
func interval(name, value string) (time.Duration, error) {
	bad := applet.Usage(1, name+": a number and s, m, h or d, that make whole seconds")
	units := map[byte]uint64{'s': 1, 'm': 60, 'h': 3600, 'd': 86400}
	unit, text := uint64(1), value
	if n := len(value); n > 0 && units[value[n-1]] > 0 {
		unit, text = units[value[n-1]], value[:n-1]
	}
	whole, part, decimal := strings.Cut(text, ".")
	top, bottom, fraction := strings.Cut(text, "/")
	divisor := uint64(1)
	switch {
	case decimal && fraction || (decimal || !fraction) && whole+part == "":
		return 0, bad
	case decimal:
		part = strings.TrimRight(part, "0")
		if len(part) > 18 {
			return 0, bad // no unit makes whole seconds of it
		}
		for range len(part) {
			divisor *= 10
		}
		top = whole + part
		if top == "" {
			top = "0"
		}
	case fraction:
		var ok bool
		if divisor, ok = digits(bottom); !ok || divisor == 0 {
			return 0, bad
		}
	}
	n, ok := digits(top)
	high, low := bits.Mul64(n, unit)
	if !ok || high >= divisor {
		return 0, bad
	}
	seconds, rest := bits.Div64(high, low, divisor)
	if rest != 0 || seconds > uint64((1<<63-1)/time.Second) {
		return 0, bad
	}
	return time.Duration(seconds) * time.Second, nil
}

// digits is a number of digits alone.
func digits(text string) (uint64, bool) {
	if strings.Trim(text, "0123456789") != "" {
		return 0, false
	}
	n, err := strconv.ParseUint(text, 10, 64)
	return n, err == nil
}

// mapInterval takes SAVE and SYNC, of which one may be missing. Each save is synced
// here, so that the second one is kept where the first one is.
func mapInterval(name, value string) (time.Duration, error) {
	first, second, two := strings.Cut(value, ",")
	save, set := time.Duration(0), first != "" && first != "-1"
	if first == "" && !two || two && second == "" {
		return 0, applet.Usage(1, name+": a time between saves, and one between syncs behind a comma")
	}
	if set {
		var err error
		if save, err = interval(name, first); err != nil {
			return 0, err
		}
	}
	if two {
		sync, err := interval(name, second)
		if err != nil {
			return 0, err
		}
		if sync < 5*time.Second || sync < save {
			return 0, applet.Usage(1, name+": syncs are at least 5 seconds apart, and not more often than saves")
		}
		if !set {
			return min(sync, defaultInterval), nil
		}
	}
	if set && save == 0 {
		save = 1 // after every read
	}
	return save, nil
}

// defaultInterval is that of the engine.
const defaultInterval = 30 * time.Second
