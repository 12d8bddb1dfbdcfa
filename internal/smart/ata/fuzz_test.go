package ata

import (
	"bytes"
	"strings"
	"testing"

	"rescuebox/internal/smart/command"
)

// FuzzPages decodes whatever a disk sends as each of the pages that there are.
func FuzzPages(f *testing.F) {
	f.Add(bytes.Repeat([]byte{0xff}, 2*Sector))
	for _, seed := range []struct {
		sectors int
		first   string
	}{
		{1, "\x03\x00\x0a\x02\x01\x00"},                              // SCT status
		{1, "\x02\x00\x01\x00\x0a\x00" + strings.Repeat("\x20", 30)}, // SCT history
		{4, "\x01\x00\x09\x00\x01\x61\x08\x00"},                      // extended errors
		{2, "\x01\x00\x14\x00\x02\x75\x10\x00"},                      // extended self-tests
		{2, "\x28\x00\x00\x80" + strings.Repeat("\x07", 700)},        // pending defects
		{1, "\x00\x00\x00\x00\x01\x20\x05\x00\x02\x20\xff\xff"},      // counters of the link
		{1, "\x01\x00\x01\x00\x00\x00\x00\x00" + strings.Repeat("\x05\x00\x00\x00\x00\x00\x00\xc0", 6)},
	} {
		f.Add(append([]byte(seed.first), make([]byte, seed.sectors*Sector-len(seed.first))...))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		if len(b) > 64*Sector {
			return
		}
		checkIdentity(t, b)
		checkValues(t, b)
		for _, flaws := range []Flaws{{}, {SwappedCount: true, LittleLBA: true}, {SwappedAll: true}} {
			checkErrors(t, b, flaws)
			checkSelfTests(t, b, flaws)
		}
		checkSelective(t, b)
		checkLogs(t, b)
		checkSCT(t, b)
	})
}

func checkIdentity(t *testing.T, b []byte) {
	d, err := ParseIdentity(b)
	if err != nil {
		return
	}
	for _, text := range [][]byte{d.Serial(), d.Firmware(), d.Model(), d.Product()} {
		if !bytes.Equal(text, bytes.TrimSpace(text)) {
			t.Errorf("%q", text)
		}
	}
	if _, oui, id, _ := d.WWN(); oui>>24 != 0 || id>>36 != 0 {
		t.Errorf("OUI %#x, unique ID %#x", oui, id)
	}
	greatest, current, _ := d.Speeds()
	if max(greatest.Hundreds(), current.Hundreds()) > 60 {
		t.Errorf("%d, %d", greatest, current)
	}
	d.Sum()
	d.Version()
	d.Transport()
	again := *d
	again.Swap()
	again.Swap()
	if again != *d {
		t.Error("swapped twice is not the same")
	}
}

func checkValues(t *testing.T, b []byte) {
	v, err := ParseValues(b)
	if err != nil {
		return
	}
	limits, err := ParseThresholds(b)
	if err != nil {
		t.Fatal(err)
	}
	for place, a := range v.Attributes {
		if limit, known := limits.Of(place, a.ID); a.State(limit, known) > FailedNow || a.Raw48()>>48 != 0 {
			t.Errorf("%+v", a)
		}
	}
}

func checkErrors(t *testing.T, b []byte, flaws Flaws) {
	short, err := ParseErrorLog(b, flaws)
	if err != nil {
		return
	}
	long, err := ParseErrorLogExt(b, flaws)
	if err != nil {
		t.Fatal(err)
	}
	for log, bits := range map[*ErrorLog]int{short: 28, long: 48} {
		if len(log.Errors) > log.Places {
			t.Errorf("%d errors in %d places", len(log.Errors), log.Places)
		}
		for _, e := range log.Errors {
			if e.Place >= log.Places || e.Number > log.Count || e.LBA>>bits != 0 || len(e.Commands) != 5 {
				t.Errorf("%+v", e)
			}
		}
	}
}

func checkSelfTests(t *testing.T, b []byte, flaws Flaws) {
	short, err := ParseSelfTests(b, flaws)
	if err != nil {
		return
	}
	long, err := ParseSelfTestsExt(b)
	if err != nil {
		t.Fatal(err)
	}
	for log, bits := range map[*SelfTestLog]int{short: 32, long: 48} {
		for i, test := range log.Tests {
			if test.Place < i || test.Place >= log.Places || test.LBA>>bits != 0 || test.Located && !test.Failed() {
				t.Errorf("%+v", test)
			}
		}
	}
}

func checkSelective(t *testing.T, b []byte) {
	want, err := ParseSelective(b)
	if err != nil {
		return
	}
	page, err := SetSelective(b, want)
	if err != nil {
		t.Fatal(err)
	}
	got, err := ParseSelective(page)
	if err != nil || !got.Sound || got.Spans != want.Spans || got.Pending != want.Pending {
		t.Errorf("%+v, want %+v; %v", got, want, err)
	}
}

func checkLogs(t *testing.T, b []byte) {
	defects, err := ParseDefects(b)
	if err != nil {
		return
	}
	if want := min(int64(defects.Count), int64(len(b)/16-1)); int64(len(defects.List)) != want {
		t.Errorf("%d of %d defects in %d bytes", len(defects.List), defects.Count, len(b))
	}
	if d, err := ParseDirectory(b); err != nil || d.Sectors[0] != 0 {
		t.Errorf("%+v, %v", d, err)
	}
	counters, _, err := ParsePhy(b)
	for _, c := range counters {
		if err != nil || c.Size < 2 || c.Size > 8 || c.Size < 8 && c.Value>>(8*c.Size) != 0 {
			t.Errorf("%+v, %v", c, err)
		}
		c.Overflown()
	}
	if pages, err := StatisticsPages(b); err != nil || len(pages) > 255 {
		t.Errorf("%d pages, %v", len(pages), err)
	}
	_, _, statistics, err := ParseStatistics(b)
	for _, s := range statistics {
		if err != nil || s.Offset < 8 || s.Offset >= Sector || s.Value>>56 != 0 {
			t.Errorf("%+v, %v", s, err)
		}
	}
}

func checkSCT(t *testing.T, b []byte) {
	if s, err := ParseSCTStatus(b); err == nil && s.Format != 2 && s.Format != 3 {
		t.Errorf("%+v", s)
	}
	h, err := ParseSCTHistory(b)
	if err == nil && h.Index >= len(h.Temperatures) {
		t.Errorf("%+v", h)
	}
	if len(b) >= 10 {
		r := command.Registers{Count: le.Uint16(b), LBA: le.Uint64(b[2:])}
		if failing, known := Failing(r); failing && !known {
			t.Errorf("%+v", r)
		}
		if limit := SCTAnswer(r); byte(limit) != byte(r.Count) || byte(limit>>8) != byte(r.LBA) {
			t.Errorf("%d of %+v", limit, r)
		}
	}
}
