// Package atareport asks an ATA disk what smartctl asks it, and reports as smartctl does:
// the same sections of text, JSON keys and exit status (smartctl(8), 7.5).
package atareport

import (
	"context"
	"errors"
	"strconv"

	"rescuebox/internal/errno"
	"rescuebox/internal/smart/ata"
	"rescuebox/internal/smart/command"
	"rescuebox/internal/smart/drivedb"
	"rescuebox/internal/smart/report"
)

// Run asks for what the options say, changes what they say, and reports. Its error is
// that the disk did not answer at all any more; the report says so too.
func Run(ctx context.Context, dev command.ATADevice, o Options, out *report.Output) error {
	_, err := Inspect(ctx, dev, o, out)
	return err
}

// Inspect is Run, and returns what the disk has said.
func Inspect(ctx context.Context, dev command.ATADevice, o Options, out *report.Output) (*Pages, error) {
	r := &run{ctx: ctx, dev: dev, o: &o, out: out, pages: &Pages{ReadLimit: -1, WriteLimit: -1}}
	r.all()
	return r.pages, r.dead
}

// run is the work on one disk.
type run struct {
	ctx   context.Context
	dev   command.ATADevice
	o     *Options
	out   *report.Output
	pages *Pages
	dead  error // a command did not come back: each more would cost its time limit

	id      *ata.Identity
	presets drivedb.Presets
	row     *drivedb.Entry
	flaws   drivedb.Flaws
	excused int        // failures that have been gone on from
	spans   []ata.Span // of the selective self-test that starts
	answers *bool      // SMART RETURN STATUS; nil: not asked

	directory, gpDirectory *ata.Directory
}

func (r *run) all() {
	if !r.identify() || !r.awake() {
		return
	}
	if r.o.Info {
		r.out.Print("=== START OF INFORMATION SECTION ===\n")
		r.info()
	} else if r.needsSMART() {
		r.doubts()
	}
	if r.o.Info || r.o.Get != 0 {
		r.settings()
	}
	if !r.ready() || !r.change() {
		return
	}
	r.data()
	r.standbyNow()
	r.test()
}

// ask carries a command to the disk.
func (r *run) ask(c *command.ATA) (command.Registers, error) {
	if r.dead != nil {
		return command.Registers{}, r.dead
	}
	registers, err := r.dev.ATA(r.ctx, c)
	var answer *command.ATAError
	if err != nil && !errors.As(err, &answer) {
		r.dead = err
	}
	return registers, err
}

// page asks for data.
func (r *run) page(c *command.ATA) ([]byte, error) {
	if _, err := r.ask(c); err != nil {
		return nil, err
	}
	return c.Data, nil
}

// failed says what could not be read.
func (r *run) failed(text string, err error) {
	r.pages.Failed = append(r.pages.Failed, text)
	r.out.Print(text, ": ", reason(err), "\n")
	r.out.Status |= report.ReadFailed
}

// reason is what a command failed with.
func reason(err error) string {
	if err == nil {
		return "no answer"
	}
	return errno.Reason(err)
}

// goesOn reports whether a failure is gone on from. A mandatory command that fails ends
// the work unless that is permitted; an optional one only if conservative.
func (r *run) goesOn(mandatory bool) bool {
	ends := mandatory || r.o.Tolerance == Conservative
	if !ends || r.excuses() {
		return true
	}
	if mandatory {
		r.out.Print("A mandatory SMART command failed: exiting. To continue, add one or more '-T permissive' options.\n")
	} else {
		r.out.Print("An optional SMART command failed: exiting. Remove '-T conservative' option to continue.\n")
	}
	return false
}

// excuses reports whether one more failure is gone on from, by the options.
func (r *run) excuses() bool {
	if r.o.Tolerance == Permissive && r.excused == 0 {
		r.excused++
		return true
	}
	return r.o.Tolerance == VeryPermissive
}

// checksum says that a page has a wrong checksum. False: the work ends here.
func (r *run) checksum(what string, sound bool) bool {
	if sound || r.o.Checksum == IgnoreChecksum {
		return true
	}
	r.out.Print("Warning! ", what, " error: invalid SMART checksum.\n")
	if r.o.Checksum == ExitOnChecksum {
		r.out.Status |= report.ReadFailed
		r.out.Print("Exiting as -b exit says.\n")
		return false
	}
	return true
}

