package rescue

import (
	"math/rand/v2"
	"slices"
	"syscall"
	"testing"
	"time"

	"rescuebox/internal/mapfile"
)

// disk is a simulated one, in virtual time: 50 µs a read, 100 MB/s, 4 to 16 ms to read elsewhere
// than behind the last read, 20 ms for a read that touches something bad, and fails as
// a whole.
type disk struct {
	size, physical int64
	bad            []Read
	fails          map[int]int // how often of a bad run, if not always
	slow           []Read      // 1 MB/s
	dearError      time.Duration

	queued bool // the read was there while the one before it was being read
	head   int64
	order  []int64 // positions of the reads
	clock  time.Duration
	reads  int
	errs   int
	got    []stamp
}

// stamp is how much there was after some time and errors.
type stamp struct {
	at    time.Duration
	errs  int
	bytes int64
}

func (d *disk) Size() int64                             { return d.size }
func (d *disk) Sectors() (logical, physical int64)      { return 512, max(512, d.physical) }
func (d *disk) ReadAt(p []byte, off int64) (int, error) { panic("simulated") }

func overlaps(a, b Read) bool { return a.Pos < b.End() && b.Pos < a.End() }

func (d *disk) read(r Read) Outcome {
	before := d.clock
	d.reads++
	d.order = append(d.order, r.Pos)
	if !d.queued {
		d.clock += 50 * time.Microsecond
	}
	if r.Pos != d.head {
		d.clock += 4*time.Millisecond + time.Duration(float64(12*time.Millisecond)*float64(abs(r.Pos-d.head))/float64(d.size))
	}
	slow := int64(0)
	for _, s := range d.slow {
		slow += max(0, min(r.End(), s.End())-max(r.Pos, s.Pos))
	}
	d.clock += time.Duration(r.Size-slow)*time.Second/100e6 + time.Duration(slow)*time.Second/1e6
	d.head = r.End()
	o := Outcome{Read: r, Got: r.Size}
	for i, b := range d.bad {
		if !overlaps(r, b) {
			continue
		}
		if n, counted := d.fails[i]; counted {
			if n == 0 {
				continue
			}
			d.fails[i]--
		}
		o.Err, o.Got = syscall.EIO, 0
	}
	if o.Err != nil {
		d.errs++
		d.clock += d.dearError
	}
	o.Took = d.clock - before
	return o
}

func abs(n int64) int64 { return max(n, -n) }

// result is what a run needed.
type result struct {
	reads, errs int
	end         time.Duration
	percent     map[int]stamp // of what there is to recover
	m           *mapfile.Map
}

// simulate runs all phases.
func simulate(t *testing.T, d *disk, s Strategy) result {
	t.Helper()
	m := mapfile.New(d.size)
	s = s.complete(d)
	whole := mapfile.NewDomain(0, d.size, nil)
	for _, start := range plan(&record{known: m}, s, []mapfile.Domain{whole}) {
		p := start()
		before, errs, clock := d.reads, d.errs, d.clock
		var queue []Read
		var pace pace
		for {
			for {
				r, ok := p.next(len(queue))
				if !ok {
					break
				}
				if r.Size <= 0 || r.Pos < 0 || r.End() > d.size || len(queue) >= s.Depth || r.Size > s.Back {
					t.Fatalf("%T reads %+v", p, r)
				}
				queue = append(queue, r)
			}
			if len(queue) == 0 {
				break
			}
			o := d.read(queue[0])
			d.queued = len(queue) > 1
			o.Slow = o.Err == nil && pace.slow(o.Size, o.Took, 1)
			queue = queue[1:]
			p.done(o)
			if d.reads > 1<<20 {
				t.Fatalf("%T does not end", p)
			}
			d.got = append(d.got, stamp{d.clock, d.errs, m.Sum("+")})
		}
		_, _, name := p.about()
		t.Logf("%-20s %6d reads %5d errors %7.2f s; %v", name, d.reads-before, d.errs-errs, (d.clock - clock).Seconds(), sums(m))
	}
	res := result{reads: d.reads, errs: d.errs, end: d.clock, percent: map[int]stamp{}, m: m}
	total := m.Sum("+")
	for _, p := range []int{50, 90, 99, 100} {
		i := slices.IndexFunc(d.got, func(s stamp) bool { return s.bytes*100 >= total*int64(p) })
		res.percent[p] = d.got[i]
	}
	t.Logf("all: %d reads, %d errors, %.2f s; 50 %% %.2f, 90 %% %.2f, 99 %% %.2f, 100 %% %.2f s (%d errors)", res.reads, res.errs, res.end.Seconds(),
		res.percent[50].at.Seconds(), res.percent[90].at.Seconds(), res.percent[99].at.Seconds(), res.percent[100].at.Seconds(), res.percent[100].errs)
	return res
}

