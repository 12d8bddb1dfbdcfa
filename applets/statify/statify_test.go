package statify

import (
	"context"
	"io"
	"os"
	"strings"
	"testing"

	"rescuebox/internal/applet"
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

// Interrupted, it leaves nothing behind.
func TestInterrupted(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	dir := t.TempDir()
	s := applet.Streams{Name: "statify", Dir: dir, Out: io.Discard, Err: io.Discard, LookupEnv: func(string) (string, bool) { return "", false }}
	if err := Applet.Run(ctx, s, []string{"/bin/sh"}); applet.Status(err) != 130 {
		t.Errorf("%v", err)
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
		t.Errorf("%v: %v", err, left)
	}
}

func TestDigits(t *testing.T) {
	for n, want := range map[int64]string{0: "0", 999: "999", 1000: "1,000", 1234567: "1,234,567"} {
		if got := digits(n); got != want {
			t.Errorf("%d: %s", n, got)
		}
	}
}
