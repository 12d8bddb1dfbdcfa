package atareport

import (
	"strconv"
	"strings"

	"rescuebox/internal/jsontree"
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
	s := [...]string{1: "Host Aware Zones", 2: "Device managed zones", 3: "Unknown (0x3)"}[z]
	r.line("Zoned Device:", s)
	node := r.out.JSON.At("zoned_device")
	node.At("capabilities").String(s)
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
	greatest, current, supported, negotiated := r.id.Speeds()
	if greatest > 0 {
		name += ", " + r.speed("max", greatest, supported)
	}
	if current > 0 {
		name += " (current: " + r.speed("current", current, negotiated) + ")"
	}
	r.line("SATA Version is:", name)
}

// speed keeps a speed in units of 100 Mb/s, and is its name.
func (r *run) speed(key string, hundreds int, field uint16) string {
	s := strconv.Itoa(hundreds/10) + "." + strconv.Itoa(hundreds%10) + " Gb/s"
	node := r.out.JSON.At("interface_speed", key)
	node.At("sata_value").Uint(uint64(field))
	node.At("string").String(s)
	node.At("units_per_second").Int(int64(hundreds))
	node.At("bits_per_unit").Int(100000000)
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
		r.line(label, "Unavailable - device lacks SMART capability.")
	case told:
		r.line(label, "Available - device has SMART capability.")
	default:
		r.line(label, "Ambiguous - ATA IDENTIFY DEVICE words 82-83 don't show if SMART supported.")
	}
	if told {
		r.out.JSON.At("smart_support", "available").Bool(f.Supported)
	}
	switch {
	case told && !f.Supported:
	case known && f.Enabled:
		r.line(label, "Enabled")
		r.out.JSON.At("smart_support", "enabled").Bool(true)
	case known:
		r.line(label, "Disabled")
		r.out.JSON.At("smart_support", "enabled").Bool(false)
	default:
		r.line(label, "Ambiguous - ATA IDENTIFY DEVICE words 85-87 don't show if SMART is enabled.")
		r.tryStatus(told)
	}
}

// supported reports whether the words say whether there is SMART.
func (r *run) supported() (yes, told bool) {
	f, _ := r.id.SMART()
	return f.Supported, r.id.Word(83)>>14 == 1
}

// tryStatus finds out by a command.
func (r *run) tryStatus(told bool) {
	const label, more = "SMART support is:", "                  "
	r.out.Print(more, "Checking to be sure by trying SMART RETURN STATUS command.\n")
	if _, err := r.ask(ata.ReturnStatus()); err != nil {
		r.out.Print(report.Left(label, 18), "Unknown - Try option -s with argument 'on' to enable it.")
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
	r.out.Print("\n")
}

// level prints a setting with a level.
func (r *run) level(label, key string, f ata.Feature, describe func(*jsontree.Node) string) {
	s := "Unavailable"
	if f.Supported {
		s = "Disabled"
		node := r.out.JSON.At(key)
		node.At("enabled").Bool(f.Enabled)
		if f.Enabled {
			s = describe(node)
		}
	}
	r.line(label, s)
}

func (r *run) aam() {
	r.level("AAM feature is:", "ata_aam", r.id.AAM(), func(node *jsontree.Node) string {
		level, recommended := int(byte(r.id.Word(94))), int(r.id.Word(94)>>8)
		name := aamName(level)
		node.At("level").Int(int64(level))
		node.At("string").String(name)
		node.At("recommended_level").Int(int64(recommended))
		return "Level is " + strconv.Itoa(level) + " (" + name + "), recommended: " + strconv.Itoa(recommended)
	})
}

func aamName(level int) string {
	switch {
	case level < 128:
		return "reserved?"
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
	r.level("APM feature is:", "ata_apm", r.id.APM(), func(node *jsontree.Node) string {
		level := int(byte(r.id.Word(91)))
		name := apmName(level)
		node.At("level").Int(int64(level))
		node.At("string").String(name)
		return "Level is " + strconv.Itoa(level) + " (" + name + ")"
	})
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
	if !supported || state&1 == 0 {
		r.line("ATA Security is:", "Unavailable")
		return
	}
	s := "Disabled, "
	if state&2 != 0 {
		s = "ENABLED, PW level " + [...]string{"HIGH", "MAX"}[state>>8&1] + ", "
	}
	var words []string
	frozen := state&8 != 0
	if state&2 != 0 {
		words = append(words, [...]string{"not locked", "**LOCKED**"}[state>>2&1])
	}
	words = append(words, [...]string{"NOT FROZEN [SEC1]", "frozen [SEC2]"}[bit(frozen)])
	s += strings.Join(words, ", ")
	r.line("ATA Security is:", s)
	node := r.out.JSON.At("ata_security")
	node.At("state").Uint(uint64(state))
	node.At("string").String(s)
	node.At("enabled").Bool(state&2 != 0)
	node.At("frozen").Bool(frozen)
}
