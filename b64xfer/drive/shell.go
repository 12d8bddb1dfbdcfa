package drive

import (
	"bytes"
	"context"
	"strconv"
	"strings"
	"time"
)

// tries is how often something is typed again.
const tries = 5

// Sync proves that a shell answers, and measures how fast.
func (s *Session) Sync(ctx context.Context) error {
	for i := range tries {
		if err := s.write(ctx, s.clearing(i)); err != nil {
			return err
		}
		if err := s.quiet(ctx, 300*time.Millisecond, 5*time.Second); err != nil {
			return err
		}
		s.nr++
		nr := strconv.Itoa(s.nr)
		if err := s.write(ctx, ` echo sy''nc`+nr+"\r"); err != nil {
			return err
		}
		start := time.Now()
		err := s.wait(ctx, s.o.Timeout/tries, func(b []byte) (int, bool) {
			i := bytes.Index(b, []byte("sync"+nr+"\r"))
			return max(i, 0), i >= 0
		})
		if err == nil {
			s.trip = time.Since(start)
			return s.quiet(ctx, 50*time.Millisecond+s.trip, 5*time.Second)
		}
		if err != errTimeout {
			return err
		}
	}
	return ErrNoShell
}

// clearing is what is typed before a try, so that what is half typed, or waits for
// input, does not take the next line. A shell that starts still would die of an
// interrupt, and so would a program that connects (ssh): it gets none at first, and a
// terminal that such a program has not taken over only at the end.
func (s *Session) clearing(try int) string {
	c, ok := s.line.(*command)
	switch {
	case try == 0:
		return "\r"
	case try == 1, ok && try < tries-1 && c.cooked():
		return "\x15\r"
	}
	return "\x03\x15\r"
}

// most is how many characters are typed before their echo is looked at: fewer than
// the input queue of a UART's driver, or of a line editor that is busy.
const most = 250

// enter types lines of a command, each with Enter when its echo was right.
func (s *Session) enter(ctx context.Context, command string) error {
	for i, line := range strings.Split(command, "\n") {
		if i > 0 {
			if err := s.prompted(ctx); err != nil {
				return err
			}
		}
		for len(line) > 0 {
			n := min(most, len(line))
			typed := line[:n]
			line = line[n:]
			if err := s.write(ctx, typed); err != nil {
				return err
			}
			err := s.wait(ctx, 5*time.Second+4*s.trip+2*s.takes(n), func(b []byte) (int, bool) { return echoed(b, typed) })
			if err == errTimeout {
				return ErrEcho
			}
			if err != nil {
				return err
			}
		}
		if err := s.write(ctx, "\r"); err != nil {
			return err
		}
	}
	return nil
}

// prompted waits until the shell asks for the next line of a command. Between two
// lines an editor changes the terminal's mode, and may forget what comes then.
func (s *Session) prompted(ctx context.Context) error {
	// PS2 may be empty: then there is nothing to see.
	err := s.wait(ctx, 2*time.Second+4*s.trip, func(b []byte) (int, bool) {
		i := bytes.IndexByte(b, '\n')
		return 0, i >= 0 && strings.TrimSpace(plain(b[i:])) != ""
	})
	if err != nil && err != errTimeout {
		return err
	}
	return s.quiet(ctx, 30*time.Millisecond+s.trip, 5*time.Second)
}

// echoed reports whether text has come back, and how much of what was said that
// takes. Between its characters there may be others: a line editor wraps, and draws
// again. One that was lost or changed on its way is missed.
func echoed(said []byte, typed string) (used int, all bool) {
	i, k := 0, 0
	for i < len(said) && k < len(typed) {
		n := escape(said[i:])
		// An editor can wrap where there is a space.
		if n == 0 && (said[i] == typed[k] || typed[k] == ' ' && said[i] == '\n') {
			k++
		}
		i += max(n, 1)
	}
	if k < len(typed) {
		return 0, false
	}
	return i, true
}

// Ask types a command that ends with a line of text, and returns what it printed
// before that. The text must not be in the command as it is.
func (s *Session) Ask(ctx context.Context, command, end string) (answer string, err error) {
	for range tries {
		err = s.enter(ctx, command)
		for limit := time.Now().Add(s.o.Timeout); err == nil; {
			var line string
			if line, err = s.reply(ctx, time.Until(limit)); err == nil {
				if line == end {
					return answer, nil
				}
				answer += line + "\n"
			}
		}
		if err != ErrEcho && err != errTimeout {
			return "", err
		}
		answer = ""
		if err := s.again(ctx); err != nil {
			return "", err
		}
	}
	return "", err
}

// again gets back to a prompt.
func (s *Session) again(ctx context.Context) error {
	if err := s.write(ctx, "\x03"); err != nil {
		return err
	}
	return s.Sync(ctx)
}

// Abandon leaves the far side at a prompt, whatever it was doing.
func (s *Session) Abandon() {
	ctx, cancel := context.WithTimeout(context.Background(), 3*time.Second)
	defer cancel()
	s.lock.Lock()
	s.paused = time.Time{}
	s.lock.Unlock()
	// A shell that is about to read may miss the first one.
	for _, keys := range []string{"\x03", "\x03\r"} {
		if s.write(ctx, keys) != nil || s.quiet(ctx, 300*time.Millisecond, time.Second) != nil {
			return
		}
	}
}
