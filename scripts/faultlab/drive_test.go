package faultlab

import (
	"slices"
	"sync"
	"testing"
	"time"
)

// A disk is still in a read when the next ones come, in whatever order: it goes on with
// the one behind it.
func TestDriveOrder(t *testing.T) {
	const piece = 400_000 // 0.8 ms, which is less than what the clock may lag behind
	for range 20 {
		h := newHead()
		h.set(Drive{Size: 64 << 20, Rate: 500e6, Near: 4 * time.Millisecond, Far: 12 * time.Millisecond})
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
		read(0)
		var both sync.WaitGroup
		both.Go(func() { read(2) })
		time.Sleep(100 * time.Microsecond)
		both.Go(func() { read(1) })
		both.Wait()
		if !slices.Equal(order, []int64{0, 1, 2}) && !slices.Equal(order, []int64{0, 2, 1}) {
			t.Fatal(order)
		}
		if slices.Equal(order, []int64{0, 1, 2}) {
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
