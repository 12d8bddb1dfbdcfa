package rescue

import (
	"errors"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"rescuebox/internal/mapfile"
)

// slow makes reads of places take longer.
type slow struct {
	*faulty
	places []Read
	takes  time.Duration
}

func (s slow) ReadAt(p []byte, off int64) (int, error) {
	for _, r := range s.places {
		if overlaps(Read{off, int64(len(p))}, r) {
			time.Sleep(s.takes)
		}
	}
	return s.faulty.ReadAt(p, off)
}

func TestLimits(t *testing.T) {
	bad := append(spots(100, 900, 1700, 5000, 7000), Read{2 * mib, mib})
	many := slow{newFaulty(8*mib, bad...), []Read{{6 * mib, mib}}, 3 * time.Millisecond}
	fast := Strategy{MinRate: 50e6}
	for _, c := range []struct {
		name string
		s    Strategy
		l    Limits
		want error
		fits func(Stats, *mapfile.Map) bool
	}{
		{"none", Strategy{}, Limits{}, nil, func(s Stats, m *mapfile.Map) bool { return m.Sum("?*/") == 0 }},
		{"errors", Strategy{}, Limits{Errors: 3}, LimitError("too many read errors"), func(s Stats, m *mapfile.Map) bool { return s.Errors == 3 }},
		{"areas", Strategy{}, Limits{Areas: 4}, LimitError("too many bad areas"), func(s Stats, m *mapfile.Map) bool { return m.Count("-") == 4 }},
		{"error rate", Strategy{}, Limits{ErrorRate: 200 << 10}, LimitError("too many bytes fail in a second"),
			func(s Stats, m *mapfile.Map) bool { return s.Errors < 10 }},
		{"slow reads", fast, Limits{SlowReads: 2}, LimitError("too many slow reads"), func(s Stats, m *mapfile.Map) bool { return m.Sum("?") > 0 }},
		{"slow reads in a row", fast, Limits{SlowReads: 1000, ResetSlow: true}, nil, func(s Stats, m *mapfile.Map) bool { return m.Sum("?") == 0 }},
		{"slow reads later", Strategy{MinRate: 50e6, DelaySlow: time.Hour}, Limits{SlowReads: 1}, nil, func(s Stats, m *mapfile.Map) bool { return m.Sum("?") == 0 }},
		{"yield", Strategy{}, Limits{Yield: 100}, LimitError("failed reads bring too little"), func(s Stats, m *mapfile.Map) bool {
			return m.Sum("+") >= 6*mib && m.Sum("*/?") > 0 && s.Errors < 300 && s.Failing > 0
		}},
	} {
		m := mapfile.New(many.Size())
		stats, err := (&Job{Medium: many, Target: newDisc(8 * mib), Map: m, Strategy: c.s, Limits: c.l}).Run(t.Context())
		if !errors.Is(err, c.want) || errors.Is(err, ErrLimit) != (c.want != nil) || !c.fits(stats, m) {
			t.Errorf("%s: %v, %+v, %v", c.name, err, stats, sums(m))
		}
	}
}

// ahead is a disk whose bad place fails when a read behind it has begun, and which ends
// such a read when that failure is known.
type ahead struct {
	*faulty
	bad    int64
	begun  sync.Once
	failed chan struct{}
}

func (a *ahead) ReadAt(p []byte, off int64) (int, error) {
	if off > a.bad {
		a.begun.Do(func() { close(a.hang) })
		<-a.failed
	}
	return a.faulty.ReadAt(p, off)
}

// What was on its way when a limit is reached is kept.
func TestGather(t *testing.T) {
	f := &ahead{faulty: newFaulty(64*mib, Read{40 * mib, 512}), bad: 40 * mib, failed: make(chan struct{})}
	f.hang = make(chan struct{})
	m := mapfile.New(f.Size())
	watch := func(e Event) {
		if e.Read != nil && e.Read.Err != nil {
			close(f.failed)
		}
	}
	// Of a busy machine a read may look slow, and then there is but one at a time.
	s := Strategy{DelaySlow: time.Hour}
	stats, err := (&Job{Medium: f, Target: newDisc(64 * mib), Map: m, Strategy: s, Limits: Limits{Errors: 1}, Watch: watch}).Run(t.Context())
	last := int64(0)
	for b := range m.Blocks() {
		if b.Status == mapfile.Finished {
			last = b.Pos + b.Size
		}
	}
	if !errors.Is(err, ErrLimit) || last <= 40*mib || stats.Good != m.Sum("+") || stats.Errors != 1 {
		t.Errorf("%v, %+v, %v, to %d", err, stats, sums(m), last)
	}
}

