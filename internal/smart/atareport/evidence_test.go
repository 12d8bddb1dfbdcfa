package atareport_test

import (
	"context"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"rescuebox/internal/smart/atareport"
	"rescuebox/internal/smart/report"
	"rescuebox/internal/smart/verdict"
)

// evidence asks a disk what a verdict needs.
func evidence(t *testing.T, d *disk) *verdict.Evidence {
	t.Helper()
	o := atareport.Options{Tolerance: atareport.VeryPermissive}
	o.Extended()
	var out report.Output
	p, err := atareport.Inspect(context.Background(), d, o, &out)
	if err != nil {
		t.Fatal(err)
	}
	e := &verdict.Evidence{Phy: verdict.Phy{Since: -1}}
	p.Evidence(e)
	return e
}

// attribute is the entry of an attribute in the table of newDisk.
func (d *disk) attribute(id byte) []byte {
	for i := range 30 {
		if e := d.values[2+12*i : 14+12*i]; e[0] == id {
			return e
		}
	}
	return nil
}

// fail puts an error of the hours into the summary log, whose newest is in the first place.
func (d *disk) fail(errorRegister byte, hours uint16, lba byte) {
	b := d.smart[1]
	b[0], b[1] = 1, 1
	le.PutUint16(b[452:], 1)
	r := b[2+60:]
	r[1], r[3], r[7] = errorRegister, lba, 0x51
	le.PutUint16(r[28:], hours)
	seal(b)
	delete(d.gp, 3)
	d.directories()
}

func (d *disk) tested(entries ...[4]byte) {
	b := d.smart[6]
	for i, e := range entries { // type, status, hours, LBA
		t := b[2+24*i:]
		t[0], t[1], t[2], t[5] = e[0], e[1], e[2], e[3]
	}
	b[508] = byte(len(entries))
	seal(b)
	delete(d.gp, 7)
	d.directories()
}

// Each row is a disk, its class, and words of what is said of it.
func TestEvidence(t *testing.T) {
	for name, row := range map[string]struct {
		class  verdict.Class
		words  string
		change func(*disk)
	}{
		"new":                              {verdict.OK, "", func(*disk) {}},
		"pending":                          {verdict.Degraded, "reallocated: 3 (attribute 197", func(d *disk) { d.attribute(197)[5] = 3 }},
		"failing":                          {verdict.Failing, "says itself", func(d *disk) { d.registers.LBA = 0x2cf400 }},
		"prefail":                          {verdict.Failing, "below what its maker allows", func(d *disk) { d.attribute(5)[3] = 9 }},
		"values with a wrong checksum":     {verdict.Unknown, "checksum is wrong", func(d *disk) { d.values[511]++ }},
		"thresholds with a wrong checksum": {verdict.Unknown, "SMART Thresholds (their checksum", func(d *disk) { d.thresholds[511]++ }},
		"no values":                        {verdict.Unknown, "SMART Data", func(d *disk) { d.values = nil }},
		"no thresholds":                    {verdict.Unknown, "SMART Thresholds", func(d *disk) { d.thresholds = nil }},
		"no registers":                     {verdict.Unknown, "SMART Status", func(d *disk) { d.registers.LBA = 0 }},
		"no old logs, but the new":         {verdict.OK, "", func(d *disk) { d.smart[1], d.smart[6] = nil, nil }},
		"no logs":                          {verdict.Unknown, "SMART Error Log; SMART Self-test Log", func(d *disk) { d.smart[1], d.smart[6], d.gp = nil, nil, nil }},
		"no general purpose logs":          {verdict.OK, "", func(d *disk) { d.gp = nil }},
		"unreadable now":                   {verdict.Degraded, "sector 77 could not be read at 3 hours of 5", func(d *disk) { d.fail(0x40, 3, 77) }},
		"unreadable long ago": {verdict.OK, "long ago", func(d *disk) {
			le.PutUint16(d.attribute(9)[5:], 40000)
			d.fail(0x40, 3, 77)
		}},
		"unreadable now, in the second round of its hours": {verdict.Degraded, "at 65539 hours of 65541", func(d *disk) {
			le.PutUint32(d.attribute(9)[5:], 65536+5)
			d.fail(0x40, 3, 77)
		}},
		"unreadable before the hours began anew": {verdict.Degraded, "at 65530 hours of 65541", func(d *disk) {
			le.PutUint32(d.attribute(9)[5:], 65536+5)
			d.fail(0x40, 65530, 77)
		}},
		"aborted commands":                {verdict.OK, "", func(d *disk) { d.fail(0x04, 3, 77) }},
		"a failed test":                   {verdict.Degraded, "a self-test failed at 4 hours: sector 9 (short)", func(d *disk) { d.tested([4]byte{1, 0x79, 4, 9}) }},
		"a failed test, passed since":     {verdict.OK, "", func(d *disk) { d.tested([4]byte{1, 0x79, 3, 9}, [4]byte{2, 0, 4, 0}) }},
		"a failed test, broken off since": {verdict.Degraded, "sector 9", func(d *disk) { d.tested([4]byte{1, 0x79, 3, 9}, [4]byte{1, 0x19, 4, 0}) }},
		"pending by its statistics": {verdict.Degraded, "reallocated: 6 [device statistics]", func(d *disk) {
			le.PutUint64(d.gp[4][512*3+0x38:], 6|0xc0<<56)
		}},
		"statistics that are not valid": {verdict.OK, "", func(d *disk) { le.PutUint64(d.gp[4][512*3+0x38:], 6|0x80<<56) }},
		"a list of pending sectors":     {verdict.Degraded, "reallocated: 2", func(d *disk) { le.PutUint32(d.gp[0x0c], 2) }},
		"turned off": {verdict.Unknown, "SMART is turned off", func(d *disk) {
			put(d.identify, map[int]uint16{85: 0x3468})
			d.values, d.thresholds = nil, nil
		}},
	} {
		d := newDisk()
		for i := range 15 {
			d.values[2+12*i+5] = 0
		}
		d.attribute(9)[5] = 5
		row.change(d)
		if row.class != verdict.Unknown || !strings.Contains(name, "checksum") {
			for _, page := range [][]byte{d.values, d.thresholds} {
				if page != nil {
					seal(page)
				}
			}
		} else if strings.HasPrefix(name, "thresholds") {
			seal(d.values)
		}
		v := verdict.Judge(evidence(t, d))
		said := slices.ContainsFunc(v.Reasons, func(r verdict.Reason) bool {
			return strings.Contains(r.Text+" ["+r.Source+"]", row.words)
		})
		if v.Class != row.class || !said {
			t.Errorf("%s: %v %+v, missing %q", name, v.Class, v.Reasons, v.Missing)
		}
	}
}

// Whatever pages hold, there is a verdict with a reason.
func TestRandomEvidence(t *testing.T) {
	for seed := range uint64(300) {
		v := verdict.Judge(evidence(t, random(rand.New(rand.NewPCG(seed, 2)))))
		if len(v.Reasons) == 0 || len(v.Advice) == 0 {
			t.Errorf("%d: %+v", seed, v)
		}
	}
}
