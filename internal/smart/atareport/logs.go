package atareport

import (
	"strconv"
	"strings"

	"rescuebox/internal/smart/ata"
	"rescuebox/internal/smart/report"
)

// logs prints the logs, in smartctl's order.
func (r *run) logs() {
	o := r.o
	r.directories()
	if o.GPDirectory || o.SMARTDirectory {
		r.printDirectories()
	}
	for _, d := range o.Dumps {
		r.dump(d)
	}
	useOld := true
	if o.ErrorLogExt > 0 {
		useOld = !r.errorLogExt() && o.ErrorLogOrOld
	}
	if o.ErrorLog || o.ErrorLogExt > 0 && useOld {
		r.errorLog()
	}
	useOld = true
	if o.SelfTestLogExt > 0 {
		useOld = !r.selfTestLogExt() && o.SelfTestLogOrOld
	}
	if o.SelfTestLog || o.SelfTestLogExt > 0 && useOld {
		r.selfTestLog()
	}
	if o.Selective {
		r.selective()
	}
	if o.SCTStatus || o.SCTHistory || o.SCTERC || o.SCTERCPowerOn ||
		r.last(SetInterval) != nil || r.last(SetERC) != nil || r.last(ResetERC) != nil {
		r.sct()
	}
	if o.Statistics || len(o.StatisticsPages) > 0 || o.Solid {
		r.statistics()
	}
	if o.Defects > 0 {
		r.defects()
	}
}

// directories reads the log directories where a section depends on them.
func (r *run) directories() {
	o := r.o
	extended := o.ErrorLogExt > 0 || o.SelfTestLogExt > 0
	others := o.Statistics || len(o.StatisticsPages) > 0 || o.Solid || o.Defects > 0 || o.Phy
	needsGP, needsSMART := o.GPDirectory, o.SMARTDirectory
	for _, d := range o.Dumps {
		needsGP, needsSMART = needsGP || d.GP, needsSMART || !d.GP
	}
	gpl := r.hasGPLogs()
	if extended || others {
		needsGP = needsGP || gpl
	}
	if o.ErrorLog || o.SelfTestLog || o.ErrorLogOrOld || o.SelfTestLogOrOld || (o.Statistics || o.Solid) && !gpl {
		needsSMART = needsSMART || gpl
	}
	if r.flaws.NoLogDirectory {
		return
	}
	if needsSMART {
		b, err := r.page(ata.ReadSMARTLog(ata.LogDirectory, 1))
		if err == nil {
			r.directory, err = ata.ParseDirectory(b)
		}
		if err != nil {
			r.out.Print("Read SMART Log Directory failed: ", reason(err), "\n\n")
			if o.SMARTDirectory {
				r.out.Status |= report.ReadFailed
				r.pages.Failed = append(r.pages.Failed, "SMART Log Directory")
			}
		}
	}
	if needsGP && gpl {
		b, err := r.page(ata.ReadLog(ata.LogDirectory, 0, 0, 1))
		if err == nil {
			r.gpDirectory, err = ata.ParseDirectory(b)
		}
		if err != nil {
			r.readLogFailed(ata.LogDirectory, 0, 0, 1, err)
			r.out.Print("Read GP Log Directory failed\n\n")
			if o.GPDirectory {
				r.out.Status |= report.ReadFailed
			}
		}
	}
	r.pages.Directory, r.pages.GPDirectory = r.directory, r.gpDirectory
}

// readLogFailed tells of a general purpose log that could not be read.
func (r *run) readLogFailed(address byte, feature uint16, page, sectors int, err error) {
	r.out.Print("ATA_READ_LOG_EXT (addr=", hex(uint64(address), 2), ":", hex(uint64(feature), 2), ", page=", strconv.Itoa(page), ", n=", strconv.Itoa(sectors), ") failed: ", reason(err), "\n")
	r.pages.Failed = append(r.pages.Failed, "GP Log "+hex(uint64(address), 2))
}

// gpLog reads sectors of a general purpose log, and says so if that fails.
func (r *run) gpLog(address byte, feature uint16, page, sectors int) ([]byte, bool) {
	b, err := r.page(ata.ReadLog(address, feature, page, sectors))
	if err != nil {
		r.readLogFailed(address, feature, page, sectors, err)
		return nil, false
	}
	return b, true
}