func (r *run) identify() bool {
	b, err := r.page(ata.IdentifyDevice())
	if err == nil {
		r.id, err = ata.ParseIdentity(b)
	}
	if err != nil {
		r.out.Message("error", "Read Device Identity failed: "+reason(err))
		r.out.Print("\n")
		r.out.Status |= report.OpenFailed
		r.pages.Failed = append(r.pages.Failed, "Read Device Identity failed")
		return false
	}
	r.pages.Identity = r.id
	if !r.choose() {
		return false
	}
	return r.checksum("Drive Identity Structure", r.id.Sum())
}

// choose finds the drive in the database.
func (r *run) choose() bool {
	db := r.o.DB
	if db == nil {
		db = &drivedb.DB{}
	}
	r.presets = r.o.Presets
	if r.presets.Flaws().SwappedID {
		r.id.Swap()
	}
	row, found := db.Match(string(r.id.Model()), string(r.id.Firmware()))
	if found {
		r.row = row
	}
	use := r.row
	if r.o.IgnorePresets {
		use = nil
	}
	if err := r.presets.Fill(db, use); err != nil {
		r.out.Message("warning", "drive database: "+err.Error())
	}
	r.flaws = r.presets.Flaws()
	r.pages.Database = "built-in"
	if len(db.Sources) > 0 {
		r.pages.Database = db.Sources[len(db.Sources)-1]
	}
	return true
}

// rule is how an attribute is named and shown.
func (r *run) rule(id byte) drivedb.Rule {
	rotation := r.id.Rotation()
	return r.presets.Rule(id, rotation > 1, rotation == 1)
}

// powerModes are answers of CHECK POWER MODE (ACS-3, table 35): the name, and the limit
// from which on the disk is left alone.
var powerModes = map[byte]struct {
	name  string
	limit PowerLimit
}{
	0x00: {"STANDBY", NotInStandby}, 0x01: {"STANDBY_Y", NotInStandby},
	0x80: {"IDLE", NotIdle}, 0x81: {"IDLE_A", NotIdle}, 0x82: {"IDLE_B", NotIdle}, 0x83: {"IDLE_C", NotIdle},
	0x40: {"ACTIVE_NV_DOWN", 9}, 0x41: {"ACTIVE_NV_UP", 9}, 0xff: {"ACTIVE or IDLE", 9},
}

// awake asks for the power mode where the options make the work depend on it.
func (r *run) awake() bool {
	limit := r.o.PowerCheck.Mode
	if limit == Always && (!r.o.Info || r.o.Get&AllSettings != AllSettings) {
		return true
	}
	registers, err := r.ask(ata.PowerMode())
	mode, known := powerModes[byte(registers.Count)]
	switch {
	case limit == Always:
		if err == nil && known {
			r.power(mode.name, byte(registers.Count))
		}
		return true
	case err != nil && byte(registers.Error) == 0x04, err != nil:
		r.out.Print("CHECK POWER MODE not implemented, ignoring -n option\n")
		return true
	case !known:
		r.out.Print("CHECK POWER MODE returned unknown value "+hex(uint64(byte(registers.Count)), 2), ", ignoring -n option\n")
		return true
	}
	r.power(mode.name, byte(registers.Count))
	if mode.limit > limit {
		return true
	}
	r.pages.Slept = true
	status := r.o.PowerCheck.Status
	if status < 0 {
		status = int(report.OpenFailed)
	}
	r.out.Message("information", "Device is in "+mode.name+" mode, exit("+strconv.Itoa(status)+")")
	r.out.Status = report.Status(status)
	return false
}

func (r *run) power(name string, value byte) {
	node := r.out.JSON.At("power_mode")
	node.At("ata_value").Uint(uint64(value))
	node.At("name").String(name)
}

// hex is v in hexadecimal digits, at least so many.
func hex(v uint64, digits int) string {
	s := strconv.FormatUint(v, 16)
	for len(s) < digits {
		s = "0" + s
	}
	return "0x" + s
}
