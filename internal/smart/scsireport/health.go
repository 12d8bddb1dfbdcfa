package scsireport

import (
	"strconv"
	"strings"

	"rescuebox/internal/smart/report"
	"rescuebox/internal/smart/scsi"
)

// health is what the device itself thinks of its health: by the page of informational
// exceptions, or by what REQUEST SENSE tells.
func (r *run) health() {
	if r.has(scsi.LogExceptions) {
		r.p.Health = log(&r.reader, scsi.LogExceptions, 0, scsi.ParseExceptionsLog)
		if r.p.Health.Err != nil {
			r.failed("Log Sense failed, IE page", r.p.Health.Err)
			if r.dead != nil {
				return
			}
		}
	}
	asc, ascq := r.p.Health.Value.ASC, r.p.Health.Value.ASCQ
	if scsi.Exception(asc, ascq) == "" {
		r.requestSense()
		asc, ascq = r.p.Sense.ASC, r.p.Sense.ASCQ
	}
	if r.has(scsi.LogTemperature) {
		r.readTemperature()
	}
	r.status(asc, ascq)
	if r.has(scsi.LogTemperature) && r.p.Health.Err == nil {
		r.out.Print("\n")
	}
}

func (r *run) requestSense() {
	if b, err := r.do(scsi.RequestSense()); err == nil {
		r.p.Sense = scsi.ParseSense(b)
	}
}

func (r *run) status(asc, ascq byte) {
	n := r.out.JSON.At("smart_status")
	text := scsi.Exception(asc, ascq)
	switch {
	case text != "":
		r.out.Print("SMART Health Status: ", text, " [asc=", hex(uint64(asc))[2:], ", ascq=", hex(uint64(ascq))[2:], "]\n")
		n.At("passed").Bool(false)
		n.At("scsi", "asc").Uint(uint64(asc))
		n.At("scsi", "ascq").Uint(uint64(ascq))
		n.At("scsi", "ie_string").String(text)
		r.out.Status |= report.Failing
	case r.p.Health.Err != nil, r.p.Exceptions.Asked && r.p.Exceptions.Err != nil:
		// It has said nothing of its health, which is not that it is well.
	default:
		r.out.Print("SMART Health Status: OK\n")
		n.At("passed").Bool(true)
	}
}

func (r *run) solidState() {
	if !r.has(scsi.LogSolidState) {
		return
	}
	r.p.Used = log(&r.reader, scsi.LogSolidState, 0, func(b []byte) (Counted, error) {
		percent, known, err := scsi.ParseSolidState(b)
		return Counted{uint64(percent), known}, err
	})
	if r.p.Used.Err == nil && !r.p.Used.Value.Known {
		r.p.Used.Err = errInsane
	}
	if r.p.Used.Err != nil {
		r.failed("scsiPrintSSMedia: Failed", r.p.Used.Err)
		return
	}
	v := r.p.Used.Value.Value
	r.out.Print("Percentage used endurance indicator: ", decimal(v), "%\n")
	r.out.JSON.At("scsi_percentage_used_endurance_indicator").Uint(v)
	r.out.JSON.At("endurance_used", "current_percent").Uint(v)
}

func (r *run) readTemperature() {
	r.p.Temperature = log(&r.reader, scsi.LogTemperature, 0, scsi.ParseTemperature)
	if r.p.Temperature.Err != nil {
		r.out.Message("error", "Log Sense for temperature failed ["+r.p.Temperature.Err.Error()+"]")
	}
}

func (r *run) attributes() {
	r.temperature()
	if r.has(scsi.LogBackgroundScan) && !r.o.Background {
		r.p.Background = log(&r.reader, scsi.LogBackgroundScan, 0, scsi.ParseBackgroundScan)
		if s := r.p.Background.Value; r.p.Background.OK() && s.Known {
			r.out.Print("Accumulated power on time, hours:minutes ", hoursMinutes(s.Minutes), "\n")
			r.powerOn(s.Minutes)
		}
	}
	if r.has(scsi.LogStartStop) {
		r.startStop()
	}
	if r.disk() {
		r.defects()
	}
}

