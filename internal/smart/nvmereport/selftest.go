package nvmereport

import (
	"context"
	"errors"
	"strconv"

	"rescuebox/internal/smart/command"
	"rescuebox/internal/smart/nvme"
	"rescuebox/internal/smart/report"
)

// running is what a self-test that is in progress is called.
func running(c nvme.TestCode) string {
	switch c {
	case 0:
		return "No self-test in progress"
	case nvme.ShortTest:
		return "Short self-test in progress"
	case nvme.ExtendedTest:
		return "Extended self-test in progress"
	case nvme.VendorTest:
		return "Vendor specific self-test in progress"
	}
	return "Unknown status (" + hex(uint64(c), 1) + ")"
}

func testName(c nvme.TestCode) string {
	switch c {
	case nvme.ShortTest:
		return "Short"
	case nvme.ExtendedTest:
		return "Extended"
	case nvme.VendorTest:
		return "Vendor specific"
	}
	return "Unknown (" + hex(uint64(c), 1) + ")"
}

// outcomes are those of BASE 5.16.1.7, figure 214.
var outcomes = [...]string{
	"Completed without error",
	"Aborted: Self-test command",
	"Aborted: Controller Reset",
	"Aborted: Namespace removed",
	"Aborted: Format NVM command",
	"Fatal or unknown test error",
	"Completed: unknown failed segment",
	"Completed: failed segments",
	"Aborted: unknown reason",
	"Aborted: sanitize operation",
}

func outcome(o nvme.Outcome) string {
	if int(o) < len(outcomes) {
		return outcomes[o]
	}
	return "Unknown result (" + hex(uint64(o), 1) + ")"
}

func printSelfTests(l *nvme.SelfTestLog, out *report.Output) {
	node := out.JSON.At("nvme_self_test_log")
	node.At("nsid").Int(-1)
	out.Print("Self-test Log (NVMe Log 0x06, NSID 0xffffffff)\nSelf-test status: ", running(l.Running))
	node.At("current_self_test_operation", "value").Uint(uint64(l.Running))
	node.At("current_self_test_operation", "string").String(running(l.Running))
	if l.Running != 0 {
		out.Print(" (", strconv.Itoa(int(l.Complete)), "% completed)")
		node.At("current_self_test_completion_percent").Uint(uint64(l.Complete))
	}
	out.Print("\n")
	if len(l.Results) == 0 {
		out.Print("No Self-tests Logged\n\n")
		return
	}
	out.Print("Num  Test_Description  Status                       Power_on_Hours  Failing_LBA  NSID Seg SCT Code\n")
	for _, r := range l.Results {
		printResult(r, out)
	}
	out.Print("\n")
}

func printResult(r nvme.TestResult, out *report.Output) {
	node := out.JSON.At("nvme_self_test_log", "table").Item(r.Place)
	node.At("self_test_code", "value").Uint(uint64(r.Code))
	node.At("self_test_code", "string").String(testName(r.Code))
	node.At("self_test_result", "value").Uint(uint64(r.Outcome))
	node.At("self_test_result", "string").String(outcome(r.Outcome))
	report.Exact(node, "power_on_hours", 0, r.Hours)
	segment, nsid, lba, kind, code := "-", "-", "-", "-", "-"
	if r.Outcome == nvme.TestFailed {
		segment = strconv.Itoa(int(r.Segment))
		node.At("segment").Uint(uint64(r.Segment))
	}
	if r.HasNSID && r.NSID != nvme.Broadcast {
		nsid = strconv.FormatUint(uint64(r.NSID), 10)
	}
	if r.HasNSID {
		node.At("nsid").Int(int64(int32(r.NSID)))
	}
	if r.HasLBA {
		lba = strconv.FormatUint(r.LBA, 10)
		report.Exact(node, "lba", 0, r.LBA)
	}
	if r.HasType {
		kind = hex(uint64(r.StatusType), 1)
		node.At("status_code_type").Uint(uint64(r.StatusType))
	}
	if r.HasStatus {
		code = hex(uint64(r.Status), 2)
		node.At("status_code").Uint(uint64(r.Status))
	}
	out.Print(right(uint64(r.Place), 2), "   ", report.Left(testName(r.Code), 17), " ", report.Left(outcome(r.Outcome), 33),
		right(r.Hours, 10), " ", report.Right(lba, 12), " ", report.Right(nsid, 5), " ", report.Right(segment, 3), " ", report.Right(kind, 3), " ", report.Right(code, 4), "\n")
}

// test starts or aborts a self-test.
func (p *Pages) test(ctx context.Context, dev command.NVMeDevice, code nvme.TestCode, out *report.Output) error {
	if !p.hasSelfTests() || p.SelfTests == nil {
		return nil
	}
	if code != nvme.AbortTest && p.SelfTests.Running != 0 {
		out.Print("Can't start self-test without aborting current test (", strconv.Itoa(int(p.SelfTests.Complete)),
			"% completed)\nUse smartctl -X to abort test\n")
		out.Status |= report.ReadFailed
		return nil
	}
	nsid := hex(uint64(p.NSID), 1)
	if _, err := dev.NVMe(ctx, nvme.SelfTest(p.NSID, code)); err != nil {
		p.failed(out, "NVMe Self-test cmd with type="+hex(uint64(code), 1)+", nsid="+nsid+" failed: ", err)
		var status command.NVMeError
		if errors.As(err, &status) {
			return nil
		}
		return err
	}
	if code == nvme.AbortTest {
		out.Print("Self-test aborted! (NSID ", nsid, ")\n")
		return nil
	}
	out.Print("Self-test has begun (NSID ", nsid, ")\nUse smartctl -X to abort test\n")
	return nil
}

// dump prints a log page as bytes.
func (p *Pages) dump(out *report.Output, d Dump, b []byte, err error) {
	if err != nil {
		p.failed(out, "Read NVMe Log "+hex(uint64(d.Page), 2)+" (NSID "+hex(uint64(p.NSID), 1)+") failed: ", err)
		return
	}
	out.Print("NVMe Log ", hex(uint64(d.Page), 2), " (NSID ", hex(uint64(p.NSID), 1), ", ", hex(uint64(d.Size), 4), " bytes)\n")
	for at := 0; at < len(b); at += 16 {
		row := b[at:min(at+16, len(b))]
		out.Print(" ", hex(uint64(at), 2)[2:], "    ")
		text := make([]byte, 0, 16)
		for i, c := range row {
			if i == 8 {
				out.Print(" ")
			}
			out.Print(" ", hex(uint64(c), 2)[2:])
			if c < ' ' || c > '~' {
				c = '.'
			}
			text = append(text, c)
		}
		out.Print("    ", string(text), "\n")
	}
	out.Print("\n")
}
