package scsireport

import (
	"errors"
	"slices"
	"strings"

	"rescuebox/internal/smart/report"
	"rescuebox/internal/smart/scsi"
)

// line prints a label and a value in smartctl's columns.
func (r *run) line(label, value string) {
	r.out.Print(report.Left(label, 22), value, "\n")
}

// asleep reports whether the device is to be left alone. REQUEST SENSE wakes none.
func (r *run) asleep() bool {
	if r.o.Asleep == scsi.Active {
		return false
	}
	r.requestSense()
	power, name := r.p.Sense.PowerCondition()
	if power < r.o.Asleep {
		return r.dead != nil
	}
	r.p.Slept = true
	r.out.Print("Device is in ", name, " mode, exit(", decimal(r.o.AsleepStatus), ")\n")
	r.out.Status |= r.o.AsleepStatus
	return true
}

// identify asks what the device is. Without an answer there is no more to ask.
func (r *run) identify() bool {
	if a := vpd(&r.reader, 0, 0xfc, whole); a.OK() {
		r.p.VPD = a.Value
	}
	r.p.Inquiry = ask(&r.reader, scsi.Inquiry(), scsi.ParseInquiry)
	switch err := r.p.Inquiry.Err; {
	case err == nil:
		return true
	case errors.Is(err, errInsane):
		r.out.Message("error", "Short INQUIRY response, skip product id")
	default:
		r.out.Message("error", "Standard Inquiry (36 bytes) failed ["+err.Error()+"]")
	}
	return r.mandatory(report.OpenFailed)
}

func whole(b []byte) ([]byte, error) { return b, nil }

// info prints the information section; false is the end.
func (r *run) info() bool {
	r.out.Print("=== START OF INFORMATION SECTION ===\n")
	r.product()
	r.capacity()
	r.block()
	r.names()
	r.line("Local Time is:", r.o.Now.Format("Mon Jan _2 15:04:05 2006 MST"))
	return r.ready() && r.support()
}

func (r *run) product() {
	if !r.p.Inquiry.OK() {
		return
	}
	q := r.p.Inquiry.Value
	vendor, product, revision := printable(q.Vendor), printable(q.Product), printable(q.Revision)
	r.line("Vendor:", vendor)
	r.line("Product:", product)
	r.line("Revision:", revision)
	j := &r.out.JSON
	j.At("scsi_vendor").String(vendor)
	j.At("scsi_product").String(product)
	j.At("model_name").String(vendor + " " + product)
	j.At("scsi_model_name").String(vendor + " " + product)
	j.At("scsi_revision").String(revision)
	if q.Version >= 4 && q.Version <= 7 {
		v := "SPC-" + decimal(q.Version-2)
		r.line("Compliance:", v)
		j.At("scsi_version").String(v)
	}
}

func (r *run) capacity() {
	r.p.Capacity = ask(&r.reader, scsi.ReadCapacity16(), scsi.ParseCapacity16)
	if r.p.Capacity.Err != nil {
		r.p.Capacity = ask(&r.reader, scsi.ReadCapacity10(), scsi.ParseCapacity10)
	}
	c := r.p.Capacity.Value
	if !r.p.Capacity.OK() || c.Blocks == 0 || c.Block == 0 {
		return
	}
	j := &r.out.JSON
	size := product(c.Blocks, uint64(c.Block))
	text := report.Bytes(size[0], size[1])
	if digits, unit, ok := strings.Cut(text, " ["); ok {
		text = digits + " bytes [" + unit
	}
	r.line("User Capacity:", text)
	report.Exact(j.At("user_capacity"), "blocks", 0, c.Blocks)
	report.Exact(j.At("user_capacity"), "bytes", size[0], size[1])
	r.line("Logical block size:", decimal(c.Block)+" bytes")
	j.At("logical_block_size").Uint(uint64(c.Block))
	if c.Physical != uint64(c.Block) {
		r.line("Physical block size:", decimal(c.Physical)+" bytes")
		j.At("physical_block_size").Uint(c.Physical)
	}
	if c.Protection == 0 {
		return
	}
	if c.Protection <= 3 {
		r.out.Print("Formatted with type ", decimal(c.Protection), " protection\n")
	} else {
		r.out.Print("Formatted with unknown protection type [", decimal(c.Protection), "]\n")
	}
	j.At("scsi_protection_type").Uint(uint64(c.Protection))
	if c.Intervals > 1 {
		r.out.Print(decimal(c.Intervals), " protection information intervals per logical block\n")
		j.At("scsi_protection_intervals_per_lb").Uint(c.Intervals)
	}
	r.out.Print(decimal(8*c.Intervals), " bytes of protection information per logical block\n")
	j.At("scsi_protection_interval_bytes_per_lb").Uint(8 * c.Intervals)
}

