//go:build amd64

package ddrescue

import (
	"context"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/creack/pty"

	"rescuebox/internal/diskread"
	"rescuebox/internal/nbd"
)

// console is a terminal of 80 by 24 that knows the sequences of a VT100 which are used:
// what a person would have seen.
type console struct {
	rows     [24][]byte
	x, y     int
	frames   []string // before each is drawn over
	scrolled []string // rows that have left it
	wrapped  bool     // a line was longer than the console
}

// feed takes what a program prints.
func (c *console) feed(out string) {
	for i := 0; i < len(out); i++ {
		switch b := out[i]; {
		case b == '\r':
			if c.x > 0 && !strings.HasPrefix(out[i:], "\r\n") && !strings.HasPrefix(out[i:], "\r\r\n") {
				c.frames = append(c.frames, c.text()) // a line that is written over
			}
			c.x = 0
		case b == '\n':
			c.newline()
		case b == 0x1b:
			i += c.escape(out[i:]) - 1
		case b >= ' ':
			if c.x == 80 {
				c.wrapped = true
				c.newline()
				c.x = 0
			}
			for len(c.rows[c.y]) <= c.x {
				c.rows[c.y] = append(c.rows[c.y], ' ')
			}
			c.rows[c.y][c.x] = b
			c.x++
		}
	}
	c.frames = append(c.frames, c.text())
}

func (c *console) newline() {
	if c.y++; c.y == len(c.rows) {
		c.scrolled = append(c.scrolled, strings.TrimRight(string(c.rows[0]), " "))
		copy(c.rows[:], c.rows[1:])
		c.y--
		c.rows[c.y] = nil
	}
}

// escape executes a sequence, and returns its length.
func (c *console) escape(text string) int {
	end := strings.IndexAny(text, "AKJm")
	n, _ := strconv.Atoi(strings.TrimLeft(text[2:end], "0;"))
	switch text[end] {
	case 'A':
		c.frames = append(c.frames, c.text())
		c.y = max(0, c.y-n)
	case 'K':
		c.rows[c.y] = c.rows[c.y][:min(c.x, len(c.rows[c.y]))]
	case 'J':
		for y := c.y; y < len(c.rows); y++ {
			c.rows[y] = nil
		}
	}
	return end + 1
}

func (c *console) text() string {
	var lines []string
	for _, row := range c.rows {
		lines = append(lines, strings.TrimRight(string(row), " "))
	}
	return strings.TrimRight(strings.Join(lines, "\n"), "\n")
}

// onConsole runs a command on a terminal of such a size and kind, and returns what is to
// be seen on one of 80 by 24, and what came.
func onConsole(t *testing.T, cmd *exec.Cmd, term string, size pty.Winsize) (*console, string) {
	t.Helper()
	cmd.Env = append(os.Environ(), "LC_ALL=C", "TERM="+term, "NO_COLOR=1")
	terminal, err := pty.StartWithSize(cmd, &size)
	if err != nil {
		t.Fatal(err)
	}
	defer terminal.Close()
	defer time.AfterFunc(guard, func() { cmd.Process.Kill() }).Stop()
	out, _ := io.ReadAll(terminal) // EIO when the other end is closed
	if err := cmd.Wait(); err != nil {
		t.Fatalf("%v: %.2000s", err, out)
	}
	c := &console{}
	c.feed(string(out))
	return c, string(out)
}

// check fails where a frame has more than one state in it, or not what it must have.
func (c *console) check(t *testing.T, alarm string, said ...string) {
	t.Helper()
	alarmed := 0
	for _, f := range c.frames {
		if strings.Count(f, "rescued ") > 1 {
			t.Errorf("more than one state:\n%s", f)
		}
		if strings.Contains(f, "rate -") {
			t.Errorf("a rate below zero:\n%s", f)
		}
		if strings.Contains(f, alarm+"rescued ") {
			alarmed++
		}
	}
	if alarmed == 0 {
		t.Errorf("no %q in %d frames: %q", alarm, len(c.frames), c.frames)
	}
	if c.wrapped {
		t.Error("a line was longer than 80 columns")
	}
	all := strings.Join(c.scrolled, "\n") + "\n" + c.text() + "\n"
	for _, s := range said {
		if !strings.Contains(all, s) {
			t.Errorf("not to be seen at the end: %q\n%s", s, all)
		}
	}
	if strings.Contains(c.text(), alarm) || !strings.Contains(c.text(), "rescued 100%") {
		t.Errorf("the end:\n%s", c.text())
	}
}

