package faultlab

import (
	"sync"
	"time"
)

// Drive is the mechanics of a disk with one head: how long reads take, in real time.
// The zero value takes no time.
type Drive struct {
	Size  int64         // bytes, for the way of the head
	Rate  int64         // bytes per second
	Near  time.Duration // to read elsewhere than behind the last read, at least
	Far   time.Duration // and so much more from one end to the other
	Error time.Duration // for a read that fails
	Slow  []Range       // places that are read at SlowRate
	// SlowRate is in bytes per second.
	SlowRate int64
}

// Range is a run of bytes.
type Range struct{ Offset, Length int64 }

// head is the one of a drive: it does one read at a time, the next one on its way
// first.
type head struct {
	mu      sync.Mutex
	changed *sync.Cond
	drive   Drive
	at      int64
	busy    bool
	waiting []int64 // offsets
	free    time.Time
	late    time.Duration // how much later than that the last answer was
}

func newHead() *head {
	h := &head{}
	h.changed = sync.NewCond(&h.mu)
	return h
}

func (h *head) set(d Drive) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.drive = d
}

// lag is how far what the drive has done may be ahead of the clock: a sleep is not
// exact, and much longer than what a sector takes.
const lag = time.Millisecond

// take waits for the head and gives it what the read costs; judge says whether it
// fails. Without a rate it only judges.
func (h *head) take(offset, length int64, judge func() (failed bool)) {
	h.mu.Lock()
	if h.drive.Rate == 0 {
		h.mu.Unlock()
		judge()
		return
	}
	h.turn(offset)
	h.busy = true
	// A sleep that was too long is not the drive's. What is behind the last read it goes
	// on to read by itself.
	ahead := h.late
	if offset == h.at {
		ahead = max(ahead, 2*lag)
	}
	if earliest := time.Now().Add(-ahead); h.free.Before(earliest) {
		h.free = earliest
	}
	h.free = h.free.Add(h.cost(offset, length))
	h.at = offset + length
	if judge() {
		h.free = h.free.Add(h.drive.Error)
	}
	until := h.free
	h.mu.Unlock()
	if rest := time.Until(until); rest > lag {
		time.Sleep(rest)
	}
	h.mu.Lock()
	h.busy = false
	h.late = max(0, time.Since(until))
	h.changed.Broadcast()
	h.mu.Unlock()
}

// turn waits until the read at an offset is the next one. One that is elsewhere than
// behind the last one is not chosen before that has ended: what the clock lags behind is
// time in which the one behind it may come.
func (h *head) turn(offset int64) {
	h.waiting = append(h.waiting, offset)
	for {
		for h.busy || h.waiting[h.next()] != offset {
			h.changed.Wait()
		}
		rest := time.Until(h.free)
		if offset == h.at || rest <= 0 {
			break
		}
		h.mu.Unlock()
		time.Sleep(rest)
		h.mu.Lock()
	}
	i := h.next()
	h.waiting = append(h.waiting[:i], h.waiting[i+1:]...)
}

// next is the index of the read that the head does next: the first one behind it, or
// the first of all.
func (h *head) next() int {
	behind, first := -1, 0
	for i, offset := range h.waiting {
		if offset >= h.at && (behind < 0 || offset < h.waiting[behind]) {
			behind = i
		}
		if offset < h.waiting[first] {
			first = i
		}
	}
	if behind >= 0 {
		return behind
	}
	return first
}

func (h *head) cost(offset, length int64) time.Duration {
	d := h.drive
	var cost time.Duration
	if offset != h.at {
		cost = d.Near + time.Duration(float64(d.Far)*float64(max(offset-h.at, h.at-offset))/float64(max(d.Size, 1)))
	}
	slow := int64(0)
	for _, r := range d.Slow {
		slow += max(0, min(offset+length, r.Offset+r.Length)-max(offset, r.Offset))
	}
	if d.SlowRate > 0 {
		cost += time.Duration(float64(slow) / float64(d.SlowRate) * float64(time.Second))
		length -= slow
	}
	return cost + time.Duration(float64(length)/float64(d.Rate)*float64(time.Second))
}
