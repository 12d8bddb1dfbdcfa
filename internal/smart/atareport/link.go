package atareport

import (
	"strconv"

	"rescuebox/internal/smart/ata"
	"rescuebox/internal/smart/report"
)

// defects prints the pending defects log.
func (r *run) defects() {
	const name = "Pending Defects log (GP Log 0x0c)"
	p := r.out.Print
	sectors := r.gpSectors(ata.LogDefects)
	if sectors == 0 {
		p(name, " not supported\n\n")
		return
	}
	b, ok := r.gpLog(ata.LogDefects, 0, 0, 1)
	if !ok {
		p("Read Pending Defects log page 0x00 failed\n\n")
		r.out.Status |= report.ReadFailed
		return
	}
	d, err := ata.ParseDefects(b)
	if err != nil {
		return
	}
	if more := min(sectors, 1+(r.o.Defects)/32); more > 1 && int(d.Count) > len(d.List) {
		if b, ok = r.gpLog(ata.LogDefects, 0, 0, more); ok {
			d, _ = ata.ParseDefects(b)
		}
	}
	r.pages.Defects = d
	node := r.out.JSON.At("ata_pending_defects_log")
	node.At("size").Int(int64(sectors*32 - 1))
	node.At("count").Uint(uint64(d.Count))
	p("Pending Defects log (GP Log 0x0c)\n")
	if d.Count == 0 {
		p("No Defects Logged\n\n")
		return
	}
	p("Index                LBA    Hours\n")
	shown := 0
	for i, e := range d.List {
		if i >= r.o.Defects {
			break
		}
		shown = i + 1
		hours := "-"
		n := node.At("table").Append()
		report.Exact(n, "lba", 0, e.LBA)
		if e.Hours != 1<<32-1 {
			hours = strconv.FormatUint(uint64(e.Hours), 10)
			n.At("power_on_hours").Uint(uint64(e.Hours))
		}
		p(report.Right(strconv.Itoa(i), 5), " ", report.Right(strconv.FormatUint(e.LBA, 10), 18), " ", report.Right(hours, 8), "\n")
	}
	if int(d.Count) > shown {
		p("... (", strconv.Itoa(int(d.Count)-shown), " entries not shown)\n")
	}
	p("\n")
}

// events are the counters of the link (SATA 3.2, 13.6.3).
var events = map[uint16]string{
	0x001: "Command failed due to ICRC error",
	0x002: "R_ERR response for data FIS",
	0x003: "R_ERR response for device-to-host data FIS",
	0x004: "R_ERR response for host-to-device data FIS",
	0x005: "R_ERR response for non-data FIS",
	0x006: "R_ERR response for device-to-host non-data FIS",
	0x007: "R_ERR response for host-to-device non-data FIS",
	0x008: "Device-to-host non-data FIS retries",
	0x009: "Transition from drive PhyRdy to drive PhyNRdy",
	0x00a: "Device-to-host register FISes sent due to a COMRESET",
	0x00b: "CRC errors within host-to-device FIS",
	0x00d: "Non-CRC errors within host-to-device FIS",
	0x00f: "R_ERR response for host-to-device data FIS, CRC",
	0x010: "R_ERR response for host-to-device data FIS, non-CRC",
	0x012: "R_ERR response for host-to-device non-data FIS, CRC",
	0x013: "R_ERR response for host-to-device non-data FIS, non-CRC",
}

// link prints the counters of the link.
func (r *run) link() {
	if !r.o.Phy && !r.o.PhyReset {
		return
	}
	const name = "SATA Phy Event Counters (GP Log 0x11)"
	p := r.out.Print
	n := r.gpSectors(ata.LogPhy)
	if r.gpDirectory == nil && r.id.HasPhyCounters() {
		n = 1
	}
	switch {
	case n == 0:
		p(name, " not supported\n\n")
		return
	case n != 1:
		p("SATA Phy Event Counters with ", strconv.Itoa(n), " sectors not supported\n\n")
		return
	}
	b, ok := r.gpLog(ata.LogPhy, uint16(bit(r.o.PhyReset)), 0, 1)
	if !ok {
		p("Read SATA Phy Event Counters failed\n\n")
		r.out.Status |= report.ReadFailed
		return
	}
	counters, sound, err := ata.ParsePhy(b)
	if err != nil || !r.checksum("SATA Phy Event Counters Structure", sound) {
		return
	}
	r.pages.Phy = counters
	p(name, "\nID      Size     Value  Description\n")
	node := r.out.JSON.At("sata_phy_event_counters")
	for i := range counters {
		c := &counters[i]
		what := events[c.ID]
		switch {
		case c.ID&0x8000 != 0:
			what = "Vendor specific"
		case what == "":
			what = "Unknown"
		}
		over := ""
		if c.Overflown() {
			over = "+"
		}
		value := strconv.FormatUint(c.Value, 10)
		p(hex(uint64(c.ID), 4), "  ", strconv.Itoa(c.Size), " ", report.Right(value, 12), report.Left(over, 1), " ", what, "\n")
		n := node.At("table").Append()
		n.At("id").Uint(uint64(c.ID))
		n.At("name").String(what)
		n.At("size").Int(int64(c.Size))
		n.At("value").Uint(c.Value)
		n.At("overflow").Bool(c.Overflown())
	}
	if r.o.PhyReset {
		p("All counters reset\n")
	}
	node.At("reset").Bool(r.o.PhyReset)
	p("\n")
}
