package mapfile

import (
	"math"
	"math/rand/v2"
	"testing"
)

func TestDomainBesideNaive(t *testing.T) {
	for seed := range uint64(300) {
		random := rand.New(rand.NewPCG(seed, 3))
		var n, finished naive
		m, f := New(0), New(0)
		for range 1 + random.IntN(30) {
			for _, one := range []struct {
				m *Map
				n *naive
			}{{m, &n}, {f, &finished}} {
				pos, size, s := random.IntN(100), 1+random.IntN(20), Status(order[random.IntN(kinds)])
				one.m.Set(int64(pos), int64(size), s)
				one.n.set(pos, size, s)
			}
		}
		pos, size := random.IntN(120), random.IntN(120)-1
		inside := func(i int) bool { return i >= pos && (size < 0 || i < pos+size) }
		d := NewDomain(int64(pos), int64(size), nil)
		if seed%2 == 0 {
			d = NewDomain(int64(pos), int64(size), f)
			inside = func(i int) bool {
				return i >= pos && (size < 0 || i < pos+size) && i < len(finished) && finished[i] == '+'
			}
		}
		d = d.Crop(0, m.Size())
		next := int64(0)
		for b, in := range d.Pieces(m) {
			if b.Pos != max(next, m.Start) || b.Size <= 0 {
				t.Fatalf("seed %d: %v behind %d", seed, b, next)
			}
			next = b.Pos + b.Size
			for i := b.Pos; i < next; i++ {
				if inside(int(i)) != in || n[i] != byte(b.Status) {
					t.Fatalf("seed %d: %v is %v", seed, b, in)
				}
			}
			if d.Holds(b) != in {
				t.Fatalf("seed %d: holds %v: %v", seed, b, !in)
			}
		}
		if next != m.Size() {
			t.Fatalf("seed %d: ends at %d of %d", seed, next, m.Size())
		}
		total, areas, was := int64(0), 0, false
		for i := range len(n) {
			in := inside(i)
			if in {
				total++
			}
			if in && !was {
				areas++
			}
			was = in
		}
		if _, _, size, count := d.Extent(); size != total || count != areas {
			t.Fatalf("seed %d: %d bytes in %d areas, want %d in %d", seed, size, count, total, areas)
		}
	}
	if begin, end, size, areas := NewDomain(5, -1, nil).Extent(); begin != 5 || end != math.MaxInt64 || size != math.MaxInt64-5 || areas != 1 {
		t.Errorf("open domain: %d %d %d %d", begin, end, size, areas)
	}
	if _, _, size, areas := NewDomain(5, 0, nil).Extent(); size != 0 || areas != 0 {
		t.Errorf("empty domain: %d %d", size, areas)
	}
}
