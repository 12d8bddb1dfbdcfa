package scsireport_test

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"rescuebox/internal/smart/command"
	"rescuebox/internal/smart/replay"
	"rescuebox/internal/smart/report"
	"rescuebox/internal/smart/scsi"
	"rescuebox/internal/smart/scsireport"
)

func run(t *testing.T, dev command.SCSIDevice, o scsireport.Options) (*report.Output, *scsireport.Pages) {
	t.Helper()
	var out report.Output
	p, err := scsireport.Report(context.Background(), dev, o, &out)
	if err != nil {
		t.Error(err)
	}
	return &out, p
}

func device(t *testing.T, d *disk) command.SCSIDevice {
	t.Helper()
	dev, err := replay.ParseSCSI(d.lines())
	if err != nil {
		t.Fatal(err)
	}
	return dev
}

func extended() scsireport.Options {
	o := scsireport.Options{Now: time.Unix(0, 0).UTC()}
	o.Extended()
	return o
}

// What a verdict needs is in the pages.
func TestPages(t *testing.T) {
	v := variants()
	_, p := run(t, device(t, v["uncorrected errors"]), extended())
	if n, known := p.Uncorrected(); !known || n != 1<<64-1 {
		t.Errorf("%d errors, %v", n, known)
	}
	_, p = run(t, device(t, v["grown defects"]), extended())
	if d := p.Defects.Value; !p.Defects.OK() || d.Count != 260 || !d.Grown {
		t.Errorf("%+v", d)
	}
	out, p := run(t, device(t, v["exception failing"]), extended())
	if h := p.Health.Value; h.ASC != 0x5d || h.ASCQ != 0x10 || out.Status&report.Failing == 0 {
		t.Errorf("%+v, status %d", h, out.Status)
	}
	_, p = run(t, device(t, v["no logs"]), extended())
	if _, known := p.Uncorrected(); known || p.Logs != nil {
		t.Errorf("%v", p.Logs)
	}
}

// A code that is not assigned yet is a prediction of failure all the same.
func TestUnassigned(t *testing.T) {
	d := newDisk()
	d.log(0x2f, 0, parameter(0, 3, 0x5d, 0x90, 34, 60))
	out, _ := run(t, device(t, d), scsireport.Options{Health: true})
	if !strings.Contains(out.Text.String(), "SMART Health Status: Failure prediction threshold exceeded [asc=5d, ascq=90]") || out.Status != report.Failing {
		t.Errorf("status %d\n%s", out.Status, out.Text.String())
	}
}

func TestModeSense10(t *testing.T) {
	out, p := run(t, device(t, ten()), extended())
	if !p.Exceptions.OK() || p.Exceptions.Value.Disabled || !p.Caching.Value.Write || p.Control.Value.TestSeconds != 11328 {
		t.Errorf("%+v\n%s", p, out.Text.String())
	}
}

// MODE SELECT sends the page back as it came, less what is reserved there.
func TestModeSelect(t *testing.T) {
	data := bytesOf("17 00 90 08 00 00 00 00 00 00 02 00 9c 0a 08 00 00 00 00 00 00 00 00 01 ff ff")
	page, err := scsi.ParseMode(false, scsi.ModeExceptions, data)
	if err != nil {
		t.Fatal(err)
	}
	c := scsi.ModeSelect(false, data, page)
	want := "00 00 00 08 00 00 00 00 00 00 02 00 1c 0a 08 00 00 00 00 00 00 00 00 01"
	if string(c.Data) != string(bytesOf(want)) || string(c.CDB) != string(bytesOf("15 11 00 00 18 00")) {
		t.Errorf("%x %x", c.CDB, c.Data)
	}
}

// attentive tells of a reset before it answers.
type attentive struct {
	told int
	command.SCSIDevice
}

func (a *attentive) SCSI(ctx context.Context, c *command.SCSI) (command.Reply, error) {
	if a.told++; a.told%3 != 0 {
		return command.Reply{Status: 2, Sense: bytesOf("70 00 06 00 00 00 00 0a 00 00 00 00 29 00 00 00 00 00")}, nil
	}
	return a.SCSIDevice.SCSI(ctx, c)
}

