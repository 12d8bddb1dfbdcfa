package scsireport

import (
	"errors"

	"rescuebox/internal/smart/report"
	"rescuebox/internal/smart/scsi"
)

// settings changes what is to be changed; false is the end.
func (r *run) settings() bool {
	s := r.o.Set
	if s.SMART != nil || s.Autosave != nil {
		r.out.Print("=== START OF ENABLE/DISABLE COMMANDS SECTION ===\n")
	}
	if s.WriteCache != nil {
		r.setCache("Write cache", *s.WriteCache, 4, false)
	}
	if s.ReadCache != nil {
		r.setCache("Read cache", *s.ReadCache, 1, true)
	}
	if s.SMART != nil && !r.setSMART(*s.SMART) {
		return false
	}
	if s.Autosave != nil && !r.setAutosave(*s.Autosave) {
		return false
	}
	if s.SMART != nil || s.Autosave != nil {
		r.out.Print("\n")
	}
	return r.dead == nil
}

var (
	errFixed   = errors.New("not changeable")
	errNoValue = errors.New("no such mode page")
)

// change sets bits of byte 2 of a mode page, if they are not set so already.
func (r *run) change(page, mask, value byte) error {
	b, p, err := r.modeData(page, scsi.Current)
	if err != nil {
		return err
	}
	if len(p.Page) < 4 {
		return errNoValue
	}
	if p.Page[2]&mask == value {
		return nil
	}
	_, can, err := r.modeData(page, scsi.Changeable)
	if err != nil {
		return err
	}
	if differing := (p.Page[2] ^ value) & mask; len(can.Page) < 3 || differing&^can.Page[2] != 0 {
		return errFixed
	}
	p.Page[2] = p.Page[2]&^mask | value
	_, err = r.do(scsi.ModeSelect(r.ten, b, p))
	return err
}

func choose(on bool, yes, no byte) byte {
	if on {
		return yes
	}
	return no
}

// setCache sets a bit of the caching page; inverted is one that forbids.
func (r *run) setCache(name string, on bool, mask byte, inverted bool) {
	verb, bitName := "disable", "WCE"
	if on {
		verb = "enable"
	}
	if inverted {
		bitName = "RCD"
	}
	err := r.change(scsi.ModeCaching, mask, choose(on != inverted, mask, 0))
	switch {
	case errors.Is(err, errFixed):
		r.out.Message("error", name+" "+verb+" failed: "+bitName+" bit not changeable")
		r.out.Status |= report.ReadFailed
	case err != nil:
		r.out.Message("error", name+" "+verb+" failed: MODE SELECT command failed")
		r.out.Status |= report.ReadFailed
	default:
		r.out.Print(name, " ", verb, "d\n")
	}
}

// setSMART sets how informational exceptions are reported: DEXCPT and EWASC.
func (r *run) setSMART(on bool) bool {
	const disabled, warning = 8, 0x10
	err := r.change(scsi.ModeExceptions, disabled|warning, choose(on, warning, disabled))
	if errors.Is(err, errFixed) { // one without a temperature warning
		err = r.change(scsi.ModeExceptions, disabled, choose(on, 0, disabled))
	}
	if err != nil {
		verb := "disable"
		if on {
			verb = "enable"
		}
		r.out.Message("error", "unable to "+verb+" Exception control and warning ["+err.Error()+"]")
		return r.mandatory(report.ReadFailed)
	}
	r.p.Exceptions = mode(&r.reader, scsi.ModeExceptions, scsi.ParseExceptions)
	state := func(on bool) string {
		if on {
			return " enabled\n"
		}
		return " disabled\n"
	}
	e := r.p.Exceptions
	r.out.Print("Informational Exceptions (SMART)", state(e.OK() && !e.Value.Disabled),
		"Temperature warning", state(e.OK() && e.Value.TemperatureWarning))
	return true
}

// setAutosave sets whether the device saves its logs by itself: GLTSD forbids it.
func (r *run) setAutosave(on bool) bool {
	const gltsd = 2
	if err := r.change(scsi.ModeControlPg, gltsd, choose(on, 0, gltsd)); err != nil {
		text := "Disable autosave (set GLTSD bit) failed"
		if on {
			text = "Enable autosave (clear GLTSD bit) failed"
		}
		r.out.Message("error", text)
		r.out.Status |= report.ReadFailed
		return true
	}
	if on {
		r.out.Print("Autosave enabled (GLTSD bit cleared).\n")
	} else {
		r.out.Print("Autosave disabled (GLTSD bit set).\n")
	}
	return true
}