// sectorsOf is how many sectors a general purpose log has; without a directory it is
// taken to have one.
func (r *run) gpSectors(address byte) int {
	switch {
	case r.gpDirectory != nil:
		return int(r.gpDirectory.Sectors[address])
	case r.flaws.NoLogDirectory && r.hasGPLogs():
		return 1
	}
	return 0
}

func (r *run) smartSectors(address byte) int {
	switch {
	case r.directory != nil:
		return int(r.directory.Sectors[address] & 0xff)
	case r.flaws.NoLogDirectory:
		return 1
	}
	return 0
}

// logNames are what is in logs where that is the same for all disks, R or RW before it
// for reading and writing (ACS-3, table A.2; ACS-4, table 213; ACS-5).
var logNames = map[int]string{
	0x00: "R Log Directory",
	0x01: "R Summary SMART error log",
	0x02: "R Comprehensive SMART error log",
	0x03: "R Ext. Comprehensive SMART error log",
	0x04: "R Device Statistics log",
	0x05: "R Reserved for CFA",
	0x06: "R SMART self-test log",
	0x07: "R Extended self-test log",
	0x08: "R Power Conditions log",
	0x09: "RW Selective self-test log",
	0x0a: "RW Device Statistics Notification",
	0x0b: "- Reserved for CFA",
	0x0c: "R Pending Defects log",
	0x0d: "R LPS Mis-alignment log",
	0x0e: "- Reserved for ZAC-2",
	0x0f: "R Sense Data for Successful NCQ Cmds log",
	0x10: "R NCQ Command Error log",
	0x11: "R SATA Phy Event Counters log",
	0x12: "R SATA NCQ Non-Data log",
	0x13: "R SATA NCQ Send and Receive log",
	0x14: "R Hybrid Information log",
	0x15: "RW Rebuild Assist log",
	0x16: "RW Out Of Band Management Control log",
	0x17: "- Reserved for Serial ATA",
	0x18: "RW Command Duration Limits log",
	0x19: "R LBA Status log",
	0x20: "R Streaming performance log",
	0x21: "R Write stream error log",
	0x22: "R Read stream error log",
	0x23: "R Delayed sector log",
	0x24: "R Current Device Internal Status Data log",
	0x25: "R Saved Device Internal Status Data log",
	0x2f: "R Sector Configuration log",
	0x30: "R IDENTIFY DEVICE data log",
	0x42: "R Mutate Configurations log",
	0x47: "R Concurrent Positioning Ranges log",
	0x53: "R Sense Data log",
	0x59: "R Power Consumption Control log",
	0x61: "R Capacity/Model Number Mapping log",
	0xe0: "RW SCT Command/Status",
	0xe1: "RW SCT Data Transfer",
}

// logName is how a log may be accessed, and its name.
func logName(address int) (access, name string) {
	if n, ok := logNames[address]; ok {
		access, name, _ = strings.Cut(n, " ")
		return map[string]string{"R": "R/O", "RW": "R/W", "-": "-  "}[access], name
	}
	switch {
	case address >= 0x80 && address <= 0x9f:
		return "R/W", "Host vendor specific log"
	case address >= 0xa0 && address <= 0xdf:
		return "VS ", "Device vendor specific log"
	}
	return "-  ", "Reserved"
}

func (r *run) printDirectories() {
	o, p := r.o, r.out.Print
	gp, smart := r.gpDirectory, r.directory
	if !o.GPDirectory {
		gp = nil
	}
	if !o.SMARTDirectory {
		smart = nil
	}
	if o.GPDirectory && !r.hasGPLogs() {
		p("General Purpose Log Directory not supported\n\n")
	}
	if smart == nil && gp == nil {
		p("\n")
		return
	}
	node := r.out.JSON.At("ata_log_directory")
	if gp != nil {
		p("General Purpose Log Directory Version ", strconv.Itoa(int(gp.Version)), "\n")
		node.At("gp_dir_version").Uint(uint64(gp.Version))
	}
	if smart != nil {
		multi := ""
		if smart.Version == 1 {
			multi = " [multi-sector log support]"
		}
		p([...]string{"SMART Log", "SMART           Log"}[bit(gp != nil)], " Directory Version ", strconv.Itoa(int(smart.Version)), multi, "\n")
		node.At("smart_dir_version").Uint(uint64(smart.Version))
		node.At("smart_dir_multi_sector").Bool(smart.Version == 1)
	}
	p("Address    Access  R/W   Size  Description\n")
	sectors := func(d *ata.Directory, address int) int {
		switch {
		case d == nil:
			return 0
		case address == 0:
			return 1
		case d == smart:
			return int(d.Sectors[address] & 0xff)
		}
		return int(d.Sectors[address])
	}
	for first := 0; first < 256; {
		g, s := sectors(gp, first), sectors(smart, first)
		last := first
		_, name := logName(first)
		if first >= 0x80 && first <= 0xdf && (g == s || g == 0 || s == 0) {
			for last < 255 {
				_, next := logName(last + 1)
				if next != name || sectors(gp, last+1) != g || sectors(smart, last+1) != s {
					break
				}
				last++
			}
		}
		r.printLog(first, last, g, s)
		first = last + 1
	}
	p("\n")
}

