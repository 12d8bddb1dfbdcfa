package atareport

import (
	"strconv"

	"rescuebox/internal/jsontree"
	"rescuebox/internal/smart/ata"
	"rescuebox/internal/smart/report"
)

// errorLog prints the summary error log.
func (r *run) errorLog() {
	p := r.out.Print
	if !r.listed(ata.LogErrors, r.hasErrorLog()) {
		p("SMART Error Log not supported\n\n")
		return
	}
	b, err := r.page(ata.ReadSMARTLog(ata.LogErrors, 1))
	if err == nil {
		r.pages.Errors, err = ata.ParseErrorLog(b, r.flaws.Flaws)
	}
	if err != nil {
		r.failed("Read SMART Error Log failed", err)
		p("\n")
		return
	}
	l := r.pages.Errors
	if !r.checksum("SMART ATA Error Log Structure", l.Sound) {
		return
	}
	p("SMART Error Log Version: ", strconv.Itoa(int(l.Version)), "\n")
	node := r.out.JSON.At("ata_smart_error_log", "summary")
	node.At("revision").Uint(uint64(l.Version))
	if l.Index > l.Places && l.Count > 0 {
		p("Invalid Error Log index = ", hex(uint64(l.Index), 2), " (T13/1321D rev 1c Section 8.41.6.8.2.2 gives valid range from 1 to 5)\n\n")
		return
	}
	if l.Index == 0 || l.Count == 0 {
		if l.Index != l.Count {
			p("Warning: ATA error count ", strconv.Itoa(l.Count), " inconsistent with error log index ", strconv.Itoa(l.Index), "\n")
		}
		p("No Errors Logged\n\n")
		node.At("count").Int(0)
		return
	}
	if (l.Count-1)%l.Places+1 != l.Index {
		p("Warning: ATA error count ", strconv.Itoa(l.Count), " inconsistent with error log index ", strconv.Itoa(l.Index), "\n")
	}
	r.printErrors(l, node, l.Places, false)
}

// listed reports whether a log of the SMART command is there: by the directory, and
// without one by what else tells.
func (r *run) listed(address byte, otherwise bool) bool {
	if r.directory != nil {
		return r.directory.Sectors[address]&0xff > 0
	}
	return otherwise
}

// errorLogExt prints the extended comprehensive error log. False: there is none.
func (r *run) errorLogExt() bool {
	const name = "SMART Extended Comprehensive Error Log (GP Log 0x03)"
	p := r.out.Print
	sectors := r.gpSectors(ata.LogErrorsExt)
	if sectors == 0 {
		p(name, " not supported\n\n")
		return false
	}
	b, ok := r.gpLog(ata.LogErrorsExt, 0, 0, sectors)
	if !ok {
		p("Read SMART Extended Comprehensive Error Log failed\n\n")
		r.out.Status |= report.ReadFailed
		return false
	}
	l, err := ata.ParseErrorLogExt(b, r.flaws.Flaws)
	if err != nil {
		return true
	}
	r.pages.ErrorsExt = l
	if !r.checksum("SMART Extended Comprehensive Error Log Structure", l.Sound) {
		return true
	}
	p("SMART Extended Comprehensive Error Log Version: ", strconv.Itoa(int(l.Version)), " (", strconv.Itoa(sectors), " sectors)\n")
	node := r.out.JSON.At("ata_smart_error_log", "extended")
	node.At("revision").Uint(uint64(l.Version))
	node.At("sectors").Int(int64(sectors))
	switch {
	case l.Count == 0 && l.Index <= l.Places:
		p("No Errors Logged\n\n")
		node.At("count").Int(0)
	case l.Index == 0 || l.Index > l.Places:
		p("Invalid Error Log index = ", hex(uint64(l.Index), 4), " (reserved = ", hex(uint64(b[1]), 2), ")\n")
		if l.Count > 0 {
			p("Device Error Count: ", strconv.Itoa(l.Count), " (possibly also invalid)\n")
			node.At("count").Int(int64(l.Count))
		}
		p("\n")
	default:
		r.printErrors(l, node, r.o.ErrorLogExt, true)
	}
	return true
}

