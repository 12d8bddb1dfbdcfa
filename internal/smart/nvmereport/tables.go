package nvmereport

import (
	"math/bits"
	"strconv"

	"rescuebox/internal/jsontree"
	"rescuebox/internal/smart/nvme"
	"rescuebox/internal/smart/report"
)

// product is a number of bytes.
func product(blocks, size uint64) nvme.Uint128 {
	hi, lo := bits.Mul64(blocks, size)
	return nvme.Uint128{Hi: hi, Lo: lo}
}

func right(v uint64, width int) string {
	return report.Right(strconv.FormatUint(v, 10), width)
}

func powerStates(states []nvme.PowerState, out *report.Output) {
	out.Print("\nSupported Power States\n",
		"St Op     Max   Active     Idle   RL RT WL WT  Ent_Lat  Ex_Lat\n")
	for i, s := range states {
		operational := " + "
		if s.NonOperational {
			operational = " - "
		}
		out.Print(right(uint64(i), 2), operational, watts(s.Maximum), watts(s.Active), watts(s.Idle), " ")
		for _, v := range []uint8{s.ReadLatency, s.ReadThroughput, s.WriteLatency, s.WriteThroughput} {
			out.Print(right(uint64(v), 3))
		}
		out.Print(right(uint64(s.EnterLatency), 9), right(uint64(s.ExitLatency), 8), "\n")
		jsonPowerState(s, out.JSON.At("nvme_power_states").Item(i))
	}
}

func jsonPowerState(s nvme.PowerState, node *jsontree.Node) {
	node.At("non_operational_state").Bool(s.NonOperational)
	node.At("relative_read_latency").Uint(uint64(s.ReadLatency))
	node.At("relative_read_throughput").Uint(uint64(s.ReadThroughput))
	node.At("relative_write_latency").Uint(uint64(s.WriteLatency))
	node.At("relative_write_throughput").Uint(uint64(s.WriteThroughput))
	node.At("entry_latency_us").Uint(uint64(s.EnterLatency))
	node.At("exit_latency_us").Uint(uint64(s.ExitLatency))
	for _, p := range []struct {
		key   string
		power nvme.Power
	}{{"max_power", s.Maximum}, {"active_power", s.Active}, {"idle_power", s.Idle}} {
		unit := perWatt(p.power.Scale)
		if p.power.Scale == 0 {
			continue
		}
		node.At(p.key, "value").Uint(uint64(p.power.Value))
		node.At(p.key, "scale").Uint(uint64(p.power.Scale))
		if unit != 0 {
			node.At(p.key, "units_per_watt").Uint(unit)
		}
	}
}

// perWatt is how many units of power make a watt, or 0.
func perWatt(scale uint8) uint64 {
	switch scale {
	case 1:
		return 10000
	case 2:
		return 100
	}
	return 0
}

func watts(p nvme.Power) string {
	unit := perWatt(p.Scale)
	switch {
	case p.Scale == 0:
		return report.Right("-", 8) + " "
	case unit == 0:
		return report.Right("?", 9)
	}
	part := strconv.FormatUint(uint64(p.Value)%unit+unit, 10)[1:]
	return report.Right(strconv.FormatUint(uint64(p.Value)/unit, 10)+"."+part+"W", 9)
}

func (p *Pages) formats(out *report.Output) {
	n := p.Namespace
	if n.Formats[0].DataShift == 0 {
		return
	}
	out.Print("\nSupported LBA Sizes (NSID ", hex(uint64(p.Described), 1), ")\n",
		"Id Fmt  Data  Metadt  Rel_Perf\n")
	for i, f := range n.Formats {
		if f.DataShift == 0 || f.DataShift >= 64 {
			continue
		}
		formatted := " - "
		if i == n.Format {
			formatted = " + "
		}
		size := uint64(1) << f.DataShift
		out.Print(right(uint64(i), 2), formatted, right(size, 7), right(uint64(f.Metadata), 8), right(uint64(f.Performance), 10), "\n")
		node := p.described(out).At("lba_formats").Item(i)
		node.At("formatted").Bool(i == n.Format)
		node.At("data_bytes").Uint(size)
		node.At("metadata_bytes").Uint(uint64(f.Metadata))
		node.At("relative_performance").Uint(uint64(f.Performance))
	}
}

