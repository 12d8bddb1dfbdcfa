package atareport

import (
	"strconv"
	"strings"
	"time"

	"rescuebox/internal/smart/ata"
	"rescuebox/internal/smart/report"
)

// sct prints what SMART Command Transport has.
func (r *run) sct() {
	p := r.out.Print
	if r.id.SCT()&1 == 0 {
		p("SCT Commands not supported\n\n")
		return
	}
	if r.locked() {
		p("SCT Commands not supported if ATA Security is LOCKED\n\n")
		return
	}
	if (!r.o.SCTStatus && !r.o.SCTHistory) || r.sctTemperatures() {
		r.setInterval()
	}
	r.recovery()
}

// locked reports whether the disk is closed by a password.
func (r *run) locked() bool {
	state, supported := r.id.Security()
	return supported && state&7 == 7
}

// sctTemperatures prints the status and the history. False: one was asked for in vain.
func (r *run) sctTemperatures() bool {
	p := r.out.Print
	s, err := r.sctStatus()
	if err != nil {
		r.pages.Failed = append(r.pages.Failed, "Read SCT Status failed")
		r.out.Status |= report.ReadFailed
		p("\n")
		return false
	}
	r.pages.SCT = s
	if r.o.SCTStatus {
		r.printSCTStatus(s)
	}
	if !r.o.SCTHistory {
		return true
	}
	if r.id.SCT()&0x20 == 0 {
		p("SCT Data Table command not supported\n\n")
		r.out.Status |= report.ReadFailed
		return false
	}
	h, err := r.readHistory()
	if err != nil {
		const what = "Read SCT Temperature History failed"
		p(what, "\n\n")
		r.pages.Failed = append(r.pages.Failed, what)
		r.out.Status |= report.ReadFailed
		return false
	}
	r.pages.History = h
	r.printHistory(s, h)
	return true
}

// readHistory reads the temperature history. A failure is printed.
func (r *run) readHistory() (*ata.SCTHistory, error) {
	c := ata.SCTReadHistory()
	if _, err := r.sctCommand(c, "Read Data Table", "Write SCT Data Table"); err != nil {
		return nil, err
	}
	b, err := r.page(ata.ReadSCTData())
	if err != nil {
		r.out.Print("Read SCT Data Table failed: ", reason(err), "\n")
		return nil, err
	}
	if err := r.sctDone(c); err != nil {
		return nil, err
	}
	h, err := ata.ParseSCTHistory(b)
	if err != nil {
		r.out.Print(reason(err), "\n")
	}
	return h, err
}

// sctStates are those of SCTStatus.State (ACS-3, table 178).
var sctStates = map[byte]string{
	0: "Active", 1: "Stand-by", 2: "Sleep", 3: "DST executing in background", 4: "SMART Off-line Data Collection executing in background",
	5: "SCT command executing in background",
}

func (r *run) printSCTStatus(s *ata.SCTStatus) {
	p := r.out.Print
	state := sctStates[s.State]
	if state == "" {
		state = "Unknown"
	}
	p("SCT Status Version:                  ", strconv.Itoa(int(s.Format)), "\n",
		"SCT Version (vendor specific):       ", strconv.Itoa(int(s.Version)), " (", hex(uint64(s.Version), 4), ")\n",
		"Device State:                        ", state, " (", strconv.Itoa(int(s.State)), ")\n")
	node := r.out.JSON.At("ata_sct_status")
	node.At("format_version").Uint(uint64(s.Format))
	node.At("sct_version").Uint(uint64(s.Version))
	node.At("device_state", "value").Uint(uint64(s.State))
	node.At("device_state", "string").String(state)
	r.printTemperatures(s)
}

func celsius(t int8) string {
	if t == ata.NoTemperature {
		return " ?"
	}
	return report.Right(strconv.Itoa(int(t)), 2)
}

func (r *run) printTemperatures(s *ata.SCTStatus) {
	p := r.out.Print
	node, top := r.out.JSON.At("ata_sct_status", "temperature"), r.out.JSON.At("temperature")
	set := func(key string, t int8) {
		if t != ata.NoTemperature {
			node.At(key).Int(int64(t))
			top.At(key).Int(int64(t))
		}
	}
	p("Current Temperature:                    ", celsius(s.Now), " Celsius\n",
		"Power Cycle Min/Max Temperature:     ", celsius(s.Lowest), "/", celsius(s.Highest), " Celsius\n",
		"Lifetime    Min/Max Temperature:     ", celsius(s.LifeLowest), "/", celsius(s.LifeHighest), " Celsius\n")
	set("current", s.Now)
	set("power_cycle_min", s.Lowest)
	set("power_cycle_max", s.Highest)
	set("lifetime_min", s.LifeLowest)
	set("lifetime_max", s.LifeHighest)
	if s.Limit > 0 {
		p("Specified Max Operating Temperature:   ", report.Right(strconv.Itoa(int(s.Limit)), 3), " Celsius\n")
		set("op_limit_max", s.Limit)
	}
	p("Under/Over Temperature Limit Count:  ", report.Right(strconv.FormatUint(uint64(s.Under), 10), 2), "/", strconv.FormatUint(uint64(s.Over), 10), "\n")
	node.At("under_limit_count").Uint(uint64(s.Under))
	node.At("over_limit_count").Uint(uint64(s.Over))
	top.At("under_limit_count").Uint(uint64(s.Under))
	top.At("over_limit_count").Uint(uint64(s.Over))
	if s.SMART != 0 {
		status := "Reserved"
		switch s.SMART {
		case 0x2cf4:
			status = "FAILED"
		case 0xc24f:
			status = "PASSED"
		}
		p("SMART Status:                        ", hex(uint64(s.SMART), 4), " (", status, ")\n")
		n := r.out.JSON.At("ata_sct_status", "smart_status")
		if status != "Reserved" {
			n.At("passed").Bool(status == "PASSED")
			if passed := r.pages.Passed; status == "FAILED" || passed == nil {
				ok := status == "PASSED"
				r.pages.Passed = &ok
				r.out.JSON.At("smart_status", "passed").Bool(ok)
			}
		} else {
			n.At("reserved_value").Uint(uint64(s.SMART))
		}
	}
	r.sctVendor(s)
	p("\n")
}

