package drive

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"sync"
	"time"
)

// Options say how a line is used.
type Options struct {
	Rate     int           // characters per second that the line takes; 0: as many as it takes
	Window   int           // characters without an answer; 0: 64 KiB
	Timeout  time.Duration // that the far side may be silent; 0: 60 s
	Progress func(Progress)
	Output   func([]byte) // gets what the file prints when it runs
}

// Progress is how far a transfer is.
type Progress struct {
	Acked, Total int64 // bytes of what is carried
	Resent       int   // lines sent again
}

// Errors of a line.
var (
	ErrNoShell = errors.New("no shell answers on this line: is it at a prompt?")
	ErrHangUp  = errors.New("the line was hung up")
	ErrEcho    = errors.New("what is typed comes back damaged each time: is the line this bad, or the window narrow?")
	ErrSilent  = errors.New("the far side does not answer any more")
	errTimeout = errors.New("timeout")
)

// Session is a shell at the other end of a line.
type Session struct {
	line Line
	o    Options

	lock   sync.Mutex
	said   []byte // and not looked at yet
	tail   []byte // the end of what was said, looked at or not
	err    error
	paused time.Time // since when XOFF holds, or zero
	news   chan struct{}
	pumped chan struct{}

	trip time.Duration // from Enter to the answer
	free time.Time     // when the line has taken all that was written, at its rate
	nr   int           // of the last marker
}

// Open starts to listen on a line, which Close closes.
func Open(line Line, o Options) *Session {
	if o.Window == 0 {
		o.Window = 64 << 10
	}
	if o.Timeout == 0 {
		o.Timeout = time.Minute
	}
	if o.Progress == nil {
		o.Progress = func(Progress) {}
	}
	s := &Session{line: line, o: o, news: make(chan struct{}, 1), pumped: make(chan struct{})}
	go s.pump()
	return s
}

// Close closes the line.
func (s *Session) Close() error {
	err := s.line.Close()
	<-s.pumped
	return err
}

// mostSaid is how much a far side can say that nobody looks at, in bytes.
const mostSaid = 1 << 20

const xon, xoff = 0x11, 0x13

// pump reads all the time, so that the far side never waits for its echo to be read.
func (s *Session) pump() {
	defer close(s.pumped)
	b := make([]byte, 16<<10)
	for {
		n, err := s.line.Read(b)
		s.lock.Lock()
		for _, c := range b[:n] {
			switch c {
			case xoff:
				s.paused = time.Now()
			case xon:
				s.paused = time.Time{}
			case 0:
			default:
				s.said = append(s.said, c)
			}
		}
		if extra := len(s.said) - mostSaid; extra > 0 {
			s.said = append(s.said[:0], s.said[extra:]...)
		}
		s.err = err
		s.tail = append(s.tail, b[:n]...)
		s.tail = s.tail[max(0, len(s.tail)-mostTail):]
		s.lock.Unlock()
		select {
		case s.news <- struct{}{}:
		default:
		}
		if err != nil {
			return
		}
	}
}

// mostTail is how much of what was said last is kept for a message, in bytes.
const mostTail = 400

// hungUp is ErrHangUp with the last line of the far side: often it says why.
func (s *Session) hungUp() error {
	select {
	case <-s.pumped:
	case <-time.After(time.Second):
	}
	s.lock.Lock()
	defer s.lock.Unlock()
	last := ""
	for line := range strings.Lines(plain(s.tail)) {
		if line = strings.TrimSpace(line); line != "" {
			last = line
		}
	}
	if last == "" {
		return ErrHangUp
	}
	return fmt.Errorf("%w; the far side said last: %s", ErrHangUp, last)
}

