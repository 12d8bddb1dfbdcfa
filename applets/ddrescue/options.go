package ddrescue

import (
	"errors"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"rescuebox/internal/applet"
	"rescuebox/internal/ddnumber"
	"rescuebox/internal/getopt"
	"rescuebox/internal/rescue"
	"rescuebox/internal/rescue/device"
)

// Options without a letter.
const (
	optUsedFirst rune = getopt.LongOnly + iota
	optNoTrim
	optBuffered
	optOverride
	optInterval
	optAsk
	optJSON
	optLogReads
	optLogEvents
	optLogRates
	optCommand
	optBadData
	optSameFile
	optPasses
	optDelaySlow
	optSlowReads
	optResetSlow
	optPauseError
	optPausePass
	optContinue
	optYield
	optNoWait
	optRefused // the first of those that are refused
)

// given is an option as it was typed.
type given struct {
	letter rune
	name   string
}

// identity is the override that lets a map be used for another disk.
const identity device.Override = "identity"

// options are what the command line asks for.
type options struct {
	source, target, mapfile string
	commandLine             string

	rescue.Strategy
	rescue.Limits
	cluster    int64 // sectors
	ipos, opos int64 // opos is -1 when not given
	size       int64 // -1: all
	domain     string
	usedFirst  string
	loose      bool
	complete   bool
	checkSize  bool
	tryAgain   bool
	retrim     bool
	buffered   bool
	device.TargetOptions
	extend    int64 // -1: no
	prefixes  ddnumber.Prefixes
	verbosity int
	interval  time.Duration
	ask, json bool
	allocate  bool
	areas     areaLimit
	noWait    bool
	given     []given

	fillTypes    string // empty: no fill mode
	ignoreErrors bool
	generate     bool
	command      bool
	testMap      string
	badData      string
	preview      int // lines
	reopen       bool

	logReads, logEvents, logRates string
}

// refused are options of GNU ddrescue that this one does not have, with the reason.
var refused = []struct {
	short  rune
	long   string
	arg    getopt.Arg
	reason string
}{}

func table() []getopt.Option {
	none, required := getopt.None, getopt.Required
	list := []getopt.Option{
		{Short: 'a', Long: "min-read-rate", Arg: required}, {Short: 'A', Long: "try-again", Arg: none},
		{Short: 'b', Long: "sector-size", Arg: required}, {Short: 'B', Long: "binary-prefixes", Arg: none},
		{Short: 'c', Long: "cluster-size", Arg: required}, {Short: 'C', Long: "complete-only", Arg: none},
		{Short: 'd', Long: "idirect", Arg: none}, {Short: 'f', Long: "force", Arg: none},
		{Short: 'i', Long: "input-position", Arg: required}, {Short: 'I', Long: "check-input-size", Arg: none},
		{Short: 'I', Long: "verify-input-size", Arg: none}, {Short: 'J', Long: "check-on-error", Arg: none},
		{Short: 'J', Long: "verify-on-error", Arg: none}, {Short: 'K', Long: "skip-size", Arg: required},
		{Short: 'L', Long: "loose-domain", Arg: none}, {Short: 'm', Long: "domain-mapfile", Arg: required},
		{Short: 'M', Long: "retrim", Arg: none}, {Short: 'n', Long: "no-scrape", Arg: none},
		{Short: 'N', Long: "no-sweep", Arg: none}, {Short: 'o', Long: "output-position", Arg: required},
		{Short: 'p', Long: "preallocate", Arg: none}, {Short: 'q', Long: "quiet", Arg: none},
		{Short: 'r', Long: "retry-passes", Arg: required}, {Short: 's', Long: "size", Arg: required},
		{Short: 'S', Long: "sparse", Arg: none}, {Short: 't', Long: "truncate", Arg: none},
		{Short: 'T', Long: "timeout", Arg: required}, {Short: 'u', Long: "unidirectional", Arg: none},
		{Short: 'v', Long: "verbose", Arg: none}, {Short: 'x', Long: "extend-outfile", Arg: required},
		{Short: 'X', Long: "max-read-errors", Arg: required}, {Short: 'y', Long: "synchronous", Arg: none},
		{Short: optUsedFirst, Long: "used-first", Arg: required}, {Short: optNoTrim, Long: "no-trim", Arg: none},
		{Short: optBuffered, Long: "buffered", Arg: none}, {Short: optOverride, Long: "override", Arg: required},
		{Short: optInterval, Long: "mapfile-interval", Arg: required}, {Short: optAsk, Long: "ask", Arg: none},
		{Short: optJSON, Long: "json", Arg: none}, {Short: optLogReads, Long: "log-reads", Arg: required},
		{Short: optLogEvents, Long: "log-events", Arg: required}, {Short: optLogRates, Long: "log-rates", Arg: required},
		{Short: 'F', Long: "fill-mode", Arg: required}, {Short: 'w', Long: "ignore-write-errors", Arg: none},
		{Short: 'G', Long: "generate-mode", Arg: none}, {Short: 'H', Long: "test-mode", Arg: required},
		{Short: optBadData, Long: "bad-sector-data", Arg: required}, {Short: optCommand, Long: "command-mode", Arg: none},
		{Short: optSameFile, Long: "same-file", Arg: none}, {Short: 'D', Long: "odirect", Arg: none},
		{Short: 'W', Long: "compare-before-write", Arg: none}, {Short: 'O', Long: "reopen-on-error", Arg: none},
		{Short: 'P', Long: "data-preview", Arg: getopt.Optional},
	}
	list = append(list, paceTable...)
	for i, r := range refused {
		list = append(list, getopt.Option{Short: optRefused + rune(i), Long: r.long, Arg: r.arg})
		if r.short != 0 {
			list = append(list, getopt.Option{Short: r.short, Arg: r.arg})
		}
	}
	return list
}

