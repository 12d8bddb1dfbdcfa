package atareport

import (
	"math"
	"strconv"
	"time"

	"rescuebox/internal/smart/ata"
	"rescuebox/internal/smart/report"
)

// routines are the tests by their subcommands (ACS-3, table 131).
var routines = map[byte]string{
	ata.TestOffline: "off-line routine", ata.TestShort: "Short self-test routine", ata.TestExtended: "Extended self-test routine",
	ata.TestConveyance: "Conveyance self-test routine", ata.TestSelective: "Selective self-test routine",
}

// routine is what smartctl calls a subcommand.
func routine(subcommand byte) string {
	if subcommand == ata.TestAbort {
		return "Abort SMART off-line mode self-test routine"
	}
	name, known := routines[subcommand&^ata.TestCaptive]
	switch {
	case !known || subcommand == ata.TestOffline|ata.TestCaptive:
		return "SMART EXECUTE OFF-LINE IMMEDIATE subcommand " + hex(uint64(subcommand), 2)
	case subcommand&ata.TestCaptive != 0:
		return "Execute SMART " + name + " immediately in captive mode"
	}
	return "Execute SMART " + name + " immediately in off-line mode"
}

// test starts a self-test, or ends it.
func (r *run) test() {
	t, v := r.o.Test, r.pages.Values
	if t == nil || v == nil {
		return
	}
	r.out.Print("=== START OF OFFLINE IMMEDIATE AND SELF-TEST SECTION ===\n")
	_, known := routines[t.Subcommand&^ata.TestCaptive]
	running := false
	if known {
		running = v.SelfTest>>4 == ata.TestInProgress
		if running && !t.Force {
			r.underWay(v)
			return
		}
	}
	if !r.capable(v) {
		return
	}
	if t.Subcommand&^ata.TestCaptive == ata.TestSelective && !r.writeSpans(v) {
		return
	}
	what := routine(t.Subcommand)
	r.out.Print("Sending command: \"", what, "\".\n")
	r.printSpans()
	c := ata.Test(t.Subcommand)
	wait, told := duration(t.Subcommand, v)
	if t.Subcommand&ata.TestCaptive != 0 && known { // it ends with the test
		const most, spare = 5 * time.Hour, 5 * time.Minute
		c.Timeout = most
		if told {
			c.Timeout = wait + spare
		}
	}
	if _, err := r.ask(c); err != nil {
		r.out.Print("Command \"", what, "\" failed: ", reason(err), "\n")
		r.out.Status |= report.ReadFailed
		return
	}
	if t.Subcommand == ata.TestAbort {
		r.out.Print("Self-testing aborted!\n")
		return
	}
	r.out.Print("Drive command \"", what, "\" successful.\n")
	if known {
		r.begun(running, wait, told)
	}
}

// begun says how long a test takes.
func (r *run) begun(aborted bool, wait time.Duration, told bool) {
	p := r.out.Print
	if aborted {
		p("Testing has begun (previous test aborted).\n")
	} else {
		p("Testing has begun.\n")
	}
	if r.o.Test.Subcommand == ata.TestOffline && r.pages.Values.Offline&ata.OfflineAborts != 0 {
		p("Note: giving further SMART commands will abort Offline testing\n")
	}
	if !told {
		return
	}
	if r.o.Test.Subcommand == ata.TestOffline {
		p("Please wait ", strconv.Itoa(int(wait/time.Second)), " seconds for test to complete.\n")
	} else {
		p("Please wait ", strconv.Itoa(int(wait/time.Minute)), " minutes for test to complete.\n")
	}
	if !r.o.Now.IsZero() {
		p("Test will complete after ", r.o.Now.Add(wait).Format("Mon Jan _2 15:04:05 2006 MST"), "\n")
	}
	if r.o.Test.Subcommand&ata.TestCaptive == 0 {
		p("Use smartctl -X to abort test.\n")
	}
}

// underWay refuses to end a test for another one.
func (r *run) underWay(v *ata.Values) {
	r.out.Print("Can't start self-test without aborting current test (", strconv.Itoa(int(v.SelfTest&15)), "0% remaining),\n")
	if r.o.Test.Subcommand&^ata.TestCaptive != ata.TestSelective {
		r.out.Print("add '-t force' option to override, or ")
	}
	r.out.Print("run 'smartctl -X' to abort test.\n")
	r.out.Status |= report.ReadFailed
}

// duration is how long a test should take, by the disk.
func duration(subcommand byte, v *ata.Values) (d time.Duration, told bool) {
	switch subcommand &^ ata.TestCaptive {
	case ata.TestOffline:
		d = time.Duration(v.OfflineSeconds) * time.Second
	case ata.TestShort:
		d = time.Duration(v.Short) * time.Minute
	case ata.TestExtended:
		d = time.Duration(v.Extended) * time.Minute
	case ata.TestConveyance:
		d = time.Duration(v.Conveyance) * time.Minute
	}
	return d, d > 0
}

