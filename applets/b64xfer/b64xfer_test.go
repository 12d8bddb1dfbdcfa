package b64xfer

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"rescuebox/internal/applet"
	"rescuebox/internal/multicall"
)

// Without a file it is the binary itself that is sent.
func TestSelf(t *testing.T) {
	file := filepath.Join(t.TempDir(), "kit")
	if err := os.WriteFile(file, []byte("a program"), 0o600); err != nil {
		t.Fatal(err)
	}
	var out, errs bytes.Buffer
	s := applet.Streams{
		In: strings.NewReader(""), Out: &out, Err: &errs, Dir: t.TempDir(),
		Self:      func() (string, error) { return file, nil },
		LookupEnv: func(string) (string, bool) { return "", false },
	}
	status := multicall.Run(context.Background(), &Applet, s, []string{"send", "--to", "sh", "--part", "payload"}, "test")
	want := "1:11:a\\40program\n2:11:a\\40program\n.\n"
	if status != 0 || out.String() != want || errs.Len() > 0 {
		t.Errorf("status %d, %q, %q", status, out.String(), errs.String())
	}
}

func TestSeconds(t *testing.T) {
	for n, want := range map[int64]string{0: "1 s", 1: "1 s", 119: "119 s", 120: "2 min", 7199: "120 min", 7200: "2 h", 9000: "2.5 h"} {
		if got := seconds(n); got != want {
			t.Errorf("%d: %s, want %s", n, got, want)
		}
	}
}

func TestUsageFits(t *testing.T) {
	for line := range strings.Lines(Applet.Usage) {
		if len(line) > 81 {
			t.Errorf("%d columns: %s", len(line)-1, line)
		}
	}
}
