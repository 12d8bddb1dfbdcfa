// Package humansize shows numbers of bytes as a person reads them, and as ls -h,
// du -h and df -h do: rounded up, with a unit and at most one decimal.
package humansize

import "strconv"

// The bases.
const (
	IEC uint64 = 1024 // K M G ... of 1024
	SI  uint64 = 1000 // k M G ... of 1000
)

// Ceil returns n bytes in the largest unit of base that leaves at least 1, as
// "999", "1.1K", "20M".
func Ceil(n, base uint64) string {
	units := "KMGTPE"
	if base == SI {
		units = "kMGTPE"
	}
	unit, u := uint64(1), -1
	for n/unit >= base && u+1 < len(units) {
		unit *= base
		u++
	}
	if u < 0 {
		return strconv.FormatUint(n, 10)
	}
	whole, rest := n/unit, n%unit
	if whole < 10 {
		// rest < 2^60, so ten times as much still fits.
		tenths := (rest*10 + unit - 1) / unit
		if tenths == 10 {
			whole, tenths = whole+1, 0
		}
		if whole < 10 {
			return strconv.FormatUint(whole, 10) + "." + strconv.FormatUint(tenths, 10) + units[u:u+1]
		}
		rest = 0
	}
	if rest > 0 {
		whole++
	}
	if whole == base && u+1 < len(units) {
		return "1.0" + units[u+1:u+2]
	}
	return strconv.FormatUint(whole, 10) + units[u:u+1]
}
