package jsontree

import (
	"slices"
	"testing"
)

func TestRead(t *testing.T) {
	var n Node
	n.At("a", "b").Int(-7)
	n.At("a", "yes").Bool(true)
	n.At("a", "no").Bool(false)
	n.At("s").String("12")
	n.At("list").Append().Uint(1)
	n.At("list").Append().Number("18446744073709551616")
	for _, c := range []struct {
		node  *Node
		value string
		float float64
		ok    bool
	}{
		{n.Find("a", "b"), "-7", -7, true},
		{n.Find("a", "yes"), "true", 1, true},
		{n.Find("a", "no"), "false", 0, true},
		{n.Find("s"), "12", 0, false},
		{n.Find("a"), "", 0, false},
		{n.Find("none"), "", 0, false},
		{n.Find("none", "below"), "", 0, false},
		{n.Find("s", "below"), "", 0, false},
		{n.Find("list").Items()[1], "18446744073709551616", 18446744073709551616, true},
	} {
		if v, ok := c.node.Float(); c.node.Value() != c.value || v != c.float || ok != c.ok {
			t.Errorf("%q %v %v, want %+v", c.node.Value(), v, ok, c)
		}
	}
	if got := n.Find("a").Names(); !slices.Equal(got, []string{"b", "yes", "no"}) {
		t.Error(got)
	}
	if n.Find("none").Names() != nil || n.Find("none").Items() != nil || len(n.Find("list").Items()) != 2 || n.Find("b") != nil {
		t.Error("what is not there is something")
	}
}
