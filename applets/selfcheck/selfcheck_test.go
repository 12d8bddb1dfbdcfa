package selfcheck

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"rescuebox/internal/applet"
	"rescuebox/internal/multicall"
	"rescuebox/internal/selfcheck"
)

// Without a file it is the binary itself that is read.
func TestSelf(t *testing.T) {
	file := filepath.Join(t.TempDir(), "kit")
	if err := os.WriteFile(file, []byte("a program"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := selfcheck.Seal(file); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		self   string
		err    error
		status int
		says   string
	}{
		{file, nil, 0, "whole: " + file + ", 57 bytes, sha256 "},
		{file + "x", nil, 1, "selfcheck: " + file + "x: No such file or directory\n"},
		{"", errors.New("who am I"), 1, "selfcheck: who am I\n"},
	} {
		var out bytes.Buffer
		s := applet.Streams{
			In: strings.NewReader(""), Out: &out, Err: &out, Dir: t.TempDir(),
			Self:      func() (string, error) { return c.self, c.err },
			LookupEnv: func(string) (string, bool) { return "", false },
		}
		status := multicall.Run(context.Background(), &Applet, s, nil, "test")
		if status != c.status || !strings.HasPrefix(out.String(), c.says) {
			t.Errorf("%q: status %d, %q", c.self, status, out.String())
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
