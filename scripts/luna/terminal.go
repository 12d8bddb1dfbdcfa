package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"time"
)

// patience is how long a person would wait for an answer.
const patience = 60 * time.Second

// terminal is the side of a pseudo-terminal where the person sits.
type terminal struct {
	master  *os.File
	verbose bool
	marks   int

	mu    sync.Mutex
	text  []byte // what was printed and not yet consumed
	ended bool
	news  chan struct{} // has room for one: something was printed
}

func newTerminal(master *os.File, verbose bool) *terminal {
	t := &terminal{master: master, verbose: verbose, news: make(chan struct{}, 1)}
	go t.listen()
	return t
}

// listen takes what is printed at once, for a terminal that is not read blocks
// those who write to it.
func (t *terminal) listen() {
	b := make([]byte, 64<<10)
	for {
		n, err := t.master.Read(b)
		if t.verbose {
			os.Stderr.Write(b[:n])
		}
		t.mu.Lock()
		t.text = append(t.text, b[:n]...)
		t.ended = err != nil
		t.mu.Unlock()
		select {
		case t.news <- struct{}{}:
		default:
		}
		if err != nil {
			return
		}
	}
}

// wait waits for the pattern, and returns what came before it and its groups.
func (t *terminal) wait(ctx context.Context, pattern *regexp.Regexp) (before string, groups []string, err error) {
	deadline := time.NewTimer(patience)
	defer deadline.Stop()
	for {
		t.mu.Lock()
		if m := pattern.FindSubmatchIndex(t.text); m != nil {
			before = string(t.text[:m[0]])
			for i := 0; i < len(m); i += 2 {
				groups = append(groups, string(t.text[m[i]:m[i+1]]))
			}
			t.text = append([]byte(nil), t.text[m[1]:]...)
			t.mu.Unlock()
			return before, groups, nil
		}
		tail, ended := string(t.text[max(0, len(t.text)-400):]), t.ended
		t.mu.Unlock()
		if ended {
			return "", nil, fmt.Errorf("the terminal ended before %v; last: %q", pattern, tail)
		}
		select {
		case <-t.news:
		case <-deadline.C:
			return "", nil, fmt.Errorf("no %v; last: %q", pattern, tail)
		case <-ctx.Done():
			return "", nil, errors.New("interrupted")
		}
	}
}

func (t *terminal) send(s string) error {
	_, err := t.master.WriteString(s)
	return err
}

// run types a command and returns what it printed and its status. The marks around
// the output are typed in pieces, so that the echo does not show them whole.
func (t *terminal) run(ctx context.Context, command string) (output string, status int, err error) {
	t.marks++
	n := strconv.Itoa(t.marks)
	line := "echo 'BE''GIN'-" + n + "-; " + command + "; echo 'E''ND'-$?-" + n + "-\n"
	if err := t.send(line); err != nil {
		return "", 0, err
	}
	if _, _, err := t.wait(ctx, regexp.MustCompile(`BEGIN-`+n+`-\r?\n`)); err != nil {
		return "", 0, err
	}
	output, groups, err := t.wait(ctx, regexp.MustCompile(`END-(\d+)-`+n+`-`))
	if err != nil {
		return "", 0, err
	}
	status, err = strconv.Atoi(groups[1])
	return strings.ReplaceAll(output, "\r\n", "\n"), status, err
}
