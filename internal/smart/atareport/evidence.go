package atareport

import (
	"math"
	"slices"
	"strings"

	"rescuebox/internal/order"
	"rescuebox/internal/smart/ata"
	"rescuebox/internal/smart/verdict"
)

// Evidence adds what the disk has said to what it is judged by. What was asked for and did
// not come is unanswered.
func (p *Pages) Evidence(e *verdict.Evidence) {
	e.Identified = p.Identity != nil
	e.Passed = p.Passed
	e.Asleep = p.Slept
	p.unanswered(e)
	if id := p.Identity; id != nil {
		logical, _, _ := id.SectorSizes()
		e.Block = int64(logical)
		if sectors := id.Capacity(); sectors < math.MaxInt64/uint64(logical) {
			e.Size = int64(sectors) * e.Block
		}
		e.Solid = id.Rotation() == 1
		smart, known := id.SMART()
		e.Disabled = known && smart.Supported && !smart.Enabled && p.Values == nil
	}
	e.Hours = p.Hours
	if e.Hours > maxHours { // a unit that nobody knows
		e.Hours = 0
	}
	p.attributes(e)
	p.statistics(e)
	p.errorLog(e)
	p.selfTestLog(e)
	if p.Defects != nil {
		e.Pending = int64(p.Defects.Count)
	}
}

// maxHours are those of a disk as old as SMART.
const maxHours = 30 * 366 * 24

// unanswered sorts what failed into what a disk with SMART must tell and what it may. An
// extended log that did not come is no loss where the old one did.
func (p *Pages) unanswered(e *verdict.Evidence) {
	for _, what := range p.Failed {
		what = strings.TrimSuffix(strings.TrimPrefix(what, "Read "), " failed")
		needed := false
		switch what {
		case extErrorLog:
			needed = p.Errors == nil
		case extSelfTestLog:
			needed = p.SelfTests == nil
		case "Device Identity", "SMART Data", "SMART Thresholds", "SMART Status", "SMART Error Log", "SMART Self-test Log":
			needed = true
		}
		if needed {
			e.Unanswered = append(e.Unanswered, what)
		} else {
			e.Lacking = append(e.Lacking, what)
		}
	}
	if t := p.Thresholds; t != nil && !t.Sound {
		e.Unanswered = append(e.Unanswered, "SMART Thresholds (their checksum is wrong)")
	}
	for what, sound := range map[string]bool{
		"error log": p.Errors == nil || p.Errors.Sound, "extended error log": p.ErrorsExt == nil || p.ErrorsExt.Sound,
		"self-test log": p.SelfTests == nil || p.SelfTests.Sound, "extended self-test log": p.SelfTestsExt == nil || p.SelfTestsExt.Sound,
	} {
		if !sound {
			e.Lacking = append(e.Lacking, what+" (its checksum is wrong)")
		}
	}
	order.Strings(e.Lacking)
	e.Lacking = slices.Compact(e.Lacking)
}

// The logs that Failed names by their addresses.
const (
	extErrorLog    = "GP Log 0x03"
	extSelfTestLog = "GP Log 0x07"
)

// attributes adds those of the table. Thresholds with a wrong checksum are none.
func (p *Pages) attributes(e *verdict.Evidence) {
	if p.Values == nil {
		return
	}
	e.Distrusted = !p.Values.Sound
	if e.Distrusted {
		return
	}
	for i := range p.Values.Attributes {
		a := &p.Values.Attributes[i]
		if a.ID == 0 {
			continue
		}
		limit := byte(0)
		if p.Thresholds != nil && p.Thresholds.Sound {
			limit, _ = p.Thresholds.Of(i, a.ID)
		}
		e.Attributes = append(e.Attributes, verdict.Attribute{
			ID: a.ID, Name: p.Names[a.ID], Value: a.Value, Worst: a.Worst, Threshold: limit,
			Prefail: a.Flags&ata.FlagPrefail != 0, Raw: a.Raw48(),
		})
	}
}

// statistics adds those that need no interpretation.
func (p *Pages) statistics(e *verdict.Evidence) {
	s := verdict.Statistics{Reallocated: -1, Pending: -1, Uncorrectable: -1, Used: -1}
	for _, f := range []struct {
		page, offset int
		into         *int64
	}{
		{3, 0x20, &s.Reallocated}, {3, 0x38, &s.Pending}, {1, 0x40, &s.Pending}, {4, 0x08, &s.Uncorrectable}, {7, 0x08, &s.Used}, {6, 0x18, &e.Phy.CRC},
	} {
		for _, known := range p.Statistics {
			v, ok := number(known, f.page, f.offset)
			if ok {
				*f.into = max(*f.into, v)
				s.Known = true
			}
		}
	}
	if s.Known {
		e.Statistics = s
	}
}

// number is the value of a statistic, where it is the one and valid.
func number(s ata.Statistic, page, offset int) (v int64, ok bool) {
	if s.Page != page || s.Offset != offset || s.Flags&(ata.StatisticValid|ata.StatisticNormalized) != ata.StatisticValid {
		return 0, false
	}
	bits := 32
	if page == 7 {
		bits = 8
	}
	all := uint64(1)<<bits - 1
	if s.Value&all == all {
		return 0, false
	}
	return int64(s.Value & all), true
}

func (p *Pages) errorLog(e *verdict.Evidence) {
	l := p.ErrorsExt
	if l == nil || !l.Sound {
		l = p.Errors
	}
	if l == nil || !l.Sound {
		return
	}
	e.ErrorCount = int64(l.Count)
	for i := range l.Errors {
		x := &l.Errors[i]
		const checksum, unreadable, noMark, failed = 0x80, 0x40, 0x01, 0x01 // ACS-3, 6.3
		medium := x.Status&failed != 0 && x.Error&(unreadable|noMark) != 0
		e.Errors = append(e.Errors, verdict.LoggedError{
			Hours: unwrapped(x.Hours, e.Hours), LBA: x.LBA, Uncorrectable: medium, Interface: !medium && x.Error&checksum != 0,
		})
	}
}

func (p *Pages) selfTestLog(e *verdict.Evidence) {
	l := p.SelfTestsExt
	if l == nil || !l.Sound {
		l = p.SelfTests
	}
	if l == nil || !l.Sound {
		return
	}
	const readFailure = 7 // ACS-3, table 134
	for i := range l.Tests {
		t := &l.Tests[i]
		if t.Outcome() != ata.TestPassed && !t.Failed() { // broken off, or under way
			continue
		}
		e.Tests = append(e.Tests, verdict.Test{
			Kind: testKind(t.Type), Hours: unwrapped(t.Hours, e.Hours), Failed: t.Failed(), Read: t.Outcome() == readFailure,
			LBA: t.LBA, HasLBA: t.Located,
		})
	}
}

// unwrapped is a time of a log, which is kept modulo 65536 hours, in the life of a disk
// that is so old now.
func unwrapped(hours uint16, now int64) int64 {
	h := now&^math.MaxUint16 | int64(hours)
	if h > now && h > math.MaxUint16 {
		h -= math.MaxUint16 + 1
	}
	return h
}

func testKind(subcommand byte) string {
	switch subcommand &^ ata.TestCaptive {
	case ata.TestShort:
		return "short"
	case ata.TestExtended:
		return "extended"
	case ata.TestConveyance:
		return "conveyance"
	case ata.TestSelective:
		return "selective"
	}
	return "offline or vendor's"
}