func (p *Pages) errorLog(out *report.Output) {
	size, node := p.Controller.ErrorEntries, out.JSON.At("nvme_error_information_log")
	unread := uint64(size - p.ErrorsRead)
	out.Print("Error Information (NVMe Log 0x01, ", strconv.Itoa(p.ErrorsRead), " of ", strconv.Itoa(size), " entries)\n")
	node.At("size").Uint(uint64(size))
	node.At("read").Uint(uint64(p.ErrorsRead))
	if len(p.Errors) == 0 {
		node.At("unread").Uint(0)
		out.Print("No Errors Logged\n\n")
		return
	}
	out.Print("Num   ErrCount  SQId   CmdId  Status  PELoc          LBA  NSID    VS  Message\n")
	next := 0
	for i, e := range p.Errors {
		unused(out, p.Places[i]-next)
		next = p.Places[i] + 1
		loggedError(e, p.Places[i], out)
		jsonError(e, node.At("table").Item(p.Places[i]))
	}
	// Entries are kept from the first on: where the last that was read is used, more may be.
	if p.Places[len(p.Places)-1] < p.ErrorsRead-1 {
		unread = 0
	}
	node.At("unread").Uint(unread)
	if unread > 0 {
		out.Print("... (", strconv.FormatUint(unread, 10), " entries not read)\n")
	}
	out.Print("\n")
}

// unused says that entries of a log between others are not used.
func unused(out *report.Output, n int) {
	switch {
	case n == 1:
		out.Print("  - [1 unused entry]\n")
	case n > 1:
		out.Print("  - [", strconv.Itoa(n), " unused entries]\n")
	}
}

func loggedError(e nvme.LoggedError, place int, out *report.Output) {
	dash := func(s string, width int) string { return report.Right(s, width) }
	queue, id, parameter, lba, nsid, vendor := "-", "-", "-", "-", "-", "-"
	if e.Queue != 0xffff {
		queue = strconv.Itoa(int(e.Queue))
	}
	if e.Command != 0xffff {
		id = hex(uint64(e.Command), 4)
	}
	if e.Parameter != 0xffff {
		parameter = hex(uint64(e.Parameter), 3)
	}
	if e.LBA != 1<<64-1 {
		lba = strconv.FormatUint(e.LBA, 10)
	}
	if e.NSID != nvme.Broadcast {
		nsid = strconv.FormatUint(uint64(e.NSID), 10)
	}
	if e.Vendor != 0 {
		vendor = hex(uint64(e.Vendor), 2)
	}
	status := uint64(e.Status) << 1
	if e.Phase {
		status |= 1
	}
	out.Print(right(uint64(place), 3), " ", right(e.Count, 10), " ", dash(queue, 5), " ", dash(id, 7), " ", dash(hex(status, 4), 7), " ",
		dash(parameter, 6), " ", dash(lba, 12), " ", dash(nsid, 5), " ", dash(vendor, 5), "  ", nvme.Meaning(e.Status), "\n")
}

func jsonError(e nvme.LoggedError, n *jsontree.Node) {
	report.Exact(n, "error_count", 0, e.Count)
	if e.Queue != 0xffff {
		n.At("submission_queue_id").Uint(uint64(e.Queue))
	}
	if e.Command != 0xffff {
		n.At("command_id").Uint(uint64(e.Command))
	}
	s := n.At("status_field")
	s.At("value").Uint(uint64(e.Status))
	s.At("do_not_retry").Bool(e.Status>>14&1 != 0)
	s.At("status_code_type").Uint(uint64(e.Status >> 8 & 7))
	s.At("status_code").Uint(uint64(e.Status & 255))
	s.At("string").String(nvme.Meaning(e.Status))
	n.At("phase_tag").Bool(e.Phase)
	if e.Parameter != 0xffff {
		n.At("parm_error_location").Uint(uint64(e.Parameter))
	}
	if e.LBA != 1<<64-1 {
		report.Exact(n.At("lba"), "value", 0, e.LBA)
	}
	if e.NSID != nvme.Broadcast {
		n.At("nsid").Uint(uint64(e.NSID))
	}
	if e.Vendor != 0 {
		n.At("vendor_specific").Uint(uint64(e.Vendor))
	}
}
