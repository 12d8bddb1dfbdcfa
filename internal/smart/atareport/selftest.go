package atareport

import (
	"strconv"

	"rescuebox/internal/jsontree"
	"rescuebox/internal/smart/ata"
	"rescuebox/internal/smart/report"
)

// selfTestLog prints the self-test log.
func (r *run) selfTestLog() {
	p := r.out.Print
	if !r.hasSelfTestLog() || r.gpLogged(ata.LogSelfTests) {
		p("SMART Self-test Log not supported\n\n")
		return
	}
	b, err := r.page(ata.ReadSMARTLog(ata.LogSelfTests, 1))
	if err == nil {
		r.pages.SelfTests, err = ata.ParseSelfTests(b, r.flaws.Flaws)
	}
	if err != nil {
		r.failed("Read SMART Self-test Log failed", err)
		p("\n")
		return
	}
	l := r.pages.SelfTests
	if !r.checksum("SMART Self-Test Log Structure", l.Sound) {
		return
	}
	p("SMART Self-test log structure revision number ", strconv.Itoa(int(l.Version)), "\n")
	node := r.out.JSON.At("ata_smart_self_test_log", "standard")
	node.At("revision").Uint(uint64(l.Version))
	if l.Version != 1 && !r.flaws.SwappedAll {
		p("Warning: ATA Specification requires self-test log structure revision number = 1\n")
	}
	if l.Index == 0 {
		p("No self-tests have been logged.  [To run self-tests, use: smartctl -t]\n\n")
		node.At("count").Int(0)
		return
	}
	r.printTests(l, node, l.Places)
}

// selfTestLogExt prints the extended self-test log. False: there is none.
func (r *run) selfTestLogExt() bool {
	const name = "SMART Extended Self-test Log"
	p := r.out.Print
	sectors := r.gpSectors(ata.LogSelfTestsExt)
	if sectors == 0 {
		p(name, " (GP Log 0x07) not supported\n\n")
		return false
	}
	b, ok := r.gpLog(ata.LogSelfTestsExt, 0, 0, sectors)
	if !ok {
		p("Read ", name, " failed\n\n")
		r.out.Status |= report.ReadFailed
		return true
	}
	l, err := ata.ParseSelfTestsExt(b)
	if err != nil {
		return true
	}
	r.pages.SelfTestsExt = l
	if !r.checksum(name+" Structure", l.Sound) {
		return true
	}
	p(name, " Version: ", strconv.Itoa(int(l.Version)), " (", strconv.Itoa(sectors), " sectors)\n")
	node := r.out.JSON.At("ata_smart_self_test_log", "extended")
	node.At("revision").Uint(uint64(l.Version))
	node.At("sectors").Int(int64(sectors))
	if l.Index == 0 {
		p("No self-tests have been logged.  [To run self-tests, use: smartctl -t]\n\n")
		node.At("count").Int(0)
		return true
	}
	if l.Index > l.Places {
		p("Invalid Self-test Log index = ", hex(uint64(l.Index), 4), " (reserved = ", hex(0, 2), ")\n\n")
		return true
	}
	r.printTests(l, node, r.o.SelfTestLogExt)
	return true
}

// outcomes are the self-test execution statuses in the table (ACS-3, table 134).
var outcomes = [16]string{
	"Completed without error", "Aborted by host", "Interrupted (host reset)", "Fatal or unknown error",
	"Completed: unknown failure", "Completed: electrical failure", "Completed: servo/seek failure",
	"Completed: read failure", "Completed: handling damage??", 15: "Self-test routine in progress",
}

// testTypes are the subcommands that start tests (ACS-3, table 131).
var testTypes = map[byte]string{
	0x00: "Offline", 0x01: "Short offline", 0x02: "Extended offline", 0x03: "Conveyance offline", 0x04: "Selective offline",
	0x7f: "Abort offline test", 0x81: "Short captive", 0x82: "Extended captive", 0x83: "Conveyance captive", 0x84: "Selective captive",
}

