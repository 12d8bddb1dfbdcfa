package scsireport

import (
	"errors"
	"slices"
	"strconv"
	"strings"

	"rescuebox/internal/smart/report"
	"rescuebox/internal/smart/scsi"
)

// remaining is how much of a self-test that runs is to be done yet, in percent.
func (r *run) remaining() (percent int, running bool) {
	r.requestSense()
	s := r.p.Sense
	if !s.SelfTesting() {
		return 0, false
	}
	return 100 - int(s.Progress)*100/65536, true
}

func (r *run) selfTests() {
	if !r.has(scsi.LogSelfTests) {
		r.out.Message("error", "Device does not support Self Test logging")
		r.out.Status |= report.ReadFailed
		return
	}
	if percent, running := r.remaining(); running {
		r.out.Print("Self-test execution status:\t\t", strconv.Itoa(percent), "% of test remaining\n")
	}
	r.p.SelfTests = log(&r.reader, scsi.LogSelfTests, 0, scsi.ParseSelfTests)
	if r.p.SelfTests.Err != nil {
		r.failed("scsiPrintSelfTest: Failed", r.p.SelfTests.Err)
		return
	}
	if len(r.p.SelfTests.Value) == 0 {
		r.out.Print("No Self-tests have been logged\n\n")
		return
	}
	r.out.Print("SMART Self-test log\n",
		"Num  Test              Status                 segment  LifeTime  LBA_first_err [SK ASC ASQ]\n",
		"     Description                              number   (hours)\n")
	for i, t := range r.p.SelfTests.Value {
		r.selfTest(i, t)
		switch {
		case t.Outcome == 3:
			r.out.Status |= report.ReadFailed
		case t.Failed():
			r.out.Status |= report.SelfTestsBad
		}
	}
	r.control()
	if c := r.p.Control.Value; r.p.Control.OK() && c.TestSeconds > 0 && c.TestSeconds < 0xffff {
		duration := report.Tenths(uint32(c.TestSeconds), 60) + " minutes"
		if c.TestSeconds > 4*3600 {
			duration = report.Tenths(uint32(c.TestSeconds), 3600) + " hours"
		}
		r.out.Print("\nLong (extended) Self-test duration: ", decimal(c.TestSeconds), " seconds [", duration, "]\n")
		r.out.JSON.At("scsi_extended_self_test_seconds").Uint(uint64(c.TestSeconds))
	}
	r.out.Print("\n")
}

func (r *run) selfTest(i int, t scsi.SelfTestResult) {
	n := r.out.JSON.At("scsi_self_test_" + strconv.Itoa(i))
	n.At("code", "value").Uint(uint64(t.Code))
	n.At("code", "string").String(testCodes[t.Code&7])
	n.At("result", "value").Uint(uint64(t.Outcome))
	n.At("result", "string").String(testOutcome(t.Outcome))
	segment, lba, sense := "-", "-", "[-   -    -]"
	if t.Segment > 0 {
		segment = decimal(t.Segment)
		n.At("failed_segment", "value").Uint(uint64(t.Segment))
		n.At("failed_segment", "aka").String("self_test_number")
	}
	hours := decimal(t.Hours)
	if t.Outcome == scsi.SelfTestRunning && t.Hours == 0 {
		hours = "NOW"
		n.At("self_test_in_progress").Bool(true)
	} else {
		n.At("power_on_time", "hours").Uint(uint64(t.Hours))
		n.At("power_on_time", "aka").String("accumulated_power_on_hours")
	}
	if t.HasLBA && t.Outcome != 0 && t.Outcome != scsi.SelfTestRunning {
		lba = decimal(t.LBA)
		report.Exact(n.At("lba_first_failure"), "value", 0, t.LBA)
		n.At("lba_first_failure", "aka").String("address_of_first_failure")
	}
	if t.Key > 0 {
		sense = "[" + hex(uint64(t.Key)) + " " + hex(uint64(t.ASC)) + " " + hex(uint64(t.ASCQ)) + "]"
		n.At("sense_key", "value").Uint(uint64(t.Key))
		n.At("sense_key", "string").String(scsi.KeyName(t.Key))
		n.At("asc").Uint(uint64(t.ASC))
		n.At("ascq").Uint(uint64(t.ASCQ))
		n.At("vendor_specific").Uint(uint64(t.Vendor))
	}
	outcome := testOutcome(t.Outcome)
	if t.Outcome == 7 {
		outcome += " -->" // the number of the segment follows
	}
	r.out.Print("#", report.Right(strconv.Itoa(i+1), 2), "  ", report.Left(testCodes[t.Code&7], 18), report.Left(outcome, 26),
		report.Right(segment, 3), report.Right(hours, 8), report.Right(lba, 18), " ", sense, "\n")
}