func sums(m *mapfile.Map) map[string]int64 {
	all := map[string]int64{}
	for _, s := range []string{"?", "*", "/", "-", "+"} {
		if n := m.Sum(s); n > 0 {
			all[s] = n
		}
	}
	return all
}

// truth fails unless exactly what is bad is missing.
func truth(t *testing.T, d *disk, m *mapfile.Map) {
	t.Helper()
	want := mapfile.New(d.size)
	want.Set(0, d.size, mapfile.Finished)
	for i, b := range d.bad {
		if _, counted := d.fails[i]; !counted {
			want.Set(b.Pos, b.Size, mapfile.BadSector)
		}
	}
	if !slices.Equal(slices.Collect(want.Blocks()), slices.Collect(m.Blocks())) {
		t.Errorf("the map is another: %v, want %v", sums(m), sums(want))
	}
}

const (
	mib = 1 << 20
	big = 64 * mib
)

func scattered(n int, size int64) []Read {
	r := rand.New(rand.NewPCG(1, 1))
	var all []Read
	for range n {
		all = append(all, Read{r.Int64N(big/size) * size, size})
	}
	slices.SortFunc(all, func(a, b Read) int { return int(a.Pos - b.Pos) })
	return slices.CompactFunc(all, func(a, b Read) bool { return a.Pos == b.Pos })
}

func heads16() []Read {
	var all []Read
	for i := range int64(16) {
		all = append(all, Read{i*4*mib + 2*mib, mib})
	}
	return all
}

// The cases of the facts, with what GNU ddrescue 1.27 and 1.30 need for them.
func TestCases(t *testing.T) {
	for _, c := range []struct {
		name           string
		d              disk
		reads, errs    int     // at most
		end, t90, t100 float64 // seconds, at most
		errs100        int
	}{
		{"one bad sector", disk{bad: []Read{{40*mib + 5*512, 512}}}, 1152, 2, 1.23, 0.63, 1.23, 2},
		{"200 scattered", disk{bad: scattered(200, 512)}, 27000, 382, 50.4 * 0.35, 15.1 * 0.35, 50.4 * 0.35, 388},
		{"zone of 4 MiB", disk{bad: []Read{{58 * mib, 4 * mib}}}, 9221, 8260, 198.9, 0.78, 0.90, 20},
		{"30 % slow", disk{slow: []Read{{20 * mib, big * 3 / 10}}}, 1024, 0, 20.9, 18.1, 20.9, 0},
		{"dead head", disk{bad: heads16(), dearError: 2 * time.Millisecond}, 33792, 33024, 198.9 * 4, 0.82, 1.18, 45},
		{"200 scattered, a second each", disk{bad: scattered(200, 512), dearError: time.Second}, 131072, 220, 230, 210, 230, 220},
		{"50 of 4 KiB on sectors of 512", disk{bad: scattered(50, 4096)}, 7200, 448, 21.4, 1.65, 21.4, 448},
		{"6 of 4 KiB on sectors of 512", disk{bad: scattered(6, 4096)}, 3600, 54, 3.2, 1.65, 3.2, 54},
		{"50 of 4 KiB", disk{bad: scattered(50, 4096), physical: 4096}, 1792, 445, 4.5, 1.65, 4.5, 445},
	} {
		t.Run(c.name, func(t *testing.T) {
			c.d.size = big
			if c.d.dearError == 0 {
				c.d.dearError = 20 * time.Millisecond
			}
			res := simulate(t, &c.d, Strategy{})
			truth(t, &c.d, res.m)
			if res.reads > c.reads || res.errs > c.errs || res.percent[100].errs > c.errs100 {
				t.Errorf("%d reads, %d errors, %d for all, at most %d, %d, %d", res.reads, res.errs, res.percent[100].errs, c.reads, c.errs, c.errs100)
			}
			for what, pair := range map[string][2]float64{"the end": {res.end.Seconds(), c.end},
				"90 %": {res.percent[90].at.Seconds(), c.t90}, "100 %": {res.percent[100].at.Seconds(), c.t100}} {
				if pair[0] > pair[1]+0.005 { // they have two digits
					t.Errorf("%s after %.2f s, at most %.2f", what, pair[0], pair[1])
				}
			}
		})
	}
}

