package libcheck

import (
	"slices"

	"rescuebox/internal/elfsym"
	"rescuebox/internal/order"
)

// Effect is what programs that need a damaged file come to.
type Effect int

// The effects, the worst first.
const (
	Refused     Effect = iota // the kernel or the loader says that it cannot read the file
	DiesAtStart               // SIGBUS in the loader
	DiesLater                 // SIGBUS when the place is needed
	Short                     // likewise, beyond the end
	ReadFails                 // EIO for who reads the place: a script, or data
	WrongBytes                // nothing fails to be read, but the bytes are others
	Harmless                  // what is damaged is not loaded
)

// String returns a word for the effect, as for JSON.
func (e Effect) String() string {
	return [...]string{"refused", "dies-at-start", "dies-later", "dies-beyond-end", "read-fails", "wrong-bytes", "harmless"}[e]
}

// Effect returns the worst that the damage of a file does.
func (f *File) Effect() Effect {
	switch f.Verdict() {
	case Truncated:
		return Short
	case Changed:
		return WrongBytes
	}
	if f.object == nil && !f.NoStart {
		return ReadFails
	}
	worst := Harmless
	if f.NoStart {
		worst = DiesAtStart
	}
	for _, b := range f.Bad {
		switch b.What.Kind {
		case elfsym.Header:
			worst = Refused
		case elfsym.Startup:
			worst = min(worst, DiesAtStart)
		case elfsym.NotLoaded:
		default:
			worst = min(worst, DiesLater)
		}
	}
	if f.Err != nil {
		worst = min(worst, DiesLater)
	}
	return worst
}

// Loader reports whether the file is the loader of a program.
func (f *File) Loader() bool { return f.loader }

// Processes returns the processes that use a file, ascending, when these were asked
// for.
func (p *Plan) Processes(f *File) []int {
	var list []int
	for _, u := range f.Users {
		list = append(list, p.Programs[u].PIDs...)
	}
	order.Stable(list, func(a, b *int) bool { return *a < *b })
	return slices.Compact(list)
}