func (r *run) background() {
	if !r.has(scsi.LogBackgroundScan) {
		r.out.Message("error", "Device does not support Background scan results logging")
		r.out.Status |= report.ReadFailed
		return
	}
	r.p.Background = log(&r.reader, scsi.LogBackgroundScan, 0, scsi.ParseBackgroundScan)
	s := r.p.Background.Value
	if r.p.Background.Err == nil && !s.Known && len(s.Found) == 0 {
		r.p.Background.Err = errInsane
	}
	if r.p.Background.Err != nil {
		r.failed("scsiPrintBackgroundResults Failed", r.p.Background.Err)
		return
	}
	r.out.Print("Background scan results log\n")
	if s.Known {
		r.scanState(s)
	}
	if len(s.Found) > 0 {
		r.out.Print("\n   #  when        lba(hex)    [sk,asc,ascq]    reassign_status\n")
	}
	for _, f := range s.Found {
		r.scanResult(f)
	}
}

func (r *run) scanState(s scsi.BackgroundScan) {
	n := r.out.JSON.At("scsi_background_scan", "status")
	state := of(scanStates[:], s.Status, "")
	n.At("value").Uint(uint64(s.Status))
	if state != "" {
		n.At("string").String(state)
	} else {
		state = "unknown [" + hex(uint64(s.Status)) + "] background scan status value"
	}
	hundredths := (int(s.Progress)*10000 + 32768) / 65536
	progress := strconv.Itoa(hundredths/100) + "." + strconv.Itoa(hundredths%100 + 100)[1:] + "%"
	r.out.Print("  Status: ", state, "\n    Accumulated power on time, hours:minutes ", hoursMinutes(s.Minutes), " [", decimal(s.Minutes),
		" minutes]\n    Number of background scans performed: ", decimal(s.Scans), ",  scan progress: ", progress,
		"\n    Number of background medium scans performed: ", decimal(s.MediumScans), "\n")
	n.At("number_scans_performed").Uint(uint64(s.Scans))
	n.At("scan_progress").String(progress)
	n.At("number_medium_scans_performed").Uint(uint64(s.MediumScans))
	r.powerOn(s.Minutes)
}

func (r *run) scanResult(f scsi.ScanResult) {
	n := r.out.JSON.At("scsi_background_scan", "result_"+decimal(f.Code))
	n.At("parameter_code").Uint(uint64(f.Code))
	n.At("accumulated_power_on", "minutes").Uint(uint64(f.Minutes))
	report.Exact(n, "lba", 0, f.LBA)
	n.At("sense_key", "value").Uint(uint64(f.Key))
	n.At("sense_key", "string").String(scsi.KeyName(f.Key))
	n.At("asc").Uint(uint64(f.ASC))
	n.At("ascq").Uint(uint64(f.ASCQ))
	n.At("reassign_status", "value").Uint(uint64(f.Reassign))
	status := of(reassigned[:], f.Reassign, "")
	if status != "" {
		n.At("reassign_status", "string").String(status)
	} else {
		status = "Reassign status: reserved [" + hex(uint64(f.Reassign)) + "]"
	}
	lba := hex(f.LBA)[2:]
	r.out.Print(report.Right(decimal(f.Code), 4), " ", report.Right(hoursMinutes(f.Minutes), 7), "  ", strings.Repeat("0", 16-len(lba)), lba,
		"  [", hex(uint64(f.Key))[2:], ",", hex(uint64(f.ASC))[2:], ",", hex(uint64(f.ASCQ))[2:], "]   ", status, "\n")
}

// hasSubpage reports whether there is a subpage of a log page.
func (r *run) hasSubpage(page, subpage byte) bool {
	if r.subpages == nil {
		a := ask(&r.reader, scsi.LogSense(scsi.LogSupported, scsi.SubpageAll, 0x3efc), scsi.ParseSubpages)
		r.subpages = &a
	}
	return slices.Contains(r.subpages.Value, [2]byte{page, subpage})
}