func (r *run) hasVPD(page byte) bool { return slices.Contains(r.p.VPD, page) }

// block prints what block devices say of themselves.
func (r *run) block() {
	if r.hasVPD(0xb2) {
		r.p.Provisioning = vpd(&r.reader, 0xb2, 8, scsi.ParseProvisioning)
		r.provisioning()
	}
	if !r.hasVPD(0xb1) {
		return
	}
	r.p.Characteristics = vpd(&r.reader, 0xb1, 64, scsi.ParseCharacteristics)
	c, j := r.p.Characteristics.Value, &r.out.JSON
	if !r.p.Characteristics.OK() {
		return
	}
	switch {
	case c.Rotation == 1:
		r.line("Rotation Rate:", "Solid State Device")
		j.At("rotation_rate").Int(0)
	case c.Rotation > 1:
		if c.Rotation > 0x400 && c.Rotation < 0xffff { // the others are reserved
			r.line("Rotation Rate:", decimal(c.Rotation)+" rpm")
		}
		j.At("rotation_rate").Uint(uint64(c.Rotation))
	}
	factors := []string{"", "5.25 inches", "3.5 inches", "2.5 inches", "1.8 inches", "< 1.8 inches"}
	if c.FormFactor > 0 {
		j.At("form_factor", "scsi_value").Uint(uint64(c.FormFactor))
		if int(c.FormFactor) < len(factors) {
			r.line("Form Factor:", factors[c.FormFactor])
			j.At("form_factor", "name").String(factors[c.FormFactor])
		}
	}
	switch c.Zoned {
	case 1:
		r.out.Print("Host aware zoned block capable\n")
		j.At("scsi_host_aware_zoned_block_capable").Bool(true)
	case 2:
		r.out.Print("Device managed zoned block capable\n")
		j.At("scsi_device_managed_zoned_block_capable").Bool(true)
	}
}

func (r *run) provisioning() {
	if !r.p.Provisioning.OK() {
		return
	}
	v := r.p.Provisioning.Value
	name, zeros := "", ", LBPRZ="+decimal(v.ReadsZeros)
	switch v.Type {
	case 0:
		name, zeros = "fully provisioned", ""
		if v.ReadsZeros != 0 {
			zeros = " [LBPRZ=" + decimal(v.ReadsZeros) + "]"
		}
	case 1:
		name = "resource provisioned"
	case 2:
		name = "thin provisioned"
	}
	if name == "" {
		name = "reserved"
		r.out.Print("LU provisioning type reserved [", decimal(v.Type), "]", zeros, "\n")
	} else {
		r.out.Print("LU is ", name, zeros, "\n")
	}
	n := r.out.JSON.At("scsi_lb_provisioning")
	n.At("name").String(name)
	n.At("value").Uint(uint64(v.Type))
	managed := int64(-1)
	if c := r.p.Capacity; c.OK() && c.Value.ManagedSet {
		managed = 0
		if c.Value.Managed {
			managed = 1
		}
	}
	n.At("management_enabled", "name").String("LBPME")
	n.At("management_enabled", "value").Int(managed)
	n.At("read_zeros", "name").String("LBPRZ")
	n.At("read_zeros", "value").Uint(uint64(v.ReadsZeros))
}

