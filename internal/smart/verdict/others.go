package verdict

import "strconv"

// nvme judges the log page 02h by the NVM Express Base Specification, 5.16.1.3.
func (j *judge) nvme() {
	n := j.NVMe
	if n == nil {
		return
	}
	const source = "SMART / health information log"
	for _, bit := range []struct {
		mask  uint8
		class Class
		text  string
	}{
		{1 << 3, Failing, "it takes no more writes: the media is read only"},
		{1 << 2, Failing, "its reliability is degraded by media errors or an internal error"},
		{1 << 0, Failing, "its spare is below the threshold"},
		{1 << 4, Degraded, "the backup of its volatile memory has failed"},
		{1 << 5, Degraded, "its persistent memory region has become unreliable or read only"},
		{1 << 1, OK, "its temperature is over or under a threshold"},
	} {
		if n.Critical&bit.mask != 0 {
			j.say(Reason{Class: bit.class, Text: bit.text + " (critical warning)", Source: source})
		}
	}
	if n.Critical&1 == 0 && n.Threshold > 0 && n.Spare <= n.Threshold {
		j.say(Reason{Class: Degraded, Text: strconv.FormatInt(n.Spare, 10) + " % of its spare are left; its threshold is " + strconv.FormatInt(n.Threshold, 10) + " %", Source: source})
	}
	if n.MediaErrors > 0 {
		j.say(Reason{Class: Degraded, Text: "errors of the medium that could not be corrected: " + strconv.FormatUint(n.MediaErrors, 10), Source: source})
	}
	j.used(n.Used, source)
}

// solid judges what the statistics of a solid-state disk say of its age.
func (j *judge) solid() {
	if j.NVMe == nil && j.Statistics.Known && j.Statistics.Used > 0 {
		j.used(j.Statistics.Used, "device statistics")
	}
}

// wornFrom is the part of its planned life, in percent, after which a solid-state disk
// is said to be worn.
const wornFrom = 90

func (j *judge) used(percent int64, source string) {
	if percent >= wornFrom {
		j.say(Reason{Class: Worn, Text: strconv.FormatInt(percent, 10) + " % of the life that was planned are used", Source: source})
	}
}

// scsi judges the log pages of a SCSI disk.
func (j *judge) scsi() {
	s := j.SCSI
	if s == nil {
		return
	}
	const exceptions = "informational exceptions page"
	code := " (additional sense " + hex(s.ASC) + "/" + hex(s.ASCQ) + ")"
	switch {
	case s.ASC == 0x5d && s.ASCQ != 0xff: // FFh is a test of the warning
		j.say(Reason{Class: Failing, Text: "it says itself that it is failing" + code, Source: exceptions, Rate: 1})
	case s.ASC == 0x0b && s.ASCQ != 0x01:
		j.say(Reason{Class: Degraded, Text: "it warns" + code, Source: exceptions})
	case s.ASC == 0x0b:
		j.say(Reason{Class: OK, Text: "it is too warm" + code, Source: exceptions})
	}
	if s.Uncorrected > 0 {
		j.say(Reason{Class: Degraded, Text: "errors that could not be corrected: " + strconv.FormatInt(s.Uncorrected, 10), Source: "error counters"})
	}
	if s.Grown > 0 {
		r := rate(reallocated, s.Grown)
		j.say(Reason{Class: of(r), Text: "defects since it was made: " + strconv.FormatInt(s.Grown, 10), Source: "defect list", Rate: r})
	}
}

// recent is how many power-on hours make an error one of now: two weeks.
const recent = 14 * 24

// fresh reports whether something happened lately by the disk's own clock.
func (j *judge) fresh(hours int64) bool { return j.Hours == 0 || j.Hours-hours <= recent }

// tests judges logs of self-tests and of errors.
func (j *judge) tests() {
	for i, t := range j.Tests {
		if !t.Failed || j.overruled(i) {
			continue
		}
		text := "a self-test failed at " + strconv.FormatInt(t.Hours, 10) + " hours"
		if t.HasLBA {
			text += ": sector " + strconv.FormatUint(t.LBA, 10)
		}
		j.say(Reason{Class: Degraded, Text: text + " (" + t.Kind + ")", Source: "self-test log"})
		break
	}
	for _, e := range j.Errors {
		if !e.Uncorrectable {
			continue
		}
		r := Reason{Class: OK, Text: "sector " + strconv.FormatUint(e.LBA, 10) + " could not be read at " + strconv.FormatInt(e.Hours, 10) + " hours, long ago", Source: "error log"}
		if j.fresh(e.Hours) {
			r = Reason{Class: Degraded, Text: "sector " + strconv.FormatUint(e.LBA, 10) + " could not be read at " + strconv.FormatInt(e.Hours, 10) + " hours of " + strconv.FormatInt(j.Hours, 10), Source: "error log"}
		}
		j.say(r)
		break
	}
}

// overruled reports whether a later test of the same kind, or an extended one, passed.
func (j *judge) overruled(i int) bool {
	for _, later := range j.Tests[:i] {
		if !later.Failed && (later.Kind == j.Tests[i].Kind || later.Kind == "extended") {
			return true
		}
	}
	return false
}

// kernel judges what the system saw, which a disk may not know of.
func (j *judge) kernel() {
	k := j.Kernel
	if k.Offline != "" {
		j.say(Reason{Class: Dead, Text: "the kernel has given it up: its state is " + k.Offline, Source: "sysfs"})
	}
	if k.Medium > 0 {
		text := "reads or writes that failed in the medium: " + strconv.Itoa(k.Medium)
		if len(k.Sectors) > 0 {
			text += ", the first at sector " + strconv.FormatUint(k.Sectors[0], 10)
		}
		j.say(Reason{Class: Degraded, Text: text, Source: "kernel log"})
	}
	if k.Faulty != "" {
		j.say(Reason{Class: Degraded, Text: "it was thrown out of " + k.Faulty, Source: "/proc/mdstat"})
	}
	if k.Medium == 0 && k.Transport == 0 && k.Failed > 0 {
		j.say(Reason{Class: OK, Text: "commands that failed, of which kind is not known: " + strconv.FormatInt(k.Failed, 10), Source: "sysfs"})
	}
}

// link judges errors on the way to the disk: they are the disk's only as long as its
// medium gives none.
func (j *judge) link() {
	class := Link
	if j.medium {
		class = OK
	}
	if n := j.Kernel.Transport; n > 0 {
		j.say(Reason{Class: class, Text: "errors or resets of its link: " + strconv.Itoa(n), Source: "kernel log"})
	}
	j.counting199()
	crc, since := j.Phy.CRC, j.Phy.Since
	switch {
	case crc <= 0:
	case since >= 0 && crc > since:
		j.say(Reason{Class: class, Text: "errors on its cable since it was last looked at: " + strconv.FormatInt(crc-since, 10), Source: "attributes"})
	case j.Kernel.Transport == 0:
		// The counter never falls: an old cable is not a new one's fault.
		j.say(Reason{Class: OK, Text: "errors on its cable since it was made: " + strconv.FormatInt(crc, 10), Source: "attributes"})
	}
}

// counting199 takes the link's errors from the attribute, where that is a count.
func (j *judge) counting199() {
	if j.Phy.CRC == 0 {
		j.Phy.CRC, _, _ = j.counting(199)
	}
}

func hex(b uint8) string {
	s := strconv.FormatUint(uint64(b), 16)
	if len(s) < 2 {
		s = "0" + s
	}
	return s + "h"
}
