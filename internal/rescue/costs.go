package rescue

import "time"

// costs are what reads take, as far as it is known.
type costs struct {
	good, failures int64         // bytes that were read, and reads that failed
	failing        time.Duration // mean of a read that fails
	stepping       time.Duration // mean of a sector right behind the last read
	end            int64         // of the last read
}

// firstStepping is what a sector is thought to take until some were read: a direct
// read of what the disk has in its cache.
const firstStepping = 100 * time.Microsecond

// learn takes an outcome.
func (c *costs) learn(o Outcome, sector int64) {
	c.good += o.Got + o.tail
	mean := func(m *time.Duration, d time.Duration) {
		if *m == 0 {
			*m = d
		}
		*m += (d - *m) / 16
	}
	switch {
	case o.Err != nil:
		c.failures++
		mean(&c.failing, o.Took)
	case o.Size == sector && o.Pos == c.end:
		mean(&c.stepping, o.Took)
	}
	c.end = o.End()
}

// apart is the mean distance between failures, in bytes.
func (c *costs) apart() int64 { return (c.good + 1) / max(c.failures, 1) }

// wear is how many times its own duration a failure is worth avoiding: failures are
// what a dying medium dies of.
const wear = 32

// dense reports whether reading sector by sector from one failure to the next is
// cheaper than a failure. A larger read, which fails once more than its bad sectors,
// does not pay then.
func (c *costs) dense(sector int64) bool { return c.walk(sector) < wear*c.failing }

// walk is how long it takes sector by sector from one failure to the next.
func (c *costs) walk(sector int64) time.Duration {
	step := c.stepping
	if step == 0 {
		step = firstStepping
	}
	return time.Duration(c.apart()/sector) * step
}
