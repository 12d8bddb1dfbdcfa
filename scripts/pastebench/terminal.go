package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"sync"
	"time"

	"github.com/creack/pty"
)

// terminal is a window with a shell in it, as a person has it.
type terminal struct {
	master *os.File
	cmd    *exec.Cmd
	write  func(text string) error // what pastes
	done   chan struct{}

	lock    sync.Mutex
	said    bytes.Buffer
	seen    int // where the next expectation begins
	cleanup func()
}

// open starts a program on a pseudo-terminal of its own.
func open(ctx context.Context, argv, env []string) (*terminal, error) {
	cmd := exec.CommandContext(ctx, argv[0], argv[1:]...)
	cmd.Env = env
	master, err := pty.StartWithSize(cmd, &pty.Winsize{Rows: 50, Cols: 200})
	if err != nil {
		return nil, err
	}
	t := &terminal{master: master, cmd: cmd, done: make(chan struct{}), cleanup: func() {}}
	t.write = func(text string) error {
		_, err := master.WriteString(text)
		return err
	}
	go t.read()
	return t, nil
}

func (t *terminal) read() {
	defer close(t.done)
	b := make([]byte, 64<<10)
	for {
		n, err := t.master.Read(b)
		t.say(b[:n])
		if err != nil {
			return
		}
	}
}

func (t *terminal) say(text []byte) {
	t.lock.Lock()
	defer t.lock.Unlock()
	t.said.Write(text)
}

// expect waits for one of several texts behind what was expected last.
func (t *terminal) expect(ctx context.Context, texts ...string) (string, error) {
	for {
		t.lock.Lock()
		said := t.said.Bytes()[t.seen:]
		for _, text := range texts {
			if i := bytes.Index(said, []byte(text)); i >= 0 {
				t.seen += i + len(text)
				t.lock.Unlock()
				return text, nil
			}
		}
		tail := string(said[max(0, len(said)-300):])
		t.lock.Unlock()
		select {
		case <-ctx.Done():
			return "", fmt.Errorf("no %s in %q: %w", strings.Join(texts, ", "), tail, ctx.Err())
		case <-time.After(2 * time.Millisecond):
		}
	}
}

// paste writes text as a terminal pastes it: Enter sends a carriage return, and the
// application that asked for it last gets brackets around the text.
func (t *terminal) paste(text string) error {
	t.lock.Lock()
	said := t.said.Bytes()
	bracketed := bytes.LastIndex(said, []byte("\x1b[?2004h")) > bytes.LastIndex(said, []byte("\x1b[?2004l"))
	t.lock.Unlock()
	text = strings.ReplaceAll(text, "\n", "\r")
	if bracketed {
		text = "\x1b[200~" + text + "\x1b[201~"
	}
	return t.write(text)
}

func (t *terminal) close() {
	t.cmd.Process.Kill()
	t.cmd.Wait()
	t.master.Close()
	<-t.done
	t.cleanup()
}
