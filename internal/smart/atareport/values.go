package atareport

import (
	"strconv"
	"strings"

	"rescuebox/internal/smart/ata"
	"rescuebox/internal/smart/report"
)

// needsValues reports whether a section needs the SMART data.
func (r *run) needsValues() bool {
	o := r.o
	return o.Health || o.Capabilities || o.Attributes || o.ErrorLog || o.SelfTestLog || o.Selective ||
		o.ErrorLogExt != 0 || o.SelfTestLogExt != 0 || o.Test != nil || r.last(SetAutoOffline) != nil
}

// read asks for the SMART data and thresholds where a section needs them. False: the
// work ends here.
func (r *run) read() bool {
	o := r.o
	if !r.needsValues() {
		return true
	}
	b, err := r.page(ata.ReadValues())
	if err == nil {
		r.pages.Values, err = ata.ParseValues(b)
	}
	if err != nil {
		r.failed("Read SMART Data failed", err)
		r.out.Print("\n")
		return r.goesOn(false)
	}
	if !r.checksum("SMART Attribute Data Structure", r.pages.Values.Sound) {
		return false
	}
	if !o.Health && !o.Attributes {
		return true
	}
	b, err = r.page(ata.ReadThresholds())
	if err == nil {
		r.pages.Thresholds, err = ata.ParseThresholds(b)
	}
	if err != nil {
		r.failed("Read SMART Thresholds failed", err)
		r.out.Print("\n")
		return r.goesOn(false)
	}
	return r.checksum("SMART Attribute Thresholds Structure", r.pages.Thresholds.Sound)
}

// data prints what -H, -c, -A and -l ask for.
func (r *run) data() {
	o := r.o
	if o.Health || o.Capabilities || o.Attributes || o.ErrorLog || o.SelfTestLog || o.Selective || o.GPDirectory ||
		o.SMARTDirectory || o.ErrorLogExt > 0 || o.SelfTestLogExt > 0 || o.SCTStatus || o.SCTHistory ||
		o.Statistics || len(o.StatisticsPages) > 0 || o.Solid || o.Defects > 0 || o.Phy || len(o.Dumps) > 0 {
		r.out.Print("=== START OF READ SMART DATA SECTION ===\n")
	}
	v := r.pages.Values
	if o.Health {
		r.health()
	}
	if o.Capabilities && v != nil {
		r.capabilities(v)
	}
	if o.Attributes && v != nil {
		r.attributes(v)
	}
	r.logs()
	r.link()
}

// health prints the disk's own opinion, and where it has none, what the attributes say.
func (r *run) health() {
	failing, known := false, false
	registers, err := r.ask(ata.ReturnStatus())
	if err == nil {
		failing, known = ata.Failing(registers)
	}
	switch {
	case err != nil:
		r.out.Print("SMART Status command failed: ", reason(err), "\n")
		r.pages.Failed = append(r.pages.Failed, "SMART Status")
		r.out.Status |= report.ReadFailed
	case !known:
		r.out.Print("SMART Status not supported: Incomplete response, ATA output registers missing\n")
		r.pages.Failed = append(r.pages.Failed, "SMART Status")
		r.out.Status |= report.ReadFailed
	default:
		passed := !failing
		r.pages.Passed = &passed
		r.out.JSON.At("smart_status", "passed").Bool(passed)
	}
	now, past := r.marginal()
	switch {
	case known && failing:
		r.out.Print("SMART overall-health self-assessment test result: FAILED!\n",
			"Drive failure expected in less than 24 hours. SAVE ALL DATA.\n")
		r.out.Status |= report.Failing
		switch {
		case now:
			r.out.Print("See vendor-specific Attribute list for failed Attributes.\n")
			r.out.Status |= report.PrefailNow
		default:
			r.out.Print("No failed Attributes found.\n")
		}
	case known:
		r.out.Print("SMART overall-health self-assessment test result: PASSED\n")
		r.marginals(now, past)
	default:
		r.guess(now, past)
	}
	r.out.Print("\n")
}

// marginals points to attributes of a disk that believes itself well.
func (r *run) marginals(now, past bool) {
	if now || past {
		r.out.Print("See vendor-specific Attribute list for marginal Attributes.\n")
		r.out.Status |= report.PrefailPast
	}
}

// guess says what can be said without the disk's own opinion.
func (r *run) guess(now, past bool) {
	const head = "SMART overall-health self-assessment test result: "
	based := func() {
		r.out.Message("warning", "Warning: This result is based on an Attribute check.")
	}
	passed := r.out.JSON.At("smart_status", "passed")
	switch {
	case r.pages.Values == nil || r.pages.Thresholds == nil:
		r.out.Print(head, "UNKNOWN!\nSMART Status, Attributes and Thresholds cannot be read.\n")
	case now:
		passed.Bool(false)
		r.out.Print(head, "FAILED!\n")
		based()
		r.out.Print("See vendor-specific Attribute list for failed Attributes.\n")
		r.out.Status |= report.Failing | report.PrefailNow
	case past:
		passed.Bool(true)
		r.out.Print(head, "PASSED\n")
		based()
		r.out.Print("See vendor-specific Attribute list for marginal Attributes.\n")
		r.out.Status |= report.PrefailPast
	default:
		passed.Bool(true)
		r.out.Print(head, "PASSED\n")
		based()
	}
}

