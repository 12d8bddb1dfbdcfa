//go:build amd64

package atareport_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"rescuebox/internal/smart/ata"
	"rescuebox/internal/smart/atareport"
	"rescuebox/internal/smart/command"
	"rescuebox/internal/smart/oracle"
	"rescuebox/internal/smart/replay"
	"rescuebox/internal/smart/report"
)

// Self-tests, as smartctl starts them.
func TestSelfTests(t *testing.T) {
	smartctl := oracle.New(t)
	path := smartctl.Database(t)
	yes, no := true, false
	type span = atareport.Span
	list := []struct {
		args string
		test atareport.Test
	}{
		{"-t short", atareport.Test{Subcommand: ata.TestShort}},
		{"-t long", atareport.Test{Subcommand: ata.TestExtended}},
		{"-t conveyance", atareport.Test{Subcommand: ata.TestConveyance}},
		{"-C -t conveyance", atareport.Test{Subcommand: ata.TestConveyance | ata.TestCaptive}},
		{"-t offline", atareport.Test{Subcommand: ata.TestOffline}},
		{"-t short -t force", atareport.Test{Subcommand: ata.TestShort, Force: true}},
		{"-t vendor,0x90", atareport.Test{Subcommand: 0x90}},
		{"-X", atareport.Test{Subcommand: ata.TestAbort}},
		{"-t select,10-20", atareport.Test{Subcommand: ata.TestSelective, Spans: []span{{First: 10, Last: 20}}}},
		{"-C -t select,0-10 -t select,100-max -t afterselect,on -t pending,5", atareport.Test{
			Subcommand: ata.TestSelective | ata.TestCaptive, Spans: []span{{First: 0, Last: 10}, {First: 100, Last: 1<<64 - 1}}, Scan: &yes, Pending: 5}},
		{"-t select,redo -t select,next -t afterselect,off", atareport.Test{Subcommand: ata.TestSelective, Spans: []span{{Mode: atareport.Redo}, {Mode: atareport.Next}}, Scan: &no}},
		{"-t select,redo+5 -t select,next+1000", atareport.Test{
			Subcommand: ata.TestSelective, Spans: []span{{Mode: atareport.Redo, Last: 5}, {Mode: atareport.Next, Last: 1000}}}},
		{"-t select,cont", atareport.Test{Subcommand: ata.TestSelective, Spans: []span{{Mode: atareport.Continue}}}},
	}
	for mode, change := range map[string]func(*disk){
		"idle":        func(*disk) {},
		"incapable":   func(d *disk) { d.values[367] = 0 },
		"busy":        func(d *disk) { d.values[363] = 0xf9 },
		"interrupted": func(d *disk) { d.values[363] = 0x25 },
	} {
		d := newDisk()
		put(d.smart[9], map[int]uint16{0: 1, 1: 100, 5: 199, 9: 300, 13: 399})
		seal(d.smart[9])
		change(d)
		seal(d.values)
		for _, c := range list {
			if c.test.Pending == 0 {
				c.test.Pending = -1
			}
			now := time.Now().UTC()
			var out report.Output
			d.commands = nil
			if err := atareport.Run(context.Background(), d, atareport.Options{Test: &c.test, Now: now}, &out); err != nil {
				t.Error(err)
			}
			asked := d.commands
			exchanges := d.exchanges()
			for _, a := range asked { // theirs must ask the same, to be answered
				if a.Command == 0xb0 && (a.Feature == 0xd4 || a.Feature == 0xd6) {
					exchanges = replay.AppendSCSI(exchanges, sat(&a), 0, nil, nil)
				}
			}
			theirs, status := smartctl.Run(t, exchanges, -1, append([]string{"-B", path, "-d", "sat"}, strings.Fields(c.args)...)...)
			for _, line := range oracle.Text(out.Text.String(), oracle.Body(theirs), []oracle.Explained{{Path: "[-+]Test will complete after .*", Why: "a second may pass"}}) {
				t.Errorf("%s %s: %s", mode, c.args, line)
			}
			if int(out.Status) != status {
				t.Errorf("%s %s: status %d, theirs %d", mode, c.args, out.Status, status)
			}
		}
	}
}

// What is written for a selective test, and what a disk says that refuses.
func TestRefusedSelfTest(t *testing.T) {
	d := newDisk()
	var out report.Output
	o := atareport.Options{Test: &atareport.Test{Subcommand: 0x42, Pending: -1}}
	if err := atareport.Run(context.Background(), refusing{d}, o, &out); err != nil {
		t.Fatal(err)
	}
	if text := out.Text.String(); !strings.Contains(text, `Command "SMART EXECUTE OFF-LINE IMMEDIATE subcommand 0x42" failed: `) || out.Status != report.ReadFailed {
		t.Errorf("%d %s", out.Status, text)
	}
	out = report.Output{}
	o.Test = &atareport.Test{Subcommand: ata.TestSelective, Spans: []atareport.Span{{First: 1 << 40, Last: 1 << 41}}, Pending: -1}
	if err := atareport.Run(context.Background(), d, o, &out); err != nil {
		t.Fatal(err)
	}
	if out.Status != report.CommandLine || !strings.Contains(out.Text.String(), "the disk has 4294967296 sectors") {
		t.Errorf("%d %s", out.Status, out.Text.String())
	}
}

// refusing is a disk that does not test itself.
type refusing struct{ *disk }

func (r refusing) ATA(ctx context.Context, c *command.ATA) (command.Registers, error) {
	if c.Command == 0xb0 && c.Feature == 0xd4 {
		return command.Registers{}, &command.ATAError{Registers: command.Registers{Status: 0x51, Error: 4}}
	}
	return r.disk.ATA(ctx, c)
}
