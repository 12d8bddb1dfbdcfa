// Package rescue copies a failing medium: what reads well first, then what is next to
// it, the hopeless last, with as few reads of bad places as it can, and keeps a map
// (package mapfile) of what it has.
//
// What to read next is decided by phases, which look at the map and know nothing of
// files or clocks: they are tested against a simulated medium. A Job runs them: it
// reads several places at once where all is well, writes what came to the target, and
// saves the map so that it never says more than the target's disk has.
package rescue

import (
	"syscall"
	"time"

	"rescuebox/internal/mapfile"
)

// Medium is what is copied.
type Medium interface {
	// ReadAt reads bytes of sectors; it is called from several goroutines. Behind the
	// bytes that it says were read, the error is about all others. One with ErrGone in
	// its chain says that there is nothing to read from any more.
	ReadAt(p []byte, off int64) (int, error)
	Size() int64 // bytes
	// Sectors are the sizes of what can be read alone, and of what fails as one, in
	// bytes.
	Sectors() (logical, physical int64)
}

// Target is where the copy goes.
type Target interface {
	WriteAt(p []byte, off int64) (int, error)
	// Sync returns when all that was written is on its disk.
	Sync() error
}

// Read is a run of bytes to read.
type Read struct {
	Pos, Size int64
}

// End is where it ends.
func (r Read) End() int64 { return r.Pos + r.Size }

// Outcome is what came of a read.
type Outcome struct {
	Read
	Got  int64 // bytes from Pos on that were read
	Err  error // of the others
	Took time.Duration
	Slow bool   // much longer than others of its size
	Data []byte // what was read; only for who watches, and only in that call

	tail  int64 // bytes before End that were read though Pos was not, of a mirrored read
	nr    int   // of outcomes, counted from 1
	after int   // how many outcomes there were when it was started
}

// phase decides what to read. Its calls do not overlap.
type phase interface {
	// about is how the phase is called in a map, and for a person.
	about() (status mapfile.Status, pass int, name string)
	// next returns the next read while others are on their way. It is false when there
	// is none now: none at all if nothing is on its way.
	next(flying int) (Read, bool)
	// done takes the outcome of a read, and notes in the map what it means.
	done(Outcome)
}

// Strategy is how a medium is read. The zero value of a size is a default.
type Strategy struct {
	Sector  int64 // bytes that are read alone at a bad place: the physical sector
	Cluster int64 // bytes of a read near a bad place: 64 KiB
	Crowded int64 // bytes of such a read where failures are close together: 32 KiB, or Cluster if that is given or there are Retries
	Most    int64 // bytes of a read where all is well: 256 KiB
	Back    int64 // bytes of a read backward, each of which costs a disk a turn: 1 MiB
	Depth   int   // such reads at once: 4

	Skip    int64 // bytes that are skipped behind a second failure: 64 KiB. Doubled at each next one
	MaxSkip int64 // bytes: 1 % of the medium, at least 1 MiB
	NoSkip  bool

	MinRate   int64         // bytes per second of a read below which it is slow; 0: by comparison
	DelaySlow time.Duration // from the start, in which no read is slow

	NoCopy, NoEdges           bool
	NoTrim, NoSweep, NoScrape bool
	Retries                   int // passes over bad sectors; negative: without end

	Reverse bool // from the end to the beginning
	Forward bool // nothing is read backward to find the end of a bad run

	Rate         int64         // bytes per second at most; 0: no limit
	PauseOnError time.Duration // after a read that fails
	PauseOnPass  time.Duration // between two phases

	// AskAlways asks for something known after each error, instead of after many.
	AskAlways bool
	// Continue are errors that say nothing of the device, though they usually do.
	Continue []syscall.Errno

	room func(size int64) bool // there is memory for such a read; nil: for all
}

// roomy reports whether reads may be of so many bytes now.
func (s *Strategy) roomy(size int64) bool { return s.room == nil || s.room(size) }

// complete fills in the defaults for a medium.
func (s Strategy) complete(m Medium) Strategy {
	logical, physical := m.Sectors()
	def := func(v *int64, d int64) {
		if *v == 0 {
			*v = d
		}
	}
	def(&s.Sector, max(logical, physical))
	// With retries a read of several places that may yet recover is an attempt at each.
	if s.Cluster == 0 && s.Retries == 0 {
		def(&s.Crowded, max(32<<10, s.Sector))
	}
	def(&s.Cluster, max(64<<10, s.Sector))
	def(&s.Crowded, s.Cluster)
	def(&s.Most, max(256<<10, s.Cluster))
	def(&s.Back, max(1<<20, s.Most))
	def(&s.Skip, max(64<<10, s.Cluster))
	def(&s.MaxSkip, max(1<<20, m.Size()/100))
	if s.Depth == 0 {
		s.Depth = 4
	}
	return s
}
