package argbatch

import "strings"

// Batch collects the arguments of one command line.
type Batch struct {
	Fixed    []string // the command and what was given with it
	MaxArgs  int      // items at most; 0 means any number
	MaxLines int      // lines at most; 0 means any number
	MaxBytes int      // of all arguments, each with its closing zero

	items []string
	bytes int
	lines int
}

// Fits reports whether one more item keeps the command line within MaxBytes.
func (b *Batch) Fits(item Item) bool {
	return b.fixedBytes()+b.bytes+len(item.Text)+1 <= b.MaxBytes
}

// Add adds an item and reports whether the command line is now complete.
func (b *Batch) Add(item Item) (full bool) {
	b.items = append(b.items, item.Text)
	b.bytes += len(item.Text) + 1
	if item.LineEnd {
		b.lines++
	}
	return b.MaxArgs > 0 && len(b.items) >= b.MaxArgs || b.MaxLines > 0 && b.lines >= b.MaxLines
}

// Empty reports whether there is no item.
func (b *Batch) Empty() bool { return len(b.items) == 0 }

// Take returns the command line and starts a new one.
func (b *Batch) Take() []string {
	argv := append(append([]string{}, b.Fixed...), b.items...)
	b.items, b.bytes, b.lines = nil, 0, 0
	return argv
}

func (b *Batch) fixedBytes() int {
	n := 0
	for _, a := range b.Fixed {
		n += len(a) + 1
	}
	return n
}

// Replace returns fixed with every mark in its arguments, but not in the name of
// the command, replaced by item; ok is false when that is longer than max bytes.
func Replace(fixed []string, mark, item string, max int) (argv []string, ok bool) {
	total := 0
	for i, a := range fixed {
		if i > 0 {
			// The length is known before it is allocated.
			if n := strings.Count(a, mark); n > 0 && len(a)+n*len(item) > max {
				return nil, false
			}
			a = strings.ReplaceAll(a, mark, item)
		}
		total += len(a) + 1
		argv = append(argv, a)
	}
	return argv, total <= max
}
