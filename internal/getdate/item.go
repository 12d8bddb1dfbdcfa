package getdate

import "strings"

// item reads one item, and reports whether it is one.
func (p *parser) item() bool {
	switch b := p.rest[0]; {
	case b == '+' || b == '-':
		return p.signed()
	case '0' <= b && b <= '9':
		return p.digits()
	}
	word := p.word()
	switch word {
	case "t":
		// Between a date and a time of ISO 8601.
		return p.hasDate && !p.hasTime && p.rest != "" && '0' <= p.rest[0] && p.rest[0] <= '9'
	case "z", "utc", "gmt":
		return p.setZone(0)
	case "now", "today":
		return p.relative("day", 0)
	case "yesterday":
		return p.relative("day", -1)
	case "tomorrow":
		return p.relative("day", 1)
	case "next", "last", "this":
		p.skip()
		return p.relative(p.word(), map[string]int64{"next": 1, "last": -1, "this": 0}[word])
	}
	if month := index(months, word); month > 0 {
		p.skip()
		day, digits := p.number()
		return digits > 0 && digits <= 2 && p.monthDay(month, day)
	}
	return index(weekdays, word) > 0 && p.weekday()
}

const (
	months   = "january february march april may june july august september october november december"
	weekdays = "sunday monday tuesday wednesday thursday friday saturday"
)

// index is the place of word, whole or cut to three letters, among names: from 1,
// or 0 when it is none.
func index(names, word string) int {
	for i, name := range strings.Fields(names) {
		if word == name || word == name[:3] || word == "sept" && name == "september" {
			return i + 1
		}
	}
	return 0
}

// weekday passes over the name of a day, which says nothing beside a date, and
// would need guessing without one.
func (p *parser) weekday() bool {
	p.take(".")
	for p.skip(); p.rest != "" && !p.hasDate; p.skip() {
		if !p.item() {
			return false
		}
	}
	return p.hasDate
}

// monthDay takes a day of a month, with the year where one follows at once.
func (p *parser) monthDay(month int, day int64) bool {
	after := *p
	after.skip()
	year, digits := after.number()
	if digits == 4 && !strings.HasPrefix(after.rest, ":") {
		p.rest = after.rest
		return p.setDate(year, digits, int64(month), day)
	}
	return p.setDate(0, 0, int64(month), day)
}

// setDate takes a date; yearDigits is 0 for the current year.
func (p *parser) setDate(year int64, yearDigits int, month, day int64) bool {
	if p.hasDate || yearDigits > 4 || month < 1 || month > 12 || day < 1 || day > 31 {
		return false
	}
	if yearDigits == 2 {
		year = century(year)
	}
	p.hasDate, p.hasYear = true, yearDigits > 0
	p.year, p.month, p.day = int(year), int(month), int(day)
	return true
}

// century completes a year of two digits, as POSIX has it.
func century(year int64) int64 {
	if year < 69 {
		return 2000 + year
	}
	return 1900 + year
}

// digits reads an item that begins with a number.
func (p *parser) digits() bool {
	n, count := p.number()
	switch {
	case p.take("-"):
		return p.dashed(n, count)
	case p.take("/"):
		return p.slashed(n, count)
	case p.take(":"):
		return p.time(n, count)
	case count == 8 && !p.hasDate:
		return p.setDate(n/10000, 4, n/100%100, n%100)
	case count == 4 && p.hasDate && !p.hasYear && !p.beforeUnit():
		p.year, p.hasYear = int(n), true
		return true
	}
	p.skip()
	after := *p
	word := after.word()
	if month := index(months, word); month > 0 && count <= 2 {
		p.rest = after.rest
		return p.monthDay(month, n)
	}
	if word == "am" || word == "pm" {
		p.rest = after.rest
		return count <= 2 && p.setTime(n, 0, 0, word)
	}
	return p.amount(n, count)
}

// beforeUnit reports whether the next word is a unit.
func (p *parser) beforeUnit() bool {
	after := *p
	after.skip()
	return unitOf(after.word()) != nil
}

// dashed reads YYYY-MM-DD, or DD-Mon-YYYY, behind its first dash.
func (p *parser) dashed(first int64, count int) bool {
	if month := index(months, p.word()); month > 0 {
		if !p.take("-") {
			return false
		}
		year, digits := p.number()
		return (digits == 2 || digits == 4) && p.setDate(year, digits, int64(month), first)
	}
	month, digits := p.number()
	if digits == 0 || !p.take("-") {
		return false
	}
	day, digits := p.number()
	return digits > 0 && p.setDate(first, count, month, day)
}

// slashed reads YYYY/MM/DD or MM/DD[/YYYY] behind its first slash.
func (p *parser) slashed(first int64, count int) bool {
	second, digits := p.number()
	if digits == 0 {
		return false
	}
	if !p.take("/") {
		return p.setDate(0, 0, first, second)
	}
	third, digits := p.number()
	switch {
	case digits == 0:
		return false
	case count == 4:
		return p.setDate(first, 4, second, third)
	}
	return p.setDate(third, digits, first, second)
}
