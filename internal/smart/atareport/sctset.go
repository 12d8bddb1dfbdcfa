package atareport

import (
	"errors"
	"strconv"
	"strings"

	"rescuebox/internal/smart/ata"
	"rescuebox/internal/smart/command"
	"rescuebox/internal/smart/report"
)

// sctBusy is the extended status while an SCT command is under way (ACS-3, table 179).
const sctBusy = 0xffff

// sctCommand writes an SCT command and reads what became of it: name is that of what is
// done, and failure what is printed of the writing itself. A failure is printed.
func (r *run) sctCommand(c *command.ATA, name, failure string) (command.Registers, error) {
	p := r.out.Print
	s, err := r.sctStatus()
	if err != nil {
		return command.Registers{}, err
	}
	if s.Extended == sctBusy {
		p("Another SCT command is executing, abort ", name, "\n",
			"(SCT ext_status_code ", hex(uint64(s.Extended), 4), ", action_code=", strconv.Itoa(int(s.Action)), ", function_code=", strconv.Itoa(int(s.Function)), ")\n")
		return command.Registers{}, errPrinted
	}
	registers, err := r.ask(c)
	if err != nil {
		p(failure, " failed: ", reason(err), "\n")
		return registers, err
	}
	return registers, nil
}

// errPrinted is a failure of which the reason stands in the report.
var errPrinted = errors.New("")

// sctStatus reads the SCT status. A failure is printed.
func (r *run) sctStatus() (*ata.SCTStatus, error) {
	b, err := r.page(ata.ReadSCTStatus())
	if err != nil {
		r.out.Print("Read SCT Status failed: ", reason(err), "\n")
		return nil, err
	}
	s, err := ata.ParseSCTStatus(b)
	if err != nil {
		r.out.Print(reason(err), "\n")
		return nil, errPrinted
	}
	return s, nil
}

// sctDone reports whether the disk says that an SCT command is done.
func (r *run) sctDone(c *command.ATA) error {
	s, err := r.sctStatus()
	if err != nil {
		return err
	}
	action, function := ata.SCTAction(c)
	if s.Extended != 0 || s.Action != action || s.Function != function {
		r.out.Print("Unexpected SCT status ", hex(uint64(s.Extended), 4), " (action_code=", strconv.Itoa(int(s.Action)), ", function_code=", strconv.Itoa(int(s.Function)), ")\n")
		return errPrinted
	}
	return nil
}

// sctWhole is sctCommand and sctDone.
func (r *run) sctWhole(c *command.ATA, name, failure string) (command.Registers, error) {
	registers, err := r.sctCommand(c, name, failure)
	if err == nil {
		err = r.sctDone(c)
	}
	return registers, err
}

const featureControl = "Feature Control"

// sctLacking says why SCT features cannot be set, nothing if they can.
func (r *run) sctLacking() string {
	switch {
	case r.id.SCT()&1 == 0 || r.id.SCT()&0x10 == 0:
		return "SCT Feature Control command not supported"
	case r.locked():
		return "SCT not supported if ATA Security is LOCKED"
	}
	return ""
}

// setFeature sets an SCT feature. A failure is printed behind what was tried.
func (r *run) setFeature(code, state uint16, persistent bool, tried string) bool {
	if lacks := r.sctLacking(); lacks != "" {
		r.out.Print(tried, " failed: ", lacks, "\n")
		return false
	}
	_, err := r.sctWhole(ata.SCTSetFeature(code, state, persistent), featureControl, "Write SCT (Set) Feature Control Command")
	if err != nil {
		why := reason(err)
		if errors.Is(err, errPrinted) {
			why = ""
		}
		r.out.Print(tried, " failed: ", why, "\n")
		r.out.Status |= report.ReadFailed
		return false
	}
	return true
}

func persistence(persistent bool) string {
	return [...]string{" (volatile)\n", " (persistent)\n"}[bit(persistent)]
}

// setReorder sets whether the write cache may be written in another order.
func (r *run) setReorder(c *Change) {
	state, verb := uint16(2), "disable"
	if c.On {
		state, verb = 1, "enable"
	}
	if r.setFeature(ata.SCTReorder, state, c.Persistent, "Write cache reordering "+verb) {
		r.out.Print("Write cache reordering ", verb, "d", persistence(c.Persistent))
	}
}

// cacheControls are the states of SCTWriteCache from 1 on (ACS-3, table 199).
var cacheControls = [...]string{"Controlled by ATA", "Force Enabled", "Force Disabled"}

// setSCTWriteCache sets who decides on the write cache.
func (r *run) setSCTWriteCache(c *Change) {
	state := uint16(1)
	if c.On {
		state = 1 + c.Value
	}
	if r.setFeature(ata.SCTWriteCache, state, c.Persistent, "SCT Feature Control of write cache") {
		r.out.Print("Write cache SCT Feature Control is set to: ", cacheControls[state-1], persistence(c.Persistent))
	}
}

// getFeature shows an SCT feature by the names of its states from 1 on.
func (r *run) getFeature(code uint16, label string, names ...string) {
	p := r.out.Print
	switch {
	case r.id.SCT()&1 == 0 || r.id.SCT()&0x10 == 0:
		p(label, "Unavailable\n")
		return
	case r.locked():
		p(label, "Unknown (SCT not supported if ATA Security is LOCKED)\n")
		return
	}
	registers, err := r.sctWhole(ata.SCTGetFeature(code), featureControl, "Write SCT (Get) Feature Control Command")
	if err != nil {
		p(label, "Unknown (SCT Feature Control command failed)\n")
		return
	}
	state := ata.SCTAnswer(registers)
	switch {
	case state >= 1 && int(state) <= len(names):
		p(label, names[state-1], "\n")
	case code == ata.SCTReorder:
		p(label, "Unknown\n")
	default:
		p(label, "Unknown (", hex(uint64(state), 2), ")\n")
	}
}

