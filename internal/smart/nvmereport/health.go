package nvmereport

import (
	"strconv"

	"rescuebox/internal/smart/nvme"
	"rescuebox/internal/smart/report"
)

func printHealth(h *nvme.Health, out *report.Output) {
	node := out.JSON.At("smart_status")
	passed := h.Critical == 0
	node.At("passed").Bool(passed)
	node = node.At("nvme")
	node.At("value").Uint(uint64(h.Critical))
	if passed {
		out.Print("SMART overall-health self-assessment test result: PASSED\n\n")
		return
	}
	out.Status |= report.Failing
	out.Print("SMART overall-health self-assessment test result: FAILED!\n")
	other := h.Critical
	for _, w := range []struct {
		bit       uint8
		key, text string
	}{
		{nvme.SpareLow, "spare_below_threshold", "available spare has fallen below threshold"},
		{nvme.TemperatureOut, "temperature_above_or_below_threshold", "temperature is above or below threshold"},
		{nvme.Unreliable, "reliability_degraded", "NVM subsystem reliability has been degraded"},
		{nvme.ReadOnly, "media_read_only", "media has been placed in read only mode"},
		{nvme.BackupFailed, "volatile_memory_backup_failed", "volatile memory backup device has failed"},
		{nvme.MemoryUnreliable, "persistent_memory_region_unreliable", "persistent memory region has become read-only or unreliable"},
	} {
		set := h.Critical&w.bit != 0
		node.At(w.key).Bool(set)
		if set {
			out.Print("- ", w.text, "\n")
		}
		other &^= w.bit
	}
	node.At("other").Uint(uint64(other))
	if other != 0 {
		out.Print("- unknown critical warning(s) (", hex(uint64(other), 2), ")\n")
	}
	out.Print("\n")
}

func (p *Pages) attributes(out *report.Output) {
	h, node := p.Health, out.JSON.At("nvme_smart_health_information_log")
	out.Print("SMART/Health Information (NVMe Log 0x02, NSID ", hex(uint64(p.HealthNSID), 1), ")\n")
	node.At("nsid").Int(int64(int32(p.HealthNSID)))
	line(out, "Critical Warning:", hex(uint64(h.Critical), 2))
	node.At("critical_warning").Uint(uint64(h.Critical))
	if t, ok := nvme.Celsius(h.Temperature); ok {
		line(out, "Temperature:", strconv.Itoa(t)+" Celsius")
		node.At("temperature").Int(int64(t))
		out.JSON.At("temperature", "current").Int(int64(t))
	} else {
		line(out, "Temperature:", "-")
	}
	percent := func(label, key string, v uint8, common, kind string) {
		line(out, label, strconv.Itoa(int(v))+"%")
		node.At(key).Uint(uint64(v))
		out.JSON.At(common, kind).Uint(uint64(v))
	}
	percent("Available Spare:", "available_spare", h.Spare, "spare_available", "current_percent")
	percent("Available Spare Threshold:", "available_spare_threshold", h.SpareThreshold, "spare_available", "threshold_percent")
	percent("Percentage Used:", "percentage_used", h.Used, "endurance_used", "current_percent")
	p.counters(out)
	p.temperatures(out)
	out.Print("\n")
}

func (p *Pages) counters(out *report.Output) {
	h, node := p.Health, out.JSON.At("nvme_smart_health_information_log")
	for _, c := range []struct {
		label, key string
		v          nvme.Uint128
		data       bool
	}{
		{"Data Units Read:", "data_units_read", h.DataRead, true},
		{"Data Units Written:", "data_units_written", h.DataWritten, true},
		{"Host Read Commands:", "host_reads", h.HostReads, false},
		{"Host Write Commands:", "host_writes", h.HostWrites, false},
		{"Controller Busy Time:", "controller_busy_time", h.BusyTime, false},
		{"Power Cycles:", "power_cycles", h.PowerCycles, false},
		{"Power On Hours:", "power_on_hours", h.PowerOnHours, false},
		{"Unsafe Shutdowns:", "unsafe_shutdowns", h.UnsafeShutdowns, false},
		{"Media and Data Integrity Errors:", "media_errors", h.MediaErrors, false},
		{"Error Information Log Entries:", "num_err_log_entries", h.ErrorLogEntries, false},
	} {
		text := report.Decimal(c.v.Hi, c.v.Lo)
		if c.v.Hi == 0 {
			text = report.Grouped(c.v.Lo)
		}
		if bytes := product(c.v.Lo, 512_000); c.data && c.v.Hi == 0 && bytes.Hi == 0 && bytes.Lo > 0 {
			text += " [" + report.Capacity(bytes.Lo) + "]"
		}
		line(out, c.label, text)
		report.Exact(node, c.key, c.v.Hi, c.v.Lo)
	}
	report.Exact(&out.JSON, "power_cycle_count", h.PowerCycles.Hi, h.PowerCycles.Lo)
	report.Exact(out.JSON.At("power_on_time"), "hours", h.PowerOnHours.Hi, h.PowerOnHours.Lo)
}

func (p *Pages) temperatures(out *report.Output) {
	h, node := p.Health, out.JSON.At("nvme_smart_health_information_log")
	line(out, "Warning  Comp. Temperature Time:", strconv.FormatUint(uint64(h.WarningTime), 10))
	node.At("warning_temp_time").Uint(uint64(h.WarningTime))
	line(out, "Critical Comp. Temperature Time:", strconv.FormatUint(uint64(h.CriticalTime), 10))
	node.At("critical_comp_time").Uint(uint64(h.CriticalTime))
	for i, kelvin := range h.Sensors {
		if t, ok := nvme.Celsius(kelvin); ok {
			line(out, "Temperature Sensor "+strconv.Itoa(i+1)+":", strconv.Itoa(t)+" Celsius")
			node.At("temperature_sensors").Item(i).Int(int64(t))
		}
	}
	for i := range h.ThermalTransitions {
		if n := h.ThermalTransitions[i]; n != 0 {
			line(out, "Thermal Temp. "+strconv.Itoa(i+1)+" Transition Count:", strconv.FormatUint(uint64(n), 10))
		}
	}
	for i := range h.ThermalTime {
		if n := h.ThermalTime[i]; n != 0 {
			line(out, "Thermal Temp. "+strconv.Itoa(i+1)+" Total Time:", strconv.FormatUint(uint64(n), 10))
		}
	}
}
