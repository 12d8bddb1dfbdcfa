package ls

import (
	"bytes"
	"context"
	"io"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/creack/pty"

	"rescuebox/internal/applet"
	"rescuebox/internal/applettest"
	"rescuebox/internal/multicall"
)

// onTerminal returns what run writes to a terminal of 70 columns.
func onTerminal(t *testing.T, run func(tty *os.File)) string {
	t.Helper()
	master, tty, err := pty.Open()
	if err != nil {
		t.Fatalf("%v: mount -t devpts devpts /dev/pts", err)
	}
	defer master.Close()
	check(t, pty.Setsize(tty, &pty.Winsize{Rows: 24, Cols: 70}))
	output := make(chan []byte)
	go func() {
		b, _ := io.ReadAll(master) // ends with EIO when the last writer closes
		output <- b
	}()
	run(tty)
	check(t, tty.Close())
	return string(<-output)
}

// On a terminal the listing has columns, quotes and, told so, colours.
func TestTerminal(t *testing.T) {
	dir := t.TempDir() + "/w"
	check(t, os.Mkdir(dir, 0o755))
	fixture(t, dir)
	for _, c := range []struct{ line, env string }{
		{"many", ""}, {"names", ""}, {"-l names", ""}, {"-1 names", ""}, {"-N names", ""}, {"-b names", ""}, {"-m names", ""}, {"-x names", ""},
		{"--show-control-chars -N names", ""}, {"-1 utf8", "LC_ALL=C.UTF-8"}, {"many", "COLUMNS=120"}, {"-w 30 many", ""}, {"-F kinds", ""},
		{"--color=auto kinds", "TERM=xterm"}, {"--color=auto kinds", "TERM=dumb"}, {"--color=auto -l kinds", "TERM=xterm"}, {"--color=tty names", "TERM=linux"}, {"-R dir empty names", ""},
	} {
		args := strings.Fields(c.line)
		env := []string{"LC_ALL=C", "TZ=UTC", c.env}
		ours := onTerminal(t, func(tty *os.File) {
			s := applet.Streams{Out: tty, Err: tty, Dir: dir, LookupEnv: func(key string) (string, bool) {
				for i := len(env) - 1; i >= 0; i-- {
					if k, v, _ := strings.Cut(env[i], "="); k == key {
						return v, true
					}
				}
				return "", false
			}}
			multicall.Run(context.Background(), &Applet, s, args, "test")
		})
		theirs := onTerminal(t, func(tty *os.File) {
			// Not this test binary under the name ls, which is first in PATH.
			cmd := exec.Command("env", append([]string{"PATH=" + os.Getenv("APPLETTEST_PEER_PATH"), "ls"}, args...)...)
			cmd.Dir, cmd.Env, cmd.Stdout, cmd.Stderr = dir, env, tty, tty
			check(t, cmd.Run())
		})
		// The one name in which this ls shows more, see table.
		theirs = strings.ReplaceAll(theirs, "zero\u200bwidth", "'zero'$'\\342\\200\\213''width'")
		if ours != theirs {
			t.Errorf("%s ls %s\nours\n%s\ntheirs\n%s", c.env, c.line, ours, theirs)
		}
	}
}

// NO_COLOR is about auto only.
func TestNoColor(t *testing.T) {
	dir := t.TempDir()
	check(t, os.Mkdir(dir+"/d", 0o755))
	for _, c := range []struct {
		arg, noColor string
		want         bool
	}{{"--color=auto", "", true}, {"--color=auto", "1", false}, {"--color=always", "1", true}, {"--color=never", "", false}, {"-C", "", false}} {
		got := onTerminal(t, func(tty *os.File) {
			s := applet.Streams{Out: tty, Err: &bytes.Buffer{}, LookupEnv: func(key string) (string, bool) {
				value, ok := map[string]string{"TERM": "xterm", "NO_COLOR": c.noColor}[key]
				return value, ok
			}}
			check(t, Applet.Run(context.Background(), s, []string{c.arg, dir}))
		})
		if strings.Contains(got, "\x1b") != c.want {
			t.Errorf("%s with NO_COLOR=%q: %q", c.arg, c.noColor, got)
		}
	}
	got := applettest.Call(&Applet, applettest.Command{Args: []string{"--color=auto", dir}, Env: []string{"TERM=xterm"}})
	if strings.Contains(got.Stdout, "\x1b") {
		t.Errorf("colour without a terminal: %q", got.Stdout)
	}
}