func TestUnitAttention(t *testing.T) {
	want, _ := run(t, device(t, newDisk()), extended())
	got, _ := run(t, &attentive{SCSIDevice: device(t, newDisk())}, extended())
	if got.Text.String() != want.Text.String() {
		t.Errorf("%s", got.Text.String())
	}
}

// wedged answers only so many commands.
type wedged struct {
	answers, asked int
	command.SCSIDevice
}

var errWedged = errors.New("no answer in 1 s")

func (w *wedged) SCSI(ctx context.Context, c *command.SCSI) (command.Reply, error) {
	if w.asked++; w.asked > w.answers {
		return command.Reply{}, errWedged
	}
	return w.SCSIDevice.SCSI(ctx, c)
}

// A device that does not come back is not asked again: each command takes its whole time.
func TestWedged(t *testing.T) {
	whole := &wedged{answers: 1000, SCSIDevice: device(t, newDisk())}
	run(t, whole, extended())
	for answers := range whole.asked {
		w := &wedged{answers: answers, SCSIDevice: device(t, newDisk())}
		var out report.Output
		err := scsireport.Run(context.Background(), w, extended(), &out)
		if !errors.Is(err, errWedged) || w.asked != answers+1 || out.Status == 0 {
			t.Errorf("after %d answers it was asked %d times, status %d; %v", answers, w.asked, out.Status, err)
		}
	}
}

// A disk that refuses all but its name says nothing of its health, which is not OK.
func TestSilent(t *testing.T) {
	for _, refused := range []string{"4d006f", "1a001c"} {
		d := newDisk()
		d.refuse(refused)
		if out, _ := run(t, device(t, d), extended()); strings.Contains(out.Text.String(), "Status: OK") {
			t.Errorf("without %s: %s", refused, out.Text.String())
		}
	}
	out, _ := run(t, &replay.SCSI{}, scsireport.Options{Info: true, Health: true})
	if out.Status&report.OpenFailed == 0 || strings.Contains(out.Text.String(), "OK") {
		t.Errorf("status %d\n%s", out.Status, out.Text.String())
	}
}

func TestAsleep(t *testing.T) {
	for _, c := range []struct {
		sense string
		limit scsi.Power
		want  string
	}{
		{"70 00 00 00 00 00 00 0a 00 00 00 00 5e 04 00 00 00 00", scsi.Standby, "Device is in STANDBY BY COMMAND mode, exit(2)\n"},
		{"70 00 00 00 00 00 00 0a 00 00 00 00 5e 04 00 00 00 00", scsi.Stopped, ""},
		{"70 00 00 00 00 00 00 0a 00 00 00 00 5e 03 00 00 00 00", scsi.Standby, ""},
		{"70 00 00 00 00 00 00 0a 00 00 00 00 5e 03 00 00 00 00", scsi.Idle, "Device is in IDLE BY COMMAND mode, exit(2)\n"},
		{"70 00 02 00 00 00 00 0a 00 00 00 00 04 02 00 00 00 00", scsi.Stopped, "Device is in STOPPED mode, exit(2)\n"},
		{"70 00 00 00 00 00 00 0a 00 00 00 00 00 00 00 00 00 00", scsi.Idle, ""},
	} {
		d := newDisk()
		d.answer("03 00 00 00 12 00", 0, bytesOf(c.sense), nil)
		w := &wedged{answers: 1000, SCSIDevice: device(t, d)}
		out, p := run(t, w, scsireport.Options{Health: true, Asleep: c.limit, AsleepStatus: report.OpenFailed})
		slept := c.want != ""
		if p.Slept != slept || slept && (out.Text.String() != c.want || out.Status != report.OpenFailed || w.asked != 1) {
			t.Errorf("%s: %q, status %d, asked %d times", c.sense, out.Text.String(), out.Status, w.asked)
		}
	}
}

