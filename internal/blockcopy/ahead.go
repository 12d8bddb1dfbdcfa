package blockcopy

import (
	"context"
	"time"

	"rescuebox/internal/medium"
)

// depth is how many blocks are read ahead at most.
const depth = 2

// each reads all blocks and passes them on in order.
func (c *Copy) each(ctx context.Context, use func([]byte) error) error {
	if c.Ahead && c.Slow == 0 {
		return c.eachAhead(ctx, use)
	}
	var reading spell
	buffer := medium.AlignedBuffers(1, c.In.Block)[0]
	for {
		if err := ctx.Err(); err != nil {
			return err
		}
		start := time.Now()
		t := c.take(buffer)
		reading.add(int64(len(t.p)), time.Since(start))
		if last, err := c.pass(t, use); last {
			return err
		}
		if c.Ahead && reading.slow(c.Slow) {
			return c.eachAhead(ctx, use)
		}
	}
}

// spell is how long so many bytes took to be read. Only the last few MiB count.
type spell struct {
	bytes int64
	took  time.Duration
}

// span is how much is read before it is said to be slow.
const span = 4 << 20

func (s *spell) add(bytes int64, took time.Duration) {
	if s.bytes >= 2*span {
		s.bytes, s.took = s.bytes/2, s.took/2
	}
	s.bytes += bytes
	s.took += took
}

// slow reports whether a MiB took longer than most. Unlike the clock of a single read
// it does not mind being interrupted once.
func (s *spell) slow(most time.Duration) bool {
	return s.bytes >= span && s.took.Seconds()*(1<<20) > most.Seconds()*float64(s.bytes)
}

// eachAhead is each with a reader of its own, so that one disk reads while the other
// writes.
func (c *Copy) eachAhead(ctx context.Context, use func([]byte) error) error {
	ctx, stop := context.WithCancel(ctx)
	full := make(chan taken, depth)
	empty := make(chan []byte, depth+1)
	for _, buffer := range medium.AlignedBuffers(depth+1, c.In.Block) {
		empty <- buffer
	}
	go func() {
		defer close(full)
		for {
			select {
			case <-ctx.Done():
				return
			case buffer := <-empty:
				t := c.take(buffer)
				full <- t
				if t.err != nil || len(t.p) == 0 {
					return
				}
			}
		}
	}()
	// The reader ends before this does: it has the counters.
	defer func() {
		stop()
		for range full {
		}
	}()
	for t := range full {
		if last, err := c.pass(t, use); last {
			return err
		}
		empty <- t.p[:cap(t.p)]
	}
	return ctx.Err()
}