// state compares the attribute in a place of the table with its threshold.
func (r *run) state(place int) (s ata.State, limit byte, known bool) {
	a := &r.pages.Values.Attributes[place]
	if t := r.pages.Thresholds; t != nil {
		limit, known = t.Of(place, a.ID)
	}
	return a.State(limit, known), limit, known
}

// marginal reports whether a prefail attribute is at its threshold now, or any was.
func (r *run) marginal() (now, past bool) {
	if r.pages.Values == nil {
		return false, false
	}
	for i := range r.pages.Values.Attributes {
		a := &r.pages.Values.Attributes[i]
		if a.ID == 0 {
			continue
		}
		switch s, _, _ := r.state(i); {
		case s == ata.FailedNow && a.Flags&ata.FlagPrefail != 0:
			now = true
		case s == ata.FailedNow, s == ata.FailedPast:
			past = true
		}
	}
	return now, past
}

// letters are those of attribute flags, from bit 0 on.
const letters = "POSRCK"

func flagLetters(flags uint16) string {
	s := ""
	for i, c := range letters {
		if flags>>i&1 != 0 {
			s += string(c)
		} else {
			s += "-"
		}
	}
	if flags>>len(letters) != 0 {
		return s + "+"
	}
	return s + " "
}

// attributes prints the table of attributes.
func (r *run) attributes(v *ata.Values) {
	p := r.out.Print
	p("SMART Attributes Data Structure revision number: ", strconv.Itoa(int(v.Revision)), "\n",
		"Vendor Specific SMART Attributes with Thresholds:\n")
	id := "ID#"
	if r.o.Format.HexID {
		id = "ID#"
	}
	if r.o.Format.Brief {
		p(id, " ATTRIBUTE_NAME          FLAGS    VALUE WORST THRESH FAIL RAW_VALUE\n")
	} else {
		p(id, " ATTRIBUTE_NAME          FLAG     VALUE WORST THRESH TYPE      UPDATED  WHEN_FAILED RAW_VALUE\n")
	}
	r.out.JSON.At("ata_smart_attributes", "revision").Uint(uint64(v.Revision))
	r.pages.Names = map[byte]string{}
	for i := range v.Attributes {
		if v.Attributes[i].ID != 0 {
			r.attribute(v, i)
		}
	}
	if r.o.Format.Brief {
		p("                            ||||||_ K auto-keep\n",
			"                            |||||__ C event count\n",
			"                            ||||___ R error rate\n",
			"                            |||____ S speed/performance\n",
			"                            ||_____ O updated online\n",
			"                            |______ P prefailure warning\n")
	}
	p("\n")
	r.wellKnown(v)
}

func (r *run) attribute(v *ata.Values, place int) {
	a := &v.Attributes[place]
	rule := r.rule(a.ID)
	state, limit, known := r.state(place)
	raw := rule.String(a)
	r.pages.Names[a.ID] = rule.Name

	normal := func(b byte) string {
		if r.o.Format.HexValue {
			return hex(uint64(b), 2)
		}
		return three(b)
	}
	threshold := "---"
	if known {
		threshold = normal(limit)
	} else if r.o.Format.HexValue {
		threshold = "----"
	}
	width := 3 + bit(r.o.Format.HexValue)
	id := report.Right(strconv.Itoa(int(a.ID)), 3)
	if r.o.Format.HexID {
		id = hex(uint64(a.ID), 2)
	}
	name := report.Left(rule.Name, 24-bit(r.o.Format.HexID))
	prefail, online := a.Flags&ata.FlagPrefail != 0, a.Flags&ata.FlagOnline != 0
	cells := report.Left(normal(a.Value), width+3) + report.Left(normal(a.Worst), width+3) + report.Left(threshold, width+3)
	if r.o.Format.HexValue {
		cells = report.Left(normal(a.Value), 6) + report.Left(normal(a.Worst), 6) + report.Left(threshold, 6)
	}
	if r.o.Format.Brief {
		fail := [...]string{ata.NoThreshold: "-", ata.Fine: "-", ata.NoValue: "-", ata.FailedPast: "Past", ata.FailedNow: "NOW"}[state]
		r.out.Print(id, " ", name, flagLetters(a.Flags), "  ", cells, " ", report.Left(fail, 5), raw, "\n")
	} else {
		fail := [...]string{ata.NoThreshold: "    -", ata.Fine: "    -", ata.NoValue: "    -", ata.FailedPast: "In_the_past", ata.FailedNow: "FAILING_NOW"}[state]
		r.out.Print(id, " ", name, hex(uint64(a.Flags), 4), "   ", cells, " ",
			report.Left([...]string{"Old_age", "Pre-fail"}[bit(prefail)], 10), report.Left([...]string{"Offline", "Always"}[bit(online)], 9),
			report.Left(fail, 12), raw, "\n")
	}

	node := r.out.JSON.At("ata_smart_attributes", "table").Append()
	node.At("id").Uint(uint64(a.ID))
	node.At("name").String(rule.Name)
	node.At("value").Uint(uint64(a.Value))
	node.At("worst").Uint(uint64(a.Worst))
	if known {
		node.At("thresh").Uint(uint64(limit))
		node.At("when_failed").String([...]string{ata.NoThreshold: "", ata.Fine: "", ata.NoValue: "", ata.FailedPast: "past", ata.FailedNow: "now"}[state])
	}
	flags := node.At("flags")
	flags.At("value").Uint(uint64(a.Flags))
	flags.At("string").String(flagLetters(a.Flags))
	for i, key := range []string{"prefailure", "updated_online", "performance", "error_rate", "event_count", "auto_keep"} {
		flags.At(key).Bool(a.Flags>>i&1 != 0)
	}
	if other := a.Flags >> len(letters) << len(letters); other != 0 {
		flags.At("other").Uint(uint64(other))
	}
	node.At("raw", "value").Uint(rule.Raw(a))
	node.At("raw", "string").String(raw)
}

