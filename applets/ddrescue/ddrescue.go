// Package ddrescue is the applet ddrescue.
package ddrescue

import (
	"bufio"
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"strconv"
	"syscall"
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

// Exit statuses.
const (
	corrupt = 2
	dead    = 4
)

// run is one call.
type run struct {
	s      applet.Streams
	o      *options
	source source
	device *device.Source // of the source; nil for an export of NBD
	name   string         // which disk the source is
	target *device.Target
	m      *mapfile.Map
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

func (r *run) all(ctx context.Context) error {
	if err := r.open(ctx); err != nil {
		return err
	}
	job, err := r.job()
	if err != nil {
		return err
	}
	if r.o.ask && !r.agreed() {
		return applet.Exit(1)
	}
	if job.Save != nil {
		// A map that cannot be saved is told before hours of reading.
		if err := r.save(r.m); err != nil {
			return err
		}
	}
	var logs *bufio.Writer
	if r.o.logReads != "" {
		f, err := os.Create(r.s.Path(r.o.logReads))
		if err != nil {
			return named(r.o.logReads, err)
		}
		defer f.Close()
		logs = bufio.NewWriter(f)
	}
	show := newScreen(r, job, logs)
	job.Watch = show.watch
	stats, err := job.Run(ctx)
	if err == nil {
		err = r.finish(job)
	}
	show.end(stats)
	if logs != nil {
		err = errors.Join(err, logs.Flush())
	}
	return r.outcome(err)
}

// open opens both sides and the map, and refuses what cannot be meant.
func (r *run) open(ctx context.Context) error {
	o := r.o
	var err error
	if r.source, r.device, r.name, err = openSource(ctx, o.source, r.s.Path(o.source), o.buffered); err != nil {
		return err
	}
	if err := r.openMap(); err != nil {
		return err
	}
	if o.ipos > r.source.Size() {
		return errors.New(o.source + ": it ends before the position " + strconv.FormatInt(o.ipos, 10))
	}
	o.Size = o.opos + r.length()
	r.target, err = device.OpenTarget(r.s.Path(o.target), r.device, o.TargetOptions)
	var refusal *device.Refusal
	if errors.As(err, &refusal) {
		text := o.target + ": not used as a target: " + refusal.Reason
		if refusal.Override != "" {
			text += " (--override=" + string(refusal.Override) + ")"
		}
		return errors.New(text)
	}
	if err != nil {
		return named(o.target, err)
	}
	return r.same()
}

// named is an error with the operand that it is about.
func named(operand string, err error) error { return errors.New(operand + ": " + errno.Reason(err)) }

// length is how many bytes from the input position on are to be copied.
func (r *run) length() int64 {
	n := r.source.Size() - r.o.ipos
	if r.o.size >= 0 {
		n = min(n, r.o.size)
	}
	return n
}

// openMap reads the map, or begins one.
func (r *run) openMap() error {
	size := r.source.Size()
	r.m = mapfile.New(size)
	if r.o.mapfile == "" {
		return nil
	}
	f, err := os.Open(r.s.Path(r.o.mapfile))
	if errors.Is(err, fs.ErrNotExist) {
		if r.o.complete || r.o.checkSize {
			return errors.New(r.o.mapfile + ": there is no such map yet")
		}
		return nil
	}
	if err != nil {
		return named(r.o.mapfile, err)
	}
	defer f.Close()
	m, err := mapfile.Read(f)
	var wrong *mapfile.Error
	if errors.As(err, &wrong) {
		return &applet.StatusError{Status: corrupt, Err: errors.New(r.o.mapfile + ": " + wrong.Error())}
	}
	if err != nil {
		return named(r.o.mapfile, err)
	}
	if m.Size() > size && m.Sum("+") > 0 {
		for b := range m.Range(size, m.Size()-size) {
			if b.Status == mapfile.Finished {
				return errors.New(r.o.mapfile + ": it has data behind the end of " + r.o.source + ": it is another disk's")
			}
		}
	}
	if r.o.checkSize && m.Size() != size {
		return errors.New(r.o.source + ": " + strconv.FormatInt(size, 10) + " bytes, and " + r.o.mapfile + " has " + strconv.FormatInt(m.Size(), 10))
	}
	if r.o.complete {
		r.o.size = min(r.length(), max(0, m.Size()-r.o.ipos))
	}
	if m.Size() != size {
		m.Resize(size)
	}
	r.m = m
	return nil
}

// domains are what is to be read, the most important first.
func (r *run) domains() ([]mapfile.Domain, error) {
	restriction, err := r.finished(r.o.domain)
	if err != nil {
		return nil, err
	}
	all := mapfile.NewDomain(r.o.ipos, r.length(), restriction).Crop(0, r.source.Size())
	if r.o.usedFirst == "" {
		return []mapfile.Domain{all}, nil
	}
	used, err := r.finished(r.o.usedFirst)
	if err != nil {
		return nil, err
	}
	first := mapfile.NewDomain(r.o.ipos, r.length(), used).Crop(0, r.source.Size())
	return []mapfile.Domain{first, all}, nil
}

// finished reads a map that is a domain.
func (r *run) finished(name string) (*mapfile.Map, error) {
	if name == "" {
		return nil, nil
	}
	var in io.Reader = r.s.In
	if name != "-" {
		f, err := os.Open(r.s.Path(name))
		if err != nil {
			return nil, named(name, err)
		}
		defer f.Close()
		in = f
	}
	read := mapfile.Read
	if r.o.loose {
		read = func(in io.Reader) (*mapfile.Map, error) { return mapfile.ReadLoose(in, mapfile.NonTried) }
	}
	m, err := read(in)
	var wrong *mapfile.Error
	if errors.As(err, &wrong) {
		return nil, &applet.StatusError{Status: corrupt, Err: errors.New(name + ": " + wrong.Error())}
	}
	if err != nil {
		return nil, named(name, err)
	}
	return m, nil
}

// job is what is to be done.
func (r *run) job() (*rescue.Job, error) {
	o := r.o
	domains, err := r.domains()
	if err != nil {
		return nil, err
	}
	r.relabel(domains[len(domains)-1])
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
	j := &rescue.Job{Medium: r.source, Target: r.target, Map: r.m, Domains: domains, Strategy: o.Strategy, Limits: o.Limits,
		Offset: o.opos - o.ipos, Every: o.interval}
	if o.mapfile != "" {
		j.Save = r.save
	}
	return j, nil
}

// relabel does what --try-again and --retrim ask for.
func (r *run) relabel(d mapfile.Domain) {
	change := func(from string, to mapfile.Status) {
		var all []mapfile.Block
		for b, in := range d.Pieces(r.m) {
			for _, s := range []byte(from) {
				if in && b.Status == mapfile.Status(s) {
					all = append(all, b)
				}
			}
		}
		for _, b := range all {
			r.m.Set(b.Pos, b.Size, to)
		}
	}
	if r.o.retrim {
		change("/-", mapfile.NonTrimmed)
	}
	if r.o.tryAgain {
		change("*/", mapfile.NonTried)
	}
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

// outcome is the exit status, with what the person must know.
func (r *run) outcome(err error) error {
	var stop *rescue.StopError
	if !errors.As(err, &stop) {
		return err
	}
	undone := ""
	if stop.Undone > 0 {
		undone = "; " + strconv.FormatInt(stop.Undone, 10) + " bytes that failed last are untried again"
	}
	switch {
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		r.note("interrupted" + r.resume())
		return applet.Exit(130)
	case errors.Is(err, rescue.ErrDead), errors.Is(err, rescue.ErrGone):
		return &applet.StatusError{Status: dead, Err: errors.New(r.o.source + ": " + stop.Error() + undone +
			". Power it off and on, see that it has the same name, and go on with the same command")}
	case errors.Is(err, rescue.ErrLimit):
		return errors.New(r.o.source + ": " + stop.Error() + r.resume())
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EDQUOT):
		return errors.New(r.o.target + ": " + errno.Reason(errno.Of(err)) + "; make room" + r.resume())
	}
	return err
}

// resume says how to go on.
func (r *run) resume() string {
	if r.o.mapfile == "" {
		return "; without a MAP it cannot go on"
	}
	return "; go on with the same command"
}

func (r *run) agreed() bool {
	_, err := io.WriteString(r.s.Err, "ddrescue: from "+r.o.source+" ("+r.name+")\nddrescue: to   "+r.o.target+
		", "+strconv.FormatInt(r.length(), 10)+" bytes. Type y to begin: ")
	if err != nil {
		return false
	}
	answer, _ := bufio.NewReader(r.s.In).ReadString('\n')
	return answer == "y\n" || answer == "yes\n"
}

// began is the time of a run, for the map's comments.
func began() string { return time.Now().Format("2006-01-02 15:04:05") }
