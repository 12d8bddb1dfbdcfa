// Package alarm says of disks that were asked which state a monitor shall show. It knows
// what they counted before: a rise is news, an old count is not.
package alarm

import (
	"slices"
	"strconv"
	"time"

	"rescuebox/internal/nagios"
	"rescuebox/internal/smart/history"
	"rescuebox/internal/smart/survey"
	"rescuebox/internal/smart/verdict"
)

// Rules are what alarms beside the verdict.
type Rules struct {
	History *history.History // nil: every count is new
	Boot    string           // the system's identity of this boot
	Now     time.Time
	Hold    time.Duration // how long a rise alarms
	Accept  bool          // what is counted now is known from now on
	All     bool          // all disks of the system were asked: one that is gone is missed
	// Skip reports whether a disk was left out: it is not gone.
	Skip   func(path, label, serial string) bool
	Limits []*Limit
}

// Result is the state of a disk.
type Result struct {
	Disk   *survey.Disk // nil: it is gone
	Label  string
	Status nagios.Status
	// Left is a disk that says nothing and from which nothing was expected: a virtual
	// one, or one that sleeps and was to be left so.
	Left  bool
	Why   string // in short; "": nothing to say
	Known bool   // what is bad was so before
	// Notes are what else to say: rises, thresholds that were passed.
	Notes  []string
	Values []nagios.Value
}

// Judge says what to show of each disk, and notes in the history what they count.
func (r *Rules) Judge(disks []*survey.Disk) []Result {
	var results []Result
	for _, d := range disks {
		results = append(results, r.disk(d))
	}
	if r.History != nil {
		if r.All {
			results = append(results, r.gone(disks)...)
		}
		r.History.Boot = r.Boot
	}
	return results
}

// disk judges one.
func (r *Rules) disk(d *survey.Disk) Result {
	counters := d.Evidence.Counters()
	known := r.seen(d, counters)
	if slices.ContainsFunc(counters, func(c verdict.Counter) bool { return c.Name == verdict.CRC }) {
		r.link(d, known)
	}
	res := Result{Disk: d, Label: d.Label()}
	r.class(&res, known)
	if res.Status != nagios.Critical {
		r.rises(&res, known)
	}
	r.measure(&res, counters)
	return res
}

// seen notes the counters of a disk; nil: there is no history.
func (r *Rules) seen(d *survey.Disk, counters []verdict.Counter) *history.Disk {
	if r.History == nil {
		return nil
	}
	port := ""
	if d.Host != nil {
		port = d.Host.Port
	}
	known := r.History.Seen(d.Model, d.Serial, d.Path, port, counters, r.Boot, r.Now.Unix())
	if r.Accept {
		known.Accept()
	}
	return known
}

func (r *Rules) hold() int64 { return int64(r.Hold / time.Second) }

// isNew reports whether a counter rose, or was first seen, a short while ago.
func (r *Rules) isNew(known *history.Disk, name string) bool {
	c, found := known.Count(name)
	return !found || c.New(r.Now.Unix(), r.hold())
}

// link tells the verdict since when errors of the cable are news.
func (r *Rules) link(d *survey.Disk, known *history.Disk) {
	c, found := known.Count(verdict.CRC)
	if !found {
		return
	}
	phy := &d.Evidence.Phy
	phy.CRC, phy.Since = c.Value, c.Value
	if c.Rose(r.Now.Unix(), r.hold()) {
		phy.Since = c.From
	}
	d.Judge()
}

// class makes a state of the verdict. What old counts alone have made of a disk is a
// warning, and what somebody has accepted is none; that it is failing, by its own word
// or by its counts, is never old.
func (r *Rules) class(res *Result, known *history.Disk) {
	d := res.Disk
	v := &d.Verdict
	if len(v.Reasons) > 0 {
		res.Why = v.Reasons[0].Text
	}
	res.Status = state(v.Class)
	switch v.Class {
	case verdict.Unknown:
		res.Left = r.expected(d)
		if res.Left {
			res.Status = nagios.OK
		}
	case verdict.OK:
		res.Why = ""
	case verdict.Degraded, verdict.Link:
		fresh := verdict.Judge(d.Evidence.Without(func(name string) bool { return !r.isNew(known, name) }))
		if fresh.Class >= v.Class {
			res.Why = fresh.Reasons[0].Text
			return
		}
		unknown := verdict.Judge(d.Evidence.Without(func(name string) bool {
			c, found := known.Count(name)
			return found && c.Value <= c.Accepted
		}))
		res.Known = true
		res.Status = state(fresh.Class)
		if fresh.Class == verdict.Unknown && r.expected(d) {
			res.Status = nagios.OK
		}
		if v.Class == verdict.Degraded && unknown.Class == verdict.Degraded {
			res.Status = nagios.Warning
		}
	}
}

// expected reports whether nothing is expected of a disk: it sleeps and was to be left
// so, or is virtual and was not asked for by name.
func (r *Rules) expected(d *survey.Disk) bool {
	return d.Evidence.Asleep || r.All && d.Evidence.Virtual
}

// state is what a class alone makes.
func state(c verdict.Class) nagios.Status {
	switch c {
	case verdict.Dead, verdict.Failing, verdict.Degraded:
		return nagios.Critical
	case verdict.Link, verdict.Worn:
		return nagios.Warning
	case verdict.OK:
		return nagios.OK
	}
	return nagios.Unknown
}

// rises warns of counters that the verdict does not mind as long as they are small.
func (r *Rules) rises(res *Result, known *history.Disk) {
	if known == nil {
		return
	}
	for _, c := range known.Counts {
		if !c.Rose(r.Now.Unix(), r.hold()) {
			continue
		}
		res.Status = res.Status.Worse(nagios.Warning)
		res.Notes = append(res.Notes, c.Name+" rose from "+strconv.FormatInt(c.From, 10)+" to "+strconv.FormatInt(c.Value, 10)+" at "+date(c.Risen))
	}
}

// date is a time for people, in the zone of the system.
func date(seconds int64) string { return time.Unix(seconds, 0).Format("2006-01-02 15:04") }

// gone finds disks that were there when all were last asked. Those behind USB come and
// go.
func (r *Rules) gone(disks []*survey.Disk) (results []Result) {
	serials, blind := map[string]bool{}, map[string]bool{}
	for _, d := range disks {
		if d.Serial != "" {
			serials[d.Serial] = true
		} else {
			blind[d.Path] = true // who knows which it is
		}
	}
	var kept []*history.Disk
	for _, k := range r.History.Disks {
		d := survey.Disk{Path: k.Path}
		if serials[k.Serial] || blind[k.Path] || r.Skip != nil && r.Skip(k.Path, d.Label(), k.Serial) {
			kept = append(kept, k)
			continue
		}
		if r.Accept || usb(k.Port) {
			continue
		}
		kept = append(kept, k)
		why := "gone since " + date(k.Seen)
		if k.Model+k.Serial != "" {
			why += ": " + k.Model + ", serial " + k.Serial
		}
		if k.Port != "" {
			why += ", at " + k.Port
		}
		results = append(results, Result{Label: d.Label(), Status: nagios.Critical, Why: why})
	}
	r.History.Disks = kept
	return results
}

func usb(port string) bool { return len(port) > 3 && port[:4] == "usb " }
