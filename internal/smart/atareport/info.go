package atareport

import (
	"strconv"

	"rescuebox/internal/smart/ata"
	"rescuebox/internal/smart/report"
)

// line prints a label and a value in smartctl's columns.
func (r *run) line(label, value string) {
	r.out.Print(report.Left(label, 18), value, "\n")
}

func (r *run) info() {
	if r.row != nil {
		r.line("Model Family:", r.row.Family)
		r.out.JSON.At("model_family").String(r.row.Family)
	}
	r.text("Device Model:", "model_name", r.id.Model())
	if !r.o.HideSerial {
		r.text("Serial Number:", "serial_number", r.id.Serial())
		r.wwn()
	}
	if p := r.id.Product(); len(report.Printable(p)) > 0 {
		r.text("Add. Product Id:", "ata_additional_product_id", p)
	}
	r.text("Firmware Version:", "firmware_version", r.id.Firmware())
	r.capacity()
	r.shape()
	r.database()
	r.versions()
	if !r.o.Now.IsZero() {
		r.line("Local Time is:", r.o.Now.Format("Mon Jan _2 15:04:05 2006 MST"))
	}
	if r.row != nil && r.row.Warning != "" {
		r.out.Print("\n==> WARNING: ", r.row.Warning, "\n\n")
	}
	r.support()
}

func (r *run) text(label, key string, field []byte) {
	s := report.Printable(field)
	shown := s
	if s == "" {
		shown = "[No Information Found]"
	} else {
		r.out.JSON.At(key).String(s)
	}
	r.line(label, shown)
}

func (r *run) wwn() {
	naa, oui, id, ok := r.id.WWN()
	if !ok {
		return
	}
	r.line("LU WWN Device Id:", hex(uint64(naa), 1)[2:]+" "+hex(uint64(oui), 6)[2:]+" "+hex(id, 9)[2:])
	node := r.out.JSON.At("wwn")
	node.At("naa").Uint(uint64(naa))
	node.At("oui").Uint(uint64(oui))
	node.At("id").Uint(id)
}

func (r *run) capacity() {
	sectors := r.id.Capacity()
	if sectors == 0 {
		return
	}
	logical, physical, offset := r.id.SectorSizes()
	bytes := sectors * uint64(logical)
	r.line("User Capacity:", report.Grouped(bytes)+" bytes ["+report.Capacity(bytes)+"]")
	report.Exact(r.out.JSON.At("user_capacity"), "blocks", 0, sectors)
	report.Exact(r.out.JSON.At("user_capacity"), "bytes", 0, bytes)
	r.out.JSON.At("logical_block_size").Uint(uint64(logical))
	r.out.JSON.At("physical_block_size").Uint(uint64(physical))
	switch l, p := strconv.Itoa(int(logical)), strconv.Itoa(int(physical)); {
	case logical == physical && offset == 0:
		r.line("Sector Size:", l+" bytes logical/physical")
	case offset == 0:
		r.line("Sector Sizes:", l+" bytes logical, "+p+" bytes physical")
	default:
		r.line("Sector Sizes:", l+" bytes logical, "+p+" bytes physical (offset "+strconv.Itoa(int(offset))+" bytes)")
	}
}

// shape is what the disk is as a thing.
func (r *run) shape() {
	rotation := r.id.Rotation()
	switch {
	case rotation == 1:
		r.line("Rotation Rate:", "Solid State Device")
		r.out.JSON.At("rotation_rate").Int(0)
	case rotation > 1:
		r.line("Rotation Rate:", strconv.Itoa(rotation)+" rpm")
		r.out.JSON.At("rotation_rate").Int(int64(rotation))
	case r.id.Word(217) != 0 && r.id.Word(217) != 0xffff:
		r.line("Rotation Rate:", "Unknown ("+hex(uint64(r.id.Word(217)), 4)+")")
	}
	r.formFactor()
	supported, deterministic, zeroed := r.id.Trim()
	node := r.out.JSON.At("trim")
	node.At("supported").Bool(supported)
	if supported || rotation == 1 {
		s := "Unavailable"
		if supported {
			s = "Available"
			if deterministic {
				s += ", deterministic"
			}
			if zeroed {
				s += ", zeroed"
			}
			node.At("deterministic").Bool(deterministic)
			node.At("zeroed").Bool(zeroed)
		}
		r.line("TRIM Command:", s)
	}
	r.zoned()
}

func (r *run) formFactor() {
	value, name := r.id.FormFactor()
	word := r.id.Word(168)
	if word == 0 || word == 0xffff {
		return
	}
	r.out.JSON.At("form_factor", "ata_value").Uint(uint64(value))
	if name != "" {
		r.out.JSON.At("form_factor", "name").String(name)
		r.line("Form Factor:", name)
		return
	}
	r.line("Form Factor:", "Unknown ("+hex(uint64(word), 4)+")")
}

func (r *run) zoned() {
	z := r.id.Zoned()
	if z == 0 {
		return
	}
	r.line("Zoned Device:", [...]string{1: "Host Aware Zones", 2: "Device managed zones", 3: "Unknown (0x3)"}[z])
	if z < 3 {
		r.out.JSON.At("zoned_device", "capabilities").String([...]string{1: "host_aware", 2: "device_managed"}[z])
	}
}

