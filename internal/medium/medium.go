// Package medium reads every byte of files off the medium they lie on, past the
// page cache, and says which ranges cannot be read.
//
// Nothing is ever dropped from the page cache: it may hold the last good copy of
// what the medium has lost. Nothing is mapped: a bad sector would be a SIGBUS.
package medium

import (
	"context"
	"io"
	"sync"

	"rescuebox/internal/narrow"
	"rescuebox/internal/order"
	"rescuebox/internal/skipread"
)

// Range is a run of bytes of a file that could not be read.
type Range struct {
	Offset, Length int64 // bytes
	Err            error // the first error met in it; a syscall.Errno
}

// Source is a file being read. Its ReadAt is called from several goroutines, with
// offsets and lengths that are multiples of Block; a read may reach past the end.
type Source interface {
	io.ReaderAt
	Size() int64 // bytes
	Block() int  // the smallest unit that can be read, in bytes; a power of two of at most Chunk
}

// Result is what became of one source.
type Result struct {
	Index int     // which of the sources
	Read  int64   // bytes that were read
	Bad   []Range // sorted; ranges that touch are one
	Err   error   // why bytes behind Read and Bad were not looked at; nil when all were
}

const (
	// Chunk is the size of a read in bytes where nothing is wrong: large enough
	// to keep a disk busy.
	Chunk = 1 << 20
	// inFlight is how many reads are under way at a time, so that the medium
	// works while the last answer is taken in.
	inFlight = 2
	// inFlightTold is the same where the bytes are wanted: some wait for theirs.
	inFlightTold = 4
	// alignment is that of buffers: what O_DIRECT may ask for at most.
	alignment = 4096
)

// Scan reads sources one after the other.
type Scan struct {
	// Open opens the source of an index, counted from 0. The sources end where
	// it returns io.EOF; any other error is that source's result. Calls do not
	// overlap.
	Open func(index int) (Source, error)
	// Done, if set, gets each result once; a source of the result is no longer
	// in use. Calls do not overlap, and sources end in about their order.
	Done func(Source, Result)
	// Progress, if set, is told of bytes that are done with, good or bad. Calls
	// do not overlap.
	Progress func(bytes int64)
	// Data, if set, gets the bytes of each source in order and without gaps, up to
	// the first that cannot be read. Calls for one source do not overlap; those for
	// two may. The bytes are the callee's until it returns.
	Data func(source Source, p []byte)

	mu    sync.Mutex
	next  int  // index of the source to open
	ended bool // Open said io.EOF
	cur   *reading
}

// reading is a source with what is known about it.
type reading struct {
	Source
	result Result
	at     int64 // offset of the next chunk to hand out
	busy   int   // chunks being read
	last   bool  // no more chunks: the end, or a fatal error

	turn *sync.Cond // of order; nil when nobody wants the bytes
	told int64      // bytes that Data was given, or passed over
	torn bool       // a byte was missing: Data gets no more
}

// Run reads all sources, until the end or until ctx is cancelled; then the error is
// that of ctx, and the sources that were not finished have no result, unless they
// were being read: their Err is that of ctx.
func (s *Scan) Run(ctx context.Context) error {
	var wg sync.WaitGroup
	workers := inFlight
	if s.Data != nil {
		workers = inFlightTold
	}
	for range workers {
		wg.Go(func() { s.work(ctx, AlignedBuffer(Chunk)) })
	}
	wg.Wait()
	if s.cur != nil && s.cur.busy == 0 {
		s.cur.result.Err = context.Cause(ctx)
		s.finish(s.cur)
	}
	return ctx.Err()
}

func (s *Scan) work(ctx context.Context, buffer []byte) {
	for ctx.Err() == nil {
		r, at := s.take()
		if r == nil {
			return
		}
		piece := newPiece(ctx, r.Source, at)
		piece.read(buffer)
		s.tell(r, piece, buffer)
		s.give(r, piece)
	}
}

// take hands out the next chunk, or nil at the end of all.
func (s *Scan) take() (*reading, int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for {
		if r := s.cur; r != nil {
			at := r.at
			r.at += Chunk
			r.busy++
			if r.at >= r.Size() {
				r.last = true
				s.cur = nil
			}
			return r, at
		}
		if s.ended {
			return nil, 0
		}
		s.open()
	}
}