// kinds are terminals: one that moves its cursor, one that does not, and a serial line
// that says neither its size nor what it is.
var kinds = []struct {
	term string
	size pty.Winsize
}{{"vt100", pty.Winsize{Rows: 24, Cols: 80}}, {"dumb", pty.Winsize{Rows: 24, Cols: 80}}, {"", pty.Winsize{}}}

// That the target is full stands first, messages stay, and nothing wraps.
func TestFullOnConsole(t *testing.T) {
	t.Parallel()                           // it waits most of the time
	path, err := exec.LookPath("ddrescue") // this test's binary, by applettest.Main
	if err != nil {
		t.Fatal(err)
	}
	for _, kind := range kinds {
		t.Run("TERM="+kind.term, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			content := make([]byte, 3<<20)
			rand.NewChaCha8([32]byte{8}).Read(content)
			if err := os.WriteFile(filepath.Join(dir, "source"), content, 0o600); err != nil {
				t.Fatal(err)
			}
			cmd := exec.Command("unshare", "-m", "sh", "-c", `mkdir small && mount -t tmpfs -o size=1m none small || exit
				(sleep 2.5; mount -o remount,size=8m small) & exec `+path+` -P32 source small/copy map`)
			cmd.Dir = dir
			c, out := onConsole(t, cmd, kind.term, kind.size)
			c.check(t, "TARGET FULL! ", "ddrescue: small/copy: it is full. Waiting till there is room\n", "ddrescue: small/copy: there is room again\n")
			if kind.term != "vt100" && strings.Contains(out, "\x1b") {
				t.Errorf("%q: escape sequences: %.300q", kind.term, out)
			}
			if kind.term == "vt100" && !strings.Contains(strings.Join(c.frames, "\n"), "\nphase: waiting for room on the target; at ") {
				t.Errorf("no phase: %s", c.frames[len(c.frames)/2])
			}
		})
	}
}

// That the source is gone stands first, with for how long.
func TestGoneOnConsole(t *testing.T) {
	t.Parallel() // it waits most of the time
	path, err := exec.LookPath("ddrescue")
	if err != nil {
		t.Fatal(err)
	}
	for _, kind := range kinds[:2] {
		t.Run("TERM="+kind.term, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			content := make([]byte, 8<<20)
			rand.NewChaCha8([32]byte{8}).Read(content)
			if err := os.WriteFile(filepath.Join(dir, "disk"), content, 0o600); err != nil {
				t.Fatal(err)
			}
			disk, err := diskread.Open(filepath.Join(dir, "disk"), diskread.Buffered)
			if err != nil {
				t.Fatal(err)
			}
			defer disk.Close()
			back := make(chan func())
			go func() {
				serve(t, filepath.Join(dir, "s"), disk, 20)()
				time.Sleep(2500 * time.Millisecond)
				back <- serve(t, filepath.Join(dir, "s"), disk, 1<<30)
			}()
			cmd := exec.Command("sh", "-c", "until [ -S s ]; do sleep 0.05; done; exec "+path+" nbd+unix:///?socket=s copy map")
			cmd.Dir = dir
			c, _ := onConsole(t, cmd, kind.term, kind.size)
			(<-back)()
			c.check(t, "SOURCE GONE! ", "ddrescue: nbd+unix:///?socket=s: it has disappeared. Waiting till it is back\n", "ddrescue: nbd+unix:///?socket=s: it is back, and goes on\n")
			if kind.term == "vt100" && !strings.Contains(strings.Join(c.frames, "\n"), "\nphase: waiting for the source for 0:01; at ") {
				t.Errorf("no phase: %q", c.frames)
			}
		})
	}
}

// serve lets a disk be read at a socket; with a number of reads, till they are made. What it
// returns waits for that, or ends it.
func serve(t *testing.T, socket string, disk *diskread.Disk, reads int64) (stop func()) {
	l, err := net.Listen("unix", socket)
	if err != nil {
		t.Error(err)
		return func() {}
	}
	endless := reads > 1<<20
	ctx, cancel := context.WithCancel(context.Background())
	s := &nbd.Server{Device: ending{served{disk}, &reads, cancel}}
	ended := make(chan error, 1)
	go func() { ended <- s.Serve(ctx, l) }()
	return func() {
		if endless {
			cancel()
		}
		<-ended
		l.Close()
	}
}
