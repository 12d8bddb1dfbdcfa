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

var known = append([]getopt.Option{
	{Short: 'g', Long: "global", Arg: getopt.Required},
	{Short: longSkip, Long: "skip", Arg: getopt.Required},
	{Short: 'w', Long: "warning", Arg: getopt.Required},
	{Short: 'c', Long: "critical", Arg: getopt.Required},
	{Short: longHold, Long: "hold", Arg: getopt.Required},
	{Short: longAccept, Long: "accept"},
	{Short: longState, Long: "state", Arg: getopt.Required},
	{Short: longNoState, Long: "no-state"},
	{Short: longHide, Long: "hide-sn"},
	{Short: 'v', Long: "verbose"},
	{Short: 'h', Long: "help"},
	{Short: 'V', Long: "version"},
}, survey.SelectionOptions...)

type options struct {
	survey.Selection
	patterns []string
	skip     []string
	limits   []*alarm.Limit
	hold     time.Duration
	accept   bool
	state    string // "": the usual place
	noState  bool
	hide     bool
	verbose  int
}

func parse(args []string) (*options, error) {
	o := &options{hold: 24 * time.Hour}
	o.Timeout = 30 * time.Second
	p := getopt.New(known, args)
	for p.Next() {
		if err := o.set(p); err != nil {
			return nil, err
		}
	}
	if err := p.Err(); err != nil {
		return nil, err
	}
	o.Devices = append(o.Devices, p.Operands()...)
	switch {
	case o.Specs != nil && len(o.Devices)+len(o.patterns) == 0:
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
	case 'g':
		o.patterns = append(o.patterns, v)
	case longSkip:
		o.skip = append(o.skip, v)
	case 'w':
		err = o.limit(v, nagios.Warning)
	case 'c':
		err = o.limit(v, nagios.Critical)
	case longHold:
		o.hold, err = hours(v, 24*366)
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
	default:
		err = o.Set(p.Opt(), v)
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

// hours is a time in whole ones.
func hours(text string, most uint64) (time.Duration, error) {
	n, err := strconv.ParseUint(text, 10, 32)
	if err != nil || n > most {
		return 0, errors.New("a number from 0 to " + strconv.FormatUint(most, 10))
	}
	return time.Duration(n) * time.Hour, nil
}

// targets are the disks that were named; none: all. A pattern that finds nothing is not
// all disks.
func (o *options) targets(path func(string) string) ([]survey.Target, error) {
	names := o.Devices
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
	return o.Targets(names, path), nil
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
