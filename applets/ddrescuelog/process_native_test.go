//go:build amd64

package ddrescuelog

import (
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/creack/pty"
)

// onTerminal runs the applet's own process on a pseudo-terminal.
func onTerminal(t *testing.T, env []string, args ...string) string {
	t.Helper()
	path, err := exec.LookPath("ddrescuelog") // this test's binary, by applettest.Main
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(path, args...)
	cmd.Env = append(os.Environ(), env...)
	terminal, err := pty.Start(cmd)
	if err != nil {
		t.Fatal(err)
	}
	defer terminal.Close()
	out, err := io.ReadAll(terminal)
	var gone *os.PathError // EIO when the other end is closed
	if err != nil && !errors.As(err, &gone) {
		t.Fatal(err)
	}
	if err := cmd.Wait(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	return string(out)
}

func TestColour(t *testing.T) {
	path := filepath.Join(t.TempDir(), "map")
	if err := os.WriteFile(path, []byte("0 ?\n0 1000000 +\n1000000 512 -\n1000512 1000000 ?\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		env    []string
		colour bool
	}{
		{[]string{"TERM=vt100", "NO_COLOR="}, true},
		{[]string{"TERM=vt100", "NO_COLOR=1"}, false},
		{[]string{"TERM=dumb", "NO_COLOR="}, false},
		{[]string{"TERM=", "NO_COLOR="}, false},
	} {
		out := onTerminal(t, c.env, "--picture", path)
		if strings.Contains(out, "\x1b[0;32m....") != c.colour || strings.Contains(out, "\x1b") != c.colour || !strings.Contains(out, "bad-sector") {
			t.Errorf("%v: %q", c.env, out)
		}
	}
}

// A full disk fails; nothing is said to be done.
func TestFullOutput(t *testing.T) {
	full, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer full.Close()
	path := filepath.Join(t.TempDir(), "map")
	if err := os.WriteFile(path, []byte("0 ?\n0 4096 +\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	program, err := exec.LookPath("ddrescuelog")
	if err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{{"-t"}, {"-t", "--json"}, {"--picture"}, {"--svg"}, {"-n"}, {"-A"}, {"-C"}, {"-l+"}, {"-Fbitmap", "-l+"}, {"--shift"}, {"-H", "5:1:5:F:0", "-f"}} {
		if args[0] == "-H" {
			args = append(args, "-")
		} else {
			args = append(args, path)
		}
		cmd := exec.Command(program, args...)
		var stderr strings.Builder
		cmd.Stdout, cmd.Stderr = full, &stderr
		if err := cmd.Run(); err == nil || !strings.Contains(stderr.String(), "No space left on device") {
			t.Errorf("%v: %v %q", args, err, stderr.String())
		}
	}
}
