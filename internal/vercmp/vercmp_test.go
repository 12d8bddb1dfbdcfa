package vercmp

import (
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// sort -V of coreutils puts the names into the same order.
func TestAgainstSort(t *testing.T) {
	names := strings.Fields(`a a.b a1 a01 a001 a10 a9 a2.txt a10.txt a2.tar.gz a10.tar.gz . .. .a .b1 .b10 1 2 10 00 0 1.2 1.10 1.2~rc 1.2.~ ~ ~a a~ A Z _ -x x-1.2.3 x-1.2.10
		9999999999999999999999 99999999999999999999999 lib.so.6 lib.so.10 lib.so foo-1.tar foo-1a.tar a.b.c a.1.c a..b a.~1~ a.~10~ é`)
	cmd := exec.Command("sort", "-V")
	cmd.Env = []string{"LC_ALL=C"}
	cmd.Stdin = strings.NewReader(strings.Join(names, "\n") + "\n")
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("sort: %v: apt-get install coreutils", err)
	}
	slices.SortFunc(names, func(a, b string) int {
		if c := Compare(a, b); c != 0 {
			return c
		}
		return strings.Compare(a, b)
	})
	if want := strings.Fields(string(out)); !slices.Equal(names, want) {
		t.Errorf("got  %q\nwant %q", names, want)
	}
}

func FuzzCompare(f *testing.F) {
	f.Add("a1", "a01", "b")
	f.Add("a.b~", "a", ".")
	f.Fuzz(func(t *testing.T, a, b, c string) {
		ab, ba := Compare(a, b), Compare(b, a)
		if ab < 0 != (ba > 0) || ab == 0 != (ba == 0) || Compare(a, a) != 0 {
			t.Errorf("%q and %q: %d and %d", a, b, ab, ba)
		}
		if ab <= 0 && Compare(b, c) <= 0 && Compare(a, c) > 0 {
			t.Errorf("no order: %q %q %q", a, b, c)
		}
	})
}
