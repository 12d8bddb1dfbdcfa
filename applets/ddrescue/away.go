package ddrescue

import (
	"context"
	"errors"
	"strconv"
	"time"

	"rescuebox/internal/rescue"
	"rescuebox/internal/rescue/device"
)

// lookEvery is between looks for a source that has disappeared.
const lookEvery = time.Second

// waits runs the job. When the source disappears, and could be told from others when it
// comes back, it waits for that, and goes on.
func (s *screen) waits(ctx context.Context, job *rescue.Job) (rescue.Stats, error) {
	s.tellFull(job)
	for {
		stats, err := job.Run(ctx)
		if errors.Is(err, rescue.ErrDead) && s.vanishes(ctx) {
			err = replaced(err)
		}
		if !errors.Is(err, rescue.ErrGone) || s.o.noWait || !s.recognizable() {
			return stats, err
		}
		which := ""
		if s.device != nil {
			which = ": " + s.name
		}
		s.say(s.o.source + ": it has disappeared. Waiting till it is back" + which)
		s.gone = time.Now()
		waiting := s.await(ctx, func() { job.Watch(rescue.Event{Phase: awaitSource, Map: s.m, Stats: stats}) })
		s.gone = time.Time{}
		if waiting != nil {
			return stats, &rescue.StopError{Err: waiting}
		}
		s.say(s.o.source + ": it is back, and goes on")
		job.Medium, job.Counts = s.source, stats
	}
}

// vanishIn is how long the kernel takes at most to remove a disk that was pulled out: its
// reads fail from the first moment on.
const vanishIn = 3 * time.Second

// vanishes reports whether a source that does not read any more disappears now.
func (r *run) vanishes(ctx context.Context) bool {
	if r.device == nil || !r.device.IsDevice() {
		return false
	}
	for end := time.Now().Add(vanishIn); ; {
		switch {
		case r.device.Gone():
			return true
		case ctx.Err() != nil || time.Now().After(end):
			return false
		}
		timer := time.NewTimer(vanishIn / 30)
		select {
		case <-ctx.Done():
		case <-timer.C:
		}
		timer.Stop()
	}
}

// replaced is the error of a drive that was taken for dead, and has disappeared.
func replaced(dead error) error {
	var stop *rescue.StopError
	errors.As(dead, &stop)
	return &rescue.StopError{Err: rescue.ErrGone, Undone: stop.Undone}
}

// tellFull says once when the target is full and is waited for, and when it is not any
// more.
func (s *screen) tellFull(job *rescue.Job) {
	watch, full := job.Watch, false
	job.Watch = func(e rescue.Event) {
		switch {
		case e.Full && !full:
			s.say(s.o.target + ": it is full. Waiting till there is room")
		case full && !e.Full:
			s.say(s.o.target + ": there is room again")
		}
		full = e.Full
		watch(e)
	}
}

// recognizable reports whether another source cannot be taken for this one.
func (r *run) recognizable() bool {
	return r.device == nil || r.device.IsDevice() && r.device.Identity.Serial != ""
}

// await opens the source again as soon as it is back, and calls tick till then.
func (r *run) await(ctx context.Context, tick func()) error {
	for {
		timer := time.NewTimer(lookEvery)
		select {
		case <-ctx.Done():
			timer.Stop()
			return ctx.Err()
		case <-timer.C:
		}
		if r.reopened(ctx) {
			return nil
		}
		tick()
	}
}

// reopened opens the source again, if it is there and the same.
func (r *run) reopened(ctx context.Context) bool {
	name, path := r.o.source, ""
	if !isExport(name) {
		found := false
		if path, found = device.Find(r.device.Identity); !found {
			return false
		}
		name = path
	}
	was, wasDevice, size := r.source, r.device, r.source.Size()
	var err error
	var identity string
	r.source, r.device, identity, err = openSource(ctx, name, path, r.o.buffered)
	if err == nil {
		err = r.wrapSource()
	}
	if err == nil && (identity != r.name || r.source.Size() != size) {
		err = errors.New("another one of " + strconv.FormatInt(r.source.Size(), 10) + " bytes")
	}
	if err == nil {
		err = r.same()
	}
	if err != nil {
		if r.source != nil && r.source != was {
			r.source.Close()
		}
		r.source, r.device = was, wasDevice
		return false
	}
	// A read of the one that is gone may still hang in the kernel.
	go was.Close()
	return true
}
