package powercut

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"rescuebox/internal/mapfile"
	"rescuebox/internal/rescue"
)

// ailing is a medium in memory, some of whose bytes cannot be read. A read takes some
// time, one that fails more.
type ailing struct {
	content  []byte
	physical int64
	bad      []rescue.Read
	short    bool  // a read that fails returns what is before the bad place
	ends     int   // after so many reads none succeeds, if not 0
	with     error // what they say

	lock  sync.Mutex
	reads []ailingRead
	row   int
}

// ailingRead is a read of it.
type ailingRead struct {
	rescue.Read
	row int // failures in a row before it
}

func (a *ailing) Size() int64             { return int64(len(a.content)) }
func (a *ailing) Sectors() (int64, int64) { return unit, a.physical }

func (a *ailing) ReadAt(p []byte, off int64) (int, error) {
	n, nr, err := a.read(p, off)
	took := 100 * time.Microsecond
	if err != nil {
		took = 5 * time.Millisecond
	}
	time.Sleep(took + time.Duration(nr%7)*time.Microsecond) // not two outcomes at once
	return n, err
}

func (a *ailing) read(p []byte, off int64) (n, nr int, err error) {
	r := rescue.Read{Pos: off, Size: int64(len(p))}
	a.lock.Lock()
	defer a.lock.Unlock()
	a.reads = append(a.reads, ailingRead{r, a.row})
	a.row++
	if nr = len(a.reads); a.ends > 0 && nr > a.ends {
		return 0, nr, a.with
	}
	end := r.End()
	for _, b := range a.bad {
		if r.Pos < b.End() && b.Pos < r.End() {
			end, err = max(off, min(end, b.Pos)), syscall.EIO
		}
	}
	if err != nil && (!a.short || end == off) {
		return 0, nr, err
	}
	a.row = 0
	return copy(p, a.content[off:end]), nr, err
}

// count is how many reads there were.
func (a *ailing) count() int {
	a.lock.Lock()
	defer a.lock.Unlock()
	return len(a.reads)
}

// twice says what was read though a map had it: one sector may be, behind many
// failures, to know whether anything reads at all.
func (a *ailing) twice(had *mapfile.Map) error {
	a.lock.Lock()
	defer a.lock.Unlock()
	for _, r := range a.reads {
		for b := range had.Range(r.Pos, r.Size) {
			if b.Status == mapfile.Finished && (r.Size > a.physical || r.row < 8) {
				return fmt.Errorf("%+v is read, and %v was finished", r, b)
			}
		}
	}
	return nil
}

// again is the medium when it is there again, and nothing was read.
func (a *ailing) again() *ailing {
	return &ailing{content: a.content, physical: a.physical, bad: a.bad, short: a.short}
}

// truth is the map that a whole rescue ends with.
func (a *ailing) truth() []mapfile.Block {
	m := mapfile.New(a.Size())
	m.Set(0, a.Size(), mapfile.Finished)
	for _, b := range a.bad {
		m.Set(b.Pos, b.Size, mapfile.BadSector)
	}
	return slices.Collect(m.Blocks())
}

// blank is a disk before a rescue: the target has something else, there is no map.
func (a *ailing) blank() state { return state{target: make(sectors, a.Size()/unit)} }

const mediumSize = 512 << 10

// patient is a medium of the tests, with the strategy that it is read with.
type patient struct {
	name string
	*ailing
	rescue.Strategy
	every time.Duration // between saves
	stop  int           // it is interrupted after so many reads, if not 0
	tired int           // it is interrupted when it was told so often to be full, if not 0
}

// unread is a patient whose medium was not read yet.
func (p patient) unread() patient {
	ends, with := p.ends, p.with
	p.ailing = p.again()
	p.ends, p.with = ends, with
	return p
}

// afresh is a patient when its medium is there again.
func (p patient) afresh() patient {
	p.ailing, p.stop = p.again(), 0
	return p
}

// The map is saved at each outcome, or behind some of them.
const (
	each   = time.Nanosecond
	seldom = 3 * time.Millisecond
)

