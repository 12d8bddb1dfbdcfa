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

func TestLevels(t *testing.T) {
	for name, want := range map[string][]string{
		"x86-64-v4": {"x86-64-v4", "x86-64-v3", "x86-64-v2"}, "x86-64-v2": {"x86-64-v2"}, "x86-64-v1": {},
		"power10": {"power10", "power9"}, "power8": {}, "z14": {"z14", "z13"}, "z900": {}, "z17": {"z17", "z16", "z15", "z14", "z13"},
	} {
		if got, err := Levels(name); err != nil || !slices.Equal(got, want) {
			t.Errorf("%s: %q, %v", name, got, err)
		}
	}
	for _, name := range []string{"", "x86-64", "x86-64-v5", "z12", "haswell"} {
		if got, err := Levels(name); err != ErrLevel {
			t.Errorf("%q: %q, %v", name, got, err)
		}
	}
}

func TestCapabilitiesOf(t *testing.T) {
	all := features{^uint32(0), ^uint32(0), ^uint32(0), ^uint32(0), true}
	knights, skylake, haswell, amd, unsaved := all, all, all, all, all
	skylake.leaf7 &^= leaf7AVX512ER
	haswell.leaf7 &^= leaf7AVX512CD
	amd.intel = false
	unsaved.saved = 0
	for i, c := range []struct {
		f    features
		want []string
	}{{knights, []string{"xeon_phi"}}, {skylake, []string{"avx512_1", "haswell"}}, {haswell, []string{"haswell"}}, {amd, nil}, {unsaved, nil}} {
		if got := capabilitiesOf(c.f); !slices.Equal(got, c.want) {
			t.Errorf("%d: %q, want %q", i, got, c.want)
		}
	}
}