func parse(args []string) (*options, error) {
	o := &options{opos: -1, size: -1, extend: -1, commandLine: strings.Join(args, " ")}
	p := getopt.New(table(), args)
	for p.Next() {
		o.given = append(o.given, given{p.Opt(), p.Name()})
		if err := o.set(p.Opt(), p.Name(), p.Value()); err != nil {
			return o, err
		}
	}
	if err := p.Err(); err != nil {
		return o, &applet.UsageError{Err: err}
	}
	files := p.Operands()
	if len(files) < 2 || len(files) > 3 {
		return o, applet.Usage(1, "a SOURCE, a TARGET, and best a MAP")
	}
	o.source, o.target = files[0], files[1]
	if len(files) == 3 {
		o.mapfile = files[2]
	}
	if o.opos < 0 {
		o.opos = o.ipos
	}
	return o, o.check()
}

func (o *options) set(letter rune, name, value string) (err error) {
	number := func(least int64) (n int64) {
		n, err = ddnumber.Parse(value, name, max(o.Sector, 512), ddnumber.Range{Min: least, Max: math.MaxInt64})
		return n
	}
	switch letter {
	case 'a':
		o.MinRate = number(0)
	case 'b':
		if o.Sector = number(1); err == nil && (o.Sector > 1<<20 || o.Sector&(o.Sector-1) != 0) {
			err = applet.Usage(1, "--sector-size: a power of two, at most 1 MiB")
		}
	case 'c':
		if o.cluster = number(1); err == nil && o.cluster > 1<<16 {
			err = applet.Usage(1, "--cluster-size: at most 65536 sectors")
		}
	case 'i':
		o.ipos = number(0)
	case 'K':
		return o.skip(name, value)
	case 'm':
		o.domain = value
	case 'o':
		o.opos = number(0)
	case 'r':
		n := number(-1)
		o.Retries = int(min(n, math.MaxInt32))
	case 's':
		o.size = number(-1)
	case 'T':
		o.Silence, err = interval(name, value)
	case 'x':
		o.extend = number(0)
	case 'X':
		o.Errors = int(min(number(0), math.MaxInt32-1)) + 1 // so many are allowed
	case optUsedFirst:
		o.usedFirst = value
	case optOverride:
		return o.override(value)
	case optInterval:
		o.interval, err = mapInterval(name, value)
	case optLogReads:
		o.logReads = value
	case optLogEvents:
		o.logEvents = value
	case optLogRates:
		o.logRates = value
	case 'F':
		if o.fillTypes = value; value == "" {
			err = badTypes()
		}
	case 'H':
		o.testMap = value
	case optBadData:
		o.badData = value
	case 'P':
		if o.preview = previewLines; value != "" {
			o.preview, err = strconv.Atoi(value)
			if err != nil || o.preview < 1 || o.preview > maxPreviewLines {
				err = applet.Usage(1, "--data-preview: 1 to 32 lines")
			}
		}
	default:
		if known, err := o.pace(letter, name, value); known {
			return err
		}
		return o.flag(letter)
	}
	return err
}

// flag takes an option that has no argument, or is refused.
func (o *options) flag(letter rune) error {
	flags := map[rune]*bool{'A': &o.tryAgain, 'C': &o.complete, 'f': &o.Device, 'I': &o.checkSize, 'L': &o.loose, 'M': &o.retrim,
		'n': &o.NoScrape, 'N': &o.NoSweep, 'p': &o.allocate, 'S': &o.Sparse, 't': &o.Truncate, 'y': &o.Sync,
		'D': &o.Direct, 'O': &o.reopen, 'W': &o.Compare, 'w': &o.ignoreErrors, 'G': &o.generate,
		optNoTrim: &o.NoTrim, optBuffered: &o.buffered, optAsk: &o.ask, optCommand: &o.command, optSameFile: &o.SameFile, optJSON: &o.json}
	if flag := flags[letter]; flag != nil {
		*flag = true
		return nil
	}
	switch letter {
	case 'd': // so it is anyway
		return nil
	case 'B':
		o.prefixes = ddnumber.Binary
		return nil
	case 'q':
		o.verbosity = -1
		return nil
	case 'v':
		o.verbosity++
		return nil
	}
	for i, r := range refused {
		if letter == optRefused+rune(i) || letter == r.short {
			return applet.Usage(1, "--"+r.long+" is not here: "+r.reason)
		}
	}
	return errors.New("unknown option") // cannot be: the table has them all
}

// skip takes INITIAL[,MAX], or ,MAX.
func (o *options) skip(name, value string) (err error) {
	first, most, two := strings.Cut(value, ",")
	limits := ddnumber.Range{Min: 0, Max: math.MaxInt64}
	if first != "" || !two {
		if o.Skip, err = ddnumber.Parse(first, name, max(o.Sector, 512), limits); err != nil {
			return err
		}
		o.NoSkip = o.Skip == 0
	}
	if two {
		o.MaxSkip, err = ddnumber.Parse(most, name, max(o.Sector, 512), limits)
	}
	return err
}

func (o *options) override(value string) error {
	for name := range strings.SplitSeq(value, ",") {
		known := append(device.Overrides(), identity)
		if !slices.Contains(known, device.Override(name)) {
			return applet.Usage(1, "--override: one of in-use same-disk smaller identity")
		}
		o.Override = append(o.Override, device.Override(name))
	}
	return nil
}
