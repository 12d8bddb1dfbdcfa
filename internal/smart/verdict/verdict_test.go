package verdict

import (
	"strings"
	"testing"
	"time"
)

// disk is a healthy one of 500 GB.
func disk(change func(*Evidence)) *Evidence {
	passed := true
	e := &Evidence{Device: "/dev/sdb", Size: 500107862016, Identified: true, Passed: &passed, Hours: 10000, Phy: Phy{Since: -1}}
	e.Attributes = []Attribute{{ID: 1, Value: 100, Worst: 100, Threshold: 50, Prefail: true}, {ID: 9, Value: 90, Worst: 90, Raw: 10000}}
	change(e)
	return e
}

func raw(id uint8, value uint8, n uint64) Attribute {
	return Attribute{ID: id, Value: value, Worst: value, Raw: n}
}

// Each row is a disk and what is said of it: the class and words of the first reason.
var rows = []struct {
	name   string
	class  Class
	words  string
	change func(*Evidence)
}{
	{"healthy", OK, "nothing bad", func(e *Evidence) {}},
	{"says so itself", Failing, "says itself", func(e *Evidence) { *e.Passed = false }},
	{"silent", Dead, "no answer within 7s", func(e *Evidence) { *e = Evidence{Device: "/dev/sdb", Silent: 7 * time.Second} }},
	{"unidentified", Dead, "what it is", func(e *Evidence) { *e = Evidence{Device: "/dev/sdb"} }},
	{"asleep", Unknown, "sleeps", func(e *Evidence) { e.Asleep = true }},
	{"turned off", Unknown, "-s on", func(e *Evidence) { e.Disabled = true }},
	{"a log did not come", Unknown, "asked: SMART Error Log", func(e *Evidence) { e.Unanswered = []string{"SMART Error Log"} }},
	{"a statistic did not come", OK, "nothing bad", func(e *Evidence) { e.Lacking = []string{"device statistics"} }},
	{"stopped", Link, "stopped to answer: no answer in 7 s", func(e *Evidence) { e.Stopped = "no answer in 7 s" }},
	{"given up", Dead, "its state is offline", func(e *Evidence) { *e = Evidence{Device: "/dev/sdb", Kernel: Kernel{Offline: "offline"}} }},
	{"volume", Unknown, "its disks are to be asked", func(e *Evidence) { e.Volume = "megaraid,N" }},
	{"empty", Unknown, "no medium", func(e *Evidence) { e.Empty = true }},
	{"virtual", Unknown, "virtual", func(e *Evidence) { e.Virtual = true }},
	{"no status", Unknown, "nothing of its health", func(e *Evidence) { e.Passed = nil }},
	{"wrong checksum", Unknown, "checksum", func(e *Evidence) { e.Distrusted = true }},

	{"one pending", Degraded, "reallocated: 1 (attribute 197)", func(e *Evidence) { e.Attributes = append(e.Attributes, raw(197, 100, 1)) }},
	{"529 pending", Failing, "waiting to be reallocated: 529 (attribute 197)", func(e *Evidence) { e.Attributes = append(e.Attributes, raw(197, 194, 529)) }},
	{"100000 pending, and rated so", Failing, "reallocated: 100000", func(e *Evidence) { e.Attributes = append(e.Attributes, raw(197, 1, 100000)) }},
	{"pending by statistics alone", Degraded, "reallocated: 3", func(e *Evidence) { e.Statistics = Statistics{Known: true, Pending: 3} }},
	{"pending by its list alone", Degraded, "reallocated: 2", func(e *Evidence) { e.Pending = 2 }},
	{"few reallocated", OK, "reallocated sectors: 5", func(e *Evidence) { e.Attributes = append(e.Attributes, raw(5, 100, 5)) }},
	{"many reallocated", Degraded, "reallocated sectors: 69", func(e *Evidence) { e.Attributes = append(e.Attributes, raw(5, 226, 69)) }},
	{"many reallocated in flash", OK, "reallocated sectors: 69", func(e *Evidence) { e.Solid = true; e.Attributes = append(e.Attributes, raw(5, 90, 69)) }},
	{"reported", Degraded, "corrected: 2", func(e *Evidence) { e.Attributes = append(e.Attributes, raw(187, 98, 2)) }},
	{"prefail", Failing, "below what its maker allows", func(e *Evidence) { e.Attributes[0].Value = 50 }},
	{"prefail in the past", Degraded, "was below", func(e *Evidence) { e.Attributes[0].Worst = 50 }},
	{"old age", Worn, "end of its life", func(e *Evidence) {
		e.Attributes = append(e.Attributes, Attribute{ID: 202, Value: 1, Worst: 1, Threshold: 2})
	}},

	// Raw values that are no counts.
	{"packed 197", OK, "no count", func(e *Evidence) { e.Attributes = append(e.Attributes, raw(197, 100, 0x6d4bfd220002)) }},
	{"packed 187", OK, "no count", func(e *Evidence) { e.Attributes = append(e.Attributes, raw(187, 253, 0x10000)) }},
	{"packed 5", OK, "no count", func(e *Evidence) { e.Solid = true; e.Attributes = append(e.Attributes, raw(5, 85, 0x245000)) }},
	{"all ones", OK, "no count", func(e *Evidence) { e.Attributes = append(e.Attributes, raw(198, 100, 1<<32-1)) }},
	{"untouched", OK, "no count", func(e *Evidence) { e.Attributes = append(e.Attributes, raw(199, 100, 42899987)) }},
	{"rate of Seagate", OK, "nothing bad", func(e *Evidence) {
		e.Attributes = append(e.Attributes, raw(7, 89, 0x133423729), raw(195, 81, 66008300))
	}},

	// Cables.
	{"old cable", OK, "errors on its cable since it was made: 177", func(e *Evidence) { e.Attributes = append(e.Attributes, raw(199, 200, 177)) }},
	{"bad cable", Link, "looked at: 7", func(e *Evidence) { e.Attributes = append(e.Attributes, raw(199, 200, 177)); e.Phy.Since = 170 }},
	{"resets", Link, "resets of its link: 4", func(e *Evidence) { e.Kernel.Transport = 4 }},
	{"resets of a bad disk", Degraded, "reallocated: 1 ", func(e *Evidence) {
		e.Kernel.Transport = 4
		e.Attributes = append(e.Attributes, raw(197, 100, 1))
	}},

	// What others saw.
	{"kernel", Degraded, "failed in the medium: 12, the first at sector 800", func(e *Evidence) { e.Kernel = Kernel{Medium: 12, Sectors: []uint64{800}} }},
	{"thrown out", Degraded, "thrown out of md0", func(e *Evidence) { e.Kernel.Faulty = "md0" }},
	{"self-test", Degraded, "a self-test failed at 9990 hours: sector 77", func(e *Evidence) {
		e.Tests = []Test{{Kind: "short", Hours: 9990, Failed: true, LBA: 77, HasLBA: true}}
	}},
	{"self-test, passed since", OK, "nothing bad", func(e *Evidence) {
		e.Tests = []Test{{Kind: "extended", Hours: 9999}, {Kind: "short", Hours: 9990, Failed: true}}
	}},
	{"old error", OK, "long ago", func(e *Evidence) { e.Errors = []LoggedError{{Hours: 20, LBA: 5, Uncorrectable: true}} }},
	{"new error", Degraded, "sector 5 could not be read at 9990 hours", func(e *Evidence) { e.Errors = []LoggedError{{Hours: 9990, LBA: 5, Uncorrectable: true}} }},

	// Other families.
	{"NVMe", OK, "nothing bad", nvmeDisk(NVMe{Spare: 100, Threshold: 10, Used: 3})},
	{"NVMe, warned", Failing, "reliability", nvmeDisk(NVMe{Critical: 4, Spare: 100, Threshold: 10})},
	{"NVMe, hot", OK, "temperature", nvmeDisk(NVMe{Critical: 2, Spare: 100, Threshold: 10})},
	{"NVMe, spare", Degraded, "10 % of its spare", nvmeDisk(NVMe{Spare: 10, Threshold: 10})},
	{"NVMe, media", Degraded, "errors of the medium that could not be corrected: 9", nvmeDisk(NVMe{Spare: 100, MediaErrors: 9})},
	{"NVMe, worn", Worn, "104 % of the life", nvmeDisk(NVMe{Spare: 100, Used: 104})},
	{"SCSI", OK, "nothing bad", scsiDisk(SCSI{Answered: true, Grown: -1})},
	{"SCSI, mute", Unknown, "nothing of its health", scsiDisk(SCSI{Grown: -1})},
	{"SCSI, foretells", Failing, "additional sense 5dh/10h", scsiDisk(SCSI{Answered: true, ASC: 0x5d, ASCQ: 0x10})},
	{"SCSI, tries to foretell", OK, "nothing bad", scsiDisk(SCSI{Answered: true, ASC: 0x5d, ASCQ: 0xff})},
	{"SCSI, warm", OK, "too warm", scsiDisk(SCSI{Answered: true, ASC: 0x0b, ASCQ: 1})},
	{"SCSI, uncorrected", Degraded, "corrected: 3", scsiDisk(SCSI{Answered: true, Uncorrected: 3})},
	{"SCSI, grown", Degraded, "defects since it was made: 80", scsiDisk(SCSI{Answered: true, Grown: 80})},
}