// legend names the registers in the lines below.
const (
	legend = "\tCR = Command Register [HEX]\n" +
		"\tFR = Features Register [HEX]\n" +
		"\tSC = Sector Count Register [HEX]\n" +
		"\tSN = Sector Number Register [HEX]\n" +
		"\tCL = Cylinder Low Register [HEX]\n" +
		"\tCH = Cylinder High Register [HEX]\n" +
		"\tDH = Device/Head Register [HEX]\n" +
		"\tDC = Device Command Register [HEX]\n" +
		"\tER = Error register [HEX]\n" +
		"\tST = Status register [HEX]\n"
	legendExt = "\tCR     = Command Register\n" +
		"\tFEATR  = Features Register\n" +
		"\tCOUNT  = Count (was: Sector Count) Register\n" +
		"\tLBA_48 = Upper bytes of LBA High/Mid/Low Registers ]  ATA-8\n" +
		"\tLH     = LBA High (was: Cylinder High) Register    ]   LBA\n" +
		"\tLM     = LBA Mid (was: Cylinder Low) Register      ] Register\n" +
		"\tLL     = LBA Low (was: Sector Number) Register     ]\n" +
		"\tDV     = Device (was: Device/Head) Register\n" +
		"\tDC     = Device Control Register\n" +
		"\tER     = Error register\n" +
		"\tST     = Status register\n"
)

// printErrors prints the newest errors of a log.
func (r *run) printErrors(l *ata.ErrorLog, node *jsontree.Node, most int, extended bool) {
	p := r.out.Print
	r.out.Status |= report.ErrorLogged
	p([...]string{"ATA", "Device"}[bit(extended)], " Error Count: ", strconv.Itoa(l.Count))
	if l.Count > l.Places {
		p(" (device log contains only the most recent ", [...]string{"five", strconv.Itoa(l.Places)}[bit(extended)], " errors)\n")
	} else {
		p("\n")
	}
	node.At("count").Int(int64(l.Count))
	node.At("logged_count").Int(int64(min(l.Count, l.Places)))
	p([...]string{legend, legendExt}[bit(extended)],
		"Powered_Up_Time is measured from power on, and printed as\n",
		"DDd+hh:mm:SS.sss where DD=days, hh=hours, mm=minutes,\n",
		"SS=sec, and sss=millisec. It \"wraps\" after 49.710 days.\n\n")
	for i := range l.Errors {
		if i >= most || extended && l.Errors[i].Number <= 0 {
			break
		}
		r.printError(&l.Errors[i], node.At("table").Append(), extended)
	}
}

// states are those of the device when an error came (ACS-3, table A.24).
func errorState(state byte) string {
	switch state & 15 {
	case 0:
		return "in an unknown state"
	case 1:
		return "sleeping"
	case 2:
		return "in standby mode"
	case 3:
		return "active or idle"
	case 4:
		return "doing SMART Offline or Self-test"
	case 11, 12, 13, 14, 15:
		return "in a vendor specific state"
	}
	return "in a reserved state"
}

func (r *run) printError(e *ata.LoggedError, node *jsontree.Node, extended bool) {
	p := r.out.Print
	state := errorState(e.State)
	hours := int(e.Hours)
	p("Error ", strconv.Itoa(e.Number))
	if extended {
		p(" [", strconv.Itoa(e.Place), "]")
	}
	p(" occurred at disk power-on lifetime: ", strconv.Itoa(hours), " hours (", strconv.Itoa(hours/24), " days + ", strconv.Itoa(hours%24), " hours)\n",
		"  When the command that caused the error occurred, the device was ", state, ".\n\n",
		"  After command completion occurred, registers were:\n")
	node.At("error_number").Int(int64(e.Number))
	if extended {
		node.At("log_index").Int(int64(e.Place))
	}
	node.At("lifetime_hours").Int(int64(hours))
	node.At("device_state", "value").Uint(uint64(e.State))
	node.At("device_state", "string").String(state)
	reg := node.At("completion_registers")
	reg.At("error").Uint(uint64(e.Error))
	reg.At("status").Uint(uint64(e.Status))
	reg.At("count").Uint(uint64(e.Count))
	reg.At("lba").Uint(e.LBA)
	reg.At("device").Uint(uint64(e.Device))
	if extended {
		reg.At("device_control").Uint(uint64(e.Control))
		p("  ER -- ST COUNT  LBA_48  LH LM LL DV DC\n  -- -- -- == -- == == == -- -- -- -- --\n  ",
			two(e.Error), " -- ", two(e.Status), " ", pair(e.Count), " ", lba48(e.LBA), " ", two(e.Device), " ", two(e.Control))
	} else {
		p("  ER ST SC SN CL CH DH\n  -- -- -- -- -- -- --\n  ",
			two(e.Error), " ", two(e.Status), " ", two(byte(e.Count)), " ", lba28(e.LBA), " ", two(e.Device))
	}
	if what := describe(e); what != "" {
		node.At("error_description").String(what)
		p("  ", what)
	}
	p("\n\n")
	r.printCommands(e, node, extended)
}

