package getdate

import "strings"

// time reads HH:MM[:SS[.FRACTION]] behind its first colon.
func (p *parser) time(hour int64, count int) bool {
	minute, digits := p.number()
	if count > 2 || digits != 2 {
		return false
	}
	sec := int64(0)
	if p.take(":") {
		if sec, digits = p.number(); digits != 2 {
			return false
		}
		p.nsec = p.fraction()
	}
	after := *p
	after.skip()
	half := after.word()
	if half == "am" || half == "pm" {
		p.rest = after.rest
	} else {
		half = ""
	}
	return p.setTime(hour, minute, sec, half)
}

// setTime takes a time of day; half is am, pm or empty.
func (p *parser) setTime(hour, minute, sec int64, half string) bool {
	if p.hasTime || hour > 23 || minute > 59 || sec > 59 {
		return false
	}
	if half != "" {
		if hour < 1 || hour > 12 {
			return false
		}
		hour %= 12
		if half == "pm" {
			hour += 12
		}
	}
	p.hasTime = true
	p.hour, p.minute, p.sec = int(hour), int(minute), int(sec)
	return true
}

func (p *parser) setZone(east int64) bool {
	if p.hasZone {
		return false
	}
	p.hasZone, p.zone = true, int(east)
	return true
}

// signed reads a zone, which stands behind a time, or an amount.
func (p *parser) signed() bool {
	sign := int64(1)
	if p.rest[0] == '-' {
		sign = -1
	}
	p.rest = p.rest[1:]
	p.skip()
	n, count := p.number()
	if count == 0 {
		return false
	}
	// "10:00 +2 days" is two days, not a zone, unlike with GNU.
	if !p.hasTime || p.hasZone || p.beforeUnit() {
		p.skip()
		return p.amount(sign*n, count)
	}
	hours, minutes := n, int64(0)
	switch {
	case count <= 2 && p.take(":"):
		if minutes, count = p.number(); count != 2 {
			return false
		}
	case count == 4:
		hours, minutes = n/100, n%100
	case count > 2:
		return false
	}
	// The last zones are 14 hours from Greenwich; GNU takes up to 24.
	return hours <= 24 && minutes <= 59 && p.setZone(sign*(hours*3600+minutes*60))
}

// unit says where an amount is added: to the years, the months or the days of the
// calendar, or to the seconds that pass.
type unit struct {
	add   func(p *parser, n int64)
	limit int64 // beyond which no date is meant
}

// unitOf returns the unit of a name in singular or plural, or nil.
func unitOf(word string) *unit {
	switch strings.TrimSuffix(word, "s") {
	case "year":
		return &unit{func(p *parser, n int64) { p.years += n }, 1e4}
	case "month":
		return &unit{func(p *parser, n int64) { p.months += n }, 1e5}
	case "fortnight":
		return &unit{func(p *parser, n int64) { p.days += 14 * n }, 1e6}
	case "week":
		return &unit{func(p *parser, n int64) { p.days += 7 * n }, 1e6}
	case "day":
		return &unit{func(p *parser, n int64) { p.days += n }, 1e7}
	case "hour":
		return &unit{func(p *parser, n int64) { p.plainSeconds += 3600 * n }, 1e8}
	case "minute", "min":
		return &unit{func(p *parser, n int64) { p.plainSeconds += 60 * n }, 1e10}
	case "second", "sec":
		return &unit{func(p *parser, n int64) { p.plainSeconds += n }, 1e12}
	}
	return nil
}

// amount reads the unit of n, which has count digits, and what turns it round.
func (p *parser) amount(n int64, count int) bool {
	if count > 13 {
		return false
	}
	word := p.word()
	after := *p
	after.skip()
	if after.word() == "ago" {
		p.rest = after.rest
		n = -n
	}
	return p.relative(word, n)
}

func (p *parser) relative(word string, n int64) bool {
	u := unitOf(word)
	if u == nil || n > u.limit || n < -u.limit {
		return false
	}
	u.add(p, n)
	p.hasRelative = true
	return true
}
