package statify

import (
	"strings"
	"testing"

	"rescuebox/internal/applettest"
)

func TestUsageErrors(t *testing.T) {
	for line, want := range map[string]string{
		"":                         "missing program",
		"--root= /bin/ls":          "--root: empty DIR",
		"-o":                       "requires an argument",
		"--output= ls":             "--output: empty FILE",
		"--env A ls":               "'A' is not NAME=VALUE",
		"--env =b ls":              "'=b' is not NAME=VALUE",
		"--compress=0 ls":          "not a level from 1 to 9",
		"--compress=10 ls":         "not a level from 1 to 9",
		"--cpu x86-64-v2 ls":       "--cpu is for --snapshot",
		"--snapshot --cpu 8088 ls": "not one of",
		"ls -l":                    "arguments of the program are for --verify",
		"--nonesuch ls":            "unrecognized option",
	} {
		r := applettest.Call(&Applet, applettest.Command{Args: strings.Fields(line), Dir: t.TempDir()})
		if r.Status != 1 || r.Stdout != "" || !strings.Contains(r.Stderr, want) {
			t.Errorf("%q: %+v, want %q", line, r, want)
		}
	}
}

func TestDigits(t *testing.T) {
	for n, want := range map[int64]string{0: "0", 999: "999", 1000: "1,000", 1234567: "1,234,567"} {
		if got := digits(n); got != want {
			t.Errorf("%d: %s", n, got)
		}
	}
}
