package oracle_test

import (
	"slices"
	"testing"

	"rescuebox/internal/smart/oracle"
)

func TestJSON(t *testing.T) {
	ours := []byte(`{"a": 1, "b": [1, {"c": "x"}], "more": true, "big": 18446744073709551617}`)
	theirs := []byte(`{"a": 1, "b": [2, {"c": "y"}, 3], "big": 18446744073709551616, "known": 1}`)
	got, equal := oracle.JSON(t, ours, theirs, []oracle.Explained{{Path: "kno.*"}, {Path: "b"}})
	want := []string{`b[0]: 1, they have 2`, `b[1].c: "x", they have "y"`, `b[2]: missing, they have 3`, `big: 18446744073709551617, they have 18446744073709551616`}
	if !slices.Equal(got, want) || equal != 1 {
		t.Errorf("%d equal, %q", equal, got)
	}
}

func TestText(t *testing.T) {
	got := oracle.Text("a\nb\nx\nd\n", "a\nb\nc\nd\ne\n", []oracle.Explained{{Path: `-e`}})
	if want := []string{"-c", "+x"}; !slices.Equal(got, want) && !slices.Equal(got, []string{"+x", "-c"}) {
		t.Errorf("%q", got)
	}
}
