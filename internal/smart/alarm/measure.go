package alarm

import (
	"errors"
	"strconv"
	"strings"

	"rescuebox/internal/nagios"
	"rescuebox/internal/smart/verdict"
)

// Limit is a threshold that somebody has set.
type Limit struct {
	Name   string // of a value, or of an attribute of ATA by its name or number
	Range  nagios.Range
	Status nagios.Status // that it makes
	used   bool
}

// Used reports whether any disk had a value of its name.
func (l *Limit) Used() bool { return l.used }

// temperature is the value of a threshold without a name.
const temperature = "temperature"

var errLimit = errors.New("an empty threshold")

// ParseLimits reads thresholds "RANGE" (of the temperature) and "NAME=RANGE", with commas
// between them.
func ParseLimits(text string, status nagios.Status) (limits []*Limit, err error) {
	for part := range strings.SplitSeq(text, ",") {
		name, bounds, named := strings.Cut(part, "=")
		if !named {
			name, bounds = temperature, part
		}
		if name == "" {
			return nil, errLimit
		}
		l := &Limit{Name: name, Status: status}
		if l.Range, err = nagios.ParseRange(bounds); err != nil {
			return nil, err
		}
		limits = append(limits, l)
	}
	return limits, nil
}

// measure gathers the values of a disk, and compares them with the thresholds.
func (r *Rules) measure(res *Result, counters []verdict.Counter) {
	e := &res.Disk.Evidence
	if v, ok := res.Disk.Report.JSON.Find("temperature", "current").Float(); ok {
		res.Values = append(res.Values, nagios.Value{Label: temperature, Value: int64(v)})
	}
	if e.Hours > 0 {
		res.Values = append(res.Values, nagios.Value{Label: "power_on_hours", Value: e.Hours, Unit: "c"})
	}
	switch {
	case e.NVMe != nil:
		res.Values = append(res.Values, nagios.Value{Label: "used", Value: e.NVMe.Used, Unit: "%"},
			nagios.Value{Label: "spare", Value: e.NVMe.Spare, Unit: "%"})
	case e.Statistics.Known && e.Statistics.Used >= 0 && e.Solid:
		res.Values = append(res.Values, nagios.Value{Label: "used", Value: e.Statistics.Used, Unit: "%"})
	}
	for _, c := range counters {
		v := nagios.Value{Label: c.Name, Value: c.Value, Unit: "c"}
		if c.Name == verdict.Pending { // it falls too
			v.Unit = ""
		}
		res.Values = append(res.Values, v)
	}
	for _, l := range r.Limits {
		r.compare(res, l)
	}
}

// compare judges a value by a threshold. An attribute becomes a value by that.
func (r *Rules) compare(res *Result, l *Limit) {
	for i := range res.Values {
		if res.Values[i].Label == l.Name {
			res.apply(&res.Values[i], l)
			return
		}
	}
	for _, a := range res.Disk.Evidence.Attributes {
		if l.Name != a.Name && l.Name != strconv.Itoa(int(a.ID)) {
			continue
		}
		res.Values = append(res.Values, nagios.Value{Label: l.Name, Value: int64(a.Raw)})
		res.apply(&res.Values[len(res.Values)-1], l)
		return
	}
}

func (res *Result) apply(v *nagios.Value, l *Limit) {
	l.used = true
	if l.Status == nagios.Critical {
		v.Critical = l.Range
	} else {
		v.Warning = l.Range
	}
	if l.Range.Alarms(float64(v.Value)) {
		res.Status = res.Status.Worse(l.Status)
		res.Notes = append(res.Notes, l.Name+" is "+strconv.FormatInt(v.Value, 10)+v.Unit+" ("+l.Status.String()+" threshold "+l.Range.String()+")")
	}
}
