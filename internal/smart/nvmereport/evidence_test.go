package nvmereport_test

import (
	"context"
	"testing"

	"rescuebox/internal/smart/nvmereport"
	"rescuebox/internal/smart/verdict"
)

func TestEvidence(t *testing.T) {
	v := variants()
	for name, want := range map[string]verdict.Class{
		"healthy":              verdict.OK,
		"every warning":        verdict.Failing,
		"warning 0":            verdict.Failing,
		"warning 1":            verdict.OK, // only too warm
		"warning 3":            verdict.Failing,
		"large counters":       verdict.Degraded,
		"self-test running":    verdict.Degraded,
		"garbage temperatures": verdict.OK,
	} {
		o := nvmereport.Options{NSID: 1}
		o.All()
		p, err := nvmereport.Read(context.Background(), v[name], o)
		if err != nil {
			t.Fatal(err)
		}
		var e verdict.Evidence
		p.Evidence(&e)
		if got := verdict.Judge(&e); got.Class != want {
			t.Errorf("%s is %v, want %v: %+v\n%+v", name, got.Class, want, got.Reasons, e.NVMe)
		}
	}
	p, err := nvmereport.Read(context.Background(), v["healthy"], nvmereport.Options{NSID: 1, Info: true, Health: true})
	if err != nil {
		t.Fatal(err)
	}
	var e verdict.Evidence
	p.Evidence(&e)
	if e.Size != 1000204886016 || e.Hours != 20000 || !e.Solid || !e.Identified {
		t.Errorf("%+v", e)
	}
}
