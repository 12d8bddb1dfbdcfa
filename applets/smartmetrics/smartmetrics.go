// Package smartmetrics is the applet smartmetrics.
package smartmetrics

import (
	"context"
	"errors"
	"strconv"
	"time"

	"golang.org/x/sys/unix"

	"rescuebox/internal/applet"
	"rescuebox/internal/getopt"
	"rescuebox/internal/smart/drivedb"
	"rescuebox/internal/smart/metrics"
	"rescuebox/internal/smart/scan"
	"rescuebox/internal/smart/survey"
	"rescuebox/internal/wholefile"
)

// Applet is smartmetrics.
var Applet = applet.Applet{
	Name:    "smartmetrics",
	Dir:     "usr/sbin",
	Group:   applet.Disk,
	Summary: "write the health of disks for Prometheus",
	Usage:   usage,
	Run:     start,
}

var known = []getopt.Option{
	{Short: 'o', Long: "output", Arg: getopt.Required},
	{Short: 'd', Long: "device", Arg: getopt.Required},
	{Short: 'i', Long: "interface", Arg: getopt.Required},
	{Short: 't', Long: "timeout", Arg: getopt.Required},
	{Short: 'n', Long: "nocheck", Arg: getopt.Required},
	{Short: 'h', Long: "help"},
	{Short: 'V', Long: "version"},
}

type options struct {
	output   string // "": standard output
	devices  []string
	specs    []*scan.Spec // none: to be detected
	timeout  time.Duration
	letSleep bool
}

// run is one call.
type run struct {
	s applet.Streams
	o *options
	// ask asks the disks. Tests have ones that this machine has not.
	ask func(context.Context, []survey.Target) ([]*survey.Disk, error)
}

func start(ctx context.Context, s applet.Streams, args []string) error {
	r := &run{s: s}
	r.ask = r.disks
	return r.main(ctx, args)
}

func parse(args []string) (*options, error) {
	o := &options{timeout: time.Minute}
	p := getopt.New(known, args)
	for p.Next() {
		if err := o.set(p); err != nil {
			return nil, err
		}
	}
	if err := p.Err(); err != nil {
		return nil, &applet.UsageError{Err: err}
	}
	o.devices = append(o.devices, p.Operands()...)
	if o.specs != nil && len(o.devices) == 0 {
		return nil, applet.Usage(1, "--interface goes with a device")
	}
	return o, nil
}

func (o *options) set(p *getopt.Parser) (err error) {
	switch v := p.Value(); p.Opt() {
	case 'h':
		return getopt.ErrHelp
	case 'V':
		return getopt.ErrVersion
	case 'o':
		o.output = v
	case 'd':
		o.devices = append(o.devices, v)
	case 'i':
		o.specs, err = survey.ParseSpecs(v)
		if v == "auto" {
			o.specs = nil
		}
	case 't':
		const most = 3600
		n, bad := strconv.ParseUint(v, 10, 32)
		if bad != nil || n < 1 || n > most {
			err = errors.New("a number from 1 to 3600")
		}
		o.timeout = time.Duration(n) * time.Second
	case 'n':
		o.letSleep = v == "standby"
		if !o.letSleep && v != "never" {
			err = errors.New("never or standby")
		}
	}
	if err != nil {
		return applet.Usage(1, p.Name()+" "+p.Value()+": "+err.Error())
	}
	return nil
}

func (r *run) main(ctx context.Context, args []string) error {
	o, err := parse(args)
	if err != nil {
		return err
	}
	r.o = o
	begin := time.Now()
	disks, err := r.within(ctx)
	if err != nil {
		return err
	}
	var text metrics.Text
	for _, d := range disks {
		text.Disk(d)
		if errors.Is(d.Err, unix.EACCES) || errors.Is(d.Err, unix.EPERM) {
			r.s.Reporter().Note(d.Path + ": not permitted: it must run as root")
		}
	}
	text.Run(len(disks), time.Now(), time.Since(begin))
	if o.output == "" {
		_, err := r.s.Out.Write(text.Bytes())
		return err
	}
	return wholefile.Write(r.s.Path(o.output), text.Bytes(), 0o644)
}

// within asks the disks in the time there is. Each has its own limit, and so this is for
// what no command is: a driver that hangs as its device is looked up. The metrics that
// were written before stay, and grow old.
func (r *run) within(ctx context.Context) ([]*survey.Disk, error) {
	type answer struct {
		disks []*survey.Disk
		err   error
	}
	done := make(chan answer, 1)
	go func() {
		disks, err := r.ask(ctx, r.targets())
		done <- answer{disks, err}
	}()
	timer := time.NewTimer(r.o.timeout)
	defer timer.Stop()
	select {
	case a := <-done:
		return a.disks, a.err
	case <-timer.C:
		return nil, errors.New("not done within " + r.o.timeout.String() + "; a disk or its driver hangs")
	}
}

// targets are the disks that were named; none: all.
func (r *run) targets() []survey.Target {
	var targets []survey.Target
	for _, name := range r.o.devices {
		if name != "-" {
			name = r.s.Path(name)
		}
		if len(r.o.specs) == 0 {
			targets = append(targets, survey.Target{Path: name})
		}
		for _, spec := range r.o.specs {
			targets = append(targets, survey.Target{Path: name, Spec: spec})
		}
	}
	return targets
}

// disks asks those of this machine.
func (r *run) disks(ctx context.Context, targets []survey.Target) ([]*survey.Disk, error) {
	db, _ := drivedb.Open("")
	s := &survey.Survey{Limits: survey.Within(r.o.timeout), Questions: metrics.Questions(), DB: db}
	s.System.DB = db
	if r.o.letSleep {
		s.Questions.LetSleep()
	}
	s.ReadLog()
	return s.Targets(ctx, targets, r.s.In)
}
