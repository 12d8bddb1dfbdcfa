package touch

import (
	"errors"
	"strings"
	"time"
)

var errStamp = errors.New("invalid stamp")

// parseStamp reads [[CC]YY]MMDDhhmm[.ss], POSIX's format of -t.
func parseStamp(text string, now time.Time, zone *time.Location) (time.Time, error) {
	digits, seconds, hasSeconds := strings.Cut(text, ".")
	if hasSeconds && len(seconds) != 2 || !isDigits(digits) || !isDigits(seconds) {
		return time.Time{}, errStamp
	}
	year := now.In(zone).Year()
	switch len(digits) {
	case 8:
	case 10:
		// 69 to 99 are of the last century.
		if year = 2000 + number(digits[:2]); year >= 2069 {
			year -= 100
		}
		digits = digits[2:]
	case 12:
		year = number(digits[:4])
		digits = digits[4:]
	default:
		return time.Time{}, errStamp
	}
	month, day := number(digits[:2]), number(digits[2:4])
	hour, minute, second := number(digits[4:6]), number(digits[6:8]), number(seconds)
	t := time.Date(year, time.Month(month), day, hour, minute, second, 0, zone)
	// Package time turns the 31st of a short month into the next one's first. A
	// second of 60 is a leap one, which is the next.
	if month < 1 || month > 12 || day < 1 || day > daysIn(year, month) || hour > 23 || minute > 59 || second > 60 {
		return time.Time{}, errStamp
	}
	return t, nil
}

func daysIn(year, month int) int {
	return time.Date(year, time.Month(month)+1, 0, 0, 0, 0, 0, time.UTC).Day()
}

func isDigits(text string) bool { return strings.Trim(text, "0123456789") == "" }

func number(digits string) int {
	n := 0
	for i := range len(digits) {
		n = n*10 + int(digits[i]-'0')
	}
	return n
}
