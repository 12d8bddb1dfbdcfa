//go:build amd64

package atareport_test

import (
	"context"
	"encoding/json"
	"math/rand/v2"
	"os"
	"strconv"
	"testing"

	"rescuebox/internal/smart/ata"
	"rescuebox/internal/smart/atareport"
	"rescuebox/internal/smart/command"
	"rescuebox/internal/smart/oracle"
	"rescuebox/internal/smart/replay"
	"rescuebox/internal/smart/report"
)

// seeds is how many random disks are tried.
func seeds(usual int) int {
	if n, err := strconv.Atoi(os.Getenv("SEEDS")); err == nil {
		return n
	}
	return usual
}

// formats are all of smartctl(8), -v.
var formats = []string{
	"raw8", "raw16", "raw48", "hex48", "raw56", "hex56", "raw64", "hex64", "raw16(raw16)", "raw16(avg16)", "raw24(raw8)",
	"raw24/raw24", "raw24/raw32", "sec2hour", "min2hour", "halfmin2hour", "msec24hour32", "tempminmax", "temp10x",
	"tempminmax", "tempminmax", "tempminmax", "raw48:012345", "raw24/raw32:zvzzzw", "hex64:w012345r", "raw24/raw24:z54z10",
}

// TestFormats shows random raw values in all formats beside smartctl.
func TestFormats(t *testing.T) {
	smartctl := oracle.New(t)
	for seed := range seeds(12) {
		rnd := rand.New(rand.NewPCG(uint64(seed), 2))
		page := make([]byte, ata.Sector)
		var options []string
		o := atareport.Options{Attributes: true}
		for i := range 30 {
			id := 100 + i
			for j := range 12 {
				page[2+12*i+j] = randomByte(rnd)
			}
			page[2+12*i] = byte(id)
			argument := strconv.Itoa(id) + "," + formats[rnd.IntN(len(formats))]
			options = append(options, "-v", argument)
			if err := o.Presets.Add(argument); err != nil {
				t.Fatal(err)
			}
		}
		seal(page)
		identify := make([]byte, ata.Sector)
		for word, v := range map[int]uint16{82: 1, 83: 0x4000, 85: 1, 87: 0x4000} {
			identify[2*word], identify[2*word+1] = byte(v), byte(v>>8)
		}
		device := &replay.ATA{}
		device.Add(ata.IdentifyDevice(), command.Registers{}, identify)
		device.Add(ata.ReadValues(), command.Registers{}, page)
		device.Add(ata.ReadThresholds(), command.Registers{}, make([]byte, ata.Sector))
		var out report.Output
		if err := atareport.Run(context.Background(), device, o, &out); err != nil {
			t.Fatal(err)
		}
		theirs, _ := smartctl.Replay(t, text(t, device), append(options, "-A", "-j")...)
		a, b := rawValues(t, out.JSON.Bytes("")), rawValues(t, []byte(theirs))
		if len(a) != 30 || len(b) != 30 {
			t.Fatalf("%d and %d attributes", len(a), len(b))
		}
		for i := range a {
			if a[i] != b[i] {
				t.Errorf("%s of % x: %v, theirs %v", options[2*i+1], page[2+12*i:14+12*i], a[i], b[i])
			}
		}
	}
}

type rawValue struct {
	Value  json.Number
	String string
}

func rawValues(t *testing.T, document []byte) (list []rawValue) {
	t.Helper()
	var doc struct {
		Attributes struct{ Table []struct{ Raw rawValue } } `json:"ata_smart_attributes"`
	}
	if err := json.Unmarshal(document, &doc); err != nil {
		t.Fatalf("%v in %s", err, document)
	}
	for _, a := range doc.Attributes.Table {
		list = append(list, a.Raw)
	}
	return list
}