func hoursMinutes(minutes uint32) string {
	m := decimal(minutes % 60)
	if len(m) < 2 {
		m = "0" + m
	}
	return decimal(minutes/60) + ":" + m
}

func (r *run) powerOn(minutes uint32) {
	r.out.JSON.At("power_on_time", "hours").Uint(uint64(minutes / 60))
	r.out.JSON.At("power_on_time", "minutes").Uint(uint64(minutes % 60))
}

// temperature is of its own page, or else of that of informational exceptions.
func (r *run) temperature() {
	var current, trip scsi.Degrees
	switch {
	case r.has(scsi.LogTemperature):
		if !r.p.Temperature.Asked {
			r.readTemperature()
		}
		if r.p.Temperature.Err != nil {
			return
		}
		current, trip = r.p.Temperature.Value.Current, r.p.Temperature.Value.Reference
	case r.has(scsi.LogExceptions):
		if !r.p.Health.Asked {
			r.p.Health = log(&r.reader, scsi.LogExceptions, 0, scsi.ParseExceptionsLog)
		}
		current, trip = r.p.Health.Value.Current, r.p.Health.Value.Trip
	default:
		return
	}
	for _, t := range []struct {
		label, key string
		v          scsi.Degrees
	}{{"Current Drive Temperature:     ", "current", current}, {"Drive Trip Temperature:        ", "drive_trip", trip}} {
		if !t.v.Known {
			r.temperatureText(t.label, "<not available>\n")
			continue
		}
		r.temperatureText(t.label, decimal(t.v.Value), " C\n")
		r.out.JSON.At("temperature", t.key).Uint(uint64(t.v.Value))
	}
	r.temperatureText("\n")
}

// temperatureText prints what is not in the page of environmental reports already.
func (r *run) temperatureText(parts ...string) {
	if len(r.p.Environment.Value) == 0 {
		r.out.Print(parts...)
	}
}

func (r *run) startStop() {
	r.p.StartStop = log(&r.reader, scsi.LogStartStop, 0, scsi.ParseStartStop)
	if r.p.StartStop.Err != nil {
		r.failed("scsiGetStartStopData Failed", r.p.StartStop.Err)
		return
	}
	s, n := r.p.StartStop.Value, r.out.JSON.At("scsi_start_stop_cycle_counter")
	if s.Dated {
		year, week := printable([]byte(s.Year)), printable([]byte(s.Week))
		if year != "" {
			r.out.Print("Manufactured in week ", week, " of year ", year, "\n")
		}
		n.At("year_of_manufacture").String(year)
		n.At("week_of_manufacture").String(week)
	}
	for _, c := range []struct {
		label, key string
		v          scsi.Counter
	}{
		{"Specified cycle count over device lifetime:  ", "specified_cycle_count_over_device_lifetime", s.SpecifiedCycles},
		{"Accumulated start-stop cycles:  ", "accumulated_start_stop_cycles", s.Cycles},
		{"Specified load-unload count over device lifetime:  ", "specified_load_unload_count_over_device_lifetime", s.SpecifiedUnloads},
		{"Accumulated load-unload cycles:  ", "accumulated_load_unload_cycles", s.Unloads},
	} {
		if c.v.Known {
			r.out.Print(c.label, decimal(c.v.Value), "\n")
			n.At(c.key).Uint(uint64(c.v.Value))
		}
	}
}

// defects is the length of the list of those that have grown.
func (r *run) defects() {
	r.p.Defects = ask(&r.reader, scsi.ReadDefects12(), scsi.ParseDefects12)
	if r.p.Defects.Err != nil {
		r.p.Defects = ask(&r.reader, scsi.ReadDefects10(), scsi.ParseDefects10)
	}
	d := r.p.Defects.Value
	switch {
	case r.p.Defects.Err != nil:
		return
	case !d.Grown:
		r.out.Message("error", "Read defect list: asked for grown list but didn't get it")
	case d.Count < 0:
		r.defectFormat(d)
		r.out.Print("Grown defect list length=", decimal(d.Length), " bytes [unknown number of elements]\n\n")
	default:
		r.out.Print("Elements in grown defect list: ", strconv.FormatInt(d.Count, 10), "\n\n")
		r.out.JSON.At("scsi_grown_defect_list").Int(d.Count)
	}
}

