package scsireport_test

import (
	"strings"
	"testing"

	"rescuebox/internal/smart/scsi"
	"rescuebox/internal/smart/verdict"
)

func TestEvidence(t *testing.T) {
	v := variants()
	for name, want := range map[string]verdict.Class{
		"healthy":            verdict.OK,
		"exception failing":  verdict.Failing,
		"exception by sense": verdict.Failing,
		"exception too hot":  verdict.OK,
		"uncorrected errors": verdict.Degraded,
		"grown defects":      verdict.Degraded,
		"failed self-tests":  verdict.Degraded,
		"worn out":           verdict.Worn,
		"no logs":            verdict.Unknown,
	} {
		_, p := run(t, device(t, v[name]), extended())
		var e verdict.Evidence
		p.Evidence(&e)
		if got := verdict.Judge(&e); got.Class != want {
			t.Errorf("%s is %v, want %v: %+v\n%+v", name, got.Class, want, got.Reasons, e)
		}
	}
	_, p := run(t, device(t, v["pending defects"]), extended())
	var e verdict.Evidence
	p.Evidence(&e)
	if e.Pending != 3 || e.Size != 4000787030016 || e.Block != 512 || e.Hours != 31502 {
		t.Errorf("%+v", e)
	}
	d := newDisk()
	d.answer("03 00 00 00 12 00", 0, bytesOf("70 00 00 00 00 00 00 0a 00 00 00 00 5e 04 00 00 00 00"), nil)
	o := extended()
	o.Asleep = scsi.Standby
	_, p = run(t, device(t, d), o)
	e = verdict.Evidence{}
	p.Evidence(&e)
	if got := verdict.Judge(&e); got.Class != verdict.Unknown {
		t.Errorf("asleep: %+v", got)
	}
	d = newDisk()
	d.answer("00 00 00 00 00 00", 2, nil, bytesOf("70 00 02 00 00 00 00 0a 00 00 00 00 3a 00 00 00 00 00"))
	o = extended()
	o.Tolerate = 100
	_, p = run(t, device(t, d), o)
	e = verdict.Evidence{}
	p.Evidence(&e)
	if got := verdict.Judge(&e); got.Class != verdict.Unknown || !e.Empty || len(e.Unanswered) != 0 {
		t.Errorf("empty: %+v %+v", got, e.Unanswered)
	}
	d = newDisk()
	d.refuse("4d006f")
	_, p = run(t, device(t, d), extended())
	e = verdict.Evidence{}
	p.Evidence(&e)
	if e.Passed != nil || len(e.Unanswered) != 1 || !strings.HasPrefix(e.Unanswered[0], "informational exceptions log: ") {
		t.Errorf("%v %v", e.Passed, e.Unanswered)
	}
}
