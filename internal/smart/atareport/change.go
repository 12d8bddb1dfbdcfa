package atareport

import (
	"strconv"

	"rescuebox/internal/smart/ata"
	"rescuebox/internal/smart/command"
	"rescuebox/internal/smart/report"
)

// last is the change of a setting that was asked for last, nil if none was.
func (r *run) last(what ChangeOf) *Change {
	for i := len(r.o.Changes) - 1; i >= 0; i-- {
		if c := &r.o.Changes[i]; c.What == what {
			return c
		}
	}
	return nil
}

// needsSMART reports whether anything is asked for that is a SMART command which disks
// answer only while SMART is on.
func (r *run) needsSMART() bool {
	return r.needsValues() || r.last(SetSMART) != nil || r.last(SetAutosave) != nil
}

// doubts prints what speaks against SMART commands, where the information section, which
// has it too, is not asked for.
func (r *run) doubts() {
	supported, told := r.supported()
	switch {
	case told && !supported:
		r.out.Print(lacksSMART)
		r.out.JSON.At("smart_support", "available").Bool(false)
	case !told:
		r.out.Print(ambiguousSupport)
	}
	switch f, known := r.id.SMART(); {
	case !told && known && !f.Enabled:
		r.out.Print(unknownSupport, "\n")
		r.out.JSON.At("smart_support", "available").Bool(false)
	case !known && (!told || supported) && !r.smartAnswers():
		r.out.Print(ambiguousState)
	}
}

// ready reports whether SMART commands can be asked for, if any is needed.
func (r *run) ready() bool {
	if !r.needsSMART() {
		return true
	}
	supported, told := r.supported()
	f, known := r.id.SMART()
	switch {
	case told && !supported, !told && known && !f.Enabled:
	case known || r.smartAnswers():
		return true
	}
	r.out.Status |= report.ReadFailed
	return r.goesOn(true)
}

// smartAnswers reports whether a disk that does not say so has SMART, by a command of it.
func (r *run) smartAnswers() bool {
	if r.answers == nil {
		_, err := r.ask(ata.ReturnStatus())
		answers := err == nil
		r.answers = &answers
	}
	return *r.answers
}

// change changes settings, in smartctl's order. False: the work ends here.
func (r *run) change() bool {
	section, spaced := false, false
	for i := range r.o.Changes {
		switch r.o.Changes[i].What {
		case SetStandbyNow, SetERC, ResetERC, SetInterval:
		case SetSCTWriteCache:
			section = true
		default:
			section, spaced = true, true
		}
	}
	if section {
		r.out.Print("=== START OF ENABLE/DISABLE COMMANDS SECTION ===\n")
	}
	r.changeFeatures()
	if c := r.last(SetReorder); c != nil {
		r.setReorder(c)
	}
	if c := r.last(SetSCTWriteCache); c != nil {
		r.setSCTWriteCache(c)
	}
	if r.last(SetSecurityFreeze) != nil {
		r.tell(ata.FreezeSecurity(), "ATA Security set to frozen mode", "ATA SECURITY FREEZE LOCK")
	}
	if c := r.last(SetStandbyTimer); c != nil && r.last(SetStandbyNow) == nil {
		r.standbyTimer(ata.Idle(byte(c.Value)), "IDLE")
	}
	if !r.setSMART() || !r.setAutosave() || !r.read() || !r.setAutoOffline() {
		return false
	}
	if spaced {
		r.out.Print("\n")
	}
	return true
}

// tell makes a change, and says that it is made or failed.
func (r *run) tell(c *command.ATA, done, name string) bool {
	if _, err := r.ask(c); err != nil {
		r.out.Print(name, " failed: ", reason(err), "\n")
		r.out.Status |= report.ReadFailed
		return false
	}
	r.out.Print(done, "\n")
	return true
}

// changeFeatures makes the changes by SET FEATURES.
func (r *run) changeFeatures() {
	r.setLevel(SetAAM, "AAM", [2]byte{ata.FeatureNoAAM, ata.FeatureAAM}, aamName, (*run).keepAAM)
	r.setLevel(SetAPM, "APM", [2]byte{ata.FeatureNoAPM, ata.FeatureAPM}, apmName, (*run).keepAPM)
	for _, f := range []struct {
		what        ChangeOf
		name        string
		subcommands [2]byte // off and on
		counts      [2]byte
	}{
		{SetLookAhead, "Read look-ahead", [2]byte{ata.FeatureNoLookAhead, ata.FeatureLookAhead}, [2]byte{}},
		{SetWriteCache, "Write cache", [2]byte{ata.FeatureNoWriteCache, ata.FeatureWriteCache}, [2]byte{}},
		{SetDSN, "DSN", [2]byte{ata.FeatureDSN, ata.FeatureDSN}, [2]byte{2, 1}},
	} {
		if c := r.last(f.what); c != nil {
			on := bit(c.On)
			verb := [...]string{"disable", "enable"}[on]
			r.tell(ata.SetFeature(f.subcommands[on], f.counts[on]), f.name+" "+verb+"d", f.name+" "+verb)
		}
	}
}

