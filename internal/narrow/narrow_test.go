package narrow

import (
	"math/rand/v2"
	"testing"
)

// walk reads size bytes from start on in reads of at most buffer bytes, of a medium
// with bad blocks. It returns the blocks that were found bad, and how many reads there
// were of each kind.
func walk(t *testing.T, start, size, block, buffer int64, bad map[int64]bool) (found map[int64]bool, failed, good int) {
	t.Helper()
	s := State{Block: block}
	found = map[int64]bool{}
	for off := start; off < size; {
		n := s.Next(off, min(buffer, size-off))
		if n <= 0 || n > buffer || off+n > size {
			t.Fatalf("%d bytes at %d of %d", n, off, size)
		}
		fails := false
		for b := off / block; b*block < off+n; b++ {
			fails = fails || bad[b]
		}
		switch {
		case !fails:
			good++
			off += n
		case s.Failed(off, n):
			if failed++; off/block != (off+n-1)/block {
				t.Fatalf("%d bytes at %d are no block of %d", n, off, block)
			}
			found[off/block] = true
			off += n
		default:
			failed++
		}
	}
	return found, failed, good
}

// Whatever the sizes, exactly the bad blocks are found.
func TestExact(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	for range 2000 {
		block := int64(512) << r.IntN(9)
		size := 1 + r.Int64N(40*block)
		start := r.Int64N(size)
		bad, want := map[int64]bool{}, 0
		for b := start / block; b*block < size; b++ {
			if r.IntN(6) == 0 {
				bad[b] = true
				want++
			}
		}
		found, _, _ := walk(t, start, size, block, 1+r.Int64N(size), bad)
		for b := range bad {
			if !found[b] {
				t.Fatalf("block %d of %v not in %v", b, bad, found)
			}
		}
		if len(found) != want {
			t.Fatalf("found %v, want %v", found, bad)
		}
	}
}

// One bad block costs four failing reads, and the reading is back to full size soon.
func TestFewReads(t *testing.T) {
	const buffer = 1 << 20
	_, failed, good := walk(t, 0, 64<<20, 512, buffer, map[int64]bool{77_777: true})
	if failed != 4 || good > 63+15+15+7 {
		t.Errorf("%d failed, %d good", failed, good)
	}
	_, failed, _ = walk(t, 0, 64<<20, 4096, buffer, map[int64]bool{7_777: true})
	if failed != 3 {
		t.Errorf("%d failed", failed)
	}
}
