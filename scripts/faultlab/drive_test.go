package faultlab

import (
	"runtime"
	"slices"
	"sync"
	"testing"
	"time"
)

// A disk is still in a read when the next ones come, in whatever order: it goes on with
// the one behind it.
func TestDriveOrder(t *testing.T) {
	const piece = 400_000 // 0.8 ms, which is less than what the clock may lag behind
	for range 100 {
		h := newHead()
		h.set(Drive{Size: 64 << 20, Rate: 500e6})
		var mu sync.Mutex
		var order []int64
		read := func(n int64) {
			h.take(n*piece, piece, func() bool {
				mu.Lock()
				defer mu.Unlock()
				order = append(order, n)
				return false
			})
		}
		read(1) // not where the head is, nor read ahead
		var both sync.WaitGroup
		both.Go(func() { read(3) })
		// A sleep would take a millisecond: the first one has long been read then.
		for now := time.Now(); time.Since(now) < 100*time.Microsecond; {
			runtime.Gosched()
		}
		both.Go(func() { read(2) })
		both.Wait()
		if !slices.Equal(order, []int64{1, 2, 3}) && !slices.Equal(order, []int64{1, 3, 2}) {
			t.Fatal(order)
		}
		if slices.Equal(order, []int64{1, 2, 3}) {
			return
		}
	}
	t.Error("the read behind the last one was never first")
}

// However it is slept, a drive takes as long as it should.
func TestDriveTime(t *testing.T) {
	h := newHead()
	h.set(Drive{Size: 64 << 20, Rate: 100e6, Near: 4 * time.Millisecond, Far: 12 * time.Millisecond, Error: 20 * time.Millisecond})
	start := time.Now()
	for i := range int64(100) {
		h.take(i<<16, 1<<16, func() bool { return i == 50 })
	}
	if took := time.Since(start); took < 81*time.Millisecond || took > 200*time.Millisecond {
		t.Errorf("took %v: 6.5 MB at 100 MB/s and one failure are 85.5 ms", took)
	}
}
