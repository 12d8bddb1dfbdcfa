package rescue

import (
	"syscall"
	"testing"
	"time"

	"rescuebox/internal/mapfile"
)

// Only a medium that is quicker than any disk with a head gets reads in any order.
func TestQuick(t *testing.T) {
	for _, c := range []struct {
		size   int64
		took   time.Duration
		others int
		err    error
		want   bool
	}{
		{512 << 10, 100 * time.Microsecond, 1, nil, true},
		{512 << 10, 400 * time.Microsecond, 4, nil, true},
		{512 << 10, 1 * time.Millisecond, 1, nil, false}, // 500 MB/s, as SATA is
		{512 << 10, 4 * time.Millisecond, 4, nil, false},
		{64 << 10, 0, 1, nil, true},
		{64 << 10, 20 * time.Microsecond, 1, syscall.EIO, false},
	} {
		r := readers{flying: quickReads}
		o := Outcome{Read: Read{Size: c.size}, Got: c.size, Took: c.took, Err: c.err}
		if c.err != nil {
			o.Got = 0
		}
		for range quickReads {
			r.take(done{o, nil, c.others})
		}
		if r.quick >= quickReads != c.want || r.flying != 0 {
			t.Errorf("%+v: %v", c, r.quick)
		}
	}
}

// Reads grow further where they take no time.
func TestGrowth(t *testing.T) {
	for took, want := range map[time.Duration]int64{100 * time.Microsecond: 1 << 20, 5 * time.Millisecond: 256 << 10} {
		d := &disk{size: big}
		c := newCopying(newBoard(&record{known: mapfile.New(big)}, Strategy{}.complete(d), mapfile.NewDomain(0, big, nil)))
		largest := int64(0)
		for {
			r, ok := c.next(0)
			if !ok {
				break
			}
			largest = max(largest, r.Size)
			c.done(Outcome{Read: r, Got: r.Size, Took: took})
		}
		if largest != want {
			t.Errorf("%v: %d bytes, want %d", took, largest, want)
		}
	}
}
