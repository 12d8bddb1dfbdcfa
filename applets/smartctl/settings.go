package smartctl

import (
	"strings"

	"rescuebox/internal/getopt"
	"rescuebox/internal/smart/atareport"
)

// get takes an argument of -g.
func (o *options) get(p *getopt.Parser) error {
	switch p.Value() {
	case "all":
		o.ata.Get |= atareport.AllSettings
		o.scsi.ReadCache, o.scsi.WriteCache = true, true
	case "aam":
		o.ata.Get |= atareport.GetAAM
	case "apm":
		o.ata.Get |= atareport.GetAPM
	case "dsn":
		o.ata.Get |= atareport.GetDSN
	case "lookahead":
		o.ata.Get |= atareport.GetLookAhead
	case "security":
		o.ata.Get |= atareport.GetSecurity
	case "wcache":
		o.ata.Get |= atareport.GetWriteCache
		o.scsi.WriteCache = true
	case "rcache":
		o.scsi.ReadCache = true
	case "wcreorder":
		o.ata.Get |= atareport.GetReorder
	case "wcache-sct":
		o.ata.Get |= atareport.GetSCTWriteCache
	default:
		return invalid(p)
	}
	return nil
}

// onOff takes an argument of -o or -S.
func (o *options) onOff(p *getopt.Parser) error {
	on := p.Value() == "on"
	if !on && p.Value() != "off" {
		return invalid(p)
	}
	if p.Opt() == 'o' {
		o.change(atareport.Change{What: atareport.SetAutoOffline, On: on})
		return nil
	}
	o.change(atareport.Change{What: atareport.SetAutosave, On: on})
	o.scsi.Set.Autosave = &on
	return nil
}

// set takes an argument of -s.
func (o *options) set(p *getopt.Parser) error {
	name, value, valued := strings.Cut(p.Value(), ",")
	if valued && value == "" {
		return invalid(p)
	}
	persistent := false
	if name == "wcreorder" || name == "wcache-sct" {
		value, persistent = strings.CutSuffix(value, ",p")
	}
	on := value == "on"
	switched := on || value == "off"
	c := atareport.Change{On: on, Persistent: persistent}
	switch name {
	case "on", "off":
		on = name == "on"
		o.scsi.Set.SMART = &on
		c.What, c.On, switched = atareport.SetSMART, on, value == ""
	case "aam", "apm":
		c.What = map[string]atareport.ChangeOf{"aam": atareport.SetAAM, "apm": atareport.SetAPM}[name]
		if value != "off" {
			switched = level(value, name == "apm", &c)
		}
	case "dsn":
		c.What = atareport.SetDSN
	case "lookahead":
		c.What = atareport.SetLookAhead
	case "security-freeze":
		c.What, switched = atareport.SetSecurityFreeze, value == ""
	case "standby":
		switched = standby(value, &c)
	case "wcache":
		o.scsi.Set.WriteCache = &on
		c.What = atareport.SetWriteCache
	case "rcache":
		o.scsi.Set.ReadCache = &on
		return unless(switched, p)
	case "wcreorder":
		c.What = atareport.SetReorder
	case "wcache-sct":
		c.What = atareport.SetSCTWriteCache
		switched = switched || value == "ata"
		c.Value = map[string]uint16{"on": 1, "off": 2}[value]
		c.On = value != "ata"
	default:
		switched = false
	}
	if !switched {
		return invalid(p)
	}
	o.change(c)
	return nil
}

// level reads that of AAM (0 to 254) or APM (1 to 254).
func level(value string, fromOne bool, c *atareport.Change) bool {
	n, low := 0, 0
	if fromOne {
		low = 1
	}
	ok := number(value, low, 254, &n)
	c.On, c.Value = true, uint16(n)
	return ok
}

// standby reads the standby timer.
func standby(value string, c *atareport.Change) bool {
	n := 0
	switch value {
	case "now":
		c.What = atareport.SetStandbyNow
		return true
	case "off":
	default:
		if !number(value, 0, 255, &n) {
			return false
		}
	}
	c.What, c.On, c.Value = atareport.SetStandbyTimer, n != 0, uint16(n)
	return true
}
