// Package blockcopy copies in blocks, as dd(1) does, and loses no more of a failing
// medium than the sectors that cannot be read.
package blockcopy

import (
	"context"
	"errors"
	"time"

	"rescuebox/internal/medium"
)

// Amount is a number of blocks, and of bytes on top of them.
type Amount struct{ Blocks, Bytes int64 }

// in returns the bytes.
func (a Amount) in(block int) int64 { return a.Blocks*int64(block) + a.Bytes }

// Copy is one copy. The fields are set before Run.
type Copy struct {
	In   Input
	Out  Output
	Conv Conversion

	Skip, Seek Amount  // of input and output
	Count      *Amount // nil is all. Blocks count as they were read, short or not.
	// Together writes each block as it was read, short or not, where nothing is
	// converted: bs= was given.
	Together bool
	// Ahead reads the next blocks while one is written. The input must stand still
	// and have an end.
	Ahead bool
	// Slow lets Ahead begin only when reading a MiB takes longer: where it takes no
	// longer than copying memory, handing blocks from one processor to another costs
	// more than it gains. 0: from the first block.
	Slow time.Duration

	// Short is told, once, that the input came in pieces of n bytes while blocks
	// were counted. Behind is called where there is less input than is to be skipped.
	Short  func(n int)
	Behind func()

	Stats Stats
	left  Amount
	short int // length of the last read when it was short and not told of
}

// ErrRead is that of an input that cannot be read on. Failed was told why.
var ErrRead = errors.New("read error")

// Run copies. The error is ErrRead, a *WriteError, or of ctx.
func (c *Copy) Run(ctx context.Context) error {
	c.Out.stats = &c.Stats
	c.Together = c.Together && c.Conv.none()
	if !c.Together {
		c.Out.held = medium.AlignedBuffer(c.Out.Block)[:0]
	}
	if c.Count != nil {
		c.left = *c.Count
	}
	defer c.In.close()
	short, err := c.In.skip(c.Skip.in(c.In.Block), make([]byte, min(c.In.Block, window)))
	if err != nil {
		return ErrRead
	}
	if short {
		c.Behind()
	}
	if err := c.Out.seek(c.Seek.in(c.Out.Block)); err != nil {
		return &WriteError{0, err}
	}
	return c.blocks(ctx)
}

// blocks copies all blocks. What was read before an error is written.
func (c *Copy) blocks(ctx context.Context) error {
	failed := c.each(ctx, func(p []byte) error {
		if c.Together {
			return c.Out.write(p)
		}
		return c.Conv.do(p, c.Out.gather)
	})
	var werr *WriteError
	if errors.As(failed, &werr) || ctx.Err() != nil {
		return failed
	}
	if !c.Together {
		if err := c.Conv.end(c.Out.gather); err != nil {
			return err
		}
	}
	c.Stats.Truncated.Store(c.Conv.Cut)
	return errors.Join(failed, c.Out.finish())
}

// taken is a block that was read. Nothing more comes after an empty one.
type taken struct {
	p     []byte
	whole bool
	err   error // behind p
}

// take reads the next block into p.
func (c *Copy) take(p []byte) taken {
	want := int64(len(p))
	if c.Count != nil && c.left.Blocks == 0 {
		if want = min(want, c.left.Bytes); want == 0 {
			return taken{}
		}
	}
	b, err := c.In.read(p[:want:len(p)])
	if b.n > 0 {
		if c.short > 0 && c.Short != nil {
			c.Short(c.short)
			c.Short = nil
		}
		c.counted(b)
	}
	if err != nil {
		err = ErrRead
	}
	return taken{p[:b.n], b.whole, err}
}

// pass hands a block on, and reports whether it was the last, or why.
func (c *Copy) pass(t taken, use func([]byte) error) (last bool, err error) {
	if len(t.p) > 0 {
		if t.whole {
			c.Stats.FullIn.Add(1)
		} else {
			c.Stats.PartialIn.Add(1)
		}
		if err := use(t.p); err != nil {
			return true, err
		}
	}
	return len(t.p) == 0 || t.err != nil, t.err
}

func (c *Copy) counted(b block) {
	if b.got < c.In.Block {
		c.short = b.got
	}
	if c.left.Blocks > 0 {
		c.left.Blocks--
	} else {
		c.left.Bytes -= int64(b.got)
	}
}