// printLog prints logs that are alike.
func (r *run) printLog(first, last, gp, smart int) {
	rw, name := logName(first)
	show := func(access string, sectors int) {
		addresses := hex(uint64(first), 2)
		if last > first {
			addresses += "-" + hex(uint64(last), 2)
		}
		r.out.Print(report.Left(addresses, 11), report.Left(access, 8), rw, "  ", report.Right(strconv.Itoa(sectors), 5), "  ", name, "\n")
	}
	switch {
	case gp > 0 && gp == smart:
		show("GPL,SL", gp)
	default:
		if gp > 0 {
			show("GPL", gp)
		}
		switch {
		case smart > 0 && gp > 0:
			show("SL", smart)
		case smart > 0:
			show("    SL", smart)
		}
	}
	if gp == 0 && smart == 0 {
		return
	}
	for a := first; a <= last; a++ {
		access, name := logName(a)
		n := r.out.JSON.At("ata_log_directory", "table").Append()
		n.At("address").Int(int64(a))
		n.At("name").String(name)
		n.At("read").Bool(true)
		n.At("write").Bool(access == "R/W")
		if gp > 0 {
			n.At("gp_sectors").Int(int64(gp))
		}
		if smart > 0 {
			n.At("smart_sectors").Int(int64(smart))
		}
	}
}

// dump prints pages of a log as bytes.
func (r *run) dump(d Dump) {
	kind, sectors := "SMART", r.smartSectors(d.Address)
	if d.GP {
		kind, sectors = "GP", r.gpSectors(d.Address)
	}
	if d.Address == ata.LogDirectory {
		sectors = 1
	}
	p := r.out.Print
	label := kind + " Log " + hex(uint64(d.Address), 2)
	if sectors == 0 {
		p(label, " does not exist\n\n")
		return
	}
	pages := d.Pages
	if pages == 0 || d.First+pages > sectors {
		pages = sectors - d.First
	}
	if pages <= 0 {
		p(label, " has only ", strconv.Itoa(sectors), " sectors, output skipped\n\n")
		return
	}
	var b []byte
	ok := false
	if d.GP {
		b, ok = r.gpLog(d.Address, 0, d.First, pages)
	} else {
		all, err := r.page(ata.ReadSMARTLog(d.Address, d.First+pages))
		if ok = err == nil; ok {
			b = all[d.First*ata.Sector:]
		} else {
			p("Read ", label, " failed: ", reason(err), "\n\n")
		}
	}
	if !ok {
		r.out.Status |= report.ReadFailed
		return
	}
	p(label, " [", dumpTitle(d.Address), "], Page ", strconv.Itoa(d.First), "-", strconv.Itoa(d.First+pages-1), " (of ", strconv.Itoa(sectors), ")\n")
	for i := 0; i < len(b); i += 16 {
		p(hex(uint64(d.First*ata.Sector+i), 7)[2:], ":")
		for j, c := range b[i : i+16] {
			if j == 8 {
				p(" ")
			}
			p(" ", hex(uint64(c), 2)[2:])
		}
		p(" |")
		for _, c := range b[i : i+16] {
			if c < ' ' || c > '~' {
				c = '.'
			}
			p(string(rune(c)))
		}
		p("|\n")
	}
	p("\n")
}

func dumpTitle(address byte) string {
	_, name := logName(int(address))
	return name
}
