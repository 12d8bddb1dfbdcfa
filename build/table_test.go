package main

import (
	"slices"
	"testing"
)

func TestTable(t *testing.T) {
	list := []stretch{{-1, 4}, {0, 200}, {3, 1}, {-2, 70000}}
	table := encode(list)
	if got := decode(table); !slices.Equal(got, list) {
		t.Errorf("%v becomes %v", list, got)
	}
	if got := tableAt([]byte("\x00"+table+table), uint32(1+len(table))); got != table {
		t.Errorf("%q is read as %q", table, got)
	}
	if got := tableAt([]byte(table), 0); got != "" {
		t.Errorf("no table is read as %q", got)
	}
	if got := encode([]stretch{{0, 1}, {0, 2}, {1, 3}}); got != encode([]stretch{{0, 3}, {1, 3}}) {
		t.Errorf("neighbours of one value stay apart: %q", got)
	}
}

func TestWithoutPrologue(t *testing.T) {
	if got := withoutPrologue([]stretch{{-1, 9}, {0, 20}, {-1, 3}}); got != "" {
		t.Errorf("a table of one index stays: %q", got)
	}
	if got, want := withoutPrologue([]stretch{{-1, 9}, {0, 20}, {2, 5}, {-1, 3}}), encode([]stretch{{0, 29}, {2, 5}, {0, 3}}); got != want {
		t.Errorf("%v, want %v", decode(got), decode(want))
	}
}

func TestWithoutReturns(t *testing.T) {
	const nop = 0x90
	for _, c := range []struct {
		name       string
		code       []byte
		list, want []stretch
	}{
		{"pop and return", []byte{nop, nop, popBP, ret, nop, nop},
			[]stretch{{0, 1}, {24, 1}, {8, 1}, {0, 1}, {24, 1}, {0, 1}}, []stretch{{0, 1}, {24, 4}, {0, 1}}},
		{"return", []byte{nop, nop, ret, nop, nop},
			[]stretch{{0, 1}, {24, 1}, {0, 1}, {24, 1}, {0, 1}}, []stretch{{0, 1}, {24, 3}, {0, 1}}},
		{"the end, where the stack is made larger", []byte{nop, nop, popBP, ret, nop},
			[]stretch{{0, 1}, {24, 1}, {8, 1}, {0, 2}}, []stretch{{0, 1}, {24, 1}, {8, 1}, {0, 2}}},
		{"another instruction", []byte{nop, nop, nop, nop, nop},
			[]stretch{{0, 1}, {24, 1}, {0, 1}, {24, 1}, {0, 1}}, []stretch{{0, 1}, {24, 1}, {0, 1}, {24, 1}, {0, 1}}},
	} {
		if got := decode(withoutReturns(slices.Clone(c.list), c.code)); !slices.Equal(got, c.want) {
			t.Errorf("%s: %v, want %v", c.name, got, c.want)
		}
	}
}
