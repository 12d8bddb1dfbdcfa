package verdict

import (
	"slices"
	"testing"
)

// counting is a disk with every counter.
func counting() *Evidence {
	return disk(func(e *Evidence) {
		e.Attributes = append(e.Attributes, raw(5, 90, 8), raw(197, 100, 2), raw(198, 100, 65536), raw(187, 99, 1), raw(10, 100, 3), raw(199, 200, 70))
		e.Statistics = Statistics{Known: true, Reallocated: 9, Pending: -1, Uncorrectable: 0, Used: -1}
		e.Pending, e.Phy.CRC = 3, 60
		e.Kernel = Kernel{Medium: 4, Transport: 5, Sectors: []uint64{800}, Failed: 100}
	})
}

func TestCounters(t *testing.T) {
	want := []Counter{{Reallocated, 9, false}, {Pending, 3, false}, {Uncorrectable, 1, false}, {SpinRetries, 3, false}, {CRC, 70, false}, {KernelMedium, 4, true}, {KernelLink, 5, true}}
	if got := counting().Counters(); !slices.Equal(got, want) {
		t.Errorf("%+v\nwant %+v", got, want)
	}
	e := &Evidence{NVMe: &NVMe{MediaErrors: 1<<64 - 1}, SCSI: &SCSI{Answered: true, Uncorrected: 2, Grown: -1}}
	if got := e.Counters(); !slices.Equal(got, []Counter{{Uncorrectable, 2, false}, {MediaErrors, 1 << 62, false}}) {
		t.Errorf("%+v", got)
	}
	for _, none := range []*Evidence{{}, {Device: "/dev/sda", Unopened: "x"}, {Device: "/dev/sda", Kernel: Kernel{Unread: []string{"kernel log"}}}} {
		if got := none.Counters(); got != nil {
			t.Errorf("%+v", got)
		}
	}
}

// Each counter is what its reasons come from: without all of them a disk is as before,
// and the evidence itself stays as it was.
func TestWithout(t *testing.T) {
	e := counting()
	e.NVMe, e.SCSI = &NVMe{MediaErrors: 1}, &SCSI{Answered: true, Uncorrected: 2, Grown: 30}
	all := e.Without(func(string) bool { return true })
	if v := Judge(all); v.Class != OK {
		t.Errorf("%+v", v)
	}
	if v := Judge(e.Without(func(name string) bool { return name != KernelMedium })); v.Class != Degraded || v.Reasons[0].Source != "kernel log" {
		t.Errorf("%+v", v)
	}
	if v := Judge(e.Without(func(string) bool { return false })); v.Class != Degraded {
		t.Errorf("%+v", v)
	}
	if got, want := len(e.Counters()), 9; got != want || e.NVMe.MediaErrors != 1 || e.SCSI.Grown != 30 || e.Kernel.Medium != 4 {
		t.Errorf("%d counters, want %d: %+v", got, want, e)
	}
	failing := disk(func(e *Evidence) { *e.Passed = false })
	if v := Judge(failing.Without(func(string) bool { return true })); v.Class != Failing {
		t.Errorf("%+v", v)
	}
}
