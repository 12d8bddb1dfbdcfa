package dd

import (
	"math"
	"math/bits"
	"strconv"
	"time"

	"rescuebox/internal/blockcopy"
)

// level is how much is said beside errors.
type level int

const (
	everything level = iota
	noTransfer
	nothing
	withProgress
)

// records are the lines on blocks.
func records(s *blockcopy.Stats) string {
	text := strconv.FormatInt(s.FullIn.Load(), 10) + "+" + strconv.FormatInt(s.PartialIn.Load(), 10) + " records in\n" +
		strconv.FormatInt(s.FullOut.Load(), 10) + "+" + strconv.FormatInt(s.PartialOut.Load(), 10) + " records out\n"
	switch n := s.Truncated.Load(); n {
	case 0:
	case 1:
		text += "1 truncated record\n"
	default:
		text += strconv.FormatInt(n, 10) + " truncated records\n"
	}
	return text
}

// transfer is the line on bytes, without its end.
func transfer(bytes int64, elapsed time.Duration, wholeSeconds bool) string {
	text := strconv.FormatInt(bytes, 10) + " bytes"
	switch {
	case bytes == 1:
		text = "1 byte"
	case bytes >= 1024:
		text += " (" + human(uint64(bytes), 1000) + ", " + human(uint64(bytes), 1024) + ")"
	case bytes >= 1000:
		text += " (" + human(uint64(bytes), 1000) + ")"
	}
	seconds := strconv.FormatFloat(elapsed.Seconds(), 'g', 6, 64)
	if wholeSeconds {
		seconds = strconv.FormatFloat(elapsed.Seconds(), 'f', 0, 64)
	}
	return text + " copied, " + seconds + " s, " + rate(bytes, elapsed)
}

func rate(bytes int64, elapsed time.Duration) string {
	if elapsed <= 0 {
		return "Infinity B/s"
	}
	persecond := uint64(math.MaxUint64)
	if hi, lo := bits.Mul64(uint64(bytes), uint64(time.Second)); hi < uint64(elapsed) {
		persecond, _ = bits.Div64(hi, lo, uint64(elapsed))
	}
	n, unit := float64(persecond)/1000, 0
	for n >= 999.5 && unit < len(units)-1 {
		n, unit = n/1000, unit+1
	}
	decimals := 0
	if n < 99.95 {
		decimals = 1
	}
	letter := units[unit : unit+1]
	if unit == 0 {
		letter = "k"
	}
	return strconv.FormatFloat(n, 'f', decimals, 64) + " " + letter + "B/s"
}

const units = "KMGTPE"

// human is a number in the largest unit that leaves at least 1, rounded to the
// nearest, with one decimal below 10.
func human(n, base uint64) string {
	value, unit := float64(n), -1
	for value >= float64(base) && unit < len(units)-1 {
		value, unit = value/float64(base), unit+1
	}
	text := strconv.FormatFloat(value, 'f', 0, 64)
	if unit >= 0 && value < 9.95 {
		text = strconv.FormatFloat(value, 'f', 1, 64)
	}
	if rounded, _ := strconv.ParseUint(text, 10, 64); rounded == base && unit < len(units)-1 {
		text, unit = "1.0", unit+1
	}
	switch {
	case unit < 0:
		return text + " B"
	case base == 1024:
		return text + " " + units[unit:unit+1] + "iB"
	case unit == 0:
		return text + " kB"
	}
	return text + " " + units[unit:unit+1] + "B"
}
