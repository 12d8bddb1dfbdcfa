package atareport_test

import (
	"context"
	"encoding/json"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
	"time"

	"rescuebox/internal/smart/ata"
	"rescuebox/internal/smart/atareport"
	"rescuebox/internal/smart/command"
	"rescuebox/internal/smart/replay"
	"rescuebox/internal/smart/report"
	"rescuebox/internal/smart/verdict"
)

// FuzzATA reports whatever the pages of a disk are. What is missing of a page is zero;
// gp is the extended error log, the other logs behind it.
func FuzzATA(f *testing.F) {
	for seed := range uint64(6) {
		d := newDisk()
		if seed > 0 {
			d = random(rand.New(rand.NewPCG(seed, 7)))
		}
		var smart, gp, sct []byte
		for _, address := range fuzzSMART {
			smart = append(smart, d.smart[address]...)
		}
		for _, address := range fuzzGP {
			gp = append(gp, d.gp[address]...)
		}
		sct = append(append(sct, d.smart[0xe0]...), d.history...)
		f.Add(d.identify, d.values, d.thresholds, smart, gp, sct, uint8(0))
	}
	for _, pages := range captured(f) {
		f.Add(pages[0], pages[1], pages[2], pages[3], []byte{}, []byte{}, uint8(0x41))
	}
	f.Fuzz(func(t *testing.T, identify, values, thresholds, smart, gp, sct []byte, bits uint8) {
		d := newDisk()
		for page, b := range map[*[]byte][]byte{&d.identify: identify, &d.values: values, &d.thresholds: thresholds} {
			clear(*page)
			copy(*page, b)
		}
		for _, address := range fuzzSMART {
			smart = take(d.smart[address], smart)
		}
		for _, address := range fuzzGP {
			gp = take(d.gp[address], gp)
		}
		take(d.history, take(d.smart[0xe0], sct))
		var o atareport.Options
		o.Extended()
		o.All()
		o.Tolerance, o.Checksum, o.Now = atareport.VeryPermissive, atareport.ChecksumPolicy(bits>>2%3), time.Unix(0, 0).UTC()
		if err := o.Presets.AddFlaw([]string{"none", "samsung", "samsung2", "xerrorlba"}[bits&3]); err != nil {
			t.Fatal(err)
		}
		o.Format = atareport.Format{Brief: bits&0x10 != 0, HexID: bits&0x20 != 0, HexValue: bits&0x40 != 0}
		o.Solid = true
		for address := range byte(16) {
			o.Dumps = append(o.Dumps, atareport.Dump{GP: address&1 != 0, Address: address})
		}
		if bits&0x80 != 0 {
			for what := atareport.SetSMART; what <= atareport.SetInterval; what++ {
				o.Changes = append(o.Changes, atareport.Change{What: what, On: true, Value: uint16(bits & 1), Persistent: bits&2 != 0})
			}
			o.Get |= atareport.GetReorder | atareport.GetSCTWriteCache
			o.Test = &atareport.Test{Subcommand: ata.TestSelective, Spans: []atareport.Span{{Mode: atareport.Next}, {Mode: atareport.Redo}}, Pending: -1}
		}
		var out report.Output
		pages, err := atareport.Inspect(context.Background(), d, o, &out)
		if err != nil {
			t.Error(err)
		}
		if doc := out.JSON.Bytes(""); !json.Valid(doc) {
			t.Errorf("%s", doc)
		}
		if out.Text.Len() > 4<<20 {
			t.Errorf("a report of %d bytes", out.Text.Len())
		}
		e := &verdict.Evidence{Phy: verdict.Phy{Since: -1}}
		pages.Evidence(e)
		if v := verdict.Judge(e); e.Size < 0 || v.Class.String() == "" {
			t.Errorf("%+v of %+v", v, e)
		}
	})
}

// The logs of which a fuzzed disk has others than a new disk, one behind the other.
var (
	fuzzSMART = []byte{1, 6, 9, 0}
	fuzzGP    = []byte{3, 7, 0x0c, 0x11, 4, 0}
)

// take fills a page from the front of bytes, with zeros behind them, and returns the rest.
func take(page, b []byte) []byte {
	clear(page)
	return b[copy(page, b):]
}

// captured are pages of real disks: IDENTIFY DEVICE, values, thresholds, and the logs of
// fuzzSMART.
func captured(f *testing.F) (all [][4][]byte) {
	for _, pattern := range []string{"../testdata/*.blob", "../testdata/raw/*.replay"} {
		files, err := filepath.Glob(pattern)
		if err != nil || len(files) == 0 {
			f.Fatal(pattern, err)
		}
		for _, file := range files {
			text, err := os.ReadFile(file)
			if err != nil {
				f.Fatal(err)
			}
			device, err := replay.ParseATA(text)
			if err != nil {
				f.Fatal(file, err)
			}
			ask := func(c *command.ATA) []byte {
				_, _ = device.ATA(context.Background(), c) // without an answer it is zero
				return c.Data
			}
			pages := [4][]byte{ask(ata.IdentifyDevice()), ask(ata.ReadValues()), ask(ata.ReadThresholds())}
			for _, address := range fuzzSMART {
				pages[3] = append(pages[3], ask(ata.ReadSMARTLog(address, 1))...)
			}
			all = append(all, pages)
		}
	}
	return all
}
