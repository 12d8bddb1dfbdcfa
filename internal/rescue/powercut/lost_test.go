package powercut

import (
	"math/rand/v2"
	"syscall"
	"testing"

	"rescuebox/internal/mapfile"
	"rescuebox/internal/rescue"
)

// What was in the cache when a sync failed is not on the disk after one that follows and
// does not fail: Linux tells once of pages that it could not write, and drops them. A
// write to NFS that fails may tell of those before it, in the place of the sync.
func TestLostWrites(t *testing.T) {
	testFailing(t, []failing{
		{"one sync of the target", syscall.EIO, false, false, []verb{syncTarget}},
		{"one sync of a full target", syscall.ENOSPC, false, false, []verb{syncTarget}},
		{"one write to a network", syscall.ENOSPC, false, true, []verb{writeTarget}},
		{"all writes to a network", syscall.EDQUOT, true, true, []verb{writeTarget}},
	})
}

// A rescue that waits for room goes on from what is really on the disk, and may be cut
// at any time of it.
func TestAwaitingRoom(t *testing.T) {
	for _, f := range []failing{
		{"a write", syscall.ENOSPC, false, false, []verb{writeTarget}},
		{"a sync", syscall.ENOSPC, false, false, []verb{syncTarget}},
		{"a write to a network", syscall.EDQUOT, false, true, []verb{writeTarget}},
	} {
		for _, p := range patients() {
			t.Run(f.name+", "+p.name, func(t *testing.T) {
				t.Parallel()
				r := rand.New(rand.NewPCG(*crashSeed, 11))
				from := p.blank()
				n := 0
				if p.every == each {
					n = 3 + r.IntN(5)
				}
				j := &journal{deny: f.deny(n, r), network: f.network}
				job := rescue.Job{Medium: p.ailing, Target: j, Map: mapfile.New(p.Size()), Strategy: p.Strategy, Save: j.save, Every: p.every, AwaitRoom: true}
				if _, err := job.Run(t.Context()); err != nil || !j.denied {
					t.Fatal(err, j.denied)
				}
				c := newCuts(p, from, *crashSeed)
				if err := c.all(t, j); err != nil {
					t.Error(err)
				}
				disk := newPlatter(from)
				for _, o := range j.ops {
					disk.play(o)
				}
				var end state
				disk.crash(allLost, nil, &end)
				if err := c.whole(t, end); err != nil {
					t.Error(err)
				}
				t.Logf("%d power cuts", c.points)
			})
		}
	}
}
