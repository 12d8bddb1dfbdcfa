package drivedb

import (
	"errors"
	"strconv"
	"strings"

	"rescuebox/internal/smart/ata"
)

// Rule is how an attribute is named and shown.
type Rule struct {
	Name   string // empty: not known
	Format Format // empty: the attribute's usual one
	Order  string // of bytes, see Format; empty: the format's
	// For is HDD or SSD where the meaning is known for such drives only.
	For        string
	Increasing bool // it does not go down when sectors are reallocated
}

// Presets are the rules and firmware flaws of a drive.
type Presets struct {
	rules  [256]Rule
	set    [256]bool
	flaws  Flaws
	chosen bool // flaws were given, none of them among them
}

// Flaws are defects of firmware by the names of smartctl(8), -F.
type Flaws struct {
	ata.Flaws
	NoLogDirectory bool // reading the log directory may freeze the disk
	NoTestRemains  bool // a finished test is reported as one in progress with 0 % left
	SwappedID      bool // the driver has swapped the characters of IDENTIFY's strings
}

// Flaws returns the firmware flaws.
func (p *Presets) Flaws() Flaws { return p.flaws }

// Rule returns the rule of an attribute. A name that is of the other kind of drive is
// none; rotating and solid say what is known of this one.
func (p *Presets) Rule(id byte, rotating, solid bool) Rule {
	r := p.rules[id]
	switch {
	case r.For == "HDD" && solid:
		r.Name = "Unknown_SSD_Attribute"
	case r.For == "SSD" && rotating:
		r.Name = "Unknown_HDD_Attribute"
	case r.Name == "":
		r.Name = "Unknown_Attribute"
	}
	return r
}

// old are arguments of -v from before there were formats.
var old = map[string]Rule{
	"9,halfminutes":               {Format: "halfmin2hour", Name: "Power_On_Half_Minutes"},
	"9,minutes":                   {Format: "min2hour", Name: "Power_On_Minutes"},
	"9,seconds":                   {Format: "sec2hour", Name: "Power_On_Seconds"},
	"9,temp":                      {Format: "tempminmax", Name: "Temperature_Celsius"},
	"192,emergencyretractcyclect": {Format: "raw48", Name: "Emerg_Retract_Cycle_Ct"},
	"193,loadunload":              {Format: "raw24/raw24"},
	"194,10xCelsius":              {Format: "temp10x", Name: "Temperature_Celsius_x10"},
	"194,unknown":                 {Format: "raw48", Name: "Unknown_Attribute"},
	"197,increasing":              {Format: "raw48", Name: "Total_Pending_Sectors", Increasing: true},
	"198,increasing":              {Format: "raw48", Name: "Total_Offl_Uncorrectabl", Increasing: true},
	"198,offlinescanuncsectorct":  {Format: "raw48", Name: "Offline_Scan_UNC_SectCt"},
	"200,writeerrorcount":         {Format: "raw48", Name: "Write_Error_Count"},
	"201,detectedtacount":         {Format: "raw48", Name: "Detected_TA_Count"},
	"220,temp":                    {Format: "tempminmax", Name: "Temperature_Celsius"},
}

// Add takes an argument of -v.
func (p *Presets) Add(argument string) error {
	if r, ok := old[argument]; ok {
		id, _, _ := strings.Cut(argument, ",")
		n, _ := strconv.Atoi(id)
		p.put(byte(n), r)
		return nil
	}
	parts := strings.Split(argument, ",")
	if len(parts) < 2 || len(parts) > 4 {
		return bad(argument)
	}
	format, order, ordered := strings.Cut(parts[1], ":")
	r := Rule{Format: Format(format), Order: order}
	if !known(r.Format) || ordered && (order == "" || len(order) > 8 || strings.Trim(order, "012345rvwz") != "") {
		return bad(argument)
	}
	if len(parts) > 2 {
		r.Name = parts[2]
		if r.Name == "" || len(r.Name) > 32 || strings.ContainsAny(r.Name, " \t") {
			return bad(argument)
		}
	}
	if len(parts) > 3 {
		r.For = parts[3]
		if r.For != "HDD" && r.For != "SSD" {
			return bad(argument)
		}
	}
	if parts[0] == "N" {
		if r.Name != "" {
			return bad(argument)
		}
		for id := range p.rules {
			p.put(byte(id), r)
		}
		return nil
	}
	id, err := strconv.ParseUint(parts[0], 10, 8)
	if err != nil || id == 0 {
		return bad(argument)
	}
	p.put(byte(id), r)
	return nil
}

func bad(argument string) error { return errors.New("no such attribute setting: " + argument) }

func known(f Format) bool {
	for _, k := range formats {
		if k == f {
			return true
		}
	}
	return false
}

// put sets a rule that is not set; one without a name keeps that which is there.
func (p *Presets) put(id byte, r Rule) {
	if r.Name == "" {
		r.Name, r.For = p.rules[id].Name, p.rules[id].For
	}
	p.rules[id], p.set[id] = r, true
}

// AddFlaw takes an argument of -F.
func (p *Presets) AddFlaw(name string) error {
	switch name {
	case "none":
		p.flaws = Flaws{}
	case "nologdir":
		p.flaws.NoLogDirectory = true
	case "samsung":
		p.flaws.SwappedAll = true
	case "samsung2":
		p.flaws.SwappedCount = true
	case "samsung3":
		p.flaws.NoTestRemains = true
	case "xerrorlba":
		p.flaws.LittleLBA = true
	case "swapid":
		p.flaws.SwappedID = true
	default:
		return errors.New("no such firmware flaw: " + name)
	}
	p.chosen = true
	return nil
}

// parse reads the presets of a row: options -v and -F with arguments.
func parse(text string) (*Presets, error) {
	p := &Presets{}
	words := strings.Fields(text)
	for i := 0; i+1 < len(words); i += 2 {
		var err error
		switch words[i] {
		case "-v":
			err = p.Add(words[i+1])
		case "-F":
			err = p.AddFlaw(words[i+1])
		case "-d":
		default:
			err = errors.New("no such preset: " + words[i])
		}
		if err != nil {
			return p, err
		}
	}
	return p, nil
}

// Fill takes the rules of a row for what is not set here, and its firmware flaws unless
// there are some; then those that all drives have. A row may be nil.
func (p *Presets) Fill(db *DB, row *Entry) error {
	var err error
	text := db.defaults()
	base := builtin()
	if text != "" {
		base, err = parse(text)
	}
	if row != nil {
		own, other := parse(row.Presets)
		if other != nil {
			err = other
		}
		p.below(own)
		if !p.chosen {
			p.flaws = own.flaws
		}
	}
	p.below(base)
	return err
}

// below takes what is not set here, and names of what is set without.
func (p *Presets) below(other *Presets) {
	for id := range p.rules {
		switch {
		case !p.set[id]:
			p.rules[id], p.set[id] = other.rules[id], other.set[id]
		case p.rules[id].Name == "":
			p.rules[id].Name, p.rules[id].For = other.rules[id].Name, other.rules[id].For
		}
	}
}
