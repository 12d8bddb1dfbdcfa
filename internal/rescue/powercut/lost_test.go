package powercut

import (
	"flag"
	"math/rand/v2"
	"syscall"
	"testing"
)

var waitsFlag = flag.Int("rescue.waits", 1, "rescues of each medium for each way in which its target is full")

// A rescue that waits for room goes on from what is really on the disk, and may be cut at
// any time of it: also where only a sync says that there is no room, and where room never
// comes.
func TestAwaitingRoom(t *testing.T) {
	var total counts
	all := tally{}
	for i, f := range []failing{
		{"a write", syscall.ENOSPC, []verb{writeTarget}, 1, false, false},
		{"writes", syscall.ENOSPC, []verb{writeTarget}, 7, false, false},
		{"a sync", syscall.ENOSPC, []verb{syncTarget}, 1, false, false},
		{"syncs", syscall.ENOSPC, []verb{syncTarget}, 5, false, false},
		{"both", syscall.ENOSPC, []verb{writeTarget, syncTarget}, 9, false, false},
		{"a write to a network", syscall.EDQUOT, []verb{writeTarget}, 1, true, false},
		{"writes to a network", syscall.EDQUOT, []verb{writeTarget}, 6, true, false},
		{"the map too", syscall.ENOSPC, []verb{writeTarget, create, appendTo}, 25, false, true},
		{"writes, for ever", syscall.ENOSPC, []verb{writeTarget}, always, false, false},
		{"syncs, for ever", syscall.ENOSPC, []verb{syncTarget}, always, false, false},
	} {
		var sum counts
		for _, p := range some(i) {
			r := rand.New(rand.NewPCG(*seedFlag, 11))
			requests := all.requests(t, f, p)
			for range *waitsFlag {
				n := r.IntN(requests*3/4) + 2 // not the first map
				c, err := p.awaits(t, f, n, r)
				if err != nil {
					t.Errorf("%s: %s, request %d: %v", f.name, p.name, n, err)
				}
				sum.add(c)
			}
		}
		t.Logf("%s: %v", f.name, sum)
		total.add(sum)
	}
	t.Logf("all: %v", total)
	if total.points < 10000 || total.lies > 0 {
		t.Errorf("too few: %v", total)
	}
}

// awaits is a rescue that waits for room from the n-th request of a kind on. Where none
// comes it is interrupted.
func (p patient) awaits(t *testing.T, f failing, n int, r *rand.Rand) (counts, error) {
	q := p.unread()
	from := p.blank()
	j := &journal{deny: f.deny(n, r), network: f.network}
	m, err := found(from, p.Size())
	if err != nil {
		return counts{}, err
	}
	job := q.job(m, j)
	job.AwaitRoom = true
	if f.times == always {
		q.tired = 100
	}
	if err := q.run(t, job); err != nil {
		return counts{}, err
	}
	c := newCuts(q, from, *seedFlag)
	c.resume = *resumeFlag
	if err := c.all(t, j); err != nil {
		return c.counts, err
	}
	c.ends++
	end := j.left(from, allLost, nil)
	if p.ends == 0 && p.stop == 0 && f.times != always {
		if err := c.whole(end); err != nil {
			return c.counts, err
		}
	}
	return c.counts, c.goOn(t, end)
}
