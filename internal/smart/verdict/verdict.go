// Package verdict says in which state a disk is, for what reasons, and what is to be
// done. It judges evidence of any family of disks; where that comes from is not its
// business.
//
// Rates of failure are those of Backblaze's drives in a year, by the raw value of an
// attribute (Drive Stats, as scrutiny's thresholds have them); what a first pending or
// reallocated sector means is of Pinheiro, Weber, Barroso: Failure Trends in a Large
// Disk Drive Population, FAST 2007. What has no figure there is a convention, and said to
// be one in docs/smart.md.
package verdict

import (
	"slices"
	"strings"
	"time"

	"rescuebox/internal/order"
)

// Class is the state of a disk, the worst last.
type Class uint8

// The classes.
const (
	OK       Class = iota // nothing found; that is not much
	Unknown               // it could not be asked, or not enough
	Worn                  // near the end of what it can write
	Link                  // its cable, port or power
	Degraded              // it has lost data, or is about to
	Failing               // it says so itself, or there is no doubt
	Dead                  // it does not answer
)

var names = [...]string{"OK", "UNKNOWN", "WORN", "LINK", "DEGRADED", "FAILING", "DEAD"}

// String is the name in capital letters.
func (c Class) String() string { return names[c] }

// Reason is one thing that was found.
type Reason struct {
	Class  Class  // that it makes by itself; OK for what is only told
	Text   string // as "reallocated sectors: 8 (attribute 5 Reallocated_Sector_Ct)"
	Source string // which page or log it is from
	// Rate is the part of such drives that failed within a year, 1 being all of them;
	// 0: no figure.
	Rate float64
}

// Verdict is what Judge says.
type Verdict struct {
	Class   Class
	Reasons []Reason // the heaviest first
	Advice  []Advice // what to do, in order
	Missing []string // what was asked for and did not come
}

// Judge weighs the evidence.
func Judge(e *Evidence) Verdict {
	j := &judge{Evidence: e}
	j.answers()
	j.ata()
	j.nvme()
	j.scsi()
	j.solid()
	j.tests()
	j.kernel()
	j.link()
	v := Verdict{Reasons: j.reasons, Missing: slices.Concat(e.Unanswered, e.Lacking, e.Kernel.Unread)}
	order.Stable(v.Reasons, func(a, b *Reason) bool {
		return a.Class > b.Class || a.Class == b.Class && a.Rate > b.Rate
	})
	v.Class = j.class(v.Reasons)
	if r, missing := j.why(v.Class, v.Reasons); missing {
		v.Reasons = append([]Reason{r}, v.Reasons...)
	}
	v.Advice = advice(v.Class, e)
	return v
}

// judge gathers reasons.
type judge struct {
	*Evidence
	reasons []Reason
	medium  bool // the medium itself, and not its link, gave errors
}

func (j *judge) say(r Reason) {
	if r.Class == Degraded || r.Class == Failing {
		j.medium = true
	}
	j.reasons = append(j.reasons, r)
}

// class is the worst that was found. A disk that was not really asked is never OK.
func (j *judge) class(reasons []Reason) Class {
	worst := OK
	if len(reasons) > 0 {
		worst = reasons[0].Class
	}
	if worst == OK && !j.told() {
		return Unknown
	}
	return worst
}

// why is the reason of a class that nothing that was found makes.
func (j *judge) why(c Class, reasons []Reason) (r Reason, missing bool) {
	switch {
	case c == OK && len(reasons) == 0:
		return Reason{Class: OK, Text: "nothing bad was found", Source: "all that was asked"}, true
	case c != Unknown || len(reasons) > 0 && (reasons[0].Class == Unknown || j.Virtual):
		return r, false
	case len(j.Unanswered) > 0:
		return Reason{Class: Unknown, Text: "it did not tell what it was asked: " + strings.Join(j.Unanswered, "; "), Source: "commands"}, true
	}
	return Reason{Class: Unknown, Text: "it tells nothing of its health", Source: "commands"}, true
}

// answers judges whether the disk could be asked.
func (j *judge) answers() {
	switch {
	case j.Silent > 0:
		j.say(Reason{Class: Dead, Text: "no answer within " + j.Silent.Round(time.Second).String(), Source: "commands"})
	case j.Unopened != "":
		j.say(Reason{Class: Unknown, Text: j.Unopened, Source: "device"})
	case j.Kernel.Offline != "" && !j.Identified:
	case !j.Identified:
		j.say(Reason{Class: Dead, Text: "it does not say what it is", Source: "identification"})
	}
	if j.Stopped != "" {
		// A dying disk, or a bridge that some log is too much for.
		j.say(Reason{Class: Link, Text: "it stopped to answer: " + j.Stopped, Source: "commands"})
	}
	if j.Empty {
		j.say(Reason{Class: Unknown, Text: "no medium is in it", Source: "TEST UNIT READY"})
	}
	if j.Asleep {
		j.say(Reason{Class: Unknown, Text: "it sleeps, and was not woken", Source: "power state"})
	}
	if j.Disabled {
		j.say(Reason{Class: Unknown, Text: "its SMART is turned off (smartctl -s on turns it on)", Source: "identification"})
	}
	if j.Volume != "" {
		j.say(Reason{Class: Unknown, Text: "a volume of a RAID controller: its disks are to be asked", Source: "sysfs"})
	}
	if j.Virtual && j.Unopened == "" {
		j.say(Reason{Class: OK, Text: "a virtual disk: what it says of its health means nothing", Source: "identification"})
	}
	if j.Passed != nil && !*j.Passed {
		j.say(Reason{Class: Failing, Text: "it says itself that it is failing", Source: "SMART status", Rate: 1})
	}
}

// told reports whether the disk said enough to be called OK.
func (j *judge) told() bool {
	if !j.Identified || j.Virtual || j.Distrusted || len(j.Unanswered) > 0 {
		return false
	}
	switch {
	case j.NVMe != nil, j.SCSI != nil && j.SCSI.Answered:
		return true
	}
	return len(j.Attributes) > 0 && j.Passed != nil
}