func testType(t byte) string {
	if s := testTypes[t]; s != "" {
		return s
	}
	if t >= 192 || t >= 64 && t <= 126 {
		return "Vendor (" + hex(uint64(t), 2) + ")"
	}
	return "Reserved (" + hex(uint64(t), 2) + ")"
}

// printTests prints the newest tests. A failure counts until an extended test after it
// has passed.
func (r *run) printTests(l *ata.SelfTestLog, node *jsontree.Node, most int) {
	p := r.out.Print
	failed, outdated := 0, 0
	passed := -1
	header := false
	for i := range l.Tests {
		t := &l.Tests[i]
		if i < most {
			if !header {
				p("Num  Test_Description    Status                  Remaining  LifeTime(hours)  LBA_of_first_error\n")
				header = true
			}
			r.printTest(t, i+1, node.At("table").Append())
		}
		extended := t.Type&0x7f == ata.TestExtended
		switch {
		case t.Outcome() == ata.TestPassed && extended && passed < 0:
			passed = i + 1
		case t.Failed() && passed > 0:
			outdated++
		case t.Failed():
			failed++
		}
	}
	if len(l.Tests) == 0 {
		return
	}
	node.At("count").Int(int64(len(l.Tests)))
	node.At("error_count_total").Int(int64(failed + outdated))
	node.At("error_count_outdated").Int(int64(outdated))
	if failed > 0 {
		r.out.Status |= report.SelfTestsBad
	}
	if outdated > 0 {
		p(strconv.Itoa(outdated), " of ", strconv.Itoa(failed+outdated), " failed self-tests are outdated by newer successful extended offline self-test #", report.Right(strconv.Itoa(passed), 2), "\n")
	}
	p("\n")
}

func (r *run) printTest(t *ata.SelfTest, n int, node *jsontree.Node) {
	outcome := t.Outcome()
	name := outcomes[outcome]
	if name == "" {
		name = "Unknown/reserved test status"
		if t.Status>>4 == 0x0f {
			name = outcomes[15]
		}
	}
	remaining := int(t.Status & 15)
	lba := "-"
	node.At("type", "value").Uint(uint64(t.Type))
	node.At("type", "string").String(testType(t.Type))
	status := node.At("status")
	status.At("value").Uint(uint64(t.Status))
	status.At("string").String(name)
	if outcome != ata.TestPassed && outcome != ata.TestInProgress || outcome == ata.TestInProgress {
		if outcome == ata.TestInProgress || outcome == ata.TestAborted || outcome == ata.TestInterrupted || t.Failed() || remaining > 0 {
			status.At("remaining_percent").Int(int64(10 * remaining))
		}
	}
	if outcome == ata.TestPassed {
		status.At("passed").Bool(true)
	} else if t.Failed() {
		status.At("passed").Bool(false)
	}
	node.At("lifetime_hours").Uint(uint64(t.Hours))
	if t.Located {
		lba = strconv.FormatUint(t.LBA, 10)
		node.At("lba").Uint(t.LBA)
	}
	r.out.Print("#", report.Right(strconv.Itoa(n), 2), "  ", report.Left(testType(t.Type), 20), report.Left(name, 29),
		" ", strconv.Itoa(remaining), "0%  ", report.Right(strconv.Itoa(int(t.Hours)), 8), "         ", lba, "\n")
}

// selective prints the selective self-test log.
func (r *run) selective() {
	p := r.out.Print
	if r.pages.Values == nil || !r.pages.Values.HasSelective() {
		p("Selective Self-tests/Logging not supported\n\n")
		return
	}
	b, err := r.page(ata.ReadSMARTLog(ata.LogSelective, 1))
	if err == nil {
		r.pages.Selective, err = ata.ParseSelective(b)
	}
	if err != nil {
		r.failed("Read SMART Selective Self-test Log failed", err)
		p("\n")
		return
	}
	l := r.pages.Selective
	if !r.checksum("SMART Selective Self-Test Log Structure", l.Sound) {
		return
	}
	r.printSelective(l)
}