// open makes the next source the current one. An empty one is done at once.
func (s *Scan) open() {
	index := s.next
	source, err := s.Open(index)
	if err == io.EOF {
		s.ended = true
		return
	}
	s.next++
	r := &reading{Source: source, result: Result{Index: index, Err: err}}
	if err != nil || source.Size() <= 0 {
		s.finish(r)
		return
	}
	r.turn = sync.NewCond(new(sync.Mutex))
	s.cur = r
}

// tell hands a chunk's bytes on when those before it were. Chunks are taken in
// order, so that the one that is waited for is always being read.
func (s *Scan) tell(r *reading, p *piece, buffer []byte) {
	if s.Data == nil {
		return
	}
	r.turn.L.Lock()
	for r.told < p.start {
		r.turn.Wait()
	}
	torn := r.torn || !p.whole()
	r.turn.L.Unlock()
	if !torn {
		s.Data(r.Source, buffer[:p.end-p.start])
	}
	r.turn.L.Lock()
	r.told, r.torn = p.start+Chunk, torn
	r.turn.L.Unlock()
	r.turn.Broadcast()
}

// give takes a chunk's outcome.
func (s *Scan) give(r *reading, p *piece) {
	s.mu.Lock()
	defer s.mu.Unlock()
	r.busy--
	r.result.Read += p.good
	r.result.Bad = append(r.result.Bad, p.bad...)
	if p.err != nil {
		if r.result.Err == nil {
			r.result.Err = p.err
		}
		r.last = true
		if s.cur == r {
			s.cur = nil
		}
	}
	if s.Progress != nil {
		done := p.good
		for _, b := range p.bad {
			done += b.Length
		}
		s.Progress(done)
	}
	if r.last && r.busy == 0 {
		s.finish(r)
	}
}

func (s *Scan) finish(r *reading) {
	if r == s.cur {
		s.cur = nil
	}
	r.result.Bad = merge(r.result.Bad)
	if s.Done != nil {
		s.Done(r.Source, r.result)
	}
}

// merge sorts ranges and joins those that touch.
func merge(list []Range) []Range {
	order.Stable(list, func(a, b *Range) bool { return a.Offset < b.Offset })
	out := list[:0]
	for _, r := range list {
		if n := len(out); n > 0 && out[n-1].Offset+out[n-1].Length == r.Offset {
			out[n-1].Length += r.Length
			continue
		}
		out = append(out, r)
	}
	return out
}

// piece is one chunk of a source while it is read.
type piece struct {
	ctx        context.Context
	source     Source
	start, end int64 // the end is at most the source's
	good       int64 // bytes
	bad        []Range
	err        error // not of the medium: the rest was not looked at
	eof        bool  // the source is shorter than it said
}

func newPiece(ctx context.Context, source Source, at int64) *piece {
	return &piece{ctx: ctx, source: source, start: at, end: min(at+Chunk, source.Size())}
}

// whole reports whether all bytes of the piece are in its buffer.
func (p *piece) whole() bool { return p.good == p.end-p.start }

// read reads the piece, in smaller and smaller parts where that fails.
func (p *piece) read(buffer []byte) {
	block := int64(p.source.Block())
	state := narrow.State{Block: block}
	for a := p.start; a < p.end; {
		if p.err = p.ctx.Err(); p.err != nil || p.eof {
			return
		}
		want := state.Next(a, p.end-a)
		at := a - p.start
		n, err := p.source.ReadAt(buffer[at:at+roundUp(want, block)], a)
		// What comes before an error stands, in whole blocks; the error is met
		// again by a read that starts at it.
		got := min(int64(n), want)
		if got < want {
			got -= got % block
		}
		switch {
		case got > 0:
			p.good += got
			a += got
		case err == nil || err == io.EOF:
			p.good += min(int64(n), want)
			p.eof = true
		case !skipread.IsMedia(err):
			p.err = err
			return
		case state.Failed(a, want):
			p.bad = append(p.bad, Range{a, want, err})
			a += want
		}
	}
}

func roundUp(n, unit int64) int64 { return (n + unit - 1) / unit * unit }
