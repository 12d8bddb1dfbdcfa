package rescue

import (
	"context"
	"errors"
	"time"

	"rescuebox/internal/mapfile"
)

// Job is one rescue.
type Job struct {
	Medium  Medium
	Target  Target
	Map     *mapfile.Map     // of the medium's size; what is finished in it is not read again
	Domains []mapfile.Domain // what to read, the most important first; empty: all
	Strategy
	Limits

	Offset int64 // of the copy in the target, added to a position
	// Save puts the map where it survives; the target was synced before. Nil: never.
	Save  func(*mapfile.Map) error
	Every time.Duration // between saves; 0: 30 s. The first is earlier
	// AwaitRoom makes a full target no error: what cannot be written is written when
	// there is room again. Whoever watches hears of it by Stats.Full.
	AwaitRoom bool
	// Counts are those of a run that this one goes on from.
	Counts Stats
	// Watch gets what happens, from the goroutine of Run; it must not wait. May be nil.
	Watch func(Event)
}

// Event is how far a rescue is, or one read of it.
type Event struct {
	Phase string
	Pass  int
	Read  *Outcome // nil: only time has passed
	Map   *mapfile.Map
	Stats
}

// Stats are the counts of a run.
type Stats struct {
	Reads, Errors int
	Good          int64         // bytes read
	Pos           int64         // of the last read
	LastGood      time.Time     // zero: none yet
	Waiting       time.Duration // for the read that is on its way
	Failing       time.Duration // mean of a read that fails; 0: none has
	Full          bool          // the target is, and it is waited for
}

// Errors that end a rescue.
var (
	// ErrDead says that the medium does not even read what it read before.
	ErrDead = errors.New("the drive has stopped reading: a sector that was read before fails too")
	// ErrGone says that the medium's device has disappeared.
	ErrGone = errors.New("the drive has disappeared")
)

// StopError is why a rescue has ended before all was tried.
type StopError struct {
	Err    error // ErrDead, ErrGone, a LimitError, that of the target, of the map, or of the context
	Undone int64 // bytes that were marked bad since the last good read, and are no more
}

func (e *StopError) Error() string { return e.Err.Error() }
func (e *StopError) Unwrap() error { return e.Err }

// tick is how often a person is told that a read takes long.
const tick = 200 * time.Millisecond

// Run reads until all phases are done, a limit is reached or ctx ends. Also then the
// map is saved, without waiting for reads that are on their way. The error is a
// *StopError.
func (j *Job) Run(ctx context.Context) (Stats, error) {
	now := time.Now()
	r := &run{Job: j, started: now, saved: now, ticker: time.NewTicker(tick), meter: meter{Limits: j.Limits, errors: j.Counts.Errors}, stats: j.Counts}
	defer r.ticker.Stop()
	r.Strategy = j.Strategy.complete(j.Medium)
	domains := j.Domains
	if len(domains) == 0 {
		domains = []mapfile.Domain{mapfile.NewDomain(0, j.Medium.Size(), nil)}
	}
	r.pace.least = r.Strategy.MinRate
	if r.Rate > 0 {
		r.Strategy.Depth = 1
	}
	r.readers = newReaders(j.Medium, r.Strategy.Depth, r.Cluster, r.Most, max(r.Most, r.Cluster, r.Back))
	defer r.readers.close()
	r.Strategy.room = r.readers.buffers.ready
	r.record = &record{known: j.Map}
	err := r.all(ctx, domains)
	if errors.Is(err, ErrLimit) {
		if lost := r.gather(ctx); lost != nil {
			err = lost
		}
	}
	if saved := r.save(); err == nil {
		err = saved
	}
	var stop *StopError
	if err != nil && !errors.As(err, &stop) {
		err = &StopError{Err: err}
	}
	return r.stats, err
}