func (r *run) defectFormat(d scsi.Defects) {
	if d.Format == 7 {
		r.out.Print("defect list format 7 unknown\n")
	}
}

func (r *run) errorLog() {
	counters := func(page byte) answer[scsi.ErrorCounters] {
		if !r.has(page) {
			return answer[scsi.ErrorCounters]{}
		}
		return log(&r.reader, page, 0, func(b []byte) (scsi.ErrorCounters, error) { return scsi.ParseErrorCounters(page, b) })
	}
	r.p.Read, r.p.Write, r.p.Verify = counters(scsi.LogReadErrors), counters(scsi.LogWriteErrors), counters(scsi.LogVerifyErrors)
	shown := false
	show := func(label, key string, a answer[scsi.ErrorCounters], zero bool) {
		if !a.OK() || !a.Value.Known || !zero && a.Value.Zero() {
			return
		}
		if !shown {
			r.out.Print(counterHead)
		}
		shown = true
		r.counters(label, key, a.Value)
	}
	show("read:   ", "read", r.p.Read, true)
	show("write:  ", "write", r.p.Write, true)
	show("verify: ", "verify", r.p.Verify, false)
	if !shown {
		r.out.Print("Error Counter logging not supported\n")
	}
	if r.has(scsi.LogNonMedium) {
		r.p.NonMedium = log(&r.reader, scsi.LogNonMedium, 0, func(b []byte) (Counted, error) {
			v, known, err := scsi.ParseNonMedium(b)
			return Counted{v, known}, err
		})
		if v := r.p.NonMedium.Value; r.p.NonMedium.OK() && v.Known {
			r.out.Print("\nNon-medium error count: ", report.Right(decimal(v.Value), 8), "\n")
		}
	}
	r.out.Print("\n")
}

// saving tells of a device that does not save its logs by itself.
func (r *run) saving() {
	r.control()
	if r.p.Control.OK() && r.p.Control.Value.SavesNoLogs {
		r.out.Print("\n[GLTSD (Global Logging Target Save Disable) set. Enable Save with '-S on']\n")
	}
}

const counterHead = `Error counter log:
           Errors Corrected by           Total   Correction     Gigabytes    Total
               ECC          rereads/    errors   algorithm      processed    uncorrected
           fast | delayed   rewrites  corrected  invocations   [10^9 bytes]  errors
`

func (r *run) counters(label, key string, c scsi.ErrorCounters) {
	processed := gigabytes(c.Bytes)
	right := func(v uint64, width int) string { return report.Right(decimal(v), width) }
	r.out.Print(label, right(c.CorrectedFast, 8), " ", right(c.CorrectedDelayed, 8), "  ", right(c.Retried, 8), "  ", right(c.Corrected, 8),
		"   ", right(c.Algorithm, 8), "   ", report.Right(processed, 12), "    ", right(c.Uncorrected, 8), "\n")
	n := r.out.JSON.At("scsi_error_counter_log", key)
	report.Exact(n, "errors_corrected_by_eccfast", 0, c.CorrectedFast)
	report.Exact(n, "errors_corrected_by_eccdelayed", 0, c.CorrectedDelayed)
	report.Exact(n, "errors_corrected_by_rereads_rewrites", 0, c.Retried)
	report.Exact(n, "total_errors_corrected", 0, c.Corrected)
	report.Exact(n, "correction_algorithm_invocations", 0, c.Algorithm)
	n.At("gigabytes_processed").String(processed)
	report.Exact(n, "total_uncorrected_errors", 0, c.Uncorrected)
}

// gigabytes is a number of bytes in units of 10^9, to three digits behind the point.
func gigabytes(bytes uint64) string {
	mega := bytes / 1_000_000
	if bytes%1_000_000 >= 500_000 {
		mega++
	}
	part := strconv.FormatUint(mega%1000, 10)
	return decimal(mega/1000) + "." + strings.Repeat("0", 3-len(part)) + part
}

func (r *run) control() {
	if !r.p.Control.Asked {
		r.p.Control = mode(&r.reader, scsi.ModeControlPg, scsi.ParseControl)
	}
}