// pending is the list of blocks that could not be read and wait to be written.
func (r *run) pending() {
	if !r.disk() || !r.hasSubpage(scsi.LogBackgroundScan, scsi.SubpagePending) {
		return
	}
	r.p.Pending = log(&r.reader, scsi.LogBackgroundScan, scsi.SubpagePending, scsi.ParsePendingDefects)
	if r.p.Pending.Err != nil {
		r.failed("Pending defects log page failed", r.p.Pending.Err)
		return
	}
	d, n := r.p.Pending.Value, r.out.JSON.At("scsi_pending_defects")
	n.At("count").Uint(uint64(d.Count))
	r.out.Print("  Pending defect count:", decimal(d.Count), " Pending Defects")
	if len(d.Found) > 0 {
		r.out.Print(": index, LBA and accumulated_power_on_hours follow")
	}
	r.out.Print("\n")
	for i, f := range d.Found {
		r.out.Print(report.Right(decimal(f.Code), 6), ":  ", report.Left(hex(f.LBA), 18), ",  ", report.Right(decimal(f.Hours), 5), "\n")
		entry := n.At("table").Item(i + 1)
		report.Exact(entry, "lba", 0, f.LBA)
		entry.At("accum_power_on_hours").Uint(uint64(f.Hours))
	}
}

// environment is the page of environmental reports; only the list of subpages tells
// whether there is one.
func (r *run) environment() {
	if !r.hasSubpage(scsi.LogTemperature, scsi.SubpageEnvironment) {
		return
	}
	r.p.Environment = ask(&r.reader, scsi.LogSense(scsi.LogTemperature, scsi.SubpageEnvironment, 252), scsi.ParseEnvironment)
	if r.p.Environment.Err != nil {
		r.failed("Environmental report log page failed", r.p.Environment.Err)
		return
	}
	counts := [2]int{}
	labels := [2][5]string{
		{"Current temperature", "Lifetime maximum temperature", "Lifetime minimum temperature", "Maximum temperature since power on", "Minimum temperature since power on"},
		{"Relative humidity", "Lifetime maximum relative humidity", "Lifetime minimum relative humidity", "Maximum relative humidity since power on", "Minimum relative humidity since power on"},
	}
	keys := [5]string{"current", "lifetime_maximum", "lifetime_minimum", "maximum_since_power_on", "minimum_since_power_on"}
	for _, e := range r.p.Environment.Value {
		kind, name := 0, "temperature_"
		if e.Humid {
			kind, name = 1, "relative_humidity_"
		}
		counts[kind]++
		n := r.out.JSON.At("scsi_environmental_reports", name+strconv.Itoa(counts[kind]))
		n.At("parameter_code").Uint(uint64(e.Code))
		for i, v := range e.Values {
			value := int64(v)
			if !e.Humid {
				value = int64(int8(v))
			}
			if !e.Humid && v == 0x80 {
				r.out.Print(labels[kind][i], " = unknown\n")
				n.At(keys[i]).String("unknown")
				continue
			}
			r.out.Print(labels[kind][i], " = ", strconv.FormatInt(value, 10), "\n")
			n.At(keys[i]).Int(value)
		}
	}
}

func (r *run) statistics() {
	if !r.has(scsi.LogStatistics) {
		r.out.Message("error", "Device does not support General statistics and performance logging")
		r.out.Status |= report.ReadFailed
		return
	}
	r.p.Statistics = log(&r.reader, scsi.LogStatistics, 0, scsi.ParseStatistics)
	if r.p.Statistics.Err != nil {
		r.failed("scsiPrintGStatsPerf Failed", r.p.Statistics.Err)
		return
	}
	s, n := r.p.Statistics.Value, r.out.JSON.At("scsi_general_statistics_and_performance_log")
	r.out.Print("\nGeneral statistics and performance log page:\n")
	table := func(title, key string, names [][2]string, values []uint64) {
		if len(values) == 0 {
			return
		}
		r.out.Print("  ", title, ":\n")
		for i, v := range values {
			r.out.Print("    ", names[i][0], ": ", decimal(v), "\n")
			report.Exact(n.At(key), names[i][1], 0, v)
		}
	}
	table("General access statistics and performance", "general_access", accesses[:], s.Access)
	table("Idle time", "idle_time", [][2]string{{"Idle time intervals", "idle_time_intervals"}}, s.Idle)
	if s.Interval != nil {
		n.At("time_interval", "exponent").Uint(uint64(s.Interval[0]))
		n.At("time_interval", "integer").Uint(uint64(s.Interval[1]))
	}
	table("Force Unit Access statistics and performance", "fua_stats", forced[:], s.Forced)
}