// capable reports whether the test is tried: there are disks that have what they do not
// say, but for selective tests, which write a log.
func (r *run) capable(v *ata.Values) bool {
	lacks := ""
	selective := false
	switch s := r.o.Test.Subcommand; {
	case s == ata.TestAbort, s&^ata.TestCaptive == ata.TestShort, s&^ata.TestCaptive == ata.TestExtended:
		if !v.HasSelfTests() {
			lacks = "Self-test functions not supported"
		}
	case s == ata.TestOffline:
		if v.Offline&ata.OfflineImmediate == 0 {
			lacks = "Execute Offline Immediate function not supported"
		}
	case s&^ata.TestCaptive == ata.TestConveyance:
		if !v.HasConveyance() {
			lacks = "Conveyance Self-test functions not supported"
		}
	case s&^ata.TestCaptive == ata.TestSelective:
		if selective = !v.HasSelective(); selective {
			lacks = "Selective Self-test functions not supported"
		}
	}
	if lacks == "" {
		return true
	}
	r.out.Print(lacks, "\n\n")
	r.out.Status |= report.ReadFailed
	return !selective || r.goesOn(true)
}

// writeSpans tells the disk which ranges to test.
func (r *run) writeSpans(v *ata.Values) bool {
	sectors := r.id.Capacity()
	if sectors == 0 {
		return r.refused("Disk size is unknown, unable to check selective self-test spans")
	}
	page, err := r.page(ata.ReadSMARTLog(ata.LogSelective, 1))
	var l *ata.SelectiveLog
	if err == nil {
		l, err = ata.ParseSelective(page)
	}
	if err != nil {
		return r.refused("SMART Read Selective Self-test Log failed: "+reason(err), "Since Read failed, will not attempt to WRITE Selective Self-test Log")
	}
	if !r.checksum("SMART Selective Self-Test Log Structure", l.Sound) || !r.place(l, v, sectors) {
		return false
	}
	if t := r.o.Test; t.Scan != nil {
		l.Flags &^= ata.SelectiveScan
		if *t.Scan {
			l.Flags |= ata.SelectiveScan
		}
	}
	if p := r.o.Test.Pending; p >= 0 {
		l.Pending = uint16(p)
	}
	if page, err = ata.SetSelective(page, l); err == nil {
		_, err = r.ask(ata.WriteSMARTLog(ata.LogSelective, page))
	}
	if err != nil {
		return r.refused("Write Selective Self-test Log failed: " + reason(err))
	}
	r.spans = l.Spans[:len(r.o.Test.Spans)]
	return true
}

// refused says why no test is started.
func (r *run) refused(lines ...string) bool {
	for _, s := range lines {
		r.out.Print(s, "\n")
	}
	r.out.Status |= report.ReadFailed
	return false
}

func (r *run) printSpans() {
	if len(r.spans) == 0 {
		return
	}
	r.out.Print("SPAN         STARTING_LBA           ENDING_LBA\n")
	for i, s := range r.spans {
		r.out.Print("   ", strconv.Itoa(i), " ", report.Right(strconv.FormatUint(s.Start, 10), 20), " ", report.Right(strconv.FormatUint(s.End, 10), 20), "\n")
	}
}

// place puts the spans into the log of a disk of so many sectors.
func (r *run) place(l *ata.SelectiveLog, v *ata.Values, sectors uint64) bool {
	old := l.Spans
	l.Spans = [5]ata.Span{}
	for i, s := range r.o.Test.Spans {
		mode := s.Mode
		if mode == Continue {
			mode = Next
			name := "Start next span"
			if v.SelfTest>>4 == ata.TestAborted || v.SelfTest>>4 == ata.TestInterrupted {
				mode, name = Redo, "Redo last span"
			}
			r.out.Print("Continue Selective Self-Test: ", name, "\n")
		}
		start, end := spanOf(mode, s, old[i], sectors)
		if start < sectors && end >= sectors {
			if mode != FromTo || s.Last != math.MaxUint64 {
				r.out.Print("Size of self-test span ", strconv.Itoa(i), " decreased according to disk size\n")
			}
			end = sectors - 1
		}
		if start > end || end >= sectors {
			n := func(v uint64) string { return strconv.FormatUint(v, 10) }
			return r.refused("Invalid selective self-test span " + strconv.Itoa(i) + ": " + n(start) + "-" + n(end) + " (" + n(sectors) + " sectors)")
		}
		l.Spans[i] = ata.Span{Start: start, End: end}
	}
	return true
}

// spanOf is the range that a span means, by the one before it in the same place.
func spanOf(mode SpanMode, s Span, old ata.Span, sectors uint64) (start, end uint64) {
	switch {
	case mode == FromTo:
		return s.First, s.Last
	case mode == Next && old.End == 0: // there was none
		return old.Start, old.End
	case mode == Redo && s.Last == 0:
		return old.Start, old.End
	}
	size := s.Last
	if size == 0 && old.End >= old.Start {
		size = old.End - old.Start + 1
	}
	start = old.Start
	if mode == Next {
		start = old.End + 1
		if start >= sectors {
			start = 0
		}
	}
	return start, start + max(size, 1) - 1
}