// setLevel sets a level, or turns off what has one.
func (r *run) setLevel(what ChangeOf, name string, subcommands [2]byte, levelName func(int) string, keep func(*run, int)) {
	c := r.last(what)
	if c == nil {
		return
	}
	level := int(c.Value)
	if !c.On {
		r.tell(ata.SetFeature(subcommands[0], 0), name+" disabled", name+" disable")
	} else if r.tell(ata.SetFeature(subcommands[1], byte(level)), name+" set to level "+strconv.Itoa(level)+" ("+levelName(level)+")", name+" enable") {
		keep(r, level)
	}
}

// standbyTimer sets after which time of idleness the platters stop.
func (r *run) standbyTimer(c *command.ATA, name string) bool {
	timer := byte(c.Count)
	text := "Standby timer set to " + strconv.Itoa(int(timer)) + " (" + standbyTime(timer)
	if !r.id.Bit(49, 13) { // by the standard (ACS-3, table 57)
		text += " or vendor-specific"
	}
	if timer > 0 && r.id.Word(50)>>14 == 1 && r.id.Bit(50, 0) {
		text += ", a vendor-specific minimum applies"
	}
	return r.tell(c, text+")", "ATA "+name+" command")
}

// standbyTime is the meaning of the timer (ACS-3, table 57).
func standbyTime(timer byte) string {
	seconds := 5 * int(timer)
	switch {
	case timer == 0:
		return "disabled"
	case timer == 252:
		seconds = 21 * 60
	case timer == 253:
		return "between 8 hours and 12 hours"
	case timer == 254:
		return "reserved"
	case timer == 255:
		seconds = 21*60 + 15
	case timer > 240:
		seconds = (int(timer) - 240) * 30 * 60
	}
	two := func(n int) string { return strconv.Itoa(n + 100)[1:] }
	return two(seconds/3600) + ":" + two(seconds/60%60) + ":" + two(seconds%60)
}

// standbyNow stops the platters, when all that was asked for is read.
func (r *run) standbyNow() {
	if r.last(SetStandbyNow) == nil {
		return
	}
	if c := r.last(SetStandbyTimer); c != nil {
		if r.standbyTimer(ata.Standby(byte(c.Value)), "STANDBY") { // which stops them too
			r.out.Print("Device placed in STANDBY mode\n")
		}
		return
	}
	r.tell(ata.StandbyNow(), "Device placed in STANDBY mode", "ATA STANDBY IMMEDIATE command")
}

const smartOff = "SMART Disabled. Use option -s with argument 'on' to enable it.\n"

// setSMART turns SMART on or off. False: it is off, and nothing more can be asked for.
func (r *run) setSMART() bool {
	c := r.last(SetSMART)
	if c == nil {
		if f, known := r.id.SMART(); !r.needsSMART() || !known || f.Enabled || r.excuses() {
			return true
		}
		r.out.Print(smartOff, "(override with '-T permissive' option)\n")
		return false
	}
	verb := [...]string{"Disable", "Enable"}[bit(c.On)]
	if _, err := r.ask(ata.Enable(c.On)); err != nil {
		r.out.Print("SMART ", verb, " failed: ", reason(err), "\n\n")
		r.out.Status |= report.ReadFailed
		if !r.goesOn(true) {
			return false
		}
	} else if c.On {
		r.out.Print("SMART Enabled.\n")
	}
	if !c.On {
		r.out.Print(smartOff)
	}
	return c.On
}

// setAutosave sets whether the disk saves its attributes by itself.
func (r *run) setAutosave() bool {
	c := r.last(SetAutosave)
	if c == nil {
		return true
	}
	verb := [...]string{"Disable", "Enable"}[bit(c.On)]
	if _, err := r.ask(ata.Autosave(c.On)); err != nil {
		r.out.Print("SMART ", verb, " Attribute Autosave failed: ", reason(err), "\n\n")
		r.out.Status |= report.ReadFailed
		return r.goesOn(true)
	}
	r.out.Print("SMART Attribute Autosave ", verb, "d.\n")
	return true
}

// setAutoOffline sets whether the disk tests itself every four hours.
func (r *run) setAutoOffline() bool {
	c := r.last(SetAutoOffline)
	if c == nil {
		return true
	}
	if v := r.pages.Values; v == nil || v.Offline&ata.OfflineAutomatic == 0 {
		r.out.Print("SMART Automatic Timers not supported\n\n")
		r.out.Status |= report.ReadFailed
		if !r.goesOn(false) {
			return false
		}
	}
	verb := [...]string{"Disable", "Enable"}[bit(c.On)]
	if _, err := r.ask(ata.AutoOffline(c.On)); err != nil {
		r.out.Print("SMART ", verb, " Automatic Offline failed: ", reason(err), "\n\n")
		r.out.Status |= report.ReadFailed
		return r.goesOn(false)
	}
	r.out.Print("SMART Automatic Offline Testing ", [...]string{"Disabled", "Enabled every four hours"}[bit(c.On)], ".\n")
	return true
}