// database says whether the drive is known, and by what.
func (r *run) database() {
	db := r.o.DB
	r.out.JSON.At("in_smartctl_database").Bool(r.row != nil)
	r.out.JSON.At("drive_database", "source").String(r.pages.Database)
	if db == nil || len(db.Sources) == 0 {
		r.line("Device is:", "Not looked up, there is no drivedb.h here (built-in attribute names)")
		return
	}
	s := "Not in smartctl database"
	if r.row != nil {
		s = "In smartctl database"
	}
	if db.Version != "" {
		s += " " + db.Version
		r.out.JSON.At("smartctl", "drive_database_version", "string").String(db.Version)
	}
	r.line("Device is:", s)
}

func (r *run) versions() {
	major, minor, name := r.id.Version()
	shown := name
	if name == "" {
		shown = "[No Information Found]"
	} else {
		node := r.out.JSON.At("ata_version")
		node.At("string").String(name)
		node.At("major_value").Uint(uint64(major))
		node.At("minor_value").Uint(uint64(minor))
	}
	r.line("ATA Version is:", shown)
	value, name, serial := r.id.Transport()
	if name == "" {
		return
	}
	if !serial {
		s := name
		if value>>12 == 0 {
			s = "Parallel, " + name
		}
		r.line("Transport Type:", s)
		return
	}
	r.out.JSON.At("sata_version", "string").String(name)
	r.out.JSON.At("sata_version", "value").Uint(uint64(value & 0xfff))
	greatest, current, supported := r.id.Speeds()
	if greatest > 0 {
		name += ", " + r.speed("max", greatest, supported)
	}
	if current > 0 {
		name += " (current: " + r.speed("current", current, uint16(current)) + ")"
	}
	r.line("SATA Version is:", name)
}

// speed keeps a speed, and is its name.
func (r *run) speed(key string, speed ata.Speed, field uint16) string {
	hundreds := speed.Hundreds()
	s := strconv.Itoa(hundreds/10) + "." + strconv.Itoa(hundreds%10) + " Gb/s"
	if hundreds == 0 {
		s = ">6.0 Gb/s (" + strconv.Itoa(int(speed)) + ")"
	}
	node := r.out.JSON.At("interface_speed", key)
	node.At("sata_value").Uint(uint64(field))
	node.At("string").String(s)
	if hundreds > 0 {
		node.At("units_per_second").Int(int64(hundreds))
		node.At("bits_per_unit").Int(100000000)
	}
	return s
}

// support says whether there is SMART, and whether it is on. The words do not say so of
// each disk; then RETURN STATUS does, by being answered.
func (r *run) support() {
	const label = "SMART support is:"
	f, known := r.id.SMART()
	_, told := r.supported()
	switch {
	case told && !f.Supported:
		r.out.Print(lacksSMART)
	case told:
		r.line(label, "Available - device has SMART capability.")
	default:
		r.out.Print(ambiguousSupport)
	}
	if told {
		r.out.JSON.At("smart_support", "available").Bool(f.Supported)
	}
	switch {
	case told && !f.Supported:
	case known && !told && !f.Enabled:
		r.out.Print(unknownSupport)
		r.out.JSON.At("smart_support", "available").Bool(false)
	case known && f.Enabled:
		if !told {
			r.line(label, "Available - device has SMART capability.")
			r.out.JSON.At("smart_support", "available").Bool(true)
		}
		r.line(label, "Enabled")
		r.out.JSON.At("smart_support", "enabled").Bool(true)
	case known:
		r.line(label, "Disabled")
		r.out.JSON.At("smart_support", "enabled").Bool(false)
	default:
		r.out.Print(ambiguousState)
		r.tryStatus(told)
	}
}

// What the words say of SMART.
const (
	lacksSMART       = "SMART support is: Unavailable - device lacks SMART capability.\n"
	ambiguousSupport = "SMART support is: Ambiguous - ATA IDENTIFY DEVICE words 82-83 don't show if SMART supported.\n"
	unknownSupport   = "SMART support is: Unknown - Try option -s with argument 'on' to enable it."
	ambiguousState   = "SMART support is: Ambiguous - ATA IDENTIFY DEVICE words 85-87 don't show if SMART is enabled.\n"
)

// supported reports whether the words say whether there is SMART.
func (r *run) supported() (yes, told bool) {
	f, _ := r.id.SMART()
	return f.Supported, r.id.Word(83)>>14 == 1
}

// tryStatus finds out by a command.
func (r *run) tryStatus(told bool) {
	const label, more = "SMART support is:", "                  "
	r.out.Print(more, "Checking to be sure by trying SMART RETURN STATUS command.\n")
	if !r.smartAnswers() {
		r.out.Print(unknownSupport)
		return
	}
	if !told {
		r.line(label, "Available - device has SMART capability.")
		r.out.JSON.At("smart_support", "available").Bool(true)
	}
	r.line(label, "Enabled")
	r.out.JSON.At("smart_support", "enabled").Bool(true)
}

