package blockcopy

import (
	"context"

	"rescuebox/internal/medium"
)

// depth is how many blocks are read ahead at most.
const depth = 2

// each reads all blocks and passes them on in order.
func (c *Copy) each(ctx context.Context, use func([]byte) error) error {
	if c.Ahead {
		return c.eachAhead(ctx, use)
	}
	buffer := medium.AlignedBuffers(1, c.In.Block)[0]
	for {
		if err := ctx.Err(); err != nil {
			return err
		}
		if last, err := c.pass(c.take(buffer), use); last {
			return err
		}
	}
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
