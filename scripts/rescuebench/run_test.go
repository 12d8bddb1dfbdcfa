package main

import (
	"os"
	"testing"
	"time"

	"rescuebox/scripts/faultlab"
)

func TestMain(m *testing.M) {
	faultlab.Main()
	os.Exit(m.Run())
}

// A whole run, with the peer as the tool: what is known to come of it.
func TestRun(t *testing.T) {
	c := cases()[0]
	for _, kind := range []string{"file", "loop"} {
		o, err := c.run(tool{"GNU -d", []string{"ddrescue", "-q", "-d"}}, kind)
		if err != nil {
			t.Fatalf("%v (needs root, and gddrescue)", err)
		}
		// 64 KiB at a time, less the rest of the failed one, and its 128 sectors.
		if o.reads != 1152 || o.errors != 2 || o.check.missing != 1 || o.check.good != 0 || o.status != 0 || o.limited {
			t.Errorf("%s: %+v", kind, o)
		}
		// At 100 MB/s it takes two thirds of a second; and a process needs a MiB, not ours.
		if a := o.at[100]; a.seconds < 0.6 || o.end < a.seconds || o.memory < 1000 || o.memory > 40_000 {
			t.Errorf("%s: %v, %v s, %d KiB", kind, a, o.end, o.memory)
		}
	}
}

// A tool that goes on for ever is stopped, and that is said.
func TestLimit(t *testing.T) {
	c := &testCase{name: "limit", bad: []faultlab.Range{{Offset: 0, Length: size}}, limit: time.Second}
	o, err := c.run(tool{"GNU", []string{"ddrescue", "-q"}}, "file")
	if err != nil || !o.limited || o.end < 1 || o.end > 20 || o.check.missing != size/sector {
		t.Errorf("%+v, %v", o, err)
	}
}

// From when the drive has died all fails.
func TestDies(t *testing.T) {
	c := &testCase{name: "dies", accident: dies, limit: 3 * time.Second}
	o, err := c.run(tool{"GNU", []string{"ddrescue", "-q"}}, "file")
	if err != nil || o.errors < 10 || o.check.missing < 8*mib/sector {
		t.Errorf("%+v, %v", o, err)
	}
}

func TestSaid(t *testing.T) {
	s := &said{}
	s.Write([]byte("interrupted? not yet\n"))
	time.Sleep(2 * time.Millisecond)
	when := time.Now()
	if _, ok := s.after(when); ok {
		t.Error("before")
	}
	s.Write([]byte("rescued: 1\n"))
	if _, ok := s.after(when); ok {
		t.Error("something else")
	}
	s.Write([]byte("Interrupted by user\n"))
	if at, ok := s.after(when); !ok || at.Before(when) {
		t.Error("not found")
	}
	if got := s.tail(); len(got) < 20 || got[len(got)-4:] != "user" {
		t.Errorf("%q", got)
	}
}

func TestParsePeak(t *testing.T) {
	for text, want := range map[string]int64{
		"Name:\tx\nVmPeak:\t  9999 kB\nVmHWM:\t    1716 kB\nVmRSS:\t 12 kB\n": 1716,
		"Name:\tx\nState:\tZ (zombie)\n":                                      0,
		"":                                                                    0,
		"\nVmHWM: many kB\n":                                                  0,
	} {
		if got := parsePeak([]byte(text)); got != want {
			t.Errorf("%q: %d", text, got)
		}
	}
}
