// Package history keeps what disks counted when they were last looked at, so that a rise
// is told from an old count. A counter of reallocated sectors or of errors of a cable
// never falls: what it was a year ago is no news.
package history

import (
	"slices"
	"strings"

	"rescuebox/internal/smart/verdict"
)

// History is what is known of all disks. The zero History knows none.
type History struct {
	Boot  string // the system's identity of the boot when it was saved
	Disks []*Disk
}

// Disk is one, as it was last seen.
type Disk struct {
	Model, Serial string
	Path          string // by which it was asked
	Port          string // at which it was; "": not known
	Seen          int64  // when; Unix time, in seconds
	Counts        []Count
}

// Count is a counter of a disk.
type Count struct {
	Name  string
	Value int64
	From  int64 // before it last rose; -1: it was there when the disk was first seen
	Risen int64 // when it last rose, or was first seen and not 0; 0: never
	// Accepted is up to which value somebody has said that it is known; -1: none.
	Accepted int64
}

// Find returns a disk; nil: it was never seen. A disk without a serial number is the one
// that was at its path. The model is compared too, as cheap bridges share one number; of
// a disk that does not answer it is the kernel's, which is cut short.
func (h *History) Find(model, serial, path string) *Disk {
	for _, d := range h.Disks {
		same := d.Serial == serial
		if serial == "" {
			same = same && d.Path == path
		}
		if same && (strings.HasPrefix(d.Model, model) || strings.HasPrefix(model, d.Model)) {
			return d
		}
	}
	return nil
}

// Seen notes a disk with its counters, and returns what is known of it then. Counters
// that did not come this time stay as they were.
func (h *History) Seen(model, serial, path, port string, counters []verdict.Counter, boot string, now int64) *Disk {
	d := h.Find(model, serial, path)
	first := d == nil
	if first {
		d = &Disk{Model: model, Serial: serial}
		h.Disks = append(h.Disks, d)
	}
	if model != "" && len(counters) > 0 { // it answered
		d.Model = model
	}
	d.Path, d.Port, d.Seen = path, port, now
	for _, c := range counters {
		d.count(c, boot != h.Boot, now)
	}
	return d
}

// count notes the value of a counter. One that counts from the start of the system does
// so anew after another.
func (d *Disk) count(c verdict.Counter, rebooted bool, now int64) {
	i := slices.IndexFunc(d.Counts, func(k Count) bool { return k.Name == c.Name })
	if i < 0 {
		k := Count{Name: c.Name, Value: c.Value, From: -1, Accepted: -1}
		if c.Value > 0 {
			k.Risen = now
		}
		d.Counts = append(d.Counts, k)
		return
	}
	k := &d.Counts[i]
	if c.Boot && rebooted {
		k.fall(0)
	}
	switch {
	case c.Value > k.Value:
		k.From, k.Risen = k.Value, now
	case c.Value < k.Value:
		k.fall(c.Value)
	}
	k.Value = c.Value
	k.Risen = min(k.Risen, now) // a clock that was wrong
}

// fall notes a lower value: a rise up to what was there before is one again.
func (k *Count) fall(value int64) {
	k.Value, k.Accepted = value, min(k.Accepted, value)
	if value <= k.From || value == 0 {
		k.From, k.Risen = value, 0
	}
}

// Accept notes that all that a disk counts is known to somebody.
func (d *Disk) Accept() {
	for i := range d.Counts {
		d.Counts[i].Accepted = d.Counts[i].Value
	}
}

// Count returns a counter by its name.
func (d *Disk) Count(name string) (c Count, known bool) {
	if d == nil {
		return c, false
	}
	i := slices.IndexFunc(d.Counts, func(k Count) bool { return k.Name == name })
	if i < 0 {
		return c, false
	}
	return d.Counts[i], true
}

// New reports whether it rose, or was first seen, less than so many seconds ago, and
// nobody has said that it is known.
func (k Count) New(now, seconds int64) bool {
	return k.Value > k.Accepted && k.Risen > 0 && now-k.Risen < seconds
}

// Rose reports whether it is New and was seen lower before.
func (k Count) Rose(now, seconds int64) bool { return k.New(now, seconds) && k.From >= 0 }
