package dd

import (
	"math"
	"testing"
	"time"
)

func TestNumber(t *testing.T) {
	for text, want := range map[string]int64{
		"0": 0, "7": 7, "7c": 7, "7w": 14, "3b": 1536, "2k": 2048, "2K": 2048, "2KiB": 2048, "2kB": 2000, "2KB": 2000,
		"1M": 1 << 20, "1MB": 1e6, "7E": 7 << 60, "9EB": 9e18, "2x3x5": 30, "1kx2": 2048, "5B": 5, "00x7": 0, "0Q": 0,
		"9223372036854775807": math.MaxInt64,
	} {
		if got, err := parseNumber(text); err != nil || got != want {
			t.Errorf("%s: %d, %v, want %d", text, got, err, want)
		}
	}
	for text, want := range map[string]error{
		"": errNumber, "x": errNumber, "1x": errNumber, "-1": errNumber, "+1": errNumber, "1.5": errNumber, "1m": errNumber,
		"1Ki": errNumber, "1 ": errNumber, "8E": errRange, "1Z": errRange, "9223372036854775808": errRange, "4Gx4G": errRange,
		"1xQ": errNumber, "99999999999999999999q": errNumber,
	} {
		if got, err := parseNumber(text); err != want {
			t.Errorf("%s: %d, %v, want %v", text, got, err, want)
		}
	}
}

func FuzzNumber(f *testing.F) {
	for _, text := range []string{"12", "3x4kB", "1Y", "0x", "7KiB"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if n, err := parseNumber(text); n < 0 || err != nil && n != 0 {
			t.Fatalf("%q: %d, %v", text, n, err)
		}
	})
}

func TestTransfer(t *testing.T) {
	for _, c := range []struct {
		bytes   int64
		elapsed time.Duration
		want    string
	}{
		{0, time.Second, "0 bytes copied, 1 s, 0.0 kB/s"},
		{1, 93446 * time.Nanosecond, "1 byte copied, 9.3446e-05 s, 10.7 kB/s"},
		{999, time.Second, "999 bytes copied, 1 s, 1.0 kB/s"},
		{1000, time.Second, "1000 bytes (1.0 kB) copied, 1 s, 1.0 kB/s"},
		{1024, 95149 * time.Nanosecond, "1024 bytes (1.0 kB, 1.0 KiB) copied, 9.5149e-05 s, 10.8 MB/s"},
		{10300, time.Millisecond, "10300 bytes (10 kB, 10 KiB) copied, 0.001 s, 10.3 MB/s"},
		{999_999, time.Second, "999999 bytes (1.0 MB, 977 KiB) copied, 1 s, 1.0 MB/s"},
		{3145728000, 151242 * time.Microsecond, "3145728000 bytes (3.1 GB, 2.9 GiB) copied, 0.151242 s, 20.8 GB/s"},
		{153600, 305623 * time.Nanosecond, "153600 bytes (154 kB, 150 KiB) copied, 0.000305623 s, 503 MB/s"},
		{math.MaxInt64, 1, "9223372036854775807 bytes (9.2 EB, 8.0 EiB) copied, 1e-09 s, 18.4 EB/s"},
		{5, 0, "5 bytes copied, 0 s, Infinity B/s"},
	} {
		if got := transfer(c.bytes, c.elapsed, false); got != c.want {
			t.Errorf("%d in %v:\n got %s\nwant %s", c.bytes, c.elapsed, got, c.want)
		}
	}
}