// Some phases, and what others leave.
func TestPhases(t *testing.T) {
	for _, c := range []struct {
		s    Strategy
		left string // statuses, beside what is finished
	}{
		{Strategy{}, "-"},
		{Strategy{NoCopy: true, NoEdges: true, NoTrim: true, NoSweep: true, NoScrape: true}, "?"},
		{Strategy{NoEdges: true, NoTrim: true, NoSweep: true, NoScrape: true}, "?*"},
		{Strategy{NoScrape: true}, "/-"},
		{Strategy{NoEdges: true, NoTrim: true}, "*-"},
		{Strategy{NoEdges: true, NoSweep: true}, "?-"},
		{Strategy{NoCopy: true, NoEdges: true, NoTrim: true}, "-"},
		{Strategy{NoCopy: true, NoEdges: true, NoTrim: true, NoSweep: true}, "?"},
	} {
		m := mapfile.New(8 * mib)
		f := newFaulty(8*mib, append(spots(100), Read{2 * mib, mib})...)
		if _, err := (&Job{Medium: f, Target: newDisc(8 * mib), Map: m, Strategy: c.s}).Run(t.Context()); err != nil {
			t.Error(err)
		}
		for _, st := range "?*/-" {
			if want := strings.ContainsRune(c.left, st); m.Sum(string(st)) > 0 != want {
				t.Errorf("%+v: %v", c.s, sums(m))
			}
		}
	}
}

// Rates and pauses take at least the time they say.
func TestBrakes(t *testing.T) {
	for _, c := range []struct {
		s     Strategy
		least time.Duration
	}{{Strategy{Rate: 16 * mib}, 200 * time.Millisecond}, {Strategy{PauseOnError: 50 * time.Millisecond}, 200 * time.Millisecond},
		{Strategy{PauseOnPass: 100 * time.Millisecond}, 100 * time.Millisecond}} {
		f := newFaulty(4*mib, spots(100, 5000)...)
		d := newDisc(4 * mib)
		m := mapfile.New(f.Size())
		start := time.Now()
		if _, err := (&Job{Medium: f, Target: d, Map: m, Strategy: c.s}).Run(t.Context()); err != nil {
			t.Error(err)
		}
		if took := time.Since(start); took < c.least || m.Sum("-") != 1024 || len(lies(m, d.content, f.content)) > 0 {
			t.Errorf("%+v: %v, %v", c.s, took, sums(m))
		}
	}
}

// What a bad place has taken is not made up for by reading faster behind it.
func TestRateBehindStall(t *testing.T) {
	f := newFaulty(4 * mib)
	m := mapfile.New(f.Size())
	j := &Job{Medium: slow{f, []Read{{mib, 512}}, 2 * time.Second}, Target: newDisc(4 * mib), Map: m, Strategy: Strategy{Rate: 4 * mib, Most: 64 << 10}}
	var passed time.Time
	j.Watch = func(e Event) {
		if e.Read != nil && e.Read.Pos <= mib && mib < e.Read.End() {
			passed = time.Now()
		}
	}
	if _, err := j.Run(t.Context()); err != nil || m.Sum("+") != 4*mib {
		t.Fatalf("%v, %v", err, sums(m))
	}
	if took := time.Since(passed); took < 650*time.Millisecond {
		t.Errorf("3 MiB at 4 MiB/s took %v", took)
	}
}

// A dead drive is noticed at its first error where that is asked for, and when a
// rescue goes on with what another run has copied.
func TestAsks(t *testing.T) {
	f := newFaulty(8*mib, spots(100)...)
	f.dies = 5
	stats, err := (&Job{Medium: f, Target: newDisc(8 * mib), Map: mapfile.New(f.Size()), Strategy: Strategy{AskAlways: true, Depth: 1}}).Run(t.Context())
	if !errors.Is(err, ErrDead) || stats.Reads > 7 {
		t.Errorf("%v, %+v", err, stats)
	}
	m := mapfile.New(f.Size())
	m.Set(mib, mib, mapfile.Finished)
	f = newFaulty(8*mib, Read{0, 8 * mib})
	if _, err := (&Job{Medium: f, Target: newDisc(8 * mib), Map: m}).Run(t.Context()); !errors.Is(err, ErrDead) || m.Sum("?") != 7*mib {
		t.Errorf("%v, %v", err, sums(m))
	}
}

// An error that says that the device is gone can be about a place.
func TestContinue(t *testing.T) {
	f := newFaulty(8*mib, spots(1000)...)
	f.bad, f.other = nil, f.bad
	f.with = syscall.ENXIO
	m := mapfile.New(f.Size())
	if _, err := (&Job{Medium: f, Target: newDisc(8 * mib), Map: m}).Run(t.Context()); !errors.Is(err, ErrGone) {
		t.Errorf("%v", err)
	}
	if _, err := (&Job{Medium: f, Target: newDisc(8 * mib), Map: m, Strategy: Strategy{Continue: []syscall.Errno{syscall.ENXIO}}}).Run(t.Context()); err != nil || m.Sum("-") != 512 {
		t.Errorf("%v, %v", err, sums(m))
	}
}

// What was read is there for who watches.
func TestData(t *testing.T) {
	f := newFaulty(mib, spots(700)...)
	j := Job{Medium: f, Target: newDisc(mib), Map: mapfile.New(f.Size())}
	got := int64(0)
	j.Watch = func(e Event) {
		if r := e.Read; r != nil {
			got += r.Got
			if string(r.Data) != string(f.content[r.Pos:r.Pos+r.Got]) {
				t.Errorf("other bytes at %d", r.Pos)
			}
		}
	}
	if _, err := j.Run(t.Context()); err != nil || got != mib-512 {
		t.Errorf("%v, %d", err, got)
	}
}