func TestNotReady(t *testing.T) {
	d := newDisk()
	d.answer("00 00 00 00 00 00", 2, nil, bytesOf("72 02 04 02 00 00 00 00"))
	out, _ := run(t, device(t, d), extended())
	if out.Status != report.OpenFailed || !strings.Contains(out.Text.String(), "device is NOT READY (e.g. spun down, busy)\n") {
		t.Errorf("status %d\n%s", out.Status, out.Text.String())
	}
	o := extended()
	o.Tolerate = 1
	out, _ = run(t, device(t, d), o)
	if !strings.Contains(out.Text.String(), "SMART Health Status: OK\n") {
		t.Errorf("%s", out.Text.String())
	}
}

// parrot answers all commands with the same data.
type parrot struct{ data, sense []byte }

func (a parrot) SCSI(_ context.Context, c *command.SCSI) (command.Reply, error) {
	if len(a.sense) > 0 && len(c.CDB) != 10 { // log pages come
		return command.Reply{Status: 2, Sense: a.sense}, nil
	}
	data := a.data
	switch c.CDB[0] {
	case 0x12:
		if c.CDB[1] == 0 {
			data = append(make([]byte, 4), 31, 0, 0, 0)
		} else if len(data) > 1 {
			data = append([]byte{0, c.CDB[2]}, data[2:]...)
		}
	case 0x4d:
		if len(data) > 1 {
			data = append([]byte{c.CDB[2] & 0x3f, 0}, data[2:]...)
		}
	case 0x1a:
		if len(data) > 4 {
			data = append([]byte{data[0], 0, 0, 0, c.CDB[2] & 0x3f}, data[5:]...)
		}
	}
	clear(c.Data)
	copy(c.Data, data)
	return command.Reply{Got: len(c.Data)}, nil
}

// FuzzSCSI reports whatever a device answers: to each command the same, but for the name
// of the page, and to each command as recorded.
func FuzzSCSI(f *testing.F) {
	for _, d := range variants() {
		if _, err := replay.ParseSCSI(d.lines()); err != nil {
			f.Fatal(err)
		}
		f.Add(d.lines(), []byte{}, []byte{})
	}
	for _, page := range []byte{0, 2, 6, 0xd, 0xe, 0x10, 0x11, 0x15, 0x18, 0x19, 0x2f} {
		d := newDisk()
		for cdb, e := range d.exchanges {
			if strings.HasPrefix(cdb, "4d00") && bytesOf(cdb)[2] == 0x40|page {
				f.Add([]byte{}, e[1], []byte{})
			}
		}
	}
	f.Add([]byte{}, bytesOf("00 83 00 0c 01 03 00 08 50 00 c5 00 62 01 02 03"), bytesOf("72 02 04 09 00 00 00 08 02 06 00 00 80 40 00 00"))
	f.Add([]byte{}, bytesOf("17 00 10 08 00 00 00 00 00 00 02 00 9c 0a"), bytesOf("70 00 05 00 00 00 00 0a 00 00 00 00 20 00"))
	f.Fuzz(func(t *testing.T, lines, data, sense []byte) {
		var dev command.SCSIDevice = parrot{data, sense}
		if len(lines) > 0 {
			recorded, err := replay.ParseSCSI(lines)
			if err != nil {
				return // no recording: the fuzzing of its parser is elsewhere
			}
			dev = recorded
		}
		o := extended()
		o.Tolerate = 9
		out, _ := run(t, dev, o)
		if doc := out.JSON.Bytes(""); !json.Valid(doc) {
			t.Errorf("%s", doc)
		}
		scsi.ParseSense(sense)
		_, _ = scsi.ParseLimits(data)
		for page := range byte(64) {
			_, _ = scsi.ParseLog(page, 0, data)
			for _, ten := range []bool{false, true} {
				if p, err := scsi.ParseMode(ten, page, data); err == nil {
					scsi.ModeSelect(ten, data, p)
				}
			}
		}
	})
}
