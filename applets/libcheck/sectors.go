package libcheck

import (
	"context"
	"strconv"
	"strings"

	"rescuebox/internal/applet"
	"rescuebox/internal/libcheck"
)

// originKind is where the numbers of bad sectors come from.
type originKind int

const (
	kernelLog originKind = iota
	sectorRange
	rescueMap
)

// origin names bad sectors on the command line.
type origin struct {
	kind        originKind
	device      string // of a range or a map
	file        string // a kernel log, empty for the kernel's own; or a map
	first, last int64  // of a range
}

// parseOrigin parses DEVICE:N, DEVICE:N-M, or DEVICE:MAPFILE. A device's name may
// have colons itself, as those of /dev/disk/by-path have; a map's may not.
func parseOrigin(isMap bool, value string) (origin, error) {
	i := strings.LastIndexByte(value, ':')
	if isMap {
		i = strings.Index(value, ":/")
		if i < 0 {
			i = strings.LastIndexByte(value, ':')
		}
	}
	if i <= 0 || i+1 == len(value) {
		what := "--sector needs DEVICE:N"
		if isMap {
			what = "--map needs DEVICE:MAPFILE"
		}
		return origin{}, applet.Usage(statusBlind, what)
	}
	o := origin{kind: rescueMap, device: value[:i], file: value[i+1:]}
	if isMap {
		return o, nil
	}
	o.kind, o.file = sectorRange, ""
	first, last, isRange := strings.Cut(value[i+1:], "-")
	if !isRange {
		last = first
	}
	var err1, err2 error
	o.first, err1 = strconv.ParseInt(first, 10, 64)
	o.last, err2 = strconv.ParseInt(last, 10, 64)
	if err1 != nil || err2 != nil || o.first < 0 || o.last < o.first {
		return o, applet.Usage(statusBlind, "bad sector number in '"+value+"'")
	}
	return o, nil
}

func onSectors(ctx context.Context, s applet.Streams, o settings, plan *libcheck.Plan, report *applet.Reporter) error {
	return nil
}
