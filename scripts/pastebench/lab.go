package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"rescuebox/b64xfer"
)

// byHand is the row of what people do without any tool: nothing is checked, and the
// end is Ctrl-D.
const byHand = "(by hand)"

// slowKind is a terminal at the speed of a serial line.
const slowKind = "115200"

// bytesPerSecond is what a line of 115200 baud carries, with its start and stop bits.
const bytesPerSecond = 11520

// lab has what the terminals need.
type lab struct {
	dir   string
	ssh   *server
	names chan int
}

func newLab(ctx context.Context, dir string) (*lab, error) {
	// Today's systems have no program of the name python.
	python, err := exec.LookPath("python3")
	if err != nil {
		return nil, fmt.Errorf("apt-get install python3: %w", err)
	}
	if err := os.Symlink(python, filepath.Join(dir, "python")); err != nil {
		return nil, err
	}
	s, err := startServer(ctx, dir)
	if err != nil {
		return nil, err
	}
	l := &lab{dir: dir, ssh: s, names: make(chan int)}
	go func() {
		for n := 0; ; n++ {
			select {
			case l.names <- n:
			case <-ctx.Done():
				return
			}
		}
	}()
	return l, nil
}

func (l *lab) close() { l.ssh.close() }

// shells are the programs that are receivers themselves; all others run from bash.
var shells = map[string][]string{
	"bash": {"bash", "--norc", "--noprofile", "-i"},
	"sh":   {"dash", "-i"},
	"dash": {"dash", "-i"},
	"ash":  {"busybox", "ash", "-i"},
	"zsh":  {"zsh", "-f", "-i"},
	"ksh":  {"ksh", "-i"},
	"mksh": {"mksh", "-i"},
	"yash": {"yash", "--norcfile", "-i"},
}

func shell(receiver string) []string {
	if argv := shells[receiver]; argv != nil {
		return argv
	}
	return shells["bash"]
}

// environment is what a shell on a plain machine has.
func (l *lab) environment() []string {
	env := []string{"HOME=" + l.dir, "TERM=xterm", "LC_ALL=C.UTF-8", "PS1=$ ", "HISTFILE=", "PATH=" + l.dir + ":/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin"}
	return env
}

// terminal opens a window of a kind with a receiver's shell in it.
func (l *lab) terminal(ctx context.Context, kind, receiver string, n int) (*terminal, error) {
	argv, env := shell(receiver), l.environment()
	switch kind {
	case "pty":
		return open(ctx, argv, env)
	case slowKind:
		t, err := open(ctx, argv, env)
		if err == nil {
			t.write = throttled(ctx, t.write)
		}
		return t, err
	case "tmux":
		return openTmux(ctx, argv, env, filepath.Join(l.dir, "tmux"+strconv.Itoa(n)))
	case "ssh":
		return open(ctx, l.ssh.command(argv, env), env)
	}
	return nil, errors.New("no terminal of the kind " + kind + ": one of pty tmux ssh " + slowKind)
}

// throttled writes at the speed of a serial line.
func throttled(ctx context.Context, write func(string) error) func(string) error {
	return func(text string) error {
		start, sent := time.Now(), 0
		for len(text) > 0 {
			due := int(time.Since(start).Seconds()*bytesPerSecond) + 16 - sent
			piece := min(len(text), max(0, due))
			if err := write(text[:piece]); err != nil {
				return err
			}
			text, sent = text[piece:], sent+piece
			select {
			case <-ctx.Done():
				return ctx.Err()
			case <-time.After(10 * time.Millisecond):
			}
		}
		return nil
	}
}

// paste sends content, and returns how many characters it took and how long.
func (l *lab) paste(ctx context.Context, receiver, kind string, content []byte) (characters int64, took time.Duration, err error) {
	n := <-l.names
	dest := filepath.Join(l.dir, "f"+strconv.Itoa(n))
	defer os.Remove(dest)
	command, payload, verdicts, err := texts(receiver, content, dest)
	if err != nil {
		return 0, 0, err
	}
	characters = int64(len(command)+1) + int64(len(payload))
	t, err := l.terminal(ctx, kind, receiver, n)
	if err != nil {
		return characters, 0, err
	}
	defer t.close()
	if _, err := t.expect(ctx, "$ ", "# "); err != nil {
		return characters, 0, err
	}
	start := time.Now()
	if err := t.paste(command); err != nil {
		return characters, 0, err
	}
	if err := t.write("\r"); err != nil {
		return characters, 0, err
	}
	if _, err := t.expect(ctx, b64xfer.Ready); err != nil {
		return characters, 0, err
	}
	if err := t.paste(payload); err != nil {
		return characters, 0, err
	}
	verdict, err := t.expect(ctx, verdicts...)
	took = time.Since(start)
	if err != nil {
		return characters, took, err
	}
	if verdict != verdicts[0] {
		return characters, took, errors.New("the far side says " + verdict)
	}
	return characters, took, l.compare(dest, content)
}

// texts returns what is pasted, and what the far side says at the end; the first of
// that is good news.
func texts(receiver string, content []byte, dest string) (command, payload string, verdicts []string, err error) {
	if receiver == byHand {
		return " echo RE\"\"ADY;base64 -d >" + dest + ";echo en\"\"ded", plain(content), []string{"ended"}, nil
	}
	t, err := b64xfer.New(receiver, content, b64xfer.Options{Dest: dest, Arch: "amd64"})
	if err != nil {
		return "", "", nil, err
	}
	lines := strings.Join(slices.Collect(t.Payload()), "\n") + "\n"
	return t.Command, lines, []string{b64xfer.Whole, b64xfer.Damaged}, nil
}

func (l *lab) compare(file string, content []byte) error {
	got, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	if !bytes.Equal(got, content) {
		return fmt.Errorf("another file arrived: %d bytes of %d", len(got), len(content))
	}
	left, err := filepath.Glob(file + "?*")
	if err != nil || len(left) > 0 {
		return fmt.Errorf("left behind: %v", left)
	}
	return nil
}

// plain is what base64 prints, with the Ctrl-D that ends it on a terminal.
func plain(content []byte) string {
	cmd := exec.Command("base64")
	cmd.Stdin = bytes.NewReader(content)
	out, err := cmd.Output()
	if err != nil {
		return ""
	}
	return string(out) + "\x04"
}
