package verdict

// Counter is a count of events that makes a reason by itself.
type Counter struct {
	Name  string
	Value int64
	Boot  bool // since the system started, else since the disk was made
}

// The counters. Neither the disk's count of failed commands is among them, which
// questions of an unsupported log raise, nor the kernel's (ioerr_cnt), which each ATA
// command does that returns its registers in sense data.
const (
	Reallocated   = "reallocated"
	Pending       = "pending"
	Offline       = "offline_uncorrectable"
	Uncorrectable = "uncorrectable"
	SpinRetries   = "spin_retries"
	CRC           = "crc_errors"
	MediaErrors   = "media_errors"
	Grown         = "grown_defects"
	KernelMedium  = "kernel_medium_errors"
	KernelLink    = "kernel_link_errors"
)

// attributes are those of ATA whose raw values are the same counts.
var attributes = []struct {
	id   uint8
	name string
}{{5, Reallocated}, {197, Pending}, {198, Offline}, {187, Uncorrectable}, {10, SpinRetries}, {199, CRC}}

// Counters are those that the disk and the system have, implausible raw values left out.
func (e *Evidence) Counters() []Counter {
	counts := map[string]int64{}
	count := func(name string, n int64) {
		if old, known := counts[name]; n >= 0 && (!known || n > old) {
			counts[name] = n
		}
	}
	j := &judge{Evidence: e}
	for _, a := range e.Attributes {
		for _, known := range attributes {
			if n, why := j.count(a); a.ID == known.id && why == "" {
				count(known.name, n)
			}
		}
	}
	if s := e.Statistics; s.Known {
		count(Reallocated, s.Reallocated)
		count(Pending, s.Pending)
		count(Uncorrectable, s.Uncorrectable)
	}
	if e.Pending > 0 {
		count(Pending, e.Pending)
	}
	if e.Phy.CRC > 0 {
		count(CRC, e.Phy.CRC)
	}
	if n := e.NVMe; n != nil {
		count(MediaErrors, int64(min(n.MediaErrors, 1<<62)))
	}
	if s := e.SCSI; s != nil && s.Answered {
		count(Uncorrectable, s.Uncorrected)
		count(Grown, s.Grown)
	}
	// None is a count only of a log that was read.
	read := e.Device != "" && e.Unopened == "" && len(e.Kernel.Unread) == 0
	if n := int64(e.Kernel.Medium); n > 0 || read {
		count(KernelMedium, n)
	}
	if n := int64(e.Kernel.Transport); n > 0 || read {
		count(KernelLink, n)
	}
	var all []Counter
	for _, name := range []string{Reallocated, Pending, Offline, Uncorrectable, SpinRetries, CRC, MediaErrors, Grown, KernelMedium, KernelLink} {
		if n, known := counts[name]; known {
			all = append(all, Counter{Name: name, Value: n, Boot: name == KernelMedium || name == KernelLink})
		}
	}
	return all
}

// Without is the evidence as if some counters had counted nothing. What else the disk
// says stays.
func (e *Evidence) Without(known func(counter string) bool) *Evidence {
	w := *e
	w.Attributes = nil
	for _, a := range e.Attributes {
		for _, c := range attributes {
			if a.ID == c.id && known(c.name) {
				a.Raw = 0
			}
		}
		w.Attributes = append(w.Attributes, a)
	}
	zero := func(name string, n *int64) {
		if known(name) && *n > 0 {
			*n = 0
		}
	}
	zero(Reallocated, &w.Statistics.Reallocated)
	zero(Pending, &w.Statistics.Pending)
	zero(Pending, &w.Pending)
	zero(Uncorrectable, &w.Statistics.Uncorrectable)
	zero(CRC, &w.Phy.CRC)
	if n := e.NVMe; n != nil && known(MediaErrors) {
		without := *n
		without.MediaErrors = 0
		w.NVMe = &without
	}
	if s := e.SCSI; s != nil {
		without := *s
		zero(Uncorrectable, &without.Uncorrected)
		zero(Grown, &without.Grown)
		w.SCSI = &without
	}
	if known(KernelMedium) {
		w.Kernel.Medium, w.Kernel.Sectors = 0, nil
	}
	if known(KernelLink) {
		w.Kernel.Transport = 0
	}
	return &w
}