func three(b byte) string { return strconv.Itoa(int(b) + 1000)[1:] }

// find returns the first attribute of one of the identifiers, by their order.
func find(v *ata.Values, ids ...byte) *ata.Attribute {
	for _, id := range ids {
		for i := range v.Attributes {
			if v.Attributes[i].ID == id {
				return &v.Attributes[i]
			}
		}
	}
	return nil
}

// wellKnown keeps what attributes mean that all kinds of disks have.
func (r *run) wellKnown(v *ata.Values) {
	json := &r.out.JSON
	r.spare(v)
	if a := find(v, 9); a != nil {
		if rule := r.rule(9); strings.HasPrefix(rule.Name, "Power_On_") {
			minutes := uint64(1)
			raw := rule.Raw(a)
			hours := raw
			switch rule.Format {
			case "", "raw24(raw8)":
				hours = raw & 0xffffff
			case "msec24hour32":
				hours = raw & 0xffffffff
			case "min2hour":
				hours, minutes = raw&0xffffffff/60, raw&0xffffffff%60
			case "sec2hour":
				hours, minutes = raw/3600, raw/60%60
			case "halfmin2hour":
				hours, minutes = raw/120, raw/2%60
			}
			json.At("power_on_time", "hours").Uint(hours)
			r.pages.Hours = int64(hours)
			if rule.Format == "min2hour" || rule.Format == "sec2hour" || rule.Format == "halfmin2hour" {
				json.At("power_on_time", "minutes").Uint(minutes)
			}
		}
	}
	if a := find(v, 12); a != nil && r.rule(12).Name == "Power_Cycle_Count" {
		json.At("power_cycle_count").Uint(r.rule(12).Raw(a))
	}
	r.endurance(v)
	if t, ok := r.temperature(v); ok {
		json.At("temperature", "current").Int(int64(t))
	}
}

// named returns the first attribute whose name begins with one of those.
func (r *run) named(v *ata.Values, names ...string) (a *ata.Attribute, place int) {
	for i := range v.Attributes {
		a := &v.Attributes[i]
		if a.ID == 0 {
			continue
		}
		for _, n := range names {
			if strings.HasPrefix(r.rule(a.ID).Name, n) {
				return a, i
			}
		}
	}
	return nil, 0
}

// spare keeps the spare sectors that are left, in percent, as the disk rates them, and
// the disk's threshold for it.
func (r *run) spare(v *ata.Values) {
	a, place := r.named(v, "Reallocated_Sector_Ct", "Spare_Blocks", "Remaining_Spare_Blocks")
	if a == nil {
		return
	}
	node := r.out.JSON.At("spare_available")
	node.At("current_percent").Int(int64(min(a.Value, 100)))
	if _, limit, _ := r.state(place); limit > 0 && limit < 50 {
		node.At("threshold_percent").Int(int64(limit))
	}
}

// endurance keeps how much of its life flash has been used, in percent.
func (r *run) endurance(v *ata.Values) {
	if a, _ := r.named(v, "SSD_Life_Left", "Wear_Leveling_Count"); a != nil && a.ID >= 100 {
		r.out.JSON.At("endurance_used", "current_percent").Int(100 - int64(min(a.Value, 100)))
	}
}

// temperature is that of the attributes that have one.
func (r *run) temperature(v *ata.Values) (int, bool) {
	for _, id := range []byte{194, 190, 9, 220} {
		a := find(v, id)
		if a == nil {
			continue
		}
		rule := r.rule(id)
		raw := rule.Raw(a)
		switch {
		case rule.Format == "temp10x":
			if t := int(raw & 0xffff); t > 0 && t <= 1200 {
				return (t + 5) / 10, true
			}
		case rule.Format == "tempminmax" || rule.Format == "" && (id == 194 || id == 190):
			if t := int(raw & 0xff); t > 0 && t <= 120 {
				return t, true
			}
		}
	}
	return 0, false
}
