package checksmart

import (
	"errors"
	"path/filepath"
	"strconv"
	"time"

	"rescuebox/internal/fnmatch"
	"rescuebox/internal/getopt"
	"rescuebox/internal/nagios"
	"rescuebox/internal/smart/alarm"
	"rescuebox/internal/smart/scan"
	"rescuebox/internal/smart/survey"
)

// Long options without a letter.
const (
	longSkip = getopt.LongOnly + iota
	longHold
	longAccept
	longState
	longNoState
	longHide
)

var known = []getopt.Option{
	{Short: 'd', Long: "device", Arg: getopt.Required},
	{Short: 'i', Long: "interface", Arg: getopt.Required},
	{Short: 'g', Long: "global", Arg: getopt.Required},
	{Short: longSkip, Long: "skip", Arg: getopt.Required},
	{Short: 'w', Long: "warning", Arg: getopt.Required},
	{Short: 'c', Long: "critical", Arg: getopt.Required},
	{Short: 't', Long: "timeout", Arg: getopt.Required},
	{Short: 'n', Long: "nocheck", Arg: getopt.Required},
	{Short: longHold, Long: "hold", Arg: getopt.Required},
	{Short: longAccept, Long: "accept"},
	{Short: longState, Long: "state", Arg: getopt.Required},
	{Short: longNoState, Long: "no-state"},
	{Short: longHide, Long: "hide-sn"},
	{Short: 'v', Long: "verbose"},
	{Short: 'h', Long: "help"},
	{Short: 'V', Long: "version"},
}

type options struct {
	devices  []string
	patterns []string
	specs    []*scan.Spec // none: to be detected
	skip     []string
	limits   []*alarm.Limit
	timeout  time.Duration
	hold     time.Duration
	letSleep bool
	accept   bool
	state    string // "": the usual place
	noState  bool
	hide     bool
	verbose  int
}

func parse(args []string) (*options, error) {
	o := &options{timeout: 30 * time.Second, hold: 24 * time.Hour}
	p := getopt.New(known, args)
	for p.Next() {
		if err := o.set(p); err != nil {
			return nil, err
		}
	}
	if err := p.Err(); err != nil {
		return nil, err
	}
	o.devices = append(o.devices, p.Operands()...)
	switch {
	case o.specs != nil && len(o.devices)+len(o.patterns) == 0:
		return nil, errors.New("--interface goes with a device")
	case o.noState && (o.accept || o.state != ""):
		return nil, errors.New("--no-state goes with neither --state nor --accept")
	}
	return o, nil
}

func (o *options) set(p *getopt.Parser) (err error) {
	switch v := p.Value(); p.Opt() {
	case 'h':
		return getopt.ErrHelp
	case 'V':
		return getopt.ErrVersion
	case 'd':
		o.devices = append(o.devices, v)
	case 'g':
		o.patterns = append(o.patterns, v)
	case longSkip:
		o.skip = append(o.skip, v)
	case 'i':
		o.specs, err = survey.ParseSpecs(v)
		if v == "auto" {
			o.specs = nil
		}
	case 'w':
		err = o.limit(v, nagios.Warning)
	case 'c':
		err = o.limit(v, nagios.Critical)
	case 't':
		o.timeout, err = span(v, time.Second, 1, 3600)
	case longHold:
		o.hold, err = span(v, time.Hour, 0, 24*366)
	case 'n':
		o.letSleep = v == "standby"
		if !o.letSleep && v != "never" {
			err = errors.New("never or standby")
		}
	case longAccept:
		o.accept = true
	case longState:
		o.state = v
		if v == "" {
			err = errors.New("a file must have a name")
		}
	case longNoState:
		o.noState = true
	case longHide:
		o.hide = true
	case 'v':
		o.verbose++
	}
	if err != nil {
		return errors.New(p.Name() + " " + p.Value() + ": " + err.Error())
	}
	return nil
}

func (o *options) limit(text string, status nagios.Status) error {
	limits, err := alarm.ParseLimits(text, status)
	o.limits = append(o.limits, limits...)
	return err
}

// span is a time in whole units within limits.
func span(text string, unit time.Duration, least, most uint64) (time.Duration, error) {
	n, err := strconv.ParseUint(text, 10, 32)
	if err != nil || n < least || n > most {
		return 0, errors.New("a number from " + strconv.FormatUint(least, 10) + " to " + strconv.FormatUint(most, 10))
	}
	return time.Duration(n) * unit, nil
}

// targets are the disks that were named; none: all. A pattern that finds nothing is not
// all disks.
func (o *options) targets(path func(string) string) ([]survey.Target, error) {
	names := o.devices
	for _, pattern := range o.patterns {
		found, err := filepath.Glob(path(pattern))
		if err == nil && len(found) == 0 {
			err = errors.New("no device has such a name")
		}
		if err != nil {
			return nil, errors.New("--global " + pattern + ": " + err.Error())
		}
		names = append(names, found...)
	}
	var targets []survey.Target
	for _, name := range names {
		if name != "-" {
			name = path(name)
		}
		if len(o.specs) == 0 {
			targets = append(targets, survey.Target{Path: name})
		}
		for _, spec := range o.specs {
			targets = append(targets, survey.Target{Path: name, Spec: spec})
		}
	}
	return targets, nil
}

// left reports whether a disk is to be left out.
func (o *options) left(path, label, serial string) bool {
	for _, pattern := range o.skip {
		for _, name := range []string{path, label, serial} {
			if name != "" && fnmatch.Match(pattern, name, 0) {
				return true
			}
		}
	}
	return false
}
