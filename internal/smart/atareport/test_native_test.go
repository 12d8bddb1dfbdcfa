//go:build amd64

package atareport_test

import (
	"testing"

	"rescuebox/internal/smart/ata"
	"rescuebox/internal/smart/atareport"
)

type span = atareport.Span

var yes, no = true, false

// tests are command lines of smartctl, and what they are in Options.
var tests = []struct {
	args string
	test atareport.Test
}{
	{"-t short", atareport.Test{Subcommand: ata.TestShort}},
	{"-C -t short", atareport.Test{Subcommand: ata.TestShort | ata.TestCaptive}},
	{"-t long", atareport.Test{Subcommand: ata.TestExtended}},
	{"-C -t long -t force", atareport.Test{Subcommand: ata.TestExtended | ata.TestCaptive, Force: true}},
	{"-t conveyance", atareport.Test{Subcommand: ata.TestConveyance}},
	{"-C -t conveyance", atareport.Test{Subcommand: ata.TestConveyance | ata.TestCaptive}},
	{"-t offline", atareport.Test{Subcommand: ata.TestOffline}},
	{"-t offline -t force", atareport.Test{Subcommand: ata.TestOffline, Force: true}},
	{"-t short -t force", atareport.Test{Subcommand: ata.TestShort, Force: true}},
	{"-t vendor,0x90", atareport.Test{Subcommand: 0x90}},
	{"-t vendor,0x40 -t force", atareport.Test{Subcommand: 0x40, Force: true}},
	{"-X", atareport.Test{Subcommand: ata.TestAbort}},
	{"-t select,10-20", atareport.Test{Subcommand: ata.TestSelective, Spans: []span{{First: 10, Last: 20}}}},
	{"-t select,10-20 -t force", atareport.Test{Subcommand: ata.TestSelective, Spans: []span{{First: 10, Last: 20}}, Force: true}},
	{"-t select,5+100 -t select,0-0", atareport.Test{Subcommand: ata.TestSelective, Spans: []span{{First: 5, Last: 104}, {}}}},
	{"-C -t select,0-10 -t select,100-max -t afterselect,on -t pending,5", atareport.Test{
		Subcommand: ata.TestSelective | ata.TestCaptive, Spans: []span{{First: 0, Last: 10}, {First: 100, Last: 1<<64 - 1}}, Scan: &yes, Pending: 5}},
	{"-t select,redo -t select,next -t afterselect,off", atareport.Test{Subcommand: ata.TestSelective, Spans: []span{{Mode: atareport.Redo}, {Mode: atareport.Next}}, Scan: &no}},
	{"-t select,redo+5 -t select,next+1000", atareport.Test{
		Subcommand: ata.TestSelective, Spans: []span{{Mode: atareport.Redo, Last: 5}, {Mode: atareport.Next, Last: 1000}}}},
	{"-t select,cont", atareport.Test{Subcommand: ata.TestSelective, Spans: []span{{Mode: atareport.Continue}}}},
	{"-t select,cont+77 -t select,cont+1", atareport.Test{Subcommand: ata.TestSelective, Spans: []span{{Mode: atareport.Continue, Last: 77}, {Mode: atareport.Continue, Last: 1}}}},
	{"-t select,next -t select,next -t select,next -t select,next -t select,next", atareport.Test{Subcommand: ata.TestSelective, Spans: []span{
		{Mode: atareport.Next}, {Mode: atareport.Next}, {Mode: atareport.Next}, {Mode: atareport.Next}, {Mode: atareport.Next}}}},
	{"-t select,4294967290-4294967300", atareport.Test{Subcommand: ata.TestSelective, Spans: []span{{First: 4294967290, Last: 4294967300}}}},
	{"-t select,0-9 -t select,4294967296-4294967300", atareport.Test{Subcommand: ata.TestSelective, Spans: []span{{First: 0, Last: 9}, {First: 4294967296, Last: 4294967300}}}},
	{"-t select,1-2 -t pending,0", atareport.Test{Subcommand: ata.TestSelective, Spans: []span{{First: 1, Last: 2}}, Pending: -2}},
	{"-t select,1-2 -t pending,65535 -t afterselect,on", atareport.Test{Subcommand: ata.TestSelective, Spans: []span{{First: 1, Last: 2}}, Pending: 65535, Scan: &yes}},
}

