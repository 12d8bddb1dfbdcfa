package elfdep

import (
	"slices"
	"testing"
)

func TestLevelsOf(t *testing.T) {
	var f features
	if got := levelsOf(f); got != nil {
		t.Errorf("a processor without features: %q", got)
	}
	var want []string
	for _, l := range levels {
		f.leaf1, f.leaf7 = f.leaf1|l.leaf1, f.leaf7|l.leaf7
		f.extended, f.saved = f.extended|l.extended, f.saved|l.saved
		want = append([]string{l.name}, want...)
		if got := levelsOf(f); !slices.Equal(got, want) {
			t.Errorf("%q, want %q", got, want)
		}
	}
	// A system that does not save the wide registers cannot use them.
	f.saved = 0
	if got := levelsOf(f); !slices.Equal(got, []string{"x86-64-v2"}) {
		t.Errorf("without saved registers: %q", got)
	}
}
