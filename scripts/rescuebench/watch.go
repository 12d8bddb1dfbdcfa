package main

import (
	"bytes"
	"fmt"
	"os"
	"strconv"
	"strings"
	"sync"
	"time"

	"rescuebox/scripts/faultlab"
)

// said is what a tool writes, and when.
type said struct {
	mu   sync.Mutex
	text []byte
	at   []moment // of its pieces
}

// moment is when, and up to which byte.
type moment struct {
	when time.Time
	end  int
}

func (s *said) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.text = append(s.text, p...)
	s.at = append(s.at, moment{time.Now(), len(s.text)})
	return len(p), nil
}

// after is when, behind a moment, the tool said that it was interrupted.
func (s *said) after(when time.Time) (time.Time, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	begin := 0
	for _, m := range s.at {
		if m.when.Before(when) {
			begin = m.end
		} else if bytes.Contains(s.text[begin:m.end], []byte("nterrupted")) {
			return m.when, true
		}
	}
	return time.Time{}, false
}

// tail is the end of it, for a message.
func (s *said) tail() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return strings.TrimSpace(string(s.text[max(0, len(s.text)-400):]))
}

// accidents let what happens to a disk happen.
type accidents struct {
	img   *faultlab.Image
	first int // read of the run
	what  accident
	at    time.Time // when it happened: Ctrl-C in a hang, or the death
	met   time.Time // when the place was met
	err   error
}

// look makes the accident happen when it is time, and reports whether Ctrl-C is due.
func (a *accidents) look() (press bool) {
	if a.what == none || a.err != nil || !a.at.IsZero() {
		return false
	}
	if a.met.IsZero() {
		reads, err := a.img.ReadsSince(a.first)
		if a.err = err; len(reads) > 0 && reached(reads) {
			a.met = time.Now()
		}
	}
	switch {
	case a.met.IsZero():
	case a.what == dies:
		a.at = time.Now()
		a.err = a.img.Add(faultlab.Fault{Length: size, Times: faultlab.Always})
	case time.Since(a.met) >= pressed:
		a.at = time.Now()
		return true
	}
	return false
}

// reached says whether the place of accidents was read, or is being read.
func reached(reads []faultlab.Read) bool {
	for _, r := range reads {
		if r.Offset <= happens && happens < r.Offset+int64(r.Length) {
			return true
		}
	}
	return false
}

// watched is what was seen of a process from outside.
type watched struct {
	memory  int64     // the most, in KiB
	saved   time.Time // when the map was written behind Ctrl-C
	limited bool      // it was stopped at its limit
	err     error
}

// watch looks at a process till it has ended. VmHWM of proc(5) is asked for again and
// again: ru_maxrss of wait4(2) would begin with the memory of this program, of which
// the process was forked.
func (c *testCase) watch(p *os.Process, mapName string, a *accidents, ended <-chan struct{}) (w watched) {
	limit, last := time.After(c.limited()), time.After(c.limited()+30*time.Second)
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for n := 0; ; n++ {
		select {
		case <-ended:
			w.look(mapName, a)
			return w
		case <-limit:
			w.limited = true
			w.err = p.Signal(os.Interrupt)
		case <-last:
			w.err = p.Kill()
		case <-tick.C:
		}
		w.memory = max(w.memory, peak(p.Pid))
		if a.look() {
			w.err = p.Signal(os.Interrupt)
		}
		w.look(mapName, a)
	}
}

// look notes when the map was saved behind Ctrl-C.
func (w *watched) look(mapName string, a *accidents) {
	if a.what != hangs || a.at.IsZero() || !w.saved.IsZero() {
		return
	}
	if info, err := os.Stat(mapName); err == nil && info.ModTime().After(a.at) {
		w.saved = info.ModTime()
	}
}

// peak is the most memory that a process has had, in KiB, or 0.
func peak(pid int) int64 {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0
	}
	return parsePeak(status)
}

func parsePeak(status []byte) int64 {
	_, rest, _ := bytes.Cut(status, []byte("\nVmHWM:"))
	line, _, _ := bytes.Cut(rest, []byte("\n"))
	number, ok := bytes.CutSuffix(bytes.TrimSpace(line), []byte(" kB"))
	if !ok {
		return 0
	}
	n, _ := strconv.ParseInt(string(number), 10, 64)
	return n
}