func (r *run) printSelective(l *ata.SelectiveLog) {
	p := r.out.Print
	node := r.out.JSON.At("ata_smart_selective_self_test_log")
	p("SMART Selective self-test log data structure revision number ", strconv.Itoa(int(l.Version)), "\n")
	node.At("revision").Uint(uint64(l.Version))
	if l.Version != 1 {
		p("Note: revision number not 1 implies that no selective self-test has ever been run\n")
	}
	status, name := r.pages.Values.SelfTest, "Not_testing"
	outcome := status >> 4
	switch {
	case l.Span == 0 || l.Span > 5 && l.Span != 0xffff:
	case outcome == ata.TestInProgress:
		name = "Self_test_in_progress"
	}
	current := name
	switch outcome {
	case 0:
		current = "Completed"
	case 1:
		current = "Aborted_by_host"
	case 2:
		current = "Interrupted"
	case 3:
		current = "Fatal_error"
	case 4:
		current = "Completed_unknown_failure"
	case 5:
		current = "Completed_electrical_failure"
	case 6:
		current = "Completed_servo/seek_failure"
	case 7:
		current = "Completed_read_failure"
	case 8:
		current = "Completed_handling_damage??"
	case 15:
		current = "Self_test_in_progress"
	}
	width := 7
	for _, s := range l.Spans {
		width = max(width, len(strconv.FormatUint(s.Start, 10)), len(strconv.FormatUint(s.End, 10)))
	}
	p(" SPAN  ", report.Right("MIN_LBA", width), "  ", report.Right("MAX_LBA", width), "  CURRENT_TEST_STATUS\n")
	for i, s := range l.Spans {
		n := node.At("table").Append()
		text := "Not_testing"
		n.At("lba_min").Uint(s.Start)
		n.At("lba_max").Uint(s.End)
		if int(l.Span) == i+1 {
			text = current + " [" + strconv.Itoa(int(status&15)) + "0% left] (" + strconv.FormatUint(l.Current, 10) + "-" + strconv.FormatUint(min(l.Current+65535, s.End), 10) + ")"
			n.At("status", "value").Uint(uint64(status))
			n.At("status", "string").String(current)
			if outcome == ata.TestInProgress {
				n.At("status", "remaining_percent").Int(int64(10 * (status & 15)))
			}
			n.At("current_lba_min").Uint(l.Current)
			n.At("current_lba_max").Uint(min(l.Current+65535, s.End))
		} else {
			n.At("status", "value").Uint(uint64(status))
			n.At("status", "string").String(text)
		}
		p("    ", strconv.Itoa(i+1), "  ", report.Right(strconv.FormatUint(s.Start, 10), width), "  ", report.Right(strconv.FormatUint(s.End, 10), width), "  ", text, "\n")
	}
	p("Selective self-test flags (", hex(uint64(l.Flags), 1), "):\n")
	flags := node.At("flags")
	flags.At("value").Uint(uint64(l.Flags))
	flags.At("remainder_scan_enabled").Bool(l.Flags&ata.SelectiveScan != 0)
	if l.Flags&ata.SelectiveScan != 0 {
		state := "is not pending or active"
		if l.Flags&ata.SelectiveActive != 0 {
			state = "is ACTIVE"
		} else if l.Flags&ata.SelectivePending != 0 {
			state = "is pending"
		}
		p("  After scanning selected spans, read-scan remainder of disk.\n")
		_ = state
		flags.At("remainder_scan_active").Bool(l.Flags&ata.SelectiveActive != 0)
	} else {
		p("  After scanning selected spans, do NOT read-scan remainder of disk.\n")
	}
	p("If Selective self-test is pending on power-up, resume after ", strconv.Itoa(int(l.Pending)), " minute delay.\n\n")
	node.At("power_up_scan_resume_minutes").Uint(uint64(l.Pending))
}
