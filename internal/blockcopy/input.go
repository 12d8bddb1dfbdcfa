package blockcopy

import (
	"io"

	"rescuebox/internal/medium"
	"rescuebox/internal/skipread"
)

// Failure is a range of the input that cannot be read.
type Failure struct {
	Offset, Length int64 // bytes; Length is 0 where it is not known how much is bad
	Err            error // a syscall.Errno
}

// Input is what is read in blocks. The fields are set before the copy.
type Input struct {
	// From is the file: each Read is one read(2), and may be short. At the end
	// it returns io.EOF, or nothing.
	From io.Reader
	// Seeker is From where it has offsets; nil for a pipe.
	Seeker io.Seeker
	// Exact opens the same file to read single sectors of it. It is called once,
	// when a read has failed; nil, or an error, leaves blocks that fail as they are.
	Exact func() (medium.Source, error)
	// Size is where the input ends, in bytes; 0 is unknown.
	Size int64

	Block     int  // bytes; ibs
	FullBlock bool // a short read is gone on with
	NoError   bool // a block that fails does not end the copy
	Sync      bool // each block is padded to its size, with Pad
	Pad       byte
	Batched   bool // From reads more than it is asked for

	// Failed is told each place that cannot be read, in order.
	Failed func(Failure)
	// Next is called after the places of a block were told, with NoError.
	Next func()
	// Gone reports whether the device is not there any more. It is asked where
	// nothing at all can be read; nil is no.
	Gone func() bool

	offset  int64
	partial int // length of the last block when it was short
	misses  int // errors since a byte was read
	sectors *sectors
}

// patience is how many errors in a row are met before a copy is given up whose input
// has no known end: it may have none.
const patience = 128

// block is what became of a read.
type block struct {
	n     int  // bytes, padding included
	got   int  // bytes, without
	whole bool // nothing was short or missing
	end   bool // there is no more; n is 0
}

// read reads a block into p. Its error ends the copy; bytes before it still count.
func (in *Input) read(p []byte) (block, error) {
	for {
		n, err := in.some(p)
		if n == 0 && err == nil {
			return block{end: true}, nil
		}
		if err == nil {
			b := block{n: n, got: n, whole: n == in.Block}
			in.partial = n % in.Block
			in.misses = 0
			if in.sectors != nil && in.sectors.tell(in.Failed) {
				b.whole = false
				in.Next()
			}
			return in.pad(p[:cap(p)], b), nil
		}
		if n > 0 {
			// What came before the error is a block by itself; the error is
			// met again, but for where the next read begins behind it.
			in.partial = n
			return in.pad(p[:cap(p)], block{n: n, got: n}), in.unless(err)
		}
		if err := in.miss(err); err != nil {
			return block{}, err
		}
		if in.Sync && in.partial == 0 {
			p = p[:cap(p)]
			clear(p)
			return block{n: in.Block, got: in.Block}, nil
		}
		in.partial = 0
	}
}

// unless is an error that ends the copy, or nil where blocks that fail do not.
func (in *Input) unless(err error) error {
	if in.NoError && skipread.IsMedia(err) {
		return nil
	}
	in.Failed(Failure{Offset: in.offset, Err: err})
	return err
}

// pad fills a short block where that is wanted.
func (in *Input) pad(p []byte, b block) block {
	if in.Sync && b.n < in.Block {
		rest := p[b.n:in.Block]
		for i := range rest {
			rest[i] = in.Pad
		}
		b.n = in.Block
	}
	return b
}

// some reads what one block gets, at most len(p) bytes: less at the end, before an
// error, and where a short read is to count as a block.
func (in *Input) some(p []byte) (int, error) {
	fill := in.FullBlock || in.NoError && in.Sync && in.Seeker != nil
	total := 0
	for total < len(p) {
		if in.sectors != nil {
			n, err := in.sectors.read(p[total:], in.offset)
			in.offset += int64(n)
			return total + n, err
		}
		n, err := in.From.Read(p[total:])
		in.offset += int64(n)
		total += n
		switch {
		case err == io.EOF || err == nil && n == 0:
			return total, nil
		case err != nil && in.precise(err): // and goes on there
		case err != nil:
			return total, err
		case !fill:
			return total, nil
		}
	}
	return total, nil
}

// precise goes on by sectors after an error, where it can and is to.
func (in *Input) precise(err error) bool {
	if in.Exact == nil || in.Seeker == nil || !skipread.IsMedia(err) || in.NoError && !in.Sync {
		return false
	}
	open := in.Exact
	in.Exact = nil
	source, err := open()
	if err != nil {
		return false
	}
	in.sectors = newSectors(source, in.NoError, in.Gone)
	return true
}

// miss takes note of a block that failed, and moves behind it. The error is one that
// ends the copy.
func (in *Input) miss(err error) error {
	if in.unless(err) != nil {
		return err
	}
	in.misses++
	if in.misses > patience && (in.Size == 0 || in.Seeker == nil) {
		in.Failed(Failure{Offset: in.offset, Err: err})
		return err
	}
	skip := int64(in.Block - in.partial)
	in.Failed(Failure{Offset: in.offset, Length: skip, Err: err})
	in.Next()
	if in.Seeker == nil {
		return nil
	}
	if in.Size > 0 {
		skip = max(0, min(skip, in.Size-in.offset))
	}
	at, err := in.Seeker.Seek(skip, io.SeekCurrent)
	if err == nil {
		in.offset = at
	}
	return err
}

// skip moves n bytes on. It reports whether there were fewer.
func (in *Input) skip(n int64, buffer []byte) (short bool, err error) {
	if in.Seeker != nil {
		return in.seek(n)
	}
	for n > 0 {
		got, err := in.From.Read(buffer[:min(n, int64(len(buffer)))])
		n -= int64(got)
		in.offset += int64(got)
		switch {
		case err == io.EOF || err == nil && got == 0:
			return true, nil
		case err != nil:
			in.Failed(Failure{Offset: in.offset, Err: err})
			return false, err
		}
	}
	return false, nil
}

func (in *Input) seek(n int64) (short bool, err error) {
	at, err := in.Seeker.Seek(0, io.SeekCurrent)
	if err != nil {
		return false, err
	}
	to := at + n
	if to < 0 || in.Size > 0 && to > in.Size {
		short = true
		to = max(at, in.Size)
	}
	in.offset, err = in.Seeker.Seek(to, io.SeekStart)
	return short, err
}

// close leaves the file where the reading ended, for whoever has it open too.
func (in *Input) close() {
	if in.Seeker != nil && (in.sectors != nil || in.Batched) {
		_, _ = in.Seeker.Seek(in.offset, io.SeekStart)
	}
}
