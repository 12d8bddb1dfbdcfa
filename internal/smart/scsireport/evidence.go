package scsireport

import (
	"errors"
	"math"

	"rescuebox/internal/smart/scsi"
	"rescuebox/internal/smart/verdict"
)

// Evidence adds what the device has said to what it is judged by. What was asked for and
// did not come is unanswered.
func (p *Pages) Evidence(e *verdict.Evidence) {
	e.Identified = p.Inquiry.OK() || p.Slept // what sleeps has told that
	e.Asleep = p.Slept
	if c := p.Capacity.Value; p.Capacity.OK() {
		e.Block = int64(c.Block)
		if size := product(c.Blocks, uint64(c.Block)); size[0] == 0 && size[1] <= math.MaxInt64 {
			e.Size = int64(size[1])
		}
	}
	e.Solid = p.Characteristics.OK() && p.Characteristics.Value.Rotation == 1
	p.unanswered(e)
	p.exceptions(e)
	if s := p.Background; s.OK() && s.Value.Known {
		e.Hours = int64(s.Value.Minutes / 60)
	}
	if p.Pending.OK() {
		e.Pending = int64(p.Pending.Value.Count)
	}
	if p.Used.OK() && p.Used.Value.Known {
		e.Statistics = verdict.Statistics{Known: true, Reallocated: -1, Pending: -1, Uncorrectable: -1, Used: int64(p.Used.Value.Value)}
	}
	for _, t := range p.SelfTests.Value {
		if t.Outcome == 0 || t.Failed() { // the others were broken off
			e.Tests = append(e.Tests, testEvidence(t))
		}
	}
}

// noMedium is the additional sense code of a drive without one (SPC-4, annex F).
const noMedium = 0x3a

// grown is what no list of pages tells of.
const grown = "list of grown defects"

func (p *Pages) unanswered(e *verdict.Evidence) {
	for _, a := range []struct {
		name string
		err  error
	}{
		{"INQUIRY", p.Inquiry.Err}, {"TEST UNIT READY", p.Ready.Err}, {"informational exceptions log", p.Health.Err},
		{"read error counters", p.Read.Err}, {"write error counters", p.Write.Err}, {"verify error counters", p.Verify.Err},
		{"self-test log", p.SelfTests.Err}, {"background scan log", p.Background.Err}, {"pending defects log", p.Pending.Err},
		{"solid state media log", p.Used.Err}, {grown, p.Defects.Err},
	} {
		// What it did not say that it has, it may refuse.
		var sense senseError
		unknown := p.Logs == nil || a.name == grown
		if errors.As(a.err, &sense) && sense.Key == scsi.NotReady && sense.ASC == noMedium {
			e.Empty = true
			continue
		}
		switch refused := unknown && errors.As(a.err, &sense) && sense.Key == scsi.IllegalRequest; {
		case a.err == nil:
		case refused: // it has none
			e.Lacking = append(e.Lacking, a.name+": "+a.err.Error())
		default:
			e.Unanswered = append(e.Unanswered, a.name+": "+a.err.Error())
		}
	}
}

func (p *Pages) exceptions(e *verdict.Evidence) {
	asc, ascq := p.Health.Value.ASC, p.Health.Value.ASCQ
	if scsi.Exception(asc, ascq) == "" {
		asc, ascq = p.Sense.ASC, p.Sense.ASCQ
	}
	told := scsi.Exception(asc, ascq) != ""
	if !told {
		asc, ascq = 0, 0 // of other things
	}
	uncorrected, counted := p.Uncorrected()
	s := &verdict.SCSI{
		Answered: told || p.Health.OK() || counted || p.SelfTests.OK() || p.Background.OK(),
		ASC:      asc, ASCQ: ascq, Uncorrected: int64(min(uncorrected, math.MaxInt64)), Grown: -1,
	}
	if d := p.Defects; d.OK() && d.Value.Grown {
		s.Grown = d.Value.Count
	}
	e.SCSI = s
	if told || p.Health.OK() {
		passed := asc != 0x5d // the others are warnings, which are judged one by one
		e.Passed = &passed
	}
}

func testEvidence(t scsi.SelfTestResult) verdict.Test {
	kind := "default"
	switch scsi.SelfTestCode(t.Code) {
	case scsi.BackgroundShort, scsi.ForegroundShort:
		kind = "short"
	case scsi.BackgroundExtended, scsi.ForegroundExtended:
		kind = "extended"
	}
	return verdict.Test{
		Kind: kind, Hours: int64(t.Hours), Failed: t.Failed(),
		Read: t.Failed() && t.Key == scsi.MediumError, LBA: t.LBA, HasLBA: t.HasLBA && t.Failed(),
	}
}
