// Package checksmart is the applet check_smart.
package checksmart

import (
	"cmp"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"rescuebox/internal/applet"
	"rescuebox/internal/errno"
	"rescuebox/internal/getopt"
	"rescuebox/internal/nagios"
	"rescuebox/internal/smart/alarm"
	"rescuebox/internal/smart/history"
	"rescuebox/internal/smart/survey"
)

// Applet is check_smart.
var Applet = applet.Applet{
	Name:    "check_smart",
	Dir:     "usr/lib/nagios/plugins",
	Group:   applet.Disk,
	Summary: "watch the health of disks, as a plugin for Nagios",
	Usage:   usage,
	Run:     start,
}

// run is one call.
type run struct {
	s   applet.Streams
	o   *options
	now time.Time
	// ask asks the disks. Tests have ones that this machine has not.
	ask  func(context.Context, []survey.Target) ([]*survey.Disk, error)
	boot func() string
}

func start(ctx context.Context, s applet.Streams, args []string) error {
	r := &run{s: s, now: time.Now(), boot: boot}
	r.ask = r.disks
	return r.main(ctx, args)
}

// main prints the line, whose state is the exit status. A monitor reads standard output
// alone.
func (r *run) main(ctx context.Context, args []string) error {
	o, err := parse(args)
	if errors.Is(err, getopt.ErrHelp) || errors.Is(err, getopt.ErrVersion) {
		return err
	}
	if err != nil {
		return r.print(nagios.Unknown, errno.Reason(err)+"; see "+r.s.Name+" --help", nil, nil)
	}
	r.o = o
	targets, err := o.targets(r.s.Path)
	if err != nil {
		return r.print(nagios.Unknown, errno.Reason(err), nil, nil)
	}
	disks, err := survey.InTime(ctx, o.Timeout, func(ctx context.Context) ([]*survey.Disk, error) { return r.ask(ctx, targets) })
	if late := survey.LateError(0); errors.As(err, &late) { // as the plugins in C do
		return r.print(nagios.Critical, late.Error(), nil, nil)
	} else if err != nil {
		return r.print(nagios.Unknown, errno.Reason(err), nil, nil)
	}
	disks = slices.DeleteFunc(disks, func(d *survey.Disk) bool { return o.left(d.Path, d.Label(), d.Serial) })
	return r.check(disks, len(targets))
}

// disks asks those of this machine.
func (r *run) disks(ctx context.Context, targets []survey.Target) ([]*survey.Disk, error) {
	return r.o.Ask(ctx, survey.Enough(), targets, r.s.In)
}

// boot is the identity of the time since the system started.
func boot() string {
	b, err := os.ReadFile("/proc/sys/kernel/random/boot_id")
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(b))
}

// check judges disks that were asked.
func (r *run) check(disks []*survey.Disk, named int) error {
	o := r.o
	rules := &alarm.Rules{Now: r.now, Hold: o.hold, Accept: o.accept, All: named == 0, Skip: o.left, Limits: o.limits}
	var troubles []string
	path := r.statePath()
	keep := !o.noState
	if keep {
		unlock, err := history.Lock(path)
		if err == nil {
			defer unlock()
		}
		rules.Boot = r.boot()
		h, damage := history.Load(path)
		rules.History = h
		switch {
		case err != nil || errors.Is(damage, history.ErrForeign):
			keep = false
			troubles = append(troubles, "the state is not kept: "+path+": "+reason(cmp.Or(err, damage)))
		case damage != nil:
			troubles = append(troubles, "the state begins anew: "+path+": "+reason(damage))
		}
	}
	results := rules.Judge(disks)
	if keep && len(results) > 0 {
		if err := rules.History.Save(path); err != nil {
			troubles = append(troubles, "the state is not kept: "+path+": "+reason(err))
		}
	}
	for _, l := range o.limits {
		if len(results) > 0 && !l.Used() {
			troubles = append(troubles, "no disk has a value "+l.Name)
		}
	}
	return r.tell(results, troubles, named)
}

// reason is what an error says beyond the path that stands before it.
func reason(err error) string {
	var of *os.PathError
	if errors.As(err, &of) {
		err = of.Err
	}
	return errno.Reason(err)
}

// statePath is where the state is kept.
func (r *run) statePath() string {
	if r.o.state != "" {
		return r.s.Path(r.o.state)
	}
	dir := "/var/lib/rescuebox"
	for _, key := range []string{"NAGIOS_PLUGIN_STATE_DIRECTORY", "MP_STATE_PATH"} {
		if v := r.s.Getenv(key); v != "" {
			dir = v
			break
		}
	}
	return filepath.Join(dir, "check_smart.state")
}

// print writes the line and those below it, and returns the status.
func (r *run) print(status nagios.Status, text string, values []nagios.Value, more []string) error {
	line := "SMART " + status.String() + " - " + nagios.Text(text)
	if len(values) > 0 {
		line += " | " + nagios.Perfdata(values)
	}
	for _, m := range more {
		line += "\n" + nagios.Text(m)
	}
	if _, err := io.WriteString(r.s.Out, line+"\n"); err != nil {
		return &applet.StatusError{Status: int(nagios.Unknown), Err: err}
	}
	if status != nagios.OK {
		return applet.Exit(status)
	}
	return nil
}

func number(n int, one, more string) string {
	if n == 1 {
		return "1 " + one
	}
	return strconv.Itoa(n) + " " + more
}
