package rescue

import (
	"bytes"
	"context"
	"errors"
	"math/rand/v2"
	"slices"
	"sync"
	"syscall"
	"testing"
	"time"

	"rescuebox/internal/mapfile"
)

// faulty is a medium in memory.
type faulty struct {
	content []byte
	bad     []Read
	other   []Read // bad, with the error below
	lock    sync.Mutex
	reads   int
	dies    int           // after so many reads nothing reads any more, if not 0
	with    error         // what it says then
	hang    chan struct{} // reads of bad places wait for it, if set
}

func newFaulty(size int, bad ...Read) *faulty {
	f := &faulty{content: make([]byte, size), bad: bad, with: syscall.EIO}
	rand.NewChaCha8([32]byte{3}).Read(f.content)
	return f
}

func (f *faulty) Size() int64             { return int64(len(f.content)) }
func (f *faulty) Sectors() (int64, int64) { return 512, 512 }

func (f *faulty) ReadAt(p []byte, off int64) (int, error) {
	f.lock.Lock()
	f.reads++
	dead := f.dies > 0 && f.reads > f.dies
	f.lock.Unlock()
	if dead {
		return 0, f.with
	}
	for _, b := range f.other {
		if overlaps(Read{off, int64(len(p))}, b) {
			return 0, f.with
		}
	}
	for _, b := range f.bad {
		if overlaps(Read{off, int64(len(p))}, b) {
			if f.hang != nil {
				<-f.hang
			}
			return 0, syscall.ENODATA
		}
	}
	return copy(p, f.content[off:]), nil
}

// disc is a target in memory, and what of it has reached its disk.
type disc struct {
	content, safe []byte
	dirty         []Read
}

func newDisc(size int) *disc { return &disc{content: make([]byte, size), safe: make([]byte, size)} }

func (d *disc) WriteAt(p []byte, off int64) (int, error) {
	d.dirty = append(d.dirty, Read{off, int64(len(p))})
	return copy(d.content[off:], p), nil
}

func (d *disc) Sync() error {
	for _, r := range d.dirty {
		copy(d.safe[r.Pos:r.End()], d.content[r.Pos:r.End()])
	}
	d.dirty = nil
	return nil
}

// spots are single sectors.
func spots(sectors ...int64) []Read {
	var all []Read
	for _, s := range sectors {
		all = append(all, Read{s * 512, 512})
	}
	return all
}

// lies returns where a map says that bytes are there which are not.
func lies(m *mapfile.Map, got, want []byte) (all []mapfile.Block) {
	for b := range m.Blocks() {
		if b.Status == mapfile.Finished && !bytes.Equal(got[b.Pos:b.Pos+b.Size], want[b.Pos:b.Pos+b.Size]) {
			all = append(all, b)
		}
	}
	return all
}

func TestJob(t *testing.T) {
	f := newFaulty(8*mib, spots(0, 77, 78, 5000, 16383)...)
	d := newDisc(8 * mib)
	j := Job{Medium: f, Target: d, Map: mapfile.New(f.Size())}
	stats, err := j.Run(t.Context())
	if err != nil || stats.Errors < 5 || stats.Good != 8*mib-5*512 {
		t.Errorf("%+v, %v", stats, err)
	}
	want := []mapfile.Block{}
	for b := range j.Map.Blocks() {
		if b.Status != mapfile.Finished {
			want = append(want, b)
		}
	}
	if !slices.Equal(want, []mapfile.Block{{Pos: 0, Size: 512, Status: '-'}, {Pos: 77 * 512, Size: 1024, Status: '-'},
		{Pos: 5000 * 512, Size: 512, Status: '-'}, {Pos: 16383 * 512, Size: 512, Status: '-'}}) {
		t.Errorf("%v", want)
	}
	if bad := lies(j.Map, d.content, f.content); len(bad) > 0 {
		t.Errorf("not as the medium: %v", bad)
	}
	if j.Map.Header.Status != mapfile.Finished {
		t.Errorf("%v", j.Map.Header)
	}
}