// sctVendor prints the vendor's bytes, if there are any.
func (r *run) sctVendor(s *ata.SCTStatus) {
	if s.Vendor == [32]byte{} {
		return
	}
	p := r.out.Print
	p("Vendor specific:\n")
	for i, b := range s.Vendor {
		p(two(b))
		if i%16 == 15 {
			p("\n")
		} else {
			p(" ")
		}
		r.out.JSON.At("ata_sct_status", "vendor_specific").Append().Uint(uint64(b))
	}
}

func (r *run) printHistory(s *ata.SCTStatus, h *ata.SCTHistory) {
	p := r.out.Print
	limits := func(low, high int8) string { return celsius(low) + "/" + celsius(high) + " Celsius\n" }
	p("SCT Temperature History Version:     ", strconv.Itoa(int(h.Format)), historyNote(h.Format), "\n",
		"Temperature Sampling Period:         ", minutes(int(h.Period)), "\n",
		"Temperature Logging Interval:        ", minutes(int(h.Interval)), "\n",
		"Min/Max recommended Temperature:     ", limits(h.LowLimit, h.HighLimit),
		"Min/Max Temperature Limit:           ", limits(h.Under, h.OverLimit),
		"Temperature History Size (Index):    ", strconv.Itoa(len(h.Temperatures)), " (", strconv.Itoa(h.Index), ")\n")
	node := r.out.JSON.At("ata_sct_temperature_history")
	node.At("version").Uint(uint64(h.Format))
	node.At("sampling_period_minutes").Uint(uint64(h.Period))
	node.At("logging_interval_minutes").Uint(uint64(h.Interval))
	set := func(key string, t int8) {
		if t != ata.NoTemperature {
			node.At("temperature", key).Int(int64(t))
			r.out.JSON.At("temperature", key).Int(int64(t))
		}
	}
	set("op_limit_min", h.LowLimit)
	set("op_limit_max", h.HighLimit)
	set("limit_min", h.Under)
	set("limit_max", h.OverLimit)
	node.At("size").Int(int64(len(h.Temperatures)))
	node.At("index").Int(int64(h.Index))
	r.printGraph(h)
}

func historyNote(uint16) string { return "" }

func minutes(n int) string {
	if n == 1 {
		return "1 minute"
	}
	return strconv.Itoa(n) + " minutes"
}

// printGraph prints the temperatures from the oldest on, many alike as one.
func (r *run) printGraph(h *ata.SCTHistory) {
	p := r.out.Print
	p("\nIndex    Estimated Time   Temperature Celsius\n")
	n := len(h.Temperatures)
	interval := time.Duration(max(1, int(h.Interval))) * time.Minute
	now := r.o.Now
	at := now.Add(-time.Duration(n-1) * interval).Truncate(interval)
	table := r.out.JSON.At("ata_sct_temperature_history", "table")
	table.Empty()
	skip := 0 // as many as are skipped before the last of them is due
	for i := range n {
		index := (h.Index + 1 + i) % n
		t := h.Temperatures[index]
		if t == ata.NoTemperature {
			table.Append()
		} else {
			table.Append().Int(int64(t))
		}
		if skip > 0 {
			skip--
			continue
		}
		p(" ", report.Right(strconv.Itoa(index), 3), "    ", at.Add(time.Duration(i)*interval).Format("2006-01-02 15:04"), "    ", celsius(t), "  ", bar(t), "\n")
		if more := alike(h, i); more >= 3 {
			skip = more - 1
			p(" ...    ..(", report.Right(strconv.Itoa(skip), 3), " skipped).    ..  ", bar(t), "\n")
		}
	}
	p("\n")
}

// alike is how many entries after the ith are like it.
func alike(h *ata.SCTHistory, i int) (count int) {
	n := len(h.Temperatures)
	for ; i < n-1 && h.Temperatures[(h.Index+1+i)%n] == h.Temperatures[(h.Index+2+i)%n]; i++ {
		count++
	}
	return count
}

// bar draws a temperature.
func bar(t int8) string {
	const longest = 40
	switch n := int(t) - 19; {
	case t == ata.NoTemperature || n <= 0:
		return "-"
	case n <= longest:
		return strings.Repeat("*", n)
	}
	return strings.Repeat("*", longest-1) + "+"
}
