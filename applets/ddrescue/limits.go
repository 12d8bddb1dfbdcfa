package ddrescue

import (
	"math"
	"strconv"
	"strings"
	"syscall"
	"time"

	"rescuebox/internal/applet"
	"rescuebox/internal/ddnumber"
	"rescuebox/internal/getopt"
)

// paceTable are the options that say how gently a disk is read, in which direction, and
// when to give it up.
var paceTable = []getopt.Option{
	{Short: 'e', Long: "max-bad-areas", Arg: getopt.Required}, {Short: 'E', Long: "max-error-rate", Arg: getopt.Required},
	{Short: 'R', Long: "reverse", Arg: getopt.None}, {Short: 'Z', Long: "max-read-rate", Arg: getopt.Required},
	{Short: optPasses, Long: "cpass", Arg: getopt.Required}, {Short: optDelaySlow, Long: "delay-slow", Arg: getopt.Required},
	{Short: optSlowReads, Long: "max-slow-reads", Arg: getopt.Required}, {Short: optResetSlow, Long: "reset-slow", Arg: getopt.None},
	{Short: optPauseError, Long: "pause-on-error", Arg: getopt.Required}, {Short: optPausePass, Long: "pause-on-pass", Arg: getopt.Required},
	{Short: optContinue, Long: "continue-on-errno", Arg: getopt.Required}, {Short: optYield, Long: "max-errors-per-mib", Arg: getopt.Required},
	{Short: optNoWait, Long: "no-wait", Arg: getopt.None},
}

// areaLimit is the argument of --max-bad-areas.
type areaLimit struct {
	n   int
	set bool
	new bool // beside those that the map has
}

// pace takes an option of paceTable. It is false for others.
func (o *options) pace(letter rune, name, value string) (known bool, err error) {
	number := func(least, most int64) (n int64) {
		n, err = ddnumber.Parse(value, name, max(o.Sector, 512), ddnumber.Range{Min: least, Max: most})
		return n
	}
	// So many are allowed; the engine's limits are one more, and 0 for none.
	allowed := func() int { return int(number(0, math.MaxInt32-1)) + 1 }
	switch letter {
	case 'e':
		err = o.maxAreas(name, value)
	case 'E':
		o.ErrorRate = number(0, math.MaxInt64-1) + 1
	case 'J':
		o.AskAlways = true
	case 'R':
		o.Reverse = true
	case 'u':
		o.Forward = true
	case 'Z':
		o.Rate = number(1, math.MaxInt64)
	case optPasses:
		err = o.passes(value)
	case optDelaySlow:
		o.DelaySlow, err = interval(name, value)
	case optSlowReads:
		o.SlowReads = allowed()
	case optResetSlow:
		o.ResetSlow = true
	case optPauseError:
		o.PauseOnError, err = pause(name, value)
	case optPausePass:
		o.PauseOnPass, err = pause(name, value)
	case optContinue:
		err = o.continueOn(value)
	case optYield:
		o.Yield = int(number(1, math.MaxInt32))
	case optNoWait:
		o.noWait = true
	default:
		return false, nil
	}
	return true, err
}

// pause takes a time to wait.
func pause(name, value string) (time.Duration, error) {
	if strings.HasPrefix(value, "s") {
		return 0, applet.Usage(1, name+": simulated pauses, with an s before the time, are not here: they are for tests of GNU ddrescue's own clock")
	}
	return interval(name, value)
}

// maxAreas takes a number, or one with a plus sign: of areas that are new.
func (o *options) maxAreas(name, value string) error {
	text, isNew := strings.CutPrefix(value, "+")
	n, err := ddnumber.Parse(text, name, 512, ddnumber.Range{Min: 0, Max: math.MaxInt32 - 1})
	o.areas = areaLimit{int(n), true, isNew}
	return err
}

// passes takes the passes of copying that are made, as 1,3-5; 0 is none. The first one
// is the engine's copying, all others are what it does at the edges of what was skipped.
func (o *options) passes(value string) error {
	wrong := applet.Usage(1, "--cpass: numbers of passes from 1 to 5 and ranges, as 1,3-5, or 0 for none")
	o.NoCopy, o.NoEdges = true, true
	if value == "0" {
		return nil
	}
	last := 0
	for part := range strings.SplitSeq(value, ",") {
		first, end, two := strings.Cut(part, "-")
		from, err := strconv.Atoi(first)
		to := from
		if two && err == nil {
			to, err = strconv.Atoi(end)
		}
		if err != nil || from <= last || to < from || to > 5 {
			return wrong
		}
		o.NoCopy = o.NoCopy && from > 1
		o.NoEdges = o.NoEdges && to < 2
		last = to
	}
	return nil
}

// continueOn takes numbers of errors, as 5,61.
func (o *options) continueOn(value string) error {
	for part := range strings.SplitSeq(value, ",") {
		n, err := strconv.ParseUint(part, 10, 12)
		if err != nil || n == 0 {
			return applet.Usage(1, "--continue-on-errno: numbers of errors, as 5,61 (errno(3))")
		}
		o.Continue = append(o.Continue, syscall.Errno(n))
	}
	return nil
}
