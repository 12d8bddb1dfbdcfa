package humansize

import (
	"math"
	"os/exec"
	"strconv"
	"strings"
	"testing"
)

// numfmt of coreutils agrees, around every change of unit and of form.
func TestAgainstNumfmt(t *testing.T) {
	var numbers []uint64
	for _, base := range []uint64{1000, 1024} {
		for unit := uint64(1); unit < math.MaxUint64/base/11; unit *= base {
			for _, n := range []uint64{unit, 10 * unit, base * unit, 9*unit + unit/10*9, unit + unit/2, 999 * unit} {
				numbers = append(numbers, n-1, n, n+1)
			}
		}
	}
	for base, to := range map[uint64]string{IEC: "iec", SI: "si"} {
		var in, got strings.Builder
		for _, n := range numbers {
			if n >= 1<<53 { // numfmt counts in floating point
				continue
			}
			in.WriteString(strconv.FormatUint(n, 10) + "\n")
			got.WriteString(strings.ToUpper(Ceil(n, base)) + "\n")
		}
		cmd := exec.Command("numfmt", "--to="+to)
		cmd.Env = []string{"LC_ALL=C"}
		cmd.Stdin = strings.NewReader(in.String())
		want, err := cmd.Output()
		if err != nil {
			t.Fatalf("numfmt: %v: apt-get install coreutils", err)
		}
		if got.String() != strings.ToUpper(string(want)) {
			g, w := strings.Fields(got.String()), strings.Fields(string(want))
			for i, n := range strings.Fields(in.String()) {
				if g[i] != strings.ToUpper(w[i]) {
					t.Errorf("%s: %s of %s, want %s", to, g[i], n, w[i])
				}
			}
		}
	}
	for n, want := range map[uint64]string{math.MaxUint64: "16E", 1<<60 - 1: "1.0E", 0: "0"} {
		if got := Ceil(n, IEC); got != want {
			t.Errorf("%d is %s, want %s", n, got, want)
		}
	}
}
