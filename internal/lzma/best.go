package lzma

import (
	"context"
	"runtime"
	"sync"
)

// Best packs data with the parameters that make the smallest stream. It takes some
// three times as long as Encode, and packs a little better than that with the same
// parameters.
func Best(ctx context.Context, data []byte) (stream []byte, p Params, err error) {
	p = Params{LC: 3, LP: 0, PB: 2}
	stream, plan, err := pass(ctx, data, p, nil)
	if err != nil {
		return nil, Params{}, err
	}
	chosen := choose(ctx, data, plan)
	for range refinements {
		better, ops, err := pass(ctx, data, chosen, plan)
		if err != nil {
			return nil, Params{}, err
		}
		if len(better) < len(stream) {
			stream, p = better, chosen
		}
		plan = ops
	}
	return stream, p, nil
}

// refinements are the passes after the first, each with the one before as its plan.
// One more saves 0.02 %.
const refinements = 1

// choose returns the parameters that make the given symbols smallest. A literal's
// bits depend on LC and LP alone, all others on PB alone: no pair need be tried.
// When ctx is done the answer means nothing.
func choose(ctx context.Context, data []byte, ops []op) Params {
	var tries []Params
	for lc := range 5 {
		for lp := range 5 - lc {
			tries = append(tries, Params{lc, lp, 2})
		}
	}
	literals := len(tries)
	for pb := range 5 {
		tries = append(tries, Params{0, 0, pb})
	}
	sizes := make([]int, len(tries))
	var group sync.WaitGroup
	workers := min(runtime.GOMAXPROCS(0), 4)
	for worker := range workers {
		group.Go(func() {
			for i := worker; i < len(tries) && ctx.Err() == nil; i += workers {
				e := newEncoder(data, tries[i])
				for _, o := range ops {
					e.write(o)
				}
				sizes[i] = len(e.rc.finish())
			}
		})
	}
	group.Wait()
	first := func(from, to int) int {
		best := from
		for i := from; i < to; i++ {
			if sizes[i] < sizes[best] {
				best = i
			}
		}
		return best
	}
	p := tries[first(0, literals)]
	p.PB = tries[first(literals, len(tries))].PB
	return p
}
