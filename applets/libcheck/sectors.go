package libcheck

import (
	"context"
	"io"
	"os"
	"strconv"
	"strings"

	"rescuebox/internal/applet"
	"rescuebox/internal/blockdev"
	"rescuebox/internal/kernellog"
	"rescuebox/internal/libcheck"
	"rescuebox/internal/onsector"
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

// report is a target and who reported it.
type reported struct {
	onsector.Target
	text string
}

// onSectors says which files of the plan lie on bad sectors.
func onSectors(ctx context.Context, s applet.Streams, o settings, plan *libcheck.Plan, report *applet.Reporter) error {
	var system blockdev.System
	var list []reported
	for _, from := range o.where {
		more, err := from.targets(s, system, report)
		if err != nil {
			name := from.file
			if from.kind != rescueMap && from.device != "" {
				name = from.device
			}
			if name == "" {
				name = kernelDevice
			}
			report.ErrorStatus(statusBlind, display(name), err)
		}
		list = append(list, more...)
	}
	targets := make([]onsector.Target, len(list))
	for i := range list {
		targets[i] = list[i].Target
	}
	found, err := plan.Locate(ctx, system, targets)
	if err != nil {
		return &applet.StatusError{Status: statusBlind, Err: err}
	}
	r := result{plan: plan, self: self(s), rootName: o.root, verbose: o.verbose, located: true}
	switch {
	case o.json:
		err = r.writeLocatedJSON(s.Out, list, found)
	case o.quiet:
		err = writePaths(s.Out, plan)
	default:
		err = r.writeLocated(s.Out, list, found)
	}
	if err != nil {
		return &applet.StatusError{Status: statusBlind, Err: err}
	}
	for _, p := range plan.Problems {
		if !p.Harmless {
			report.ErrorStatus(statusBlind, display(p.Path), p.Err)
		}
	}
	for _, u := range found.Unsure {
		report.ErrorStatus(statusBlind, display(plan.Files[u.File].Path), u.Err)
	}
	if len(plan.Damaged()) > 0 {
		return applet.Exit(1)
	}
	return report.Err()
}

// kernelDevice is where the kernel's log is read (dev_kmsg of linux's
// Documentation/ABI/testing/dev-kmsg).
const kernelDevice = "/dev/kmsg"

// targets returns the bad sectors that an origin knows.
func (o *origin) targets(s applet.Streams, system blockdev.System, report *applet.Reporter) ([]reported, error) {
	switch o.kind {
	case kernelLog:
		return o.logged(s, system, report)
	case rescueMap:
		return o.mapped(s, system)
	}
	d, err := onsector.DeviceAt(system, s.Path(o.device))
	if err != nil {
		return nil, err
	}
	return []reported{{onsector.Target{Device: d, Sector: o.first, Count: o.last - o.first + 1}, "as named"}}, nil
}

// logged returns what the kernel's log has. A device that is gone is told of.
func (o *origin) logged(s applet.Streams, system blockdev.System, report *applet.Reporter) ([]reported, error) {
	var log kernellog.Log
	err := o.read(s, &log)
	if log.Missed > 0 {
		report.Note("the kernel's log is not complete: " + count(log.Missed, "gap"))
	}
	var list []reported
	gone := map[string]bool{}
	for _, e := range log.Events {
		if e.Kind == kernellog.Corrected {
			continue
		}
		t, ok := onsector.FromEvent(system, e)
		if !ok {
			if !gone[e.Device] {
				report.ErrorStatus(statusBlind, display(e.Device), constError("no such device now, or no place said: "+display(e.Text)))
			}
			gone[e.Device] = true
			continue
		}
		list = append(list, reported{t, display(e.Text)})
	}
	return list, err
}

func (o *origin) read(s applet.Streams, log *kernellog.Log) error {
	switch o.file {
	case "":
		return log.ReadKernel(kernelDevice)
	case "-":
		return log.ReadText(s.In)
	}
	f, err := os.Open(s.Path(o.file))
	if err != nil {
		return err
	}
	defer f.Close()
	return log.ReadText(f)
}

// writeLocated writes the sectors, then the files.
func (r *result) writeLocated(out io.Writer, list []reported, found *onsector.Result) error {
	var b strings.Builder
	hit := make([]bool, len(list))
	for _, h := range found.Hits {
		hit[h.Target] = true
	}
	for i, t := range list {
		b.WriteString("bad: " + targetText(t.Target) + " (" + t.text + ")")
		if !hit[i] {
			b.WriteString("\n     in no file that was looked at" + elsewhere(found.Places[i]))
		}
		b.WriteString("\n")
	}
	if found.More {
		b.WriteString("There are more places than are listed.\n")
	}
	b.WriteString("\n")
	damaged := r.plan.Damaged()
	for _, f := range damaged {
		r.writeFile(&b, f)
	}
	b.WriteString(count(len(list), "bad place") + "; " + count(len(damaged), "file") + " of " + strconv.Itoa(len(r.plan.Files)) + " lie on them.\n")
	if len(damaged) > 0 {
		r.writeScreen(&b, damaged)
	}
	return write(out, b.String())
}

func targetText(t onsector.Target) string {
	text := display(t.Device.Name)
	switch {
	case t.Count > 1:
		text += " sectors " + place(t.Sector, t.Count)
	case t.Count == 1:
		text += " sector " + strconv.FormatInt(t.Sector, 10)
	}
	if t.Inode != 0 {
		text += " inode " + strconv.FormatUint(t.Inode, 10)
	}
	return text
}

// elsewhere names what lies on a target that no file was found on.
func elsewhere(places []blockdev.Place) string {
	text := ""
	for i, p := range places {
		if i > 0 {
			text += ", " + placeText(p)
		}
	}
	if text != "" {
		text = "; that is" + text[1:]
	}
	return text
}
