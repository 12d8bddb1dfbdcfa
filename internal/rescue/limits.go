package rescue

import (
	"errors"
	"time"

	"rescuebox/internal/mapfile"
)

// Limits end a rescue early; zero is none.
type Limits struct {
	Errors    int           // at so many failed reads
	Areas     int           // at so many bad areas in the map
	ErrorRate int64         // at so many bytes per second that fail
	SlowReads int           // at so many slow reads, in a row with ResetSlow
	Silence   time.Duration // after so long without a good read
	// Yield is how many failed reads a MiB is worth. What follows copying ends when the
	// last ones have brought less.
	Yield int

	ResetSlow bool
}

// ErrLimit is in the chain of each LimitError.
var ErrLimit = errors.New("a limit was reached")

// LimitError says which limit was reached.
type LimitError string

func (e LimitError) Error() string { return string(e) }

// Is implements errors.Is.
func (e LimitError) Is(target error) bool { return target == ErrLimit }

// yieldWindow is over how many failed reads the yield is looked at.
const yieldWindow = 64

// meter measures what has limits.
type meter struct {
	Limits
	errors, slow int
	second       time.Time // when the one began in which failed counts
	failed       int64     // bytes
	row, gained  int64     // failed reads and bytes since the yield was looked at
}

// reached takes an outcome of a phase at a time, and returns a LimitError if that was
// one too many.
func (l *meter) reached(o Outcome, p phase, m *mapfile.Map, now time.Time) error {
	if o.Err == nil {
		l.gained += o.Size
		return l.slowly(o)
	}
	l.errors++
	l.row++
	lost := o.Size - o.Got
	l.gained += o.Got
	if now.Sub(l.second) >= time.Second {
		l.second, l.failed = now, 0
	}
	l.failed += lost
	switch {
	case l.Errors > 0 && l.errors >= l.Errors:
		return LimitError("too many read errors")
	case l.Areas > 0 && m.Count("-") >= l.Areas:
		return LimitError("too many bad areas")
	case l.ErrorRate > 0 && l.failed >= l.ErrorRate:
		return LimitError("too many bytes fail in a second")
	}
	return l.yields(p)
}

func (l *meter) slowly(o Outcome) error {
	switch {
	case o.Slow:
		l.slow++
	case l.ResetSlow:
		l.slow = 0
	}
	if l.SlowReads > 0 && l.slow >= l.SlowReads {
		return LimitError("too many slow reads")
	}
	return nil
}

func (l *meter) yields(p phase) error {
	if status, _, _ := p.about(); status == mapfile.NonTried || l.Yield == 0 {
		l.row, l.gained = 0, 0
		return nil
	}
	if l.row < yieldWindow {
		return nil
	}
	const mib = 1 << 20
	enough := l.gained*int64(l.Yield) >= l.row*mib
	l.row, l.gained = 0, 0
	if !enough {
		return LimitError("failed reads bring too little")
	}
	return nil
}