// selective sets words of the selective log: spans have four each, from word 1 and 5 of
// each eight on.
func selective(w map[int]uint16) func(*live) {
	return func(l *live) {
		put(l.smart[9], w)
		seal(l.smart[9])
	}
}

// data sets bytes of the SMART data.
func data(b map[int]byte) func(*live) {
	return func(l *live) {
		for at, v := range b {
			l.values[at] = v
		}
		seal(l.values)
	}
}

// testing are disks that test themselves or do not.
var testing1 = map[string]func(*live){
	"idle":                      func(*live) {},
	"incapable":                 data(map[int]byte{367: 0}),
	"without offline tests":     data(map[int]byte{367: 0x7a}),
	"aborts offline tests":      data(map[int]byte{367: 0x7f}),
	"without self-tests":        data(map[int]byte{367: 0x6b}),
	"without conveyance tests":  data(map[int]byte{367: 0x5b}),
	"without selective tests":   data(map[int]byte{367: 0x3b}),
	"busy":                      data(map[int]byte{363: 0xf9}),
	"busy, nearly done":         data(map[int]byte{363: 0xf0}),
	"busy offline":              data(map[int]byte{362: 0x03}),
	"interrupted":               data(map[int]byte{363: 0x25}),
	"aborted":                   data(map[int]byte{363: 0x15}),
	"failed":                    data(map[int]byte{363: 0x73}),
	"no times":                  data(map[int]byte{364: 0, 365: 0, 372: 0, 373: 0, 374: 0}),
	"a day":                     data(map[int]byte{364: 0xff, 365: 0xff, 372: 0xff, 373: 0xff, 374: 0xff, 375: 0xa0, 376: 0x05}),
	"refusing tests":            func(l *live) { l.refuses = refusing("command b0 feature d4") },
	"without selective log":     func(l *live) { delete(l.smart, 9) },
	"refusing to write the log": func(l *live) { l.refuses = refusing("command b0 feature d6 count 01 lba c24f09") },
	"log of version 0":          selective(map[int]uint16{0: 0}),
	"log of version 2":          selective(map[int]uint16{0: 2}),
	"log with a wrong checksum": func(l *live) { l.smart[9][511]++ },
	"log all zero":              func(l *live) { clear(l.smart[9]) },
	"scan under way":            selective(map[int]uint16{250: 6, 251: 0x12}),
	"scan pending":              selective(map[int]uint16{251: 0x0a, 254: 30}),
	"span under way":            selective(map[int]uint16{246: 150, 250: 1, 251: 2}),
	"span at the end":           selective(map[int]uint16{1: 0xfff0, 2: 0xffff, 5: 0xffff, 6: 0xffff}),
	"span behind the end":       selective(map[int]uint16{1: 0xfff0, 2: 0xffff, 3: 1, 5: 0xffff, 6: 0xffff, 7: 1}),
	"span reversed":             selective(map[int]uint16{1: 500, 5: 100}),
	"span that begins at 0":     selective(map[int]uint16{1: 0, 5: 0, 9: 0, 13: 0}),
	"four spans":                selective(map[int]uint16{17: 500, 21: 599, 25: 600, 29: 699}),
	"size not known":            words(map[int]uint16{49: 0x2d00, 1: 0, 3: 0, 6: 0, 60: 0, 61: 0, 100: 0, 101: 0, 102: 0, 103: 0}),
	"without data":              func(l *live) { l.values = nil },
	"with a wrong checksum":     func(l *live) { l.values[511]++ },
	"without SMART":             words(map[int]uint16{82: 0x346a}),
	"SMART off":                 words(map[int]uint16{85: 0x3468}),
}

// TestSelfTests compares what is printed and sent with smartctl.
func TestSelfTests(t *testing.T) {
	o := newOracle(t)
	for name, make := range testing1 {
		for _, c := range tests {
			if !concerns(t, name, c.args) {
				continue
			}
			test := c.test
			switch test.Pending {
			case 0:
				test.Pending = -1 // leaves it
			case -2:
				test.Pending = 0
			}
			o.besideOf(t, name, make, c.args, atareport.Options{Test: &test})
		}
	}
}
