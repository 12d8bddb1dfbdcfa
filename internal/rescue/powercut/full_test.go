package powercut

import (
	"errors"
	"flag"
	"math/rand/v2"
	"syscall"
	"testing"
)

var crashFails = flag.Int("rescue.fails", 6, "requests of each kind that fail, of each medium")

// failing is a way in which a disk fails.
type failing struct {
	name string
	err  syscall.Errno
	stay bool // all such requests fail from then on, not the one alone
	// network is that of journal.
	network bool
	of      []verb
}

func failures() []failing {
	store := []verb{create, appendTo, syncFile, rename, syncDir}
	return []failing{
		{"a full target", syscall.ENOSPC, true, false, []verb{writeTarget}},
		{"one write to the target", syscall.EIO, false, false, []verb{writeTarget}},
		{"all syncs of the target", syscall.EIO, true, false, []verb{syncTarget}},
		{"no room for the map", syscall.ENOSPC, true, false, []verb{create, appendTo}},
		{"one request for the map", syscall.EIO, false, false, store},
		{"all requests for the map", syscall.EIO, true, false, store},
		{"all full", syscall.ENOSPC, true, false, []verb{writeTarget, create, appendTo}},
	}
}

// deny lets the n-th request of the kind fail, and writes a part of its data.
func (f failing) deny(n int, r *rand.Rand) func(int, verb, int) (int, error) {
	seen := 0
	return func(_ int, v verb, size int) (int, error) {
		hit := false
		for _, of := range f.of {
			hit = hit || v == of
		}
		if !hit {
			return 0, nil
		}
		seen++
		if seen-1 < n || seen-1 > n && !f.stay {
			return 0, nil
		}
		return r.IntN(size + 1), f.err
	}
}

// A disk that is full, or whose writes or syncs fail, ends the rescue with that error.
// Nothing is called finished by it, however the power is cut then, and the rescue goes on
// when the disk is well.
func TestFailingTarget(t *testing.T) { testFailing(t, failures()) }

func testFailing(t *testing.T, all []failing) {
	t.Helper()
	points, runs := 0, 0
	for _, f := range all {
		t.Run(f.name, func(t *testing.T) {
			for _, p := range patients() {
				requests := 0 // of the kind
				j := &journal{deny: func(_ int, v verb, _ int) (int, error) {
					for _, of := range f.of {
						if v == of {
							requests++
						}
					}
					return 0, nil
				}}
				if err := p.record(t, p.blank(), j); err != nil {
					t.Fatal(p.name, err)
				}
				r := rand.New(rand.NewPCG(*crashSeed, 10))
				for i := range *crashFails {
					n := i // the first ones, then any
					if i > *crashFails/2 {
						n = r.IntN(requests * 3 / 4) // another run may have less
					}
					q := patient{p.name, p.again(), p.Strategy, p.every}
					j := &journal{deny: f.deny(n, r), network: f.network}
					from := p.blank()
					err := q.record(t, from, j)
					if !errors.Is(err, f.err) && (err != nil || j.denied) {
						t.Errorf("%s, request %d: %v", p.name, n, err)
					}
					c := newCuts(q, from, *crashSeed)
					if err := c.tail(t, j); err != nil {
						t.Errorf("%s, request %d: %v", p.name, n, err)
					}
					points, runs = points+c.points, runs+1
				}
			}
		})
	}
	t.Logf("%d failures, %d power cuts behind them", runs, points)
}

// tail cuts the power behind each of the last requests of a journal, and goes on from
// the last one.
func (c *cuts) tail(t testing.TB, j *journal) error {
	const last = 40
	from := max(0, len(j.ops)-last)
	disk := newPlatter(c.from)
	for _, o := range j.ops[:from] {
		disk.play(o)
	}
	if err := c.each(t, disk, j, from); err != nil {
		return err
	}
	var end state
	disk.crash(someKept, c.random, &end)
	return c.goOn(t, end)
}
