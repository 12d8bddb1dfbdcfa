package ddnumber

import (
	"math"
	"strings"
	"testing"
)

// The values and messages are those that ddrescuelog 1.27 gave, but for underscores.
func TestParse(t *testing.T) {
	const (
		multiplier = "Bad multiplier in numerical argument of option '-s'."
		missing    = "Bad or missing numerical argument in option '-s'."
		limits     = "Value out of limits [-1,9_223_372_036_854_775_807] in option '-s'."
	)
	for arg, want := range map[string]int64{
		"1": 1, "1k": 1000, "1Ki": 1024, "1kB": 1000, "1s": 512, "1B": 1, "1M": 1e6, "1Mi": 1 << 20, "1MiB": 1 << 20,
		"1G": 1e9, "1Gi": 1 << 30, "1T": 1e12, "1P": 1e15, "1Pi": 1 << 50, "1E": 1e18, "1Ei": 1 << 60, "9E": 9e18,
		"0Y": 0, "0Yi": 0, "0x10": 16, "0x10k": 16000, "010": 8, "0X1f": 31, " 5": 5, "+5": 5, "-1": -1, "0s": 0, "0x1s": 512,
		"0x1e": 30, "0x1E": 30, "9223372036854775807": math.MaxInt64, "1ks": 512000, "1Kis": 524288, "2Mis": 1 << 30,
		"1_000": 1000, "123_456_789": 123456789, "0x1_0": 16, "1_000k": 1e6,
	} {
		if got, err := Parse(arg, "-s", 512, Range{-1, math.MaxInt64}); err != nil || got != want {
			t.Errorf("%q: %d %v, want %d", arg, got, err, want)
		}
	}
	for arg, want := range map[string]string{
		"1K": multiplier, "1ki": multiplier, "1KI": multiplier, "1ss": multiplier, "1sk": multiplier, "1b": multiplier, "1m": multiplier,
		"1R": multiplier, "1Q": multiplier, "08": multiplier, "5 ": multiplier, "1.5": multiplier, "1e3": multiplier, "0x": multiplier,
		"0xk": multiplier, "0b1": multiplier, "1k,2": multiplier, "1,2": multiplier, "1i": multiplier, "1sB": multiplier, "1Bs": multiplier,
		"1kBs": multiplier, "1ksB": multiplier, "1_": multiplier, "1__0": multiplier, "0.5": multiplier,
		"8Ei": limits, "10E": limits, "1Z": limits, "1Zi": limits, "1Y": limits, "-1k": limits, "-1s": limits, "-2": limits,
		"9223372036854775808": limits, "18446744073709551616": limits, "18014398509481984s": limits,
		"abc": missing, "k": missing, "": missing, "-": missing, "_1": missing, "--1": missing,
	} {
		got, err := Parse(arg, "-s", 512, Range{-1, math.MaxInt64})
		if err == nil || err.Error() != "'"+arg+"': "+want {
			t.Errorf("%q: %d %v, want %s", arg, got, err, want)
		}
	}
}

func TestSize(t *testing.T) {
	for n, want := range map[int64]string{
		0: "0 B|0 B", 999999: "999999 B|999999 B", 1000000: "1000 kB|976 KiB", 1048576: "1048 kB|1024 KiB", 999999999: "999999 kB|976562 KiB",
		1000000000: "1000 MB|976562 KiB", 9999999999999999: "9999 TB|9094 TiB", math.MaxInt64: "9223 PB|8191 PiB", -5e6: "-5000 kB|-4882 KiB",
	} {
		if got := Size(n, SI) + "|" + Size(n, Binary); got != want {
			t.Errorf("%d: %s, want %s", n, got, want)
		}
	}
	for n, want := range map[int64]string{0: "0", 999: "999", 1000: "1_000", -1: "-1", -100: "-100", -1000: "-1_000", math.MinInt64: "-9_223_372_036_854_775_808"} {
		if got := Grouped(n); got != want {
			t.Errorf("%d: %s, want %s", n, got, want)
		}
	}
}

func TestPercent(t *testing.T) {
	for _, c := range []struct {
		part, whole int64
		want        string
	}{
		{1, 3, " 33.33%"}, {2, 3, " 66.67%"}, {1, 7, " 14.29%"}, {1, 1000, "  0.1%"}, {999, 1000, " 99.9%"}, {1, 1e6, "  0.00%"},
		{999999, 1e6, "100.00%"}, {1, 2, " 50%"}, {1, 8, " 12.5%"}, {1, 16, "  6.25%"}, {1, 32, "  3.13%"}, {31, 32, " 96.88%"},
		{0, 1, "  0%"}, {1, 1, "100%"}, {99995, 1e5, "100.00%"}, {5, 1e5, "  0.01%"}, {99994, 1e5, " 99.99%"}, {1, 10000, "  0.01%"},
		{math.MaxInt64, math.MaxInt64, "100%"}, {math.MaxInt64 - 1, math.MaxInt64, "100.00%"}, {5, 0, "  0%"},
	} {
		if got := Percent(c.part, c.whole); got != c.want {
			t.Errorf("%d of %d: %q, want %q", c.part, c.whole, got, c.want)
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{"1", "0x1f", "-1", "1_000Ki", "99999999999999999999s", "8Ei"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, arg string) {
		n, err := Parse(arg, "-s", 4096, Range{-1, 1 << 40})
		if err == nil && (n < -1 || n > 1<<40) || err != nil && !strings.HasPrefix(err.Error(), "'"+arg+"': ") {
			t.Fatalf("%d %v", n, err)
		}
	})
}