// Places that fail three times each: GNU ddrescue has 582 errors, since some are in one
// cluster, and needs 18.8 s where it gets most of a cluster that fails.
func TestRetries(t *testing.T) {
	d := &disk{size: big, bad: scattered(200, 512), dearError: 20 * time.Millisecond, fails: map[int]int{}}
	for i := range d.bad {
		d.fails[i] = 3
	}
	s := Strategy{Retries: 5}
	m := simulate(t, d, s).m
	for pass := 1; pass <= s.Retries; pass++ {
		b := newBoard(&record{known: m}, s.complete(d), mapfile.NewDomain(0, d.size, nil))
		p := newRetrying(b, pass)
		for r, ok := p.next(0); ok; r, ok = p.next(0) {
			p.done(d.read(r))
		}
	}
	if m.Sum("+") != d.size {
		t.Errorf("%v", sums(m))
	}
	if d.errs > 582 || d.clock > 18*time.Second {
		t.Errorf("%d errors, %v", d.errs, d.clock)
	}
}

// From the end it finds the same, in disks of any size, and reads forward inside a
// block only.
func TestReverse(t *testing.T) {
	for _, size := range []int64{big, big + 512, big - 3*4096} {
		for _, bad := range [][]Read{nil, scattered(200, 512)[:150], {{40 * mib, 4 * mib}}, {{0, 70 << 10}, {size - 512, 512}}} {
			bad = slices.DeleteFunc(slices.Clone(bad), func(r Read) bool { return r.End() > size })
			d := disk{size: size, bad: bad, dearError: 20 * time.Millisecond}
			res := simulate(t, &d, Strategy{Reverse: true})
			truth(t, &d, res.m)
			if d.order[0] < size-1*mib || bad == nil && d.order[0] < d.order[len(d.order)-1] {
				t.Errorf("it begins at %d, and ends at %d", d.order[0], d.order[len(d.order)-1])
			}
			if bad != nil && res.errs > len(bad)*9/4+8300 {
				t.Errorf("%d errors", res.errs)
			}
		}
	}
}

// Nothing is read backward where that is asked for.
func TestForward(t *testing.T) {
	d := disk{size: big, bad: []Read{{20 * mib, mib}, {40 * mib, 512}}, dearError: 20 * time.Millisecond}
	forward := simulate(t, &d, Strategy{Forward: true, NoTrim: true, NoSweep: true, NoScrape: true})
	if !slices.IsSorted(d.order) {
		t.Error("it goes back")
	}
	if got := forward.m.Sum("+"); got < big-6*mib {
		t.Errorf("%d bytes", got)
	}
	d = disk{size: big, bad: d.bad, dearError: d.dearError}
	truth(t, &d, simulate(t, &d, Strategy{Forward: true}).m)
}
