package ddrescue

import (
	"context"
	"errors"
	"io"
	"os"
	"strconv"
	"time"

	"rescuebox/internal/ddnumber"
	"rescuebox/internal/generatemode"
	"rescuebox/internal/mapfile"
	"rescuebox/internal/rescue/device"
)

// generate is --generate-mode: it makes a map of a copy that was made without one. Of
// the source it needs to know which it is, and how large.
func (r *run) generate(ctx context.Context) error {
	r.noteIdle("generate mode", generateOptions, optBuffered)
	o := r.o
	var err error
	if r.source, r.device, r.name, err = openSource(ctx, o.source, r.s.Path(o.source), o.buffered); err != nil {
		return err
	}
	if err := r.beginMap(); err != nil {
		return err
	}
	if o.ipos > r.source.Size() {
		return r.endsBefore()
	}
	domains, err := r.domains()
	if err != nil {
		return err
	}
	copied, err := device.OpenSource(r.s.Path(o.target), true)
	if err != nil {
		return named(o.target, err)
	}
	defer copied.Close()
	if copied.Size() <= o.opos {
		return errors.New(o.target + ": it ends before the position " + strconv.FormatInt(o.opos, 10))
	}
	if copied.IsDevice() {
		r.note(o.target + ": what was on this device before the copy, and is not zero, counts as copied")
	}
	sector, cluster, err := o.clusters(defaultSector)
	if err != nil {
		return err
	}
	show := &generateScreen{run: r, painter: newPainter(r.s, o.verbosity < 0 || o.json), meter: meter{began: time.Now()}}
	job := &generatemode.Job{Copy: copied, Size: copied.Size(), Map: r.m, Domain: domains[len(domains)-1], Sector: sector, Cluster: cluster, Offset: o.opos - o.ipos,
		Save: func(m *mapfile.Map) error { return r.saveOf(m, copied) }, Every: o.interval, Watch: show.watch}
	// A map that cannot be saved is told before the copy is read.
	if err := job.Save(r.m); err != nil {
		return err
	}
	stats, err := job.Run(ctx)
	show.end(stats)
	if stats.Unreadable > 0 {
		r.note(o.target + ": " + strconv.FormatInt(stats.Unreadable, 10) + " bytes could not be read, and count as not copied")
	}
	if stopped(err) {
		return r.interrupted()
	}
	return err
}

// beginMap begins a map, or goes on with one that was being generated.
func (r *run) beginMap() error {
	m := mapfile.New(0)
	// An empty file is no map yet.
	if info, err := os.Stat(r.s.Path(r.o.mapfile)); err != nil || info.Size() > 0 {
		read, err := r.readMap()
		if err != nil {
			return err
		}
		if read != nil {
			m = read
		}
	}
	if m.Header.Status != mapfile.Generating && m.Count("*/-+") > 0 {
		return errors.New(r.o.mapfile + ": there is a map already: generate mode makes one where there is none")
	}
	m.Resize(r.source.Size())
	r.m = m
	return nil
}

// generateScreen shows how far a map is.
type generateScreen struct {
	*run
	painter
	meter
}

func (s *generateScreen) watch(stats generatemode.Stats) {
	now := time.Now()
	if !s.due(now) {
		return
	}
	s.add(now, stats.Seen)
	switch {
	case s.o.json:
		io.WriteString(s.out, s.json(stats, false))
	case s.terminal:
		s.paint(s.lines(stats))
	}
}

func (s *generateScreen) end(stats generatemode.Stats) {
	switch {
	case s.o.json:
		io.WriteString(s.out, s.json(stats, true))
	case s.o.verbosity >= 0:
		s.painter.end(s.lines(stats))
	}
}

func (s *generateScreen) lines(stats generatemode.Stats) []string {
	size := func(n int64) string { return ddnumber.Size(n, s.o.prefixes) }
	now, mean := s.rate(stats.Seen)
	return []string{
		s.fit("rescued " + size(s.m.Sum("+")) + "; looked at " + size(stats.Seen) + " of the copy, at " + size(stats.Pos)),
		s.fit("rate " + size(now) + "/s, mean " + size(mean) + "/s; time " + clock(time.Since(s.began))),
	}
}

func (s *generateScreen) json(stats generatemode.Stats, end bool) string {
	now, mean := s.rate(stats.Seen)
	return numbers("generating", end, []number{{"seconds", int64(time.Since(s.began).Seconds())}, {"rescued", s.m.Sum("+")}, {"generated", stats.Seen},
		{"unreadable", stats.Unreadable}, {"position", stats.Pos}, {"rate", now}, {"mean_rate", mean}})
}
