package rescue

import (
	"errors"
	"slices"
	"syscall"
	"time"
)

// done is an outcome with its bytes.
type done struct {
	Outcome
	buffer []byte
	others int // reads that were on their way, with this one
}

// readers read in goroutines of their own: one that hangs in the kernel holds nobody
// up but itself.
type readers struct {
	in      chan order
	out     chan done
	begun   chan time.Time // when the last read began, if that was not asked for yet
	asked   bool           // it was
	flying  int
	buffers buffers
	quick   int // reads in a row that were as quick as no disk with a head is
}

type order struct {
	Read
	buffer []byte
	others int
	after  int
	begun  chan<- time.Time // told when the read begins; may be nil
}

// newReaders returns readers of as many reads at once as depth, of bytes up to the
// largest of some usual sizes, the smallest first.
func newReaders(m Medium, depth int, sizes ...int64) *readers {
	// One that is never waited for, since it hangs, must find room for its outcome.
	r := &readers{in: make(chan order, depth), out: make(chan done, depth), begun: make(chan time.Time, 1), asked: true}
	r.buffers = newBuffers(depth, m.Size(), sizes)
	for range depth {
		go func() {
			for o := range r.in {
				r.out <- read(m, o)
			}
		}()
	}
	return r
}

func read(m Medium, o order) done {
	start := time.Now()
	if o.begun != nil {
		o.begun <- start
	}
	n, err := m.ReadAt(o.buffer[:o.Size], o.Pos)
	if err == nil && int64(n) < o.Size {
		err = syscall.EIO // less than its size: no file ends here
	}
	if err != nil && int64(n) == o.Size {
		err = nil
	}
	outcome := Outcome{Read: o.Read, Got: int64(n), Err: err, Took: time.Since(start), after: o.after}
	return done{outcome, o.buffer, o.others}
}

// apart is what one read is ahead of the next by, so that they come to the disk in the
// order in which they were started, whichever goroutine is the quicker.
const apart = 100 * time.Microsecond

// quick is the rate in bytes per second from which on a medium has no head, and takes
// reads in any order, after quickReads of them: a disk too has some in its memory.
const (
	quick      = 1 << 30
	quickReads = 16
)

// take notes that a read has ended.
func (r *readers) take(d done) {
	r.flying--
	if float64(d.Got)*float64(d.others) > quick*d.Took.Seconds() {
		r.quick++
	} else {
		r.quick = 0
	}
}

// start reads while others do, after so many outcomes. The caller sees to it that there
// are no more than depth.
func (r *readers) start(read Read, after int) {
	o := order{Read: read, after: after}
	if !r.asked {
		// A disk that gets the second of two reads first goes there and back.
		if wait := apart - time.Since(<-r.begun); r.flying > 0 && wait > 0 {
			time.Sleep(wait)
		}
		r.asked = true
	}
	if r.quick < quickReads {
		o.begun, r.asked = r.begun, false
	}
	o.buffer = r.buffers.take(read.Size)
	r.flying++
	o.others = r.flying
	r.in <- o
}

// free takes the buffer of an outcome back.
func (r *readers) free(d done) { r.buffers.free(d.buffer) }

// close lets the goroutines end when their reads have.
func (r *readers) close() { close(r.in) }

// gone reports whether an error says that there is no device any more, which is
// nothing about a place on it (errno(3)).
func (r *run) gone(err error) bool {
	if errors.Is(err, ErrGone) {
		return true
	}
	for _, e := range []syscall.Errno{syscall.ENODEV, syscall.ENXIO, syscall.ENOMEDIUM} {
		if errors.Is(err, e) {
			return !slices.Contains(r.Continue, e)
		}
	}
	return false
}