// Wherever the power is cut, the last map that was saved says nothing of the target
// that its disk does not hold.
func TestCut(t *testing.T) {
	var bad []Read
	r := rand.New(rand.NewPCG(5, 6))
	for range 60 {
		bad = append(bad, Read{r.Int64N(8192) * 512, 512})
	}
	f := newFaulty(4*mib, append(bad, Read{2 * mib, 300 << 10})...)
	d := newDisc(4 * mib)
	saves, sure := 0, make([]bool, f.Size()/512) // sectors that were seen to be safe
	j := Job{Medium: f, Target: d, Map: mapfile.New(f.Size()), Every: time.Nanosecond}
	j.Save = func(m *mapfile.Map) error {
		saves++
		for b := range m.Blocks() {
			for at := b.Pos; b.Status == mapfile.Finished && at < b.Pos+b.Size; at += 512 {
				if !sure[at/512] && !bytes.Equal(d.safe[at:at+512], f.content[at:at+512]) {
					t.Errorf("save %d: %v", saves, b)
				}
				sure[at/512] = true
			}
		}
		return nil
	}
	if _, err := j.Run(t.Context()); err != nil {
		t.Error(err)
	}
	if saves < 1000 {
		t.Errorf("%d cuts", saves)
	}
}

// A drive that dies marks nothing, and has its own error; so has one that is gone.
func TestDead(t *testing.T) {
	for _, c := range []struct {
		with, want error
		row        int
	}{{syscall.EIO, ErrDead, 2}, {syscall.ENODEV, ErrGone, 2}, {syscall.ETIMEDOUT, ErrDead, 2}} {
		for _, after := range []int{1, 20, 40} {
			f := newFaulty(16*mib, spots(9000, 9002, 9004)...)
			f.dies, f.with = after, c.with
			d := newDisc(16 * mib)
			j := Job{Medium: f, Target: d, Map: mapfile.New(f.Size())}
			_, err := j.Run(t.Context())
			var stop *StopError
			if !errors.Is(err, c.want) || !errors.As(err, &stop) {
				t.Errorf("after %d: %v", after, err)
			}
			marked := j.Map.Sum("-*/")
			if c.want == ErrDead && j.Map.Sum("+") == 0 || marked > 1024*3+256<<10*4 && after > 30 || after == 1 && marked > 0 {
				t.Errorf("%v after %d: %v", c.with, after, sums(j.Map))
			}
		}
	}
}

// A read that hangs holds neither the end nor the map up.
func TestHang(t *testing.T) {
	f := newFaulty(8*mib, spots(1000)...)
	f.hang = make(chan struct{})
	defer close(f.hang)
	d := newDisc(8 * mib)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	saved := int64(-1)
	waited := make(chan struct{}, 1000)
	j := Job{Medium: f, Target: d, Map: mapfile.New(f.Size())}
	j.Save = func(m *mapfile.Map) error { saved = m.Sum("+"); return nil }
	j.Watch = func(e Event) {
		if e.Waiting > 0 {
			waited <- struct{}{}
		}
	}
	ended := make(chan error)
	go func() { _, err := j.Run(ctx); ended <- err }()
	select {
	case <-waited:
	case <-time.After(time.Minute):
		t.Fatal("nobody hears that a read hangs")
	}
	cancel()
	select {
	case err := <-ended:
		if !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
	case <-time.After(time.Minute):
		t.Fatal("it waits for the read")
	}
	if saved <= 0 || saved != j.Map.Sum("+") || len(lies(j.Map, d.content, f.content)) > 0 {
		t.Errorf("%d saved, %v", saved, sums(j.Map))
	}
}

// What is finished is not read again, and sectors that recover come with retries.
func TestResume(t *testing.T) {
	f := newFaulty(8*mib, spots(100, 3000, 9000)...)
	d := newDisc(8 * mib)
	m := mapfile.New(f.Size())
	if _, err := (&Job{Medium: f, Target: d, Map: m, Limits: Limits{Errors: 2}}).Run(t.Context()); !errors.Is(err, ErrLimit) {
		t.Errorf("%v", err)
	}
	before := m.Sum("+")
	stats, err := (&Job{Medium: f, Target: d, Map: m}).Run(t.Context())
	if err != nil || stats.Good != 8*mib-3*512-before {
		t.Errorf("%+v, %v, had %d", stats, err, before)
	}
	f.bad = f.bad[1:]
	stats, err = (&Job{Medium: f, Target: d, Map: m, Strategy: Strategy{Retries: 2}}).Run(t.Context())
	if err != nil || stats.Reads != 5 || stats.Errors != 4 || m.Sum("-") != 1024 {
		t.Errorf("%+v, %v, %v", stats, err, sums(m))
	}
	if bad := lies(m, d.content, f.content); len(bad) > 0 {
		t.Errorf("%v", bad)
	}
}
