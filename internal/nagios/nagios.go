// Package nagios has the conventions of monitoring plugins (Monitoring Plugins
// Development Guidelines, www.monitoring-plugins.org): states, thresholds, and the line
// that a plugin prints.
package nagios

import (
	"errors"
	"math"
	"strconv"
	"strings"
)

// Status is a state, and the exit status of it.
type Status int

// The states.
const (
	OK Status = iota
	Warning
	Critical
	Unknown
)

// String is the name in capital letters.
func (s Status) String() string {
	return [...]string{"OK", "WARNING", "CRITICAL", "UNKNOWN"}[s]
}

// Worse returns the one that matters more: what is known to be wrong comes before what is
// not known.
func (s Status) Worse(t Status) Status {
	rank := [...]int{OK: 0, Unknown: 1, Warning: 2, Critical: 3}
	if rank[t] > rank[s] {
		return t
	}
	return s
}

// Range is a threshold as "[@]START:END". A value outside alarms; with @ one inside, the
// ends among them.
type Range struct {
	text       string
	start, end float64
	inside     bool
}

var errRange = errors.New("not a range: [@][START:][END], START a number or ~")

// ParseRange reads a range. "10" is from 0 to 10, "10:" from 10 on, "~:10" up to 10.
func ParseRange(text string) (Range, error) {
	r := Range{text: text, end: math.Inf(1)}
	rest, inside := strings.CutPrefix(text, "@")
	r.inside = inside
	start, end, two := strings.Cut(rest, ":")
	if !two {
		start, end = "0", rest
		if end == "" {
			return r, errRange
		}
	}
	var err error
	switch {
	case start == "~":
		r.start = math.Inf(-1)
	case start != "":
		r.start, err = number(start)
	}
	if err == nil && end != "" {
		r.end, err = number(end)
	}
	if err != nil || r.start > r.end {
		return r, errRange
	}
	return r, nil
}

func number(text string) (float64, error) {
	v, err := strconv.ParseFloat(text, 64)
	if err != nil || math.IsNaN(v) || math.IsInf(v, 0) {
		return 0, errRange
	}
	return v, nil
}

// String is the range as it was written.
func (r Range) String() string { return r.text }

// Alarms reports whether a value does. The zero Range has none.
func (r Range) Alarms(v float64) bool {
	if r.text == "" {
		return false
	}
	return (v >= r.start && v <= r.end) == r.inside
}

// Value is performance data of one thing.
type Value struct {
	Label             string
	Value             int64
	Unit              string // "", "%", "c" for what only counts up
	Warning, Critical Range
}

// Perfdata are values as the line has them behind its bar.
func Perfdata(values []Value) string {
	var b strings.Builder
	for i, v := range values {
		if i > 0 {
			b.WriteByte(' ')
		}
		b.WriteString(label(v.Label) + "=" + strconv.FormatInt(v.Value, 10) + v.Unit)
		ends := strings.TrimRight(";"+v.Warning.text+";"+v.Critical.text, ";")
		b.WriteString(ends)
	}
	return b.String()
}

// label is in quotes where it must; it may hold neither an equals sign nor quotes.
func label(s string) string {
	s = strings.NewReplacer("=", "_", "'", "_").Replace(Text(s))
	if strings.ContainsAny(s, " ") {
		return "'" + s + "'"
	}
	return s
}

// Text is a text as one line can hold it: a bar begins performance data, and a line end
// ends all.
func Text(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '|':
			return '/'
		case r < ' ' || r >= 0x7f && r < 0xa0:
			return ' '
		}
		return r
	}, s)
}