func nvmeDisk(n NVMe) func(*Evidence) {
	return func(e *Evidence) {
		*e = Evidence{Device: "/dev/nvme0n1", Identified: true, Solid: true, NVMe: &n, Phy: Phy{Since: -1}}
	}
}

func scsiDisk(s SCSI) func(*Evidence) {
	return func(e *Evidence) { e.Attributes, e.SCSI = nil, &s }
}

func TestJudge(t *testing.T) {
	for _, row := range rows {
		v := Judge(disk(row.change))
		first := ""
		if len(v.Reasons) > 0 {
			first = v.Reasons[0].Text
		}
		if v.Class != row.class || !strings.Contains(first, row.words) || row.words == "" && first != "" {
			t.Errorf("%s: %v, %+v", row.name, v.Class, v.Reasons)
		}
		if len(v.Advice) == 0 {
			t.Errorf("%s: no advice", row.name)
		}
		for _, r := range v.Reasons {
			if r.Source == "" {
				t.Errorf("%s: %q has no source", row.name, r.Text)
			}
		}
	}
}

// The advice can be typed as it stands.
func TestAdvice(t *testing.T) {
	v := Judge(disk(func(e *Evidence) { e.Device = "/dev/disk/by-id/a b"; *e.Passed = false }))
	if !strings.HasPrefix(v.Advice[0].Command, "rescuebox ddrescue -d '/dev/disk/by-id/a b' ") || !strings.Contains(v.Advice[1].Text, "do not run a long self-test") {
		t.Errorf("%q", v.Advice)
	}
}

// What only a controller reaches is copied as what it is part of, and asked as it was.
func TestBehind(t *testing.T) {
	v := Judge(disk(func(e *Evidence) { e.Device, e.Ask, e.Option, *e.Passed = "", "/dev/bus/0", "megaraid,3", false }))
	if v.Advice[0].Command != "" || !strings.Contains(v.Advice[0].Text, "volume of its controller") {
		t.Errorf("%q", v.Advice)
	}
	v = Judge(disk(func(e *Evidence) { e.Device, e.Ask, e.Option, e.Kernel.Transport = "", "/dev/bus/0", "megaraid,3", 1 }))
	if v.Class != Link || v.Advice[0].Command != "rescuebox smartctl --verdict -d megaraid,3 /dev/bus/0" {
		t.Errorf("%q", v.Advice)
	}
	// A recording is of no disk that could be asked again.
	v = Judge(disk(func(e *Evidence) { e.Device, e.Passed = "", nil }))
	if v.Advice[0].Command != "" {
		t.Errorf("%q", v.Advice)
	}
}
