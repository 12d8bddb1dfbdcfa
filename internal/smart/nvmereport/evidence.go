package nvmereport

import (
	"math"

	"rescuebox/internal/smart/nvme"
	"rescuebox/internal/smart/verdict"
)

// Evidence adds what the device has said to what it is judged by. What was asked for and
// did not come is unanswered.
func (p *Pages) Evidence(e *verdict.Evidence) {
	unanswered := func(name string, err error) {
		if err != nil {
			e.Unanswered = append(e.Unanswered, name+": "+failure(err))
		}
	}
	e.Identified = p.Controller != nil
	e.Solid = true
	unanswered("identify controller", p.ControllerError)
	unanswered("identify namespace", p.NamespaceError)
	unanswered("SMART / health information log", p.HealthError)
	lacking := func(name string, err error) {
		if err != nil {
			e.Lacking = append(e.Lacking, name+": "+failure(err))
		}
	}
	lacking("error information log", p.ErrorsError)
	unanswered("self-test log", p.SelfTestsError)
	if n := p.Namespace; n != nil && n.BlockSize() > 0 {
		e.Block = int64(n.BlockSize())
		if size := product(n.Size, n.BlockSize()); size.Hi == 0 && size.Lo < math.MaxInt64 {
			e.Size = int64(size.Lo)
		}
	}
	if h := p.Health; h != nil {
		e.Hours = count(h.PowerOnHours)
		e.ErrorCount = count(h.ErrorLogEntries)
		e.NVMe = &verdict.NVMe{
			Critical: h.Critical, Spare: int64(h.Spare), Threshold: int64(h.SpareThreshold),
			Used: int64(h.Used), MediaErrors: h.MediaErrors.Uint64(),
		}
	}
	if p.SelfTests != nil {
		for _, r := range p.SelfTests.Results {
			if r.Outcome == 0 || r.Outcome.Failed() { // the others were broken off
				e.Tests = append(e.Tests, testEvidence(r))
			}
		}
	}
}

// count is a counter as far as it fits.
func count(u nvme.Uint128) int64 { return int64(min(u.Uint64(), math.MaxInt64)) }

func testEvidence(r nvme.TestResult) verdict.Test {
	kind := "vendor specific"
	switch r.Code {
	case nvme.ShortTest:
		kind = "short"
	case nvme.ExtendedTest:
		kind = "extended"
	}
	return verdict.Test{
		Kind: kind, Hours: int64(min(r.Hours, math.MaxInt64)), Failed: r.Outcome.Failed(),
		Read: r.Outcome.Failed() && r.HasLBA, LBA: r.LBA, HasLBA: r.HasLBA,
	}
}
