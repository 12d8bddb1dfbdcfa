package report

import (
	"math/big"
	"strconv"
	"testing"

	"rescuebox/internal/jsontree"
)

func TestDecimal(t *testing.T) {
	for _, w := range []uint64{0, 1, 9, 1e19 - 1, 1e19, 1 << 63, 1<<64 - 1} {
		for _, lo := range []uint64{0, 7, 1e19, 1<<64 - 1} {
			want := new(big.Int).Lsh(new(big.Int).SetUint64(w), 64)
			want.Add(want, new(big.Int).SetUint64(lo))
			if got := Decimal(w, lo); got != want.String() {
				t.Errorf("Decimal(%d, %d) = %s, want %s", w, lo, got, want)
			}
		}
	}
}

func TestBytes(t *testing.T) {
	for _, c := range []struct {
		hi, lo uint64
		want   string
	}{
		{0, 0, "0"},
		{0, 1, "1 [1 B]"},
		{0, 999, "999 [999 B]"},
		{0, 1000, "1,000 [1.00 KB]"},
		{0, 999999, "999,999 [999 KB]"},
		{0, 4096000000, "4,096,000,000 [4.09 GB]"},
		{0, 99999999, "99,999,999 [99.9 MB]"},
		{0, 1000204886016, "1,000,204,886,016 [1.00 TB]"},
		{0, 1 << 62, "4,611,686,018,427,387,904 [4611 PB]"},
		{1, 0, "18446744073709551616"},
	} {
		if got := Bytes(c.hi, c.lo); got != c.want {
			t.Errorf("Bytes(%d, %d) = %s, want %s", c.hi, c.lo, got, c.want)
		}
	}
}

func TestTenths(t *testing.T) {
	for n := range uint32(1 << 16) {
		for _, per := range []uint32{1, 60, 3600} {
			want := strconv.FormatFloat(float64(n)/float64(per), 'f', 1, 64)
			if got := Tenths(n, per); got != want {
				t.Fatalf("%d/%d: %s, want %s", n, per, got, want)
			}
		}
	}
	if got := Tenths(1<<32-1, 1); got != "4294967295.0" {
		t.Error(got)
	}
}

func TestExact(t *testing.T) {
	var n jsontree.Node
	Exact(&n, "a", 0, 1<<53-1)
	Exact(&n, "b", 0, 1<<53)
	Exact(&n, "c", 1<<8, 5)
	const want = `{"a":9007199254740991,"b":9007199254740992,"b_s":"9007199254740992",` +
		`"c":4722366482869645213701,"c_s":"4722366482869645213701","c_le":[5,0,0,0,0,0,0,0,0,1]}` + "\n"
	if got := string(n.Bytes("")); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestPrintable(t *testing.T) {
	if got := Printable([]byte("  a\xffb \x00c")); got != "a?b" {
		t.Errorf("%q", got)
	}
}