func (r *run) reorder() { r.getFeature(ata.SCTReorder, "Wt Cache Reorder: ", "Enabled", "Disabled") }

func (r *run) sctWriteCache() {
	r.getFeature(ata.SCTWriteCache, "SCT Write Cache Control: ", cacheControls[:]...)
}

// setInterval sets the minutes between entries of the temperature history.
func (r *run) setInterval() {
	c := r.last(SetInterval)
	if c == nil {
		return
	}
	p := r.out.Print
	for _, need := range []struct {
		bit  uint16
		name string
	}{{0x20, "SCT Data Table"}, {0x10, "SCT Feature Control"}} {
		if r.id.SCT()&need.bit == 0 {
			p(need.name, " command not supported\n\n")
			r.out.Status |= report.ReadFailed
			return
		}
	}
	if _, err := r.sctWhole(ata.SCTSetFeature(ata.SCTInterval, c.Value, c.Persistent), featureControl, "Write SCT Feature Control Command"); err != nil {
		p("Write Temperature Logging Interval failed\n\n")
		r.out.Status |= report.ReadFailed
		return
	}
	p("Temperature Logging Interval set to ", minutes(int(c.Value)), persistence(c.Persistent))
}

// recovery sets the time limits of error recovery, and shows them.
func (r *run) recovery() {
	set, reset := r.last(SetERC), r.last(ResetERC)
	get := r.o.SCTERC || r.o.SCTERCPowerOn
	if !get && set == nil && reset == nil {
		return
	}
	if r.id.SCT()&8 == 0 {
		r.out.Print("SCT Error Recovery Control command not supported\n\n")
		r.out.Status |= report.ReadFailed
		return
	}
	if reset != nil && set != nil && r.later(SetERC, ResetERC) {
		reset = nil
	}
	switch {
	case reset != nil:
		if !r.setERC([2]*command.ATA{ata.SCTResetERC(1), ata.SCTResetERC(2)}) {
			return
		}
		if !get {
			r.out.Print("SCT Error Recovery Control set to: default values.\n\n")
		}
	case set != nil:
		limits := [2]uint16{set.Value, set.Other}
		if !r.setERC([2]*command.ATA{ata.SCTSetERC(1, limits[0], set.Persistent), ata.SCTSetERC(2, limits[1], set.Persistent)}) {
			return
		}
		if !get {
			r.printERC(" set to", limits, set.Persistent)
		}
	}
	if get {
		r.getERC(r.o.SCTERCPowerOn)
	}
}

// later reports whether the change a was asked for after b.
func (r *run) later(a, b ChangeOf) bool {
	for i := len(r.o.Changes) - 1; i >= 0; i-- {
		switch r.o.Changes[i].What {
		case a:
			return true
		case b:
			return false
		}
	}
	return false
}

const recoveryControl = "Error Recovery Control"

// setERC sets the limits of reads and writes.
func (r *run) setERC(commands [2]*command.ATA) bool {
	for _, c := range commands {
		if _, err := r.sctWhole(c, recoveryControl, "Write SCT (Set) Error Recovery Control Command"); err != nil {
			r.ercFailed("Set")
			return false
		}
	}
	return true
}

// ercFailed says that the limits were not set or read. Some disks know only one limit.
func (r *run) ercFailed(verb string) {
	what := "SCT (" + verb + ") Error Recovery Control command failed"
	r.out.Print(what, "\n")
	if c := r.last(SetERC); verb == "Set" && c != nil && !r.later(ResetERC, SetERC) {
		if both := c.Value == c.Other && (c.Value == 0 || c.Value == 70); !both {
			r.out.Print("Retry with: 'scterc,70,70' to enable ERC or 'scterc,0,0' to disable\n")
		}
	}
	r.out.Print("\n")
	r.pages.Failed = append(r.pages.Failed, what)
	r.out.Status |= report.ReadFailed
}

func (r *run) getERC(powerOn bool) {
	var limits [2]uint16
	for i := range limits {
		registers, err := r.sctWhole(ata.SCTGetERC(uint16(i+1), powerOn), recoveryControl, "Write SCT (Get) Error Recovery Control Command")
		if err != nil {
			r.ercFailed("Get")
			return
		}
		limits[i] = ata.SCTAnswer(registers)
	}
	if !powerOn {
		r.pages.ReadLimit, r.pages.WriteLimit = int(limits[0]), int(limits[1])
	}
	r.printERC("", limits, powerOn)
}

// printERC prints the limits in tenths of a second.
func (r *run) printERC(set string, limits [2]uint16, powerOn bool) {
	p := r.out.Print
	p("SCT Error Recovery Control", set, ":\n")
	for i, name := range []string{"Read", "Write"} {
		limit := int(limits[i])
		label := report.Right(name, 15)
		if powerOn {
			label = report.Right("Power-on "+name, 24)
		}
		node := r.out.JSON.At("ata_sct_erc", strings.ToLower(name))
		node.At("enabled").Bool(limit != 0)
		if limit == 0 {
			p(label, ": Disabled\n")
			continue
		}
		node.At("deciseconds").Int(int64(limit))
		p(label, ": ", report.Right(strconv.Itoa(limit), 6), " (", strconv.Itoa(limit/10), ".", strconv.Itoa(limit%10), " seconds)\n")
	}
	p("\n")
}