// wait gives what was said to a function until that is content. The function returns
// how much of it is dealt with.
func (s *Session) wait(ctx context.Context, limit time.Duration, look func([]byte) (used int, done bool)) error {
	timer := time.NewTimer(limit)
	defer timer.Stop()
	for {
		s.lock.Lock()
		used, done := look(s.said)
		s.said = append(s.said[:0], s.said[used:]...)
		err := s.err
		s.lock.Unlock()
		if done {
			return nil
		}
		if err != nil {
			return s.hungUp()
		}
		select {
		case <-s.news:
		case <-timer.C:
			return errTimeout
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// reply returns the next line that is not empty, without escape sequences.
func (s *Session) reply(ctx context.Context, limit time.Duration) (text string, err error) {
	err = s.wait(ctx, limit, func(b []byte) (used int, done bool) {
		for {
			n := bytes.IndexAny(b[used:], "\r\n")
			if n < 0 {
				return used, false
			}
			text = strings.TrimSpace(plain(b[used : used+n]))
			if used += n + 1; text != "" {
				return used, true
			}
		}
	})
	return text, err
}

// quiet waits until nothing comes for some time, and forgets what came.
func (s *Session) quiet(ctx context.Context, calm, most time.Duration) error {
	for end := time.Now().Add(most); time.Now().Before(end); {
		err := s.wait(ctx, calm, func(b []byte) (int, bool) { return len(b), len(b) > 0 })
		if err == errTimeout {
			return nil
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// longStop ends an XOFF whose XON was lost.
const longStop = 20 * time.Second

// slice is how many characters are written at once to a line of unknown rate.
const slice = 4 << 10

// write types text at the line's rate, and stops where the far side says so.
func (s *Session) write(ctx context.Context, text string) error {
	if err := s.line.SetWriteDeadline(time.Now().Add(s.o.Timeout + s.takes(len(text)))); err != nil {
		return err
	}
	ended := make(chan struct{})
	stop := context.AfterFunc(ctx, func() {
		defer close(ended)
		s.line.SetWriteDeadline(time.Unix(1, 0))
	})
	defer func() {
		if !stop() {
			<-ended // it must not end the next write
		}
	}()
	piece := slice
	if s.o.Rate > 0 {
		piece = max(1, s.o.Rate/50)
	}
	for len(text) > 0 {
		if err := s.hold(ctx); err != nil {
			return err
		}
		n := min(piece, len(text))
		if _, err := s.line.Write([]byte(text[:n])); err != nil {
			switch {
			case ctx.Err() != nil:
				return ctx.Err()
			case errors.Is(err, os.ErrDeadlineExceeded):
				return ErrSilent
			}
			return s.hungUp()
		}
		s.free = s.free.Add(s.takes(n))
		text = text[n:]
	}
	return nil
}

// hold waits until the line may be written to.
func (s *Session) hold(ctx context.Context) error {
	for {
		now := time.Now()
		if s.free.Before(now) {
			s.free = now
		}
		s.lock.Lock()
		stopped := !s.paused.IsZero() && now.Sub(s.paused) < longStop
		s.lock.Unlock()
		// A few characters ahead keep the line busy while this process sleeps.
		rest := s.free.Sub(now) - 20*time.Millisecond
		switch {
		case stopped:
			rest = 5 * time.Millisecond
		case rest <= 0:
			return ctx.Err()
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(rest):
		}
	}
}

// takes is how long the line needs for so many characters.
func (s *Session) takes(n int) time.Duration {
	if s.o.Rate == 0 {
		return 0
	}
	return time.Duration(n) * time.Second / time.Duration(s.o.Rate)
}

// plain is text without escape sequences (ECMA-48) and control characters.
func plain(b []byte) string {
	var out []byte
	for i := 0; i < len(b); {
		n := escape(b[i:])
		if n == 0 && b[i] >= ' ' {
			out = append(out, b[i])
		}
		i += max(n, 1)
	}
	return string(out)
}

// escape is the length of the escape sequence that text begins with, or 0.
func escape(b []byte) int {
	if len(b) < 2 || b[0] != 0x1b {
		return 0
	}
	switch b[1] {
	case '[':
		for i := 2; i < len(b); i++ {
			if b[i] >= 0x40 && b[i] <= 0x7e {
				return i + 1
			}
		}
		return len(b)
	case ']', 'P', '_', '^', 'X', 'k':
		for i := 2; i < len(b); i++ {
			if b[i] == 7 || b[i] == '\\' && b[i-1] == 0x1b {
				return i + 1
			}
		}
		return 2
	}
	return 2
}
