package main

import (
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"rescuebox/scripts/faultlab"
)

const (
	mib    = 1 << 20
	size   = 64 * mib
	sector = 512 // bytes: the unit of what is missing
)

// accident is what happens to a disk while it is copied.
type accident int

const (
	none  accident = iota
	hangs          // a read does not come back for hangTime, and Ctrl-C is pressed in it
	dies           // from a moment on all reads fail
)

const (
	hangTime = 15 * time.Second
	pressed  = 2 * time.Second // into the hang
	happens  = 24 * mib        // where the accident is
)

// testCase is one disk, and what is done with it.
type testCase struct {
	name     string
	bad      []faultlab.Range
	times    int // how often a bad place fails; 0: always
	slow     []faultlab.Range
	block    int64         // bytes of a sector of the loop device; 0: 512
	failing  time.Duration // what a read that fails takes; 0: 20 ms
	accident accident

	options []string   // of both tools
	best    [][]string // GNU's best flags, one column each
	loud    bool       // without -q: what is said is measured
	kinds   string     // of disks, where not all

	runs     int           // of each tool, in turn, of which medians count; 0: 1
	together bool          // the tools run at once, for nearly all of it is waiting
	limit    time.Duration // of a run; 0: 5 minutes
	early    time.Duration // of more runs, one at a time, for when what is recoverable was in

	logs string // folder for the reads of each run, or ""

	ratio  float64 // bound of the times, ours to GNU's; 0: 1
	bounds []func(measured) []bound
}

func cases() []*testCase {
	regular := []func(measured) []bound{missingBound, timeBounds, errorsBound}
	return []*testCase{
		{name: "1 bad sector", bad: []faultlab.Range{{Offset: 40*mib + 5*sector, Length: sector}}, best: [][]string{{"-d"}}, runs: 3,
			bounds: append(regular, oneSectorBound)},
		{name: "200 scattered", bad: scattered(200, sector), best: [][]string{{"-d"}}, ratio: 0.35, bounds: regular},
		{name: "zone of 4 MiB", bad: []faultlab.Range{{Offset: 58 * mib, Length: 4 * mib}}, best: [][]string{{"-d"}}, together: true,
			limit: 225 * time.Second, early: 6 * time.Second, bounds: regular},
		{name: "30 % slow", slow: []faultlab.Range{{Offset: 20 * mib, Length: size * 3 / 10}}, best: [][]string{{"-a10M", "--delay-slow=0"}}, bounds: regular},
		{name: "200 flaky", bad: scattered(200, sector), times: 3, options: []string{"-r5"}, best: [][]string{{"-d"}}, bounds: regular},
		{name: "dead head", bad: heads(), failing: 2 * time.Millisecond, best: [][]string{{"-d"}}, together: true,
			limit: 2 * time.Minute, early: 6 * time.Second, bounds: append(regular, deadHeadBound)},
		{name: "50 of 4 KiB, reported", bad: scattered(50, 4096), block: 4096, kinds: "loop", best: [][]string{{"-b4096"}, {"-d", "-b4096"}},
			bounds: append(regular, readsBound)},
		{name: "50 of 4 KiB, not reported", bad: scattered(50, 4096), best: [][]string{{"-d", "-b4096"}}, bounds: regular},
		{name: "hang", accident: hangs, loud: true, best: [][]string{{"-d"}}, limit: hangTime + 15*time.Second, bounds: []func(measured) []bound{hangBounds}},
		{name: "drive dies", accident: dies, best: [][]string{{"-d", "-J"}}, limit: time.Minute, bounds: []func(measured) []bound{deadBounds}},
	}
}

// limited is how long a run may take.
func (c *testCase) limited() time.Duration {
	if c.limit == 0 {
		return 5 * time.Minute
	}
	return c.limit
}

// on says whether the case is for a kind of disk.
func (c *testCase) on(kind string) bool { return c.kinds == "" || c.kinds == kind }

// tool is a command; the disk, the copy and the map are put behind it.
type tool struct {
	name string
	argv []string
}

// tools are ours, GNU's, and GNU's with its best flags, in this order.
func (c *testCase) tools(binary string) []tool {
	options := c.options
	if !c.loud {
		options = append([]string{"-q"}, options...)
	}
	all := []tool{
		{"ours", append([]string{binary, "ddrescue"}, options...)},
		{"GNU", append([]string{"ddrescue"}, options...)},
	}
	for _, best := range c.best {
		all = append(all, tool{"GNU " + strings.Join(best, " "), append(append([]string{"ddrescue"}, options...), best...)})
	}
	return all
}

// scattered are places all over the disk, the same each time.
func scattered(n int, length int64) []faultlab.Range {
	r := rand.New(rand.NewPCG(1, 1))
	var all []faultlab.Range
	for range n {
		all = append(all, faultlab.Range{Offset: r.Int64N(size/length) * length, Length: length})
	}
	slices.SortFunc(all, func(a, b faultlab.Range) int { return int(a.Offset - b.Offset) })
	return slices.Compact(all)
}

// heads are the tracks of one head of four.
func heads() []faultlab.Range {
	var all []faultlab.Range
	for i := range int64(16) {
		all = append(all, faultlab.Range{Offset: i*4*mib + 2*mib, Length: mib})
	}
	return all
}