// run is a job that goes on.
type run struct {
	*Job
	Strategy
	readers *readers
	pace    pace
	meter   meter
	stats   Stats
	ticker  *time.Ticker
	phase   phase
	record  *record
	started time.Time
	saved   time.Time
	row     int   // failed reads since the last good one
	ask     int   // row at which the medium is asked whether it still reads
	known   int64 // a place that was read well; -1: none
	written written
	paused  int // reads at the last rest between phases
	braked  braked
}

// all does the work, and does it again where what was read is lost.
func (r *run) all(ctx context.Context, domains []mapfile.Domain) error {
	r.known = -1
	if b, ok := r.Map.Next(0, "+"); ok {
		r.known = b.Pos
	}
	r.trust()
	for {
		r.written.again = false
		if err := r.once(ctx, domains); err != nil {
			return err
		}
		// The last of it may be what there is no room for.
		if err := r.save(); err != nil {
			return err
		}
		for r.written.unsaved && !r.written.again {
			if err := r.pause(ctx, roomEvery); err != nil {
				return err
			}
			if err := r.save(); err != nil {
				return err
			}
		}
		if !r.written.again {
			break
		}
	}
	r.stats.Full = false
	r.Map.Header = mapfile.Header{Pos: 0, Status: mapfile.Finished, Pass: 1}
	return nil
}

// once runs each phase, until data is lost.
func (r *run) once(ctx context.Context, domains []mapfile.Domain) error {
	for _, start := range plan(r.record, r.Strategy, domains) {
		if err := r.through(ctx, start()); err != nil || r.written.again {
			return err
		}
	}
	for pass := 1; r.Strategy.Retries < 0 || pass <= r.Strategy.Retries; pass++ {
		if r.Map.Sum("-") == 0 {
			break
		}
		b := newBoard(r.record, r.Strategy, mapfile.NewDomain(0, r.Medium.Size(), nil))
		if err := r.through(ctx, newRetrying(b, pass)); err != nil || r.written.again {
			return err
		}
	}
	return nil
}

// through runs one phase.
func (r *run) through(ctx context.Context, p phase) error {
	r.phase = p
	rested := false
	for {
		if err := r.brake(ctx); err != nil {
			return err
		}
		// The first one alone shows that the disk answers, and is where it begins.
		for r.stats.Reads > 0 || r.readers.flying == 0 {
			read, ok := p.next(r.readers.flying)
			if !ok || r.written.again {
				break
			}
			if !rested {
				rested = true
				if err := r.rest(ctx); err != nil {
					return err
				}
			}
			r.readers.start(read, r.stats.Reads)
		}
		if r.readers.flying == 0 {
			return nil
		}
		o, err := r.await(ctx)
		if err != nil {
			return err
		}
		if err := r.take(ctx, o); err != nil {
			return err
		}
		if err := r.saveInTime(time.Now()); err != nil {
			return err
		}
	}
}

// await returns the next outcome. Meanwhile the map is saved when it is time, and
// whoever watches hears of it.
func (r *run) await(ctx context.Context) (done, error) {
	since := time.Now()
	for {
		select {
		case d := <-r.readers.out:
			r.readers.take(d)
			return d, nil
		case <-ctx.Done():
			return done{}, ctx.Err()
		case now := <-r.ticker.C:
			r.stats.Waiting = now.Sub(since)
			if err := r.saveInTime(now); err != nil {
				return done{}, err
			}
			r.tell(nil, nil)
			if last := r.stats.LastGood; r.Silence > 0 && now.Sub(latest(last, r.started)) > r.Silence {
				return done{}, LimitError("nothing was read for too long")
			}
		}
	}
}

