package blockcopy

import (
	"bytes"
	"io"
	"syscall"
)

// Output is what is written in blocks. The fields are set before the copy.
type Output struct {
	To io.Writer // each Write is one write(2)
	// Seeker is To where it has offsets; nil for a pipe.
	Seeker io.Seeker
	Block  int // bytes; obs

	// Sparse passes over blocks of zeros that lie at or behind Fresh, the offset
	// from which on the output holds nothing yet.
	Sparse bool
	Fresh  int64
	// Extend sets the size of the file, where the last block was passed over.
	Extend func(size int64) error
	// Short is called before a write of less than a block: it cannot be a direct
	// one. nil does nothing.
	Short func()

	// Batch is how many bytes of whole blocks are held back and written at once; 0
	// is none. The error of a write then counts for the block that it hit.
	Batch int

	batch  []byte
	offset int64
	hole   bool // the last block was passed over
	held   []byte
	stats  *Stats
}

// WriteError is why an output takes no more.
type WriteError struct {
	Offset int64 // bytes
	Err    error
}

func (e *WriteError) Error() string { return e.Err.Error() }

// Unwrap returns Err.
func (e *WriteError) Unwrap() error { return e.Err }

// seek moves n bytes on.
func (o *Output) seek(n int64) error {
	if o.Seeker == nil {
		if n > 0 {
			return syscall.ESPIPE
		}
		return nil
	}
	at, err := o.Seeker.Seek(n, io.SeekCurrent)
	o.offset = at
	return err
}

// gather writes p in whole blocks, and keeps the rest.
func (o *Output) gather(p []byte) error {
	for len(p) > 0 {
		if len(o.held) == 0 && len(p) >= o.Block {
			if err := o.write(p[:o.Block]); err != nil {
				return err
			}
			p = p[o.Block:]
			continue
		}
		n := copy(o.held[len(o.held):o.Block], p)
		o.held = o.held[:len(o.held)+n]
		p = p[n:]
		if len(o.held) == o.Block {
			if err := o.flush(); err != nil {
				return err
			}
		}
	}
	return nil
}

// flush writes what is kept.
func (o *Output) flush() error {
	p := o.held
	o.held = o.held[:0]
	if len(p) == 0 {
		return nil
	}
	return o.write(p)
}

// write writes one block, or a shorter one.
func (o *Output) write(p []byte) error {
	if o.Batch == 0 {
		return o.one(p)
	}
	o.batch = append(o.batch, p...)
	if len(p) == o.Block && len(o.batch)+o.Block <= o.Batch {
		return nil
	}
	return o.release()
}

// release writes what was held back: any number of blocks, and at most one that is
// shorter.
func (o *Output) release() error {
	p := o.batch
	o.batch = o.batch[:0]
	n, err := o.put(p)
	o.offset += int64(n)
	o.stats.Bytes.Add(int64(n))
	o.stats.FullOut.Add(int64(n / o.Block))
	if n%o.Block > 0 {
		o.stats.PartialOut.Add(1)
	}
	if err != nil {
		return &WriteError{o.offset, err}
	}
	return nil
}

func (o *Output) one(p []byte) error {
	full := len(p) == o.Block
	if !full && o.Short != nil {
		o.Short()
	}
	n, err := o.put(p)
	o.offset += int64(n)
	o.stats.Bytes.Add(int64(n))
	switch {
	case err != nil && n == 0:
	case full && n == len(p):
		o.stats.FullOut.Add(1)
	default:
		o.stats.PartialOut.Add(1)
	}
	if err != nil {
		return &WriteError{o.offset, err}
	}
	return nil
}

func (o *Output) put(p []byte) (int, error) {
	if o.Sparse && o.Seeker != nil && o.offset >= o.Fresh && zero(p) {
		if _, err := o.Seeker.Seek(int64(len(p)), io.SeekCurrent); err == nil {
			o.hole = true
			return len(p), nil
		}
	}
	o.hole = false
	total := 0
	for total < len(p) {
		n, err := o.To.Write(p[total:])
		total += n
		if err == nil && n == 0 {
			err = io.ErrShortWrite
		}
		if err != nil {
			return total, err
		}
	}
	return total, nil
}

// finish writes what is kept, and gives the file its size.
func (o *Output) finish() error {
	if err := o.flush(); err != nil {
		return err
	}
	if err := o.release(); err != nil {
		return err
	}
	if o.hole && o.Extend != nil {
		if err := o.Extend(o.offset); err != nil {
			return &WriteError{o.offset, err}
		}
	}
	return nil
}

// zero reports whether there is no other byte in p: each equals the one before it.
func zero(p []byte) bool {
	return len(p) == 0 || p[0] == 0 && bytes.Equal(p[1:], p[:len(p)-1])
}
