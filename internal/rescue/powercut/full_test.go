package powercut

import (
	"errors"
	"flag"
	"math/rand/v2"
	"slices"
	"syscall"
	"testing"
)

var (
	failsFlag = flag.Int("rescue.fails", 2, "requests of each kind that fail, of each medium")
	allFlag   = flag.Bool("rescue.all", false, "each medium for each kind of failure")
)

// some are the media for the n-th kind of failures.
func some(n int) (of []patient) {
	for i, p := range patients() {
		if *allFlag || (i+n)%5 == 0 {
			of = append(of, p)
		}
	}
	return of
}

// failing is a way in which a disk fails.
type failing struct {
	name string
	err  syscall.Errno
	of   []verb
	// times is how many such requests fail; always: all from the first one on.
	times int
	// network is that of journal.
	network bool
	// first has them begin with a request of the first kind.
	first bool
}

const always = 1 << 30

var store = []verb{create, appendTo, syncFile, rename, syncDir}

// deny lets requests of the kind fail from the n-th on, and writes a part of their data.
func (f failing) deny(n int, r *rand.Rand) func(int, verb, int) (int, error) {
	seen := 0
	return func(_ int, v verb, size int) (int, error) {
		if !slices.Contains(f.of, v) {
			return 0, nil
		}
		if f.first && seen <= n && v != f.of[0] {
			return 0, nil
		}
		if seen++; seen <= n || seen-n > f.times {
			return 0, nil
		}
		return r.IntN(size + 1), f.err
	}
}

// A disk that is full, or whose writes or syncs fail, ends the rescue with that error.
// Nothing is called finished by it that is not there, however the power is cut then, and
// the rescue goes on when the disk is well.
//
// What was in the cache when a sync failed is not on the disk after one that follows and
// does not fail: Linux tells once of pages that it could not write, and drops them. A
// write to NFS that fails may tell of those before it, in the place of the sync.
func TestFailures(t *testing.T) {
	var total counts
	runs, all := 0, tally{}
	for i, f := range []failing{
		{"a full target", syscall.ENOSPC, []verb{writeTarget}, always, false, false},
		{"one write to the target", syscall.EIO, []verb{writeTarget}, 1, false, false},
		{"all syncs of the target", syscall.EIO, []verb{syncTarget}, always, false, false},
		{"one sync of the target", syscall.EIO, []verb{syncTarget}, 1, false, false},
		{"one sync of a full target", syscall.ENOSPC, []verb{syncTarget}, 1, false, false},
		{"one write to a network", syscall.ENOSPC, []verb{writeTarget}, 1, true, false},
		{"all writes to a network", syscall.EDQUOT, []verb{writeTarget}, always, true, false},
		{"no room for the map", syscall.ENOSPC, []verb{create, appendTo}, always, false, false},
		{"one request for the map", syscall.EIO, store, 1, false, false},
		{"all requests for the map", syscall.EIO, store, always, false, false},
		{"all full", syscall.ENOSPC, []verb{writeTarget, create, appendTo}, always, false, false},
	} {
		var sum counts
		for _, p := range some(i) {
			r := rand.New(rand.NewPCG(*seedFlag, 10))
			requests := all.requests(t, f, p)
			for i := range *failsFlag {
				n := i // the first ones, then any
				if i >= *failsFlag/2 {
					n = r.IntN(requests)
				}
				c, err := p.failed(t, f, n, r)
				if err != nil {
					t.Errorf("%s: %s, request %d: %v", f.name, p.name, n, err)
				}
				sum.add(c)
				runs++
			}
		}
		t.Logf("%s: %v", f.name, sum)
		total.add(sum)
	}
	t.Logf("%d failures: %v", runs, total)
	if total.points < 1000 || total.lies > 0 {
		t.Errorf("too few: %v", total)
	}
}

// tally counts the requests of rescues of which none fails, by the patient's name.
type tally map[string]map[verb]int

// requests is how many of a kind of failures a rescue has, or of its first verb.
func (a tally) requests(t *testing.T, f failing, p patient) (n int) {
	t.Helper()
	if a[p.name] == nil {
		count := map[verb]int{}
		a[p.name] = count
		j := &journal{deny: func(_ int, v verb, _ int) (int, error) { count[v]++; return 0, nil }}
		if err := p.unread().record(t, p.blank(), j); err != nil {
			t.Fatal(p.name, err)
		}
	}
	for i, v := range f.of {
		if i == 0 || !f.first {
			n += a[p.name][v]
		}
	}
	return n
}

// failed is a rescue whose n-th request of a kind fails.
func (p patient) failed(t *testing.T, f failing, n int, r *rand.Rand) (counts, error) {
	q := p.unread()
	j := &journal{deny: f.deny(n, r), network: f.network}
	from := p.blank()
	if err := q.record(t, from, j); !errors.Is(err, f.err) && (err != nil || j.denied) {
		return counts{}, err
	}
	c := newCuts(q, from, *seedFlag)
	return c.tail(t, j)
}

// tail cuts the power behind each of the last requests of a journal, and goes on from
// the last one.
func (c *cuts) tail(t *testing.T, j *journal) (counts, error) {
	const last = 40
	from := max(0, len(j.ops)-last)
	disk := newPlatter(c.from)
	for _, o := range j.ops[:from] {
		disk.play(o)
	}
	if err := c.each(t, disk, j, from); err != nil {
		return c.counts, err
	}
	var end state
	disk.crash(someKept, c.random, &end)
	c.ends++
	return c.counts, c.goOn(t, end)
}
