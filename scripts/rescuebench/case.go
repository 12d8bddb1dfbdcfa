package main

import (
	"math/rand/v2"
	"slices"
	"time"

	"rescuebox/scripts/faultlab"
)

const (
	mib  = 1 << 20
	size = 64 * mib
)

// testCase is one disk.
type testCase struct {
	name    string
	bad     []faultlab.Range
	times   int // how often a bad place fails; 0: always
	slow    []faultlab.Range
	sector  int64 // physical, of the loop device; 0: 512
	err     time.Duration
	options []string // of both tools
	best    []string // GNU's best flags
}

func cases() []*testCase {
	return []*testCase{
		{name: "1 bad sector", bad: []faultlab.Range{{Offset: 40*mib + 5*512, Length: 512}}, best: []string{"-d"}},
		{name: "200 scattered", bad: scattered(200, 512), best: []string{"-d"}},
		{name: "zone of 4 MiB", bad: []faultlab.Range{{Offset: 58 * mib, Length: 4 * mib}}, best: []string{"-d"}},
		{name: "30 % slow", slow: []faultlab.Range{{Offset: 20 * mib, Length: size * 3 / 10}}, best: []string{"-a10M", "--delay-slow=0"}},
		{name: "200 flaky", bad: scattered(200, 512), times: 3, options: []string{"-r5"}, best: []string{"-d"}},
		{name: "dead head", bad: heads(), err: 2 * time.Millisecond, best: []string{"-d"}},
		{name: "50 of 4 KiB", bad: scattered(50, 4096), sector: 4096, best: []string{"-d", "-b4096"}},
	}
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
