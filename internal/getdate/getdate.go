// Package getdate reads dates as people write them: the part of GNU's date input
// formats (coreutils manual, chapter 29) that needs no guessing.
//
//	@EPOCH[.FRACTION]
//	YYYY-MM-DD  YYYYMMDD  YYYY/MM/DD  MM/DD[/YYYY]  14 Nov 2009  Nov 14, 2009
//	HH:MM[:SS[.FRACTION]] [am|pm]  with Z, UTC, GMT, +HH, +HHMM or +HH:MM
//	now  today  yesterday  tomorrow  [+-]N UNIT [ago]  next UNIT  last UNIT
//
// in any sensible order, a T between date and time included. UNIT is year, month,
// fortnight, week, day, hour, minute, min, second, sec, or a plural. A day's name
// beside a date is passed over.
package getdate

import (
	"errors"
	"strings"
	"time"
)

// ErrInvalid is the error of a text that is no date.
var ErrInvalid = errors.New("invalid date")

// Parse returns the time that text stands for, seen from now, in zone unless it
// names one. A date alone is its midnight, a time alone is of now's day, and what
// is only relative counts from now.
func Parse(text string, now time.Time, zone *time.Location) (time.Time, error) {
	text = strings.ToLower(strings.TrimSpace(text))
	if rest, ok := strings.CutPrefix(text, "@"); ok {
		return epoch(rest)
	}
	p := parser{rest: text}
	for p.skip(); p.rest != ""; p.skip() {
		if !p.item() {
			return time.Time{}, ErrInvalid
		}
	}
	return p.resolve(now, zone)
}

// epoch reads seconds since 1970, with a fraction.
func epoch(text string) (time.Time, error) {
	p := parser{rest: text}
	negative := p.take("-")
	if !negative {
		p.take("+")
	}
	sec, digits := p.number()
	if digits == 0 || digits > 17 {
		return time.Time{}, ErrInvalid
	}
	nsec := p.fraction()
	if p.rest != "" {
		return time.Time{}, ErrInvalid
	}
	if negative {
		sec, nsec = -sec, -nsec
	}
	return time.Unix(sec, nsec), nil
}

// parser holds what is left of the text and what was seen of it.
type parser struct {
	rest string

	hasDate, hasYear, hasTime, hasZone, hasRelative bool

	year, month, day   int
	hour, minute, sec  int
	nsec               int64
	zone               int // seconds east of Greenwich
	years, months      int64
	days, plainSeconds int64
}

// resolve puts together what was seen.
func (p *parser) resolve(now time.Time, zone *time.Location) (time.Time, error) {
	if p.hasZone {
		zone = time.FixedZone("", p.zone)
	}
	now = now.In(zone)
	if !p.hasDate {
		p.year, p.month, p.day = now.Year(), int(now.Month()), now.Day()
	} else if !p.hasYear {
		p.year = now.Year()
	}
	if p.day > daysIn(p.year, p.month) {
		return time.Time{}, ErrInvalid
	}
	if !p.hasTime && !p.hasDate && p.hasRelative {
		p.hour, p.minute, p.sec = now.Clock()
		p.nsec = int64(now.Nanosecond())
	}
	t := time.Date(p.year+int(p.years), time.Month(p.month+int(p.months)), p.day+int(p.days),
		p.hour, p.minute, p.sec, 0, zone)
	return time.Unix(t.Unix()+p.plainSeconds, p.nsec), nil
}

func daysIn(year, month int) int {
	return time.Date(year, time.Month(month)+1, 0, 0, 0, 0, 0, time.UTC).Day()
}

// skip passes over what stands between items.
func (p *parser) skip() { p.rest = strings.TrimLeft(p.rest, " \t\n,") }

// take passes over prefix, if it is there.
func (p *parser) take(prefix string) bool {
	rest, ok := strings.CutPrefix(p.rest, prefix)
	p.rest = rest
	return ok
}

// number reads digits. Those of more than 17 digits are no number worth having:
// the count says so.
func (p *parser) number() (n int64, digits int) {
	for digits < len(p.rest) && '0' <= p.rest[digits] && p.rest[digits] <= '9' {
		if digits < 17 {
			n = n*10 + int64(p.rest[digits]-'0')
		}
		digits++
	}
	p.rest = p.rest[digits:]
	return n, digits
}

// fraction reads a decimal fraction in nanoseconds; digits beyond are cut off.
func (p *parser) fraction() int64 {
	if len(p.rest) < 2 || p.rest[0] != '.' && p.rest[0] != ',' || p.rest[1] < '0' || p.rest[1] > '9' {
		return 0
	}
	p.rest = p.rest[1:]
	nsec, scale := int64(0), int64(100_000_000)
	for p.rest != "" && '0' <= p.rest[0] && p.rest[0] <= '9' {
		nsec += int64(p.rest[0]-'0') * scale
		scale /= 10
		p.rest = p.rest[1:]
	}
	return nsec
}

// word reads letters.
func (p *parser) word() string {
	n := 0
	for n < len(p.rest) && 'a' <= p.rest[n] && p.rest[n] <= 'z' {
		n++
	}
	word := p.rest[:n]
	p.rest = p.rest[n:]
	return word
}
