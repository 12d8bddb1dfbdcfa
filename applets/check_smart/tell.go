package checksmart

import (
	"slices"
	"strconv"
	"strings"

	"rescuebox/internal/nagios"
	"rescuebox/internal/smart/alarm"
	"rescuebox/internal/smart/report"
	"rescuebox/internal/smart/survey"
	"rescuebox/internal/smart/verdict"
)

// tell says what was found, the worst first.
func (r *run) tell(results []alarm.Result, troubles []string, named int) error {
	status := nagios.OK
	var bad []string
	var values []nagios.Value
	for i := range results {
		res := &results[i]
		status = status.Worse(res.Status)
		values = append(values, labelled(res, named == 1)...)
	}
	worstFirst(results)
	for i := range results {
		if results[i].Status != nagios.OK {
			bad = append(bad, r.said(&results[i]))
		}
	}
	asked := len(results)
	text := strings.Join(bad, "; ")
	switch {
	case len(bad) == 0:
		text = r.summary(results)
	case asked > 1:
		text = strconv.Itoa(len(bad)) + " of " + number(asked, "disk", "disks") + ": " + text
	}
	if asked == 0 || dumb(results) {
		status = status.Worse(nagios.Unknown)
	}
	if len(troubles) > 0 {
		status = status.Worse(nagios.Unknown)
		text += "; " + strings.Join(troubles, "; ")
	}
	var more []string
	if r.o.verbose > 0 {
		for i := range results {
			more = append(more, r.details(&results[i])...)
		}
	}
	return r.print(status, text, values, more)
}

func worstFirst(results []alarm.Result) {
	slices.SortStableFunc(results, func(a, b alarm.Result) int {
		switch {
		case a.Status == b.Status:
			return 0
		case a.Status.Worse(b.Status) == a.Status:
			return -1
		}
		return 1
	})
}

// dumb reports whether no disk has said anything, while none sleeps.
func dumb(results []alarm.Result) bool {
	return !slices.ContainsFunc(results, func(res alarm.Result) bool {
		return !res.Left || res.Disk.Evidence.Asleep
	})
}

// labelled are the values of a disk, with its name before them unless only it was asked
// for: labels must stay the same when a disk goes.
func labelled(res *alarm.Result, alone bool) []nagios.Value {
	values := slices.Clone(res.Values)
	for i := range values {
		if !alone {
			values[i].Label = res.Label + "_" + values[i].Label
		}
	}
	return values
}

// summary is of disks that are all good.
func (r *run) summary(results []alarm.Result) string {
	var known []string
	asleep, virtual := 0, 0
	for i := range results {
		switch res := &results[i]; {
		case res.Left && res.Disk.Evidence.Asleep:
			asleep++
		case res.Left:
			virtual++
		case res.Known:
			known = append(known, r.said(res))
		}
	}
	asked := len(results) - asleep - virtual
	var parts []string
	switch {
	case len(results) == 0:
		return "no disks were found"
	case asked == 1 && len(results) == 1 && len(known) == 0:
		parts = append(parts, results[0].Label+": nothing bad was found"+r.identity(results[0].Disk))
	case asked > 0:
		parts = append(parts, number(asked, "disk", "disks")+", nothing bad that is new")
		if len(known) == 0 {
			parts[0] = number(asked, "disk", "disks") + ", nothing bad was found"
		}
	}
	if asleep > 0 {
		parts = append(parts, strconv.Itoa(asleep)+" asleep")
	}
	if virtual > 0 {
		parts = append(parts, number(virtual, "virtual disk", "virtual disks")+" that cannot say anything")
	}
	return strings.Join(append(parts, known...), "; ")
}

// said is a disk and what is wrong with it.
func (r *run) said(res *alarm.Result) string {
	text := res.Label
	if res.Disk == nil {
		return text + " is " + r.hidden(res)
	}
	if c := res.Disk.Verdict.Class; c != verdict.OK {
		text += " " + c.String()
	}
	var why []string
	switch {
	case res.Why != "" && res.Known:
		why = append(why, res.Why+" (known)")
	case res.Why != "":
		why = append(why, res.Why)
	}
	text += ": " + strings.Join(append(why, res.Notes...), ", ")
	if strings.Contains(res.Why, "ermission denied") {
		text += " (it must run as root)"
	}
	return text + r.identity(res.Disk)
}

// hidden is why, without a serial number if those are not to be shown.
func (r *run) hidden(res *alarm.Result) string {
	if r.o.hide {
		since, _, _ := strings.Cut(res.Why, ": ")
		return since
	}
	return res.Why
}

// identity names a disk for who must pull it.
func (r *run) identity(d *survey.Disk) string {
	text := d.Model
	if d.Serial != "" && !r.o.hide {
		text += ", serial " + d.Serial
	}
	if d.Host != nil && d.Host.Port != "" {
		text += ", at " + d.Host.Port
	}
	if text = strings.TrimPrefix(text, ", "); text == "" {
		return ""
	}
	return " [" + text + "]"
}

// details are lines of one disk.
func (r *run) details(res *alarm.Result) []string {
	d := res.Disk
	if d == nil {
		return []string{res.Label + " is " + r.hidden(res)}
	}
	size := ""
	if n := d.Size(); n > 0 {
		size = " " + report.Capacity(uint64(n))
	}
	lines := []string{res.Label + " " + d.Verdict.Class.String() + size + r.identity(d)}
	for _, reason := range d.Verdict.Reasons {
		lines = append(lines, "- "+reason.Text+" ["+reason.Source+"]")
	}
	for _, note := range res.Notes {
		lines = append(lines, "- "+note)
	}
	if r.o.verbose < 2 {
		return lines
	}
	for _, m := range d.Verdict.Missing {
		lines = append(lines, "- missing: "+m)
	}
	for _, a := range d.Verdict.Advice {
		lines = append(lines, "- do: "+a.String())
	}
	return lines
}