func (r *run) printCommands(e *ata.LoggedError, node *jsontree.Node, extended bool) {
	p := r.out.Print
	if extended {
		p("  Commands leading to the command that caused the error were:\n",
			"  CR FEATR COUNT  LBA_48  LH LM LL DV DC  Powered_Up_Time  Command/Feature_Name\n",
			"  -- == -- == -- == == == -- -- -- -- --  ---------------  --------------------\n")
	} else {
		p("  Commands leading to the command that caused the error were:\n",
			"  CR FR SC SN CL CH DH DC   Powered_Up_Time  Command/Feature_Name\n",
			"  -- -- -- -- -- -- -- --  ----------------  --------------------\n")
	}
	for i := range e.Commands {
		c := &e.Commands[i]
		if !c.Used() {
			continue
		}
		name := commandName(c.Command, byte(c.Feature))
		if extended {
			p("  ", two(c.Command), " ", pair(c.Feature), " ", pair(c.Count), " ", lba48(c.LBA), " ", two(c.Device), " ", two(c.Control),
				report.Right(poweredUp(c.Milliseconds), 17), "  ", name, "\n")
		} else {
			p("  ", two(c.Command), " ", two(byte(c.Feature)), " ", two(byte(c.Count)), " ", lba28(c.LBA), " ", two(c.Device), " ", two(c.Control),
				report.Right(poweredUp(c.Milliseconds), 18), "  ", name, "\n")
		}
		n := node.At("previous_commands").Append()
		n.At("registers", "command").Uint(uint64(c.Command))
		n.At("registers", "features").Uint(uint64(c.Feature))
		n.At("registers", "count").Uint(uint64(c.Count))
		n.At("registers", "lba").Uint(c.LBA)
		n.At("registers", "device").Uint(uint64(c.Device))
		n.At("registers", "device_control").Uint(uint64(c.Control))
		n.At("powerup_milliseconds").Uint(uint64(c.Milliseconds))
		n.At("command_name").String(name)
	}
	p("\n")
}

func two(b byte) string { return hex(uint64(b), 2)[2:] }

func pair(v uint16) string { return two(byte(v>>8)) + " " + two(byte(v)) }

// lba28 prints the registers of an LBA from the lowest on; lba48 from the highest.
func lba28(v uint64) string {
	return two(byte(v)) + " " + two(byte(v>>8)) + " " + two(byte(v>>16))
}

func lba48(v uint64) string {
	s := two(byte(v >> 40))
	for shift := 32; shift >= 0; shift -= 8 {
		s += " " + two(byte(v>>shift))
	}
	return s
}

// poweredUp is a time since power on: days, hours, minutes and seconds.
func poweredUp(ms uint32) string {
	s := ""
	if days := ms / 86400000; days > 0 {
		s = strconv.Itoa(int(days)) + "d+"
	}
	pad := func(v uint32) string {
		if v < 10 {
			return "0" + strconv.Itoa(int(v))
		}
		return strconv.Itoa(int(v))
	}
	return s + pad(ms/3600000%24) + ":" + pad(ms/60000%60) + ":" + pad(ms/1000%60) + "." + strconv.Itoa(int(ms%1000 + 1000))[1:]
}
