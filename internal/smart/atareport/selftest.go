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
	if !r.listed(ata.LogSelfTests, r.hasSelfTestLog()) {
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
		return false
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
	if t >= 0x90 || t >= 0x40 && t <= 0x7e {
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
	outcome, remaining := t.Outcome(), int(t.Status&15)
	name := outcomes[outcome]
	if name == "" {
		name = "Unknown status (" + hex(uint64(outcome), 1) + ")"
	}
	lba := "-"
	node.At("type", "value").Uint(uint64(t.Type))
	node.At("type", "string").String(testType(t.Type))
	status := node.At("status")
	status.At("value").Uint(uint64(t.Status))
	status.At("string").String(name)
	if remaining > 0 {
		status.At("remaining_percent").Int(int64(10 * remaining))
	}
	switch {
	case outcome == ata.TestPassed:
		status.At("passed").Bool(true)
	case t.Failed() && outcome != ata.TestFatal:
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

// spanStates are outcomes of tests in the table of spans.
var spanStates = map[byte]string{
	0: "Completed", 1: "Aborted_by_host", 2: "Interrupted", 3: "Fatal_error", 4: "Completed_unknown_failure",
	5: "Completed_electrical_failure", 6: "Completed_servo/seek_failure", 7: "Completed_read_failure",
	8: "Completed_handling_damage??", 15: "Self_test_in_progress",
}

func (r *run) printSelective(l *ata.SelectiveLog) {
	p := r.out.Print
	node := r.out.JSON.At("ata_smart_selective_self_test_log")
	p("SMART Selective self-test log data structure revision number ", strconv.Itoa(int(l.Version)), "\n")
	node.At("revision").Uint(uint64(l.Version))
	if l.Version != 1 {
		p("Note: revision number not 1 implies that no selective self-test has ever been run\n")
	}
	first, last := 7, 7
	digits := func(v uint64) int { return len(strconv.FormatUint(v, 10)) }
	for _, s := range l.Spans {
		first, last = max(first, digits(s.Start)), max(last, digits(s.End))
	}
	scanning := l.Span > uint16(len(l.Spans))
	if scanning {
		first, last = max(first, digits(l.Current)), max(last, digits(l.Current+spanStep))
	}
	row := func(number, start, end, text string) {
		p(" ", number, "  ", report.Right(start, first), "  ", report.Right(end, last), "  ", text, "\n")
	}
	row("SPAN", "MIN_LBA", "MAX_LBA", "CURRENT_TEST_STATUS")
	for i, s := range l.Spans {
		text := r.span(node.At("table").Append(), l, i)
		row("   "+strconv.Itoa(i+1), strconv.FormatUint(s.Start, 10), strconv.FormatUint(s.End, 10), text)
	}
	if scanning {
		status := r.pages.Values.OfflineStatus
		n := node.At("current_read_scan")
		n.At("lba_min").Uint(l.Current)
		n.At("lba_max").Uint(l.Current + spanStep)
		n.At("status", "value").Uint(uint64(status))
		n.At("status", "string").String(offlineName(status))
		row("   "+strconv.Itoa(int(l.Span)), strconv.FormatUint(l.Current, 10), strconv.FormatUint(l.Current+spanStep, 10), "Read_scanning "+offlineName(status))
	}
	r.printSelectiveFlags(l, node)
}

// spanStep is how many sectors are tested in one go, less one.
const spanStep = 65535

// span keeps one of the spans, and says how it stands.
func (r *run) span(node *jsontree.Node, l *ata.SelectiveLog, i int) string {
	status := r.pages.Values.SelfTest
	node.At("lba_min").Uint(l.Spans[i].Start)
	node.At("lba_max").Uint(l.Spans[i].End)
	node.At("status", "value").Uint(uint64(status))
	if int(l.Span) != i+1 {
		node.At("status", "string").String("Not_testing")
		return "Not_testing"
	}
	name, ok := spanStates[status>>4]
	if !ok {
		name = "Unknown_status "
	}
	node.At("status", "string").String(name)
	node.At("status", "remaining_percent").Int(10 * int64(status&15))
	node.At("current_lba_min").Uint(l.Current)
	node.At("current_lba_max").Uint(l.Current + spanStep)
	return name + " [" + strconv.Itoa(int(status&15)) + "0% left] (" + strconv.FormatUint(l.Current, 10) + "-" + strconv.FormatUint(l.Current+spanStep, 10) + ")"
}

func (r *run) printSelectiveFlags(l *ata.SelectiveLog, node *jsontree.Node) {
	p := r.out.Print
	pending := strconv.Itoa(int(l.Pending))
	p("Selective self-test flags (", hex(uint64(l.Flags), 1), "):\n  ")
	scan, active, waits := l.Flags&ata.SelectiveScan != 0, l.Flags&ata.SelectiveActive != 0, l.Flags&ata.SelectivePending != 0
	flags := node.At("flags")
	flags.At("value").Uint(uint64(l.Flags))
	flags.At("remainder_scan_enabled").Bool(scan)
	switch {
	case !scan:
		p("After scanning selected spans, do NOT read-scan remainder of disk.\n")
	case active:
		p("Currently read-scanning the remainder of the disk.\n")
	case waits:
		p("Read-scan of remainder of disk interrupted; will resume ", pending, " min after power-up.\n")
	default:
		p("After scanning selected spans, read-scan remainder of disk.\n")
	}
	if scan {
		flags.At("remainder_scan_active").Bool(active)
		flags.At("power_up_scan_pending").Bool(waits)
	}
	p("If Selective self-test is pending on power-up, resume after ", pending, " minute delay.\n\n")
	node.At("power_up_scan_resume_minutes").Uint(uint64(l.Pending))
}
