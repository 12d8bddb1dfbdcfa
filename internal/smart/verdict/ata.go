package verdict

import "strconv"

// bucket is a range of raw values from least on, with the part of drives that failed
// within a year.
type bucket struct {
	least int64
	rate  float64
}

// Backblaze's rates (see the package comment).
var (
	reallocated = []bucket{{1, 0.027}, {5, 0.075}, {17, 0.24}, {71, 0.36}, {261, 0.57}, {1101, 1.5}}
	reported    = []bucket{{1, 0.34}, {2, 0.24}, {4, 0.50}, {36, 1.44}}
	pending     = []bucket{{1, 0.34}, {3, 0.68}, {7, 0.61}, {17, 0.96}, {41, 1.65}, {101, 2.51}, {251, 3.13}}
	offline     = []bucket{{1, 0.81}, {3, 1.12}, {5, 1.36}}
	spinRetries = []bucket{{1, 0.56}}
)

func rate(buckets []bucket, n int64) (r float64) {
	for _, b := range buckets {
		if n >= b.least {
			r = b.rate
		}
	}
	return r
}

// failingRate is the part of drives that fail within a year from which on one is said to
// be failing: with such values none lasts half a year in the mean.
const failingRate = 2

// degradedRate is ten times what drives without any such value have.
const degradedRate = 0.2

// of is the class of a count.
func of(rate float64) Class {
	switch {
	case rate >= failingRate:
		return Failing
	case rate >= degradedRate:
		return Degraded
	}
	return OK
}

// ata judges the attributes and the statistics beside them.
func (j *judge) ata() {
	if j.Distrusted {
		j.say(Reason{Class: Unknown, Text: "the attributes cannot be trusted: their checksum is wrong", Source: "attributes"})
		return
	}
	for _, a := range j.Attributes {
		j.threshold(a)
	}
	s := j.Statistics
	if !s.Known {
		s.Reallocated, s.Pending, s.Uncorrectable = -1, -1, -1
	}
	waiting := j.counted(197, pending, "sectors that cannot be read, waiting to be reallocated", max(s.Pending, j.Pending))
	j.counted(198, offline, "sectors that offline tests could not read", -1)
	j.counted(187, reported, "reported errors that could not be corrected", s.Uncorrectable)
	moved := j.counted(5, reallocated, "reallocated sectors", s.Reallocated)
	j.counted(10, spinRetries, "repeated attempts to start the platters", -1)
	if moved && waiting {
		j.say(Reason{Class: Degraded, Text: "sectors go on becoming bad", Source: "attributes"})
	}
}

// threshold judges the normalised value of an attribute by the disk's own measure.
func (j *judge) threshold(a Attribute) {
	if a.Threshold == 0 || a.Value == 0 || a.Value > 253 {
		return
	}
	limits := " (" + strconv.Itoa(int(a.Value)) + ", at worst " + strconv.Itoa(int(a.Worst)) + "; its threshold is " + strconv.Itoa(int(a.Threshold)) + ")"
	switch {
	case a.Value <= a.Threshold && a.Prefail:
		j.say(Reason{Class: Failing, Text: a.title() + " is below what its maker allows" + limits, Source: "attributes", Rate: 1})
	case a.Value <= a.Threshold:
		j.say(Reason{Class: Worn, Text: a.title() + " is at the end of its life" + limits, Source: "attributes"})
	case a.Worst > 0 && a.Worst <= a.Threshold && a.Prefail:
		j.say(Reason{Class: Degraded, Text: a.title() + " was below what its maker allows" + limits, Source: "attributes"})
	}
}

// counted judges an attribute, or the statistic that counts the same and is not
// negative.
func (j *judge) counted(id uint8, buckets []bucket, what string, statistic int64) bool {
	n, a, found := j.counting(id)
	source, origin := "attributes", " ("+a.title()+")"
	if statistic > n {
		n, found, source, origin = statistic, true, "device statistics", ""
	}
	if !found {
		return false
	}
	r := rate(buckets, n)
	if j.Solid {
		// The rates are those of platters; flash is made to lose cells.
		r = min(r, degradedRate)
		if id == 5 {
			r = 0
		}
	}
	j.say(Reason{Class: of(r), Text: what + ": " + strconv.FormatInt(n, 10) + origin, Source: source, Rate: r})
	return true
}
