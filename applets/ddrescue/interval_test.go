package ddrescue

import (
	"strings"
	"testing"
	"time"
)

func TestInterval(t *testing.T) {
	for text, want := range map[string]time.Duration{
		"0": 0, "30": 30 * time.Second, "7s": 7 * time.Second, "1.5m": 90 * time.Second, "1/2h": 30 * time.Minute, "2d": 48 * time.Hour,
		"": -1, "s": -1, "1.5": -1, "1/2": -1, "-1": -1, "1e9": -1, "1x": -1, "1/0": -1, "0x10": -1, "1,2": -1, "99999999999d": -1,
		strings.Repeat("9", 50): -1, "1//2": -1, "9223372036": 9223372036 * time.Second, "9223372037": -1, "3/": -1,
		".5m": 30 * time.Second, "1.": time.Second, ".": -1, "/": -1, "1.5/2": -1, "1.2.3": -1, "6/4m": 90 * time.Second, "010": 10 * time.Second,
		"0.000000000000000000": 0, "0.0000000000000000001d": -1, "18446744073709551615": -1, "18446744073709551616": -1,
		"36893488147419103230/4294967296": -1, "18446744073709551614/18446744073709551614": time.Second, "18446744073709551614/9223372036854775807d": 48 * time.Hour,
	} {
		got, err := interval("-T", text)
		if err != nil {
			got = -1
		}
		if got != want {
			t.Errorf("%q: %v, want %v", text, got, want)
		}
	}
}

func TestMapInterval(t *testing.T) {
	for text, want := range map[string]time.Duration{
		"30": 30 * time.Second, "0": 1, "-1": 0, "10,60": 10 * time.Second, ",60": 30 * time.Second, ",7": 7 * time.Second, "-1,60": 30 * time.Second,
		"1m,2m": time.Minute, "0,5": 1,
		"": -1, ",": -1, "10,": -1, "60,30": -1, "1,4": -1, "x": -1, "1,x": -1, "1,2,3": -1,
	} {
		got, err := mapInterval("--mapfile-interval", text)
		if err != nil {
			got = -1
		}
		if got != want {
			t.Errorf("%q: %v, want %v", text, got, want)
		}
	}
}