func patients() []patient {
	content := make([]byte, mediumSize)
	rand.NewChaCha8([32]byte{7}).Read(content)
	r := rand.New(rand.NewPCG(3, 4))
	scatter := func(n int, size int64) (bad []rescue.Read) {
		for range n {
			bad = append(bad, rescue.Read{Pos: r.Int64N(mediumSize/size) * size, Size: size})
		}
		return bad
	}
	var heads []rescue.Read
	for i := range int64(8) {
		heads = append(heads, rescue.Read{Pos: i*64<<10 + 20<<10, Size: 12 << 10})
	}
	zone := append(scatter(8, 512), rescue.Read{Pos: 200 << 10, Size: 96 << 10})
	medium := func(bad ...rescue.Read) *ailing { return &ailing{content: content, physical: 512, bad: bad} }
	tiny := rescue.Strategy{Cluster: 2 << 10, Most: 4 << 10, Back: 8 << 10, Skip: 4 << 10, MaxSkip: 64 << 10}
	small := rescue.Strategy{Cluster: 4 << 10, Most: 16 << 10, Back: 32 << 10, Skip: 4 << 10, MaxSkip: 64 << 10}
	plain := rescue.Strategy{Cluster: 64 << 10, Most: 64 << 10, Back: 64 << 10} // small buffers
	reverse, once, again := small, small, plain
	reverse.Reverse, once.Retries, again.Retries = true, 1, 1
	short := medium(scatter(40, 512)...)
	short.short = true
	gone, dies := medium(scatter(12, 512)...), medium(zone...)
	gone.ends, gone.with = 150, errors.Join(rescue.ErrGone, syscall.ENOTCONN)
	dies.ends, dies.with = 120, syscall.EIO
	large := medium(scatter(20, 4096)...)
	large.physical = 4096
	return []patient{
		{"healthy", medium(), tiny, each, 0, 0},
		{"scattered", medium(scatter(40, 512)...), plain, each, 0, 0},
		{"scattered, fewer saves", medium(scatter(40, 512)...), plain, seldom, 0, 0},
		{"short reads", short, small, each, 0, 0},
		{"zone", medium(zone...), again, each, 0, 0},
		{"zone, reverse", medium(zone...), reverse, seldom, 0, 0},
		{"heads", medium(heads...), small, seldom, 0, 0},
		{"4 KiB sectors", large, small, each, 0, 0},
		{"gone", gone, small, each, 0, 0},
		// What was marked before it was known to be dead may have been saved: it is read
		// again by a retry.
		{"dies", dies, once, each, 0, 0},
		{"interrupted", medium(scatter(20, 512)...), small, seldom, 77, 0},
	}
}

// job is a rescue of a patient with what its target asks of a disk.
func (p patient) job(m *mapfile.Map, j *journal) *rescue.Job {
	j.content = p.content
	return &rescue.Job{Medium: p.ailing, Target: j, Map: m, Strategy: p.Strategy, Save: j.save, Every: p.every}
}

// run runs a job in virtual time. The error is nil where the patient's ends so.
func (p patient) run(t *testing.T, job *rescue.Job) (err error) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		ctx, stop := context.WithCancel(t.Context())
		defer stop()
		full := 0
		job.Watch = func(e rescue.Event) {
			if e.Full {
				full++
			}
			if p.stop > 0 && e.Reads >= p.stop || p.tired > 0 && full >= p.tired {
				stop()
			}
		}
		_, err = job.Run(ctx)
		time.Sleep(time.Second) // reads that nobody waits for end
		ended := map[error]bool{rescue.ErrGone: errors.Is(p.with, rescue.ErrGone), rescue.ErrDead: p.ends > 0, context.Canceled: p.stop+p.tired > 0}
		for with, foreseen := range ended {
			if foreseen && errors.Is(err, with) {
				err = nil
			}
		}
	})
	return err
}

// record runs a rescue from what a disk has, and writes down what it asks of it.
func (p patient) record(t *testing.T, from state, j *journal) error {
	m, err := found(from, p.Size())
	if err != nil {
		return err
	}
	job := p.job(m, j)
	if err := j.save(m); err != nil { // as ddrescue does, to see whether it can
		return err
	}
	return p.run(t, job)
}

// found is the map on a disk, a new one if there is none.
func found(s state, size int64) (*mapfile.Map, error) {
	data, there := s.files[mapPath]
	if !there {
		return mapfile.New(size), nil
	}
	m, err := mapfile.Read(bytes.NewReader(data))
	if err == nil && m.Size() != size {
		err = fmt.Errorf("a map of %d bytes", m.Size())
	}
	return m, err
}
