// Package ddrescue is the applet ddrescue.
package ddrescue

import (
	"context"
	"errors"
	"strconv"
	"time"

	"rescuebox/internal/applet"
	"rescuebox/internal/errno"
	"rescuebox/internal/getopt"
	"rescuebox/internal/mapfile"
	"rescuebox/internal/rescue"
	"rescuebox/internal/rescue/device"
)

// Applet is ddrescue.
var Applet = applet.Applet{
	Name:          "ddrescue",
	Group:         applet.Disk,
	Summary:       "copy a failing disk, the good parts first",
	Usage:         usage,
	Interruptible: true,
	Run:           start,
}

// run is one call.
type run struct {
	s      applet.Streams
	o      *options
	source source
	device *device.Source // of the source; nil for an export of NBD
	name   string         // which disk the source is
	target *device.Target
	m      *mapfile.Map
	parts  []mapfile.Domain // what is to be read, the most important first
}

func start(ctx context.Context, s applet.Streams, args []string) error {
	for _, a := range args {
		switch a {
		case "-h":
			return getopt.ErrHelp
		case "-V":
			return getopt.ErrVersion
		}
	}
	o, err := parse(args)
	if err != nil {
		return err
	}
	r := &run{s: s, o: o}
	err = r.all(ctx)
	if r.source != nil {
		err = errors.Join(err, r.source.Close())
	}
	if r.target != nil {
		err = errors.Join(err, r.target.Close())
	}
	return err
}

// note prints a message unless quiet.
func (r *run) note(text string) {
	if r.o.verbosity >= 0 {
		r.s.Reporter().Note(text)
	}
}

// all does what is asked for.
func (r *run) all(ctx context.Context) error {
	if err := r.checkPaths(); err != nil {
		return err
	}
	switch {
	case r.o.fillTypes != "":
		return r.fill(ctx)
	case r.o.generate:
		return r.generate(ctx)
	case r.o.command:
		return r.commands(ctx)
	}
	return r.rescue(ctx)
}

// rescue copies.
func (r *run) rescue(ctx context.Context) error {
	if err := r.open(ctx); err != nil {
		return err
	}
	job, err := r.job()
	if err != nil {
		return err
	}
	if r.o.ask && !r.agreed(r.o.source+" ("+r.name+")", r.o.target+", "+strconv.FormatInt(r.length(), 10)+" bytes") {
		return applet.Exit(1)
	}
	r.describe()
	logs, err := r.openLogs()
	if err != nil {
		return err
	}
	show := newScreen(r, job, logs)
	job.Watch = show.watch
	stats, err := show.waits(ctx, job)
	if err == nil {
		err = r.finish(job)
	}
	show.end(stats, err)
	logged := logs.end(show, stats, err)
	return errors.Join(r.outcome(err, show.remaining(stats)), logged)
}

// open opens both sides and the map, and refuses what cannot be meant.
func (r *run) open(ctx context.Context) error {
	o := r.o
	var err error
	if r.source, r.device, r.name, err = openSource(ctx, o.source, r.s.Path(o.source), o.buffered); err != nil {
		return err
	}
	if err := r.wrapSource(); err != nil {
		return err
	}
	if err := r.openMap(); err != nil {
		return err
	}
	if o.ipos > r.source.Size() {
		return r.endsBefore()
	}
	// Before the target is made, or made empty, all else must be well.
	if r.parts, err = r.domains(); err != nil {
		return err
	}
	if err := r.checkKind(); err != nil {
		return err
	}
	if err := r.same(); err != nil {
		return err
	}
	if o.Truncate && r.m.Sum("?") != r.m.Size() {
		return errors.New(o.target + ": --truncate would destroy what " + o.mapfile + " says is there: give another MAP")
	}
	// A map that cannot be saved is told before hours of reading.
	if o.mapfile != "" {
		if err := r.m.CanSave(r.s.Path(o.mapfile), mapfile.AllReaders); err != nil {
			return &mapError{o.mapfile, err}
		}
	}
	o.Size = o.opos + r.length()
	if err := r.openTarget(r.device); err != nil {
		return err
	}
	if o.Direct && !r.target.Past() {
		r.note(o.target + ": it takes no direct writes: they go through the page cache")
	}
	return r.sameTarget()
}

// openTarget opens the target, unless there is a reason not to.
func (r *run) openTarget(from *device.Source) (err error) {
	r.target, err = device.OpenTarget(r.s.Path(r.o.target), from, r.o.TargetOptions)
	var refusal *device.Refusal
	if errors.As(err, &refusal) {
		text := r.o.target + ": not used as a target: " + refusal.Reason
		if refusal.Override != "" {
			text += " (--override=" + string(refusal.Override) + ")"
		}
		return errors.New(text)
	}
	if err != nil {
		return named(r.o.target, err)
	}
	return nil
}

// named is an error with the operand that it is about.
func named(operand string, err error) error { return errors.New(operand + ": " + errno.Reason(err)) }

func (r *run) endsBefore() error {
	return errors.New(r.o.source + ": it ends before the position " + strconv.FormatInt(r.o.ipos, 10))
}

// length is how many bytes from the input position on are to be copied.
func (r *run) length() int64 {
	n := r.source.Size() - r.o.ipos
	if r.o.size >= 0 {
		n = min(n, r.o.size)
	}
	return n
}

// job is what is to be done.
func (r *run) job() (*rescue.Job, error) {
	o := r.o
	r.relabel(r.parts[len(r.parts)-1])
	if o.cluster > 0 {
		_, physical := r.source.Sectors()
		o.Cluster = o.cluster * max(o.Sector, physical)
		o.Most = max(o.Cluster, 256<<10)
	}
	if o.allocate {
		if err := r.target.Allocate(o.opos + r.length()); err != nil {
			return nil, named(o.target, err)
		}
	}
	j := &rescue.Job{Medium: r.source, Target: r.target, Map: r.m, Domains: r.parts, Strategy: o.Strategy, Limits: o.Limits,
		Offset: o.opos - o.ipos, Every: o.interval, AwaitRoom: !o.noWait}
	if o.areas.set {
		if j.Areas = o.areas.n + 1; o.areas.new {
			j.Areas += r.m.Count("-")
		}
	}
	if o.mapfile != "" {
		j.Save = r.save
	}
	return j, nil
}

// finish gives the target its size, and the disk.
func (r *run) finish(j *rescue.Job) error {
	size := int64(0)
	switch {
	case r.o.Sparse:
		size = r.o.opos + r.length()
	case r.o.extend == 0:
		size = r.o.opos - r.o.ipos + r.source.Size()
	}
	if err := r.target.Extend(max(size, r.o.extend)); err != nil {
		return named(r.o.target, err)
	}
	if err := r.target.Sync(); err != nil {
		return named(r.o.target, err)
	}
	return nil
}

// began is the time of a run, for the map's comments.
func began() string { return time.Now().Format("2006-01-02 15:04:05") }
