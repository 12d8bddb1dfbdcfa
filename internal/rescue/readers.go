package rescue

import (
	"errors"
	"slices"
	"syscall"
	"time"

	"rescuebox/internal/medium"
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
	flying  int
	buffers [][]byte // that are free
	started time.Time
	quick   bool // the last one was as quick as no disk with a head is
}

type order struct {
	Read
	buffer []byte
	others int
	after  int
}

func newReaders(m Medium, depth int, size int64) *readers {
	// One that is never waited for, since it hangs, must find room for its outcome.
	r := &readers{in: make(chan order, depth), out: make(chan done, depth)}
	// One more, to ask for something known while an outcome is looked at.
	r.buffers = medium.AlignedBuffers(depth+1, int(size))
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
// reads in any order.
const quick = 1 << 30

// take notes that a read has ended.
func (r *readers) take(d done) {
	r.flying--
	r.quick = float64(d.Got)*float64(d.others) > quick*d.Took.Seconds()
}

// start reads while others do, after so many outcomes. The caller sees to it that there
// are no more than depth.
func (r *readers) start(read Read, after int) {
	// A disk that gets the second of two reads first goes there and back.
	if wait := apart - time.Since(r.started); r.flying > 0 && wait > 0 && !r.quick {
		time.Sleep(wait)
	}
	r.started = time.Now()
	n := len(r.buffers) - 1
	buffer := r.buffers[n]
	r.buffers = r.buffers[:n]
	r.flying++
	r.in <- order{read, buffer, r.flying, after}
}

// free takes the buffer of an outcome back.
func (r *readers) free(d done) { r.buffers = append(r.buffers, d.buffer) }

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