func (r *run) ports() {
	if !r.has(scsi.LogProtocolPort) {
		return
	}
	r.p.Ports = log(&r.reader, scsi.LogProtocolPort, 0, scsi.ParsePorts)
	if r.p.Ports.Err != nil {
		r.failed("scsiPrintSasPhy Log Sense Failed", r.p.Ports.Err)
		r.out.Print("\n")
		return
	}
	if len(r.p.Ports.Value) == 0 {
		r.out.Message("error", "Only support Protocol specific port log page on SAS devices")
		r.out.Print("\n")
		r.out.Status |= report.ReadFailed
		return
	}
	r.out.Print("\nProtocol Specific port log page for SAS SSP\n")
	for i, port := range r.p.Ports.Value {
		r.out.Print("relative target port id = ", decimal(port.ID), "\n  generation code = ", decimal(port.Generation),
			"\n  number of phys = ", strconv.Itoa(len(port.Phys)), "\n")
		n := r.out.JSON.At("scsi_sas_port_" + strconv.Itoa(i))
		n.At("relative_target_port_id").Uint(uint64(port.ID))
		n.At("generation_code").Uint(uint64(port.Generation))
		n.At("number_of_phys").Int(int64(len(port.Phys)))
		for k, phy := range port.Phys {
			r.phy(phy, n.At("phy_"+strconv.Itoa(k)))
		}
	}
	r.out.Print("\n")
}

// test starts or aborts a self-test.
func (r *run) test(code scsi.SelfTestCode) {
	background := code == scsi.BackgroundShort || code == scsi.BackgroundExtended
	if background && !r.o.Force {
		if percent, running := r.remaining(); running {
			r.out.Print("Can't start self-test without aborting current test (", strconv.Itoa(percent), "% remaining),\n",
				"add '-t force' option to override, or run 'smartctl -X' to abort test.\n")
			r.out.Status |= report.ReadFailed
			return
		}
	}
	if _, err := r.do(scsi.SendDiagnostic(code)); err != nil {
		r.failed(testFailure(code), err)
		var sense senseError
		if code >= scsi.ForegroundShort && errors.As(err, &sense) && (sense.Key == scsi.MediumError || sense.Key == scsi.HardwareError) {
			r.out.Status |= report.SelfTestsBad
		}
		return
	}
	switch code {
	case scsi.BackgroundShort:
		r.out.Print("Short Background Self Test has begun\nUse smartctl -X to abort test\n")
	case scsi.BackgroundExtended:
		r.out.Print("Extended Background Self Test has begun\n")
		r.control()
		if c := r.p.Control.Value; r.p.Control.OK() && c.TestSeconds > 0 && c.TestSeconds < 0xffff {
			end := r.o.Now.Add(seconds(c.TestSeconds))
			r.out.Print("Please wait ", decimal(c.TestSeconds/60), " minutes for test to complete.\nEstimated completion time: ",
				end.Format("Mon Jan _2 15:04:05 2006 MST"), "\n")
		}
		r.out.Print("Use smartctl -X to abort test\n")
	case scsi.DefaultTest:
		r.out.Print("Default Self Test Successful\n")
	case scsi.ForegroundShort:
		r.out.Print("Short Foreground Self Test Successful\n")
	case scsi.ForegroundExtended:
		r.out.Print("Extended Foreground Self Test Successful\n")
	default:
		r.out.Print("Self Test returned without error\n")
	}
}

func testFailure(code scsi.SelfTestCode) string {
	switch code {
	case scsi.BackgroundShort:
		return "Short offline self test failed"
	case scsi.BackgroundExtended:
		return "Long (extended) offline self test failed"
	case scsi.DefaultTest:
		return "Default self test failed"
	case scsi.ForegroundShort:
		return "Short foreground self test failed"
	case scsi.ForegroundExtended:
		return "Long (extended) foreground self test failed"
	}
	return "Abort self test failed"
}
