// Package smartmetrics is the applet smartmetrics.
package smartmetrics

import (
	"context"
	"errors"
	"time"

	"golang.org/x/sys/unix"

	"rescuebox/internal/applet"
	"rescuebox/internal/getopt"
	"rescuebox/internal/smart/metrics"
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

var known = append([]getopt.Option{
	{Short: 'o', Long: "output", Arg: getopt.Required},
	{Short: 'h', Long: "help"},
	{Short: 'V', Long: "version"},
}, survey.SelectionOptions...)

type options struct {
	survey.Selection
	output string // "": standard output
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
	o := &options{}
	o.Timeout = time.Minute
	p := getopt.New(known, args)
	for p.Next() {
		if err := o.set(p); err != nil {
			return nil, err
		}
	}
	if err := p.Err(); err != nil {
		return nil, &applet.UsageError{Err: err}
	}
	o.Devices = append(o.Devices, p.Operands()...)
	if o.Specs != nil && len(o.Devices) == 0 {
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
	default:
		err = o.Set(p.Opt(), v)
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
	targets := o.Targets(o.Devices, r.s.Path)
	// Where it takes too long the metrics that were written before stay, and grow old.
	disks, err := survey.InTime(ctx, o.Timeout, func(ctx context.Context) ([]*survey.Disk, error) { return r.ask(ctx, targets) })
	if err != nil {
		return err
	}
	var text metrics.Text
	for _, d := range disks {
		text.Disk(d)
		switch {
		case errors.Is(d.Err, unix.EACCES) || errors.Is(d.Err, unix.EPERM):
			r.s.Reporter().Note(d.Path + ": not permitted: it must run as root")
		case len(targets) > 0 && d.Evidence.Unopened != "":
			r.s.Reporter().Note(d.Path + ": " + d.Evidence.Unopened)
		}
	}
	text.Run(len(disks), time.Now(), time.Since(begin))
	if o.output == "" {
		_, err := r.s.Out.Write(text.Bytes())
		return err
	}
	return wholefile.Write(r.s.Path(o.output), text.Bytes(), 0o644)
}

// disks asks those of this machine.
func (r *run) disks(ctx context.Context, targets []survey.Target) ([]*survey.Disk, error) {
	return r.o.Ask(ctx, metrics.Questions(), targets, r.s.In)
}
