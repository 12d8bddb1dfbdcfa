package rescue

import "time"

// pace knows how long a read takes where the medium is well, and so which one was
// slow.
type pace struct {
	least   int64   // bytes per second that are not slow; 0: by comparison
	perByte float64 // seconds, mean of good reads
	reads   int
}

// A read is slow that takes longer than this many times the mean, and longer than a
// few turns of a disk and a way of its head.
const (
	slowFactor = 8
	slowLeast  = 40 * time.Millisecond
)

// slow takes the time of a good read, of which n were on their way.
func (p *pace) slow(size int64, took time.Duration, n int) bool {
	seconds := took.Seconds() / float64(max(n, 1))
	if p.least > 0 {
		return seconds*float64(p.least) > float64(size)
	}
	if p.reads >= 8 && took > slowLeast && seconds > slowFactor*p.perByte*float64(size) {
		return true
	}
	p.reads++
	p.perByte += (seconds/float64(size) - p.perByte) / float64(min(p.reads, 64))
	return false
}