// names prints what the device is called, and what leads to it.
func (r *run) names() {
	j := &r.out.JSON
	if r.hasVPD(0x83) {
		r.p.Designators = vpd(&r.reader, 0x83, 0xfc, func(b []byte) ([]scsi.Designator, error) { return scsi.ParseDesignators(b), nil })
	}
	if id := scsi.LogicalUnitID(r.p.Designators.Value); id != "" && !r.o.HideSerial {
		r.line("Logical Unit id:", id)
		j.At("logical_unit_id").String(id)
	}
	if r.hasVPD(0x80) || r.p.VPD == nil {
		r.p.Serial = vpd(&r.reader, 0x80, 0xfc, whole)
	}
	if r.p.Serial.OK() && !r.o.HideSerial {
		serial := printable(r.p.Serial.Value)
		r.line("Serial number:", serial)
		j.At("serial_number").String(serial)
	}
	if r.p.Inquiry.OK() {
		name := deviceType(r.p.Inquiry.Value.Type)
		r.line("Device type:", name)
		j.At("device_type", "scsi_terminology").String("Peripheral Device Type [PDT]")
		j.At("device_type", "scsi_value").Uint(uint64(r.p.Inquiry.Value.Type))
		j.At("device_type", "name").String(name)
	}
	r.protocol()
	if r.p.Protocol.OK() {
		name := transport(r.p.Protocol.Value)
		r.line("Transport protocol:", name)
		j.At("scsi_transport_protocol", "name").String(name)
		j.At("scsi_transport_protocol", "value").Uint(uint64(r.p.Protocol.Value))
	}
}

// protocol finds out the transport, by a name of a port or by the mode page.
func (r *run) protocol() {
	for _, d := range r.p.Designators.Value {
		if d.HasProtocol {
			r.p.Protocol = answer[byte]{Asked: true, Value: d.Protocol}
			return
		}
	}
	r.p.Protocol = mode(&r.reader, scsi.ModeProtocol, scsi.ParseProtocol)
}

func (r *run) ready() bool {
	_, err := r.do(scsi.TestUnitReady())
	r.p.Ready = answer[struct{}]{Asked: true, Err: err}
	var sense senseError
	switch {
	case err == nil:
		return true
	case errors.As(err, &sense) && sense.Key == scsi.NotReady && sense.ASC == 0x3a:
		r.out.Message("error", "NO MEDIUM present in device")
	case errors.As(err, &sense) && sense.Key == scsi.NotReady:
		r.out.Message("error", "device is NOT READY (e.g. spun down, busy)")
	default:
		r.out.Message("error", "device Test Unit Ready ["+err.Error()+"]")
	}
	return r.mandatory(report.OpenFailed)
}

func (r *run) support() bool {
	r.p.Exceptions = mode(&r.reader, scsi.ModeExceptions, scsi.ParseExceptions)
	j := &r.out.JSON
	j.At("smart_support", "available").Bool(r.p.Exceptions.OK())
	if !r.p.Exceptions.OK() {
		r.line("SMART support is:", "Unavailable - device lacks SMART capability.")
		return true
	}
	e := r.p.Exceptions.Value
	r.line("SMART support is:", "Available - device has SMART capability.")
	state := "Enabled"
	if e.Disabled {
		state = "Disabled"
	}
	r.line("SMART support is:", state)
	j.At("smart_support", "enabled").Bool(!e.Disabled)
	warning := "Disabled or Not Supported"
	if e.TemperatureWarning {
		warning = "Enabled"
	}
	r.line("Temperature Warning:", warning)
	j.At("temperature_warning", "enabled").Bool(e.TemperatureWarning)
	return true
}

func (r *run) cache() {
	r.p.Caching = mode(&r.reader, scsi.ModeCaching, scsi.ParseCaching)
	state := func(on bool) string {
		switch {
		case !r.p.Caching.OK():
			return "Unavailable"
		case on:
			return "Enabled"
		}
		return "Disabled"
	}
	if r.o.ReadCache {
		r.line("Read Cache is:", state(r.p.Caching.Value.Read))
	}
	if r.o.WriteCache {
		r.line("Writeback Cache is:", state(r.p.Caching.Value.Write))
	}
}
