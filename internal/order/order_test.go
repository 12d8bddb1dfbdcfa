package order

import (
	"math/rand/v2"
	"slices"
	"testing"
)

// Lists of every length up to a hundred, with many equal keys: as the standard
// library's stable sort leaves them.
func TestStable(t *testing.T) {
	type pair struct{ key, place int }
	random := rand.New(rand.NewPCG(5, 6))
	for n := range 100 {
		list := make([]pair, n)
		for i := range list {
			list[i] = pair{random.IntN(8), i}
		}
		want := slices.Clone(list)
		slices.SortStableFunc(want, func(a, b pair) int { return a.key - b.key })
		Stable(list, func(a, b *pair) bool { return a.key < b.key })
		if !slices.Equal(list, want) {
			t.Fatalf("%d elements: %v, want %v", n, list, want)
		}
	}
}

func TestStrings(t *testing.T) {
	list := []string{"b", "", "a", "B", "ab", "\xff", "b"}
	Strings(list)
	if !slices.IsSorted(list) {
		t.Errorf("%q", list)
	}
}