// settings are those that -g shows.
func (r *run) settings() {
	for _, s := range []struct {
		of   Settings
		show func(*run)
	}{
		{GetAAM, (*run).aam}, {GetAPM, (*run).apm}, {GetLookAhead, (*run).lookAhead}, {GetWriteCache, (*run).writeCache},
		{GetDSN, (*run).dsn}, {GetSecurity, (*run).security}, {GetReorder, (*run).reorder}, {GetSCTWriteCache, (*run).sctWriteCache},
	} {
		if r.o.Get&s.of != 0 {
			s.show(r)
		}
	}
	if r.o.Info {
		r.out.Print("\n")
	}
}

func (r *run) aam() {
	f := r.id.AAM()
	if !f.Supported || !f.Enabled {
		r.onOff("AAM feature is:", "ata_aam", f)
		return
	}
	level, recommended := int(byte(r.id.Word(94))), int(r.id.Word(94)>>8)
	r.line("AAM level is:", strconv.Itoa(level)+" ("+aamName(level)+"), recommended: "+strconv.Itoa(recommended))
	r.keepAAM(level)
	r.out.JSON.At("ata_aam", "recommended_level").Int(int64(recommended))
}

func (r *run) keepAAM(level int) {
	node := r.out.JSON.At("ata_aam")
	node.At("enabled").Bool(true)
	node.At("level").Int(int64(level))
	node.At("string").String(aamName(level))
}

func aamName(level int) string {
	switch {
	case level == 0:
		return "vendor specific"
	case level < 128:
		return "unknown/retired"
	case level == 128:
		return "quiet"
	case level < 254:
		return "intermediate"
	case level == 254:
		return "maximum performance"
	}
	return "reserved"
}

func (r *run) apm() {
	f := r.id.APM()
	if !f.Supported || !f.Enabled {
		r.onOff("APM feature is:", "ata_apm", f)
		return
	}
	level := int(byte(r.id.Word(91)))
	r.line("APM level is:", strconv.Itoa(level)+" ("+apmName(level)+")")
	r.keepAPM(level)
}

func (r *run) keepAPM(level int) {
	node := r.out.JSON.At("ata_apm")
	node.At("enabled").Bool(true)
	node.At("level").Int(int64(level))
	node.At("string").String(apmName(level))
	if level > 0 && level < 255 {
		node.At("max_performance").Bool(level == 254)
		node.At("min_power").Bool(level == 1 || level == 128)
		node.At("with_standby").Bool(level < 128)
	}
}

func apmName(level int) string {
	switch {
	case level == 0:
		return "reserved"
	case level == 1:
		return "minimum power consumption with standby"
	case level < 128:
		return "intermediate level with standby"
	case level == 128:
		return "minimum power consumption without standby"
	case level < 254:
		return "intermediate level without standby"
	case level == 254:
		return "maximum performance"
	}
	return "reserved"
}

func (r *run) onOff(label, key string, f ata.Feature) {
	s := "Unavailable"
	if f.Supported {
		s = [...]string{"Disabled", "Enabled"}[bit(f.Enabled)]
		r.out.JSON.At(key, "enabled").Bool(f.Enabled)
	}
	r.line(label, s)
}

func bit(b bool) int {
	if b {
		return 1
	}
	return 0
}

func (r *run) lookAhead()  { r.onOff("Rd look-ahead is:", "read_lookahead", r.id.LookAhead()) }
func (r *run) writeCache() { r.onOff("Write cache is:", "write_cache", r.id.WriteCache()) }
func (r *run) dsn()        { r.onOff("DSN feature is:", "ata_dsn", r.id.DSN()) }

func (r *run) security() {
	state, supported := r.id.Security()
	if !supported {
		r.line("ATA Security is:", "Unavailable")
		return
	}
	enabled, locked, frozen, exceeded := state&2 != 0, state&4 != 0, state&8 != 0, state&16 != 0
	s := "Disabled, " + [...]string{"NOT FROZEN [SEC1]", "frozen [SEC2]"}[bit(frozen)]
	if enabled {
		s = "ENABLED, PW level " + [...]string{"HIGH", "MAX"}[state>>8&1] + ", "
		switch {
		case locked && exceeded:
			s += "**LOCKED** [SEC4], PW ATTEMPTS EXCEEDED"
		case locked:
			s += "**LOCKED** [SEC4]"
		case frozen:
			s += "not locked, frozen [SEC6]"
		default:
			s += "not locked, not frozen [SEC5]"
		}
	}
	r.line("ATA Security is:", s)
	node := r.out.JSON.At("ata_security")
	node.At("state").Uint(uint64(state))
	node.At("string").String(s)
	node.At("enabled").Bool(enabled)
	if !enabled || !locked {
		node.At("frozen").Bool(frozen)
	}
	if enabled {
		node.At("pw_level_max").Bool(state>>8&1 != 0)
		node.At("locked").Bool(locked)
		if locked {
			node.At("pw_attempts_exceeded").Bool(exceeded)
		}
	}
	node.At("master_password_id").Uint(uint64(r.id.Word(92)))
}