func latest(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// take writes what came, then tells the phase.
func (r *run) take(ctx context.Context, d done) error {
	defer r.readers.free(d)
	o := d.Outcome
	if err := r.keep(ctx, d); err != nil {
		return err
	}
	r.stats.Reads++
	o.nr = r.stats.Reads
	r.stats.Pos = o.Pos
	r.stats.Waiting = 0
	if o.Err == nil {
		o.Slow = time.Since(r.started) >= r.DelaySlow && r.pace.slow(o.Size, o.Took, d.others)
	} else {
		r.stats.Errors++
		if r.gone(o.Err) {
			return &StopError{Err: ErrGone, Undone: r.record.undo()}
		}
	}
	r.phase.done(o)
	r.stats.Failing = r.record.failing
	r.tell(&o, d.buffer)
	if err := r.meter.reached(o, r.phase, r.Map, time.Now()); err != nil {
		return err
	}
	if o.Err == nil {
		return nil
	}
	if err := r.doubt(ctx); err != nil {
		return err
	}
	return r.pause(ctx, r.PauseOnError)
}

// keep writes what a read has brought.
func (r *run) keep(ctx context.Context, d done) error {
	if d.Got == 0 {
		return nil
	}
	if err := r.write(ctx, d.buffer[:d.Got], d.Pos+r.Offset); err != nil {
		return err
	}
	r.written.add(d.Pos, d.Got)
	r.known = d.Pos
	r.trust()
	r.stats.Good += d.Got
	r.stats.LastGood = time.Now()
	return nil
}

// gather takes the good reads that were on their way when a limit was reached. One that
// takes long is not waited for.
func (r *run) gather(ctx context.Context) error {
	end := time.After(time.Second)
	for r.readers.flying > 0 {
		select {
		case d := <-r.readers.out:
			r.readers.take(d)
			if d.Err != nil {
				continue // one more than were allowed: it stays untried
			}
			if err := r.keep(ctx, d); err != nil {
				return err
			}
			r.stats.Reads++
			r.phase.done(d.Outcome)
			r.tell(&d.Outcome, d.buffer)
		case <-end:
			return nil
		case <-ctx.Done():
			return nil
		}
	}
	return nil
}

// firstAsk is after how many failures in a row the medium is asked first.
const firstAsk = 8

// trust begins to count failures anew.
func (r *run) trust() {
	if r.row, r.ask = 0, firstAsk; r.AskAlways {
		r.ask = 1
	}
}

// doubt asks a medium that has failed many times in a row for something it has read
// before. If it does not know that any more, nothing of what it said since its last good
// answer is believed.
func (r *run) doubt(ctx context.Context) error {
	r.row++
	if r.row < r.ask || r.readers.flying > 0 || r.known < 0 {
		return nil
	}
	if r.ask = r.row * 4; r.AskAlways {
		r.ask = 0
	}
	size := r.Strategy.Sector
	r.readers.start(Read{r.known - r.known%size, min(size, r.Medium.Size()-r.known+r.known%size)}, r.stats.Reads)
	d, err := r.await(ctx)
	if err != nil {
		return err
	}
	defer r.readers.free(d)
	if d.Err != nil {
		return &StopError{Err: ErrDead, Undone: r.record.undo()}
	}
	r.record.trusted()
	return nil
}

// tell lets whoever watches know.
func (r *run) tell(o *Outcome, data []byte) {
	if r.Watch == nil {
		return
	}
	_, pass, name := r.phase.about()
	e := Event{Phase: name, Pass: pass, Map: r.Map, Stats: r.stats}
	if o != nil {
		read := *o
		read.Data = data[:o.Got]
		e.Read = &read
	}
	r.Watch(e)
}

// firstSave is how soon the first save is, so that there soon is a map.
const firstSave = 3 * time.Second

func (r *run) saveInTime(now time.Time) error {
	every := r.Every
	if every == 0 {
		every = 30 * time.Second
	}
	if r.saved == r.started {
		every = min(every, firstSave)
	}
	if now.Sub(r.saved) < every {
		return nil
	}
	return r.save()
}

// save puts the data on the target's disk, then the map that says so.
func (r *run) save() error {
	r.saved = time.Now()
	if r.written.lost {
		return nil
	}
	if r.phase != nil && r.Map.Header.Status != mapfile.Finished {
		status, pass, _ := r.phase.about()
		r.Map.Header = mapfile.Header{Pos: r.stats.Pos, Status: status, Pass: pass}
	}
	if err := r.sync(); err != nil {
		return err
	}
	return r.saveMap()
}
