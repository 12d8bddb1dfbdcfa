package scsi

import (
	"encoding/hex"
	"strings"
	"testing"
)

func bytesOf(digits string) []byte {
	b, err := hex.DecodeString(strings.ReplaceAll(digits, " ", ""))
	if err != nil {
		panic(err)
	}
	return b
}

func TestSense(t *testing.T) {
	for digits, want := range map[string]Sense{
		"":         {},
		"70 00 05": {Key: 5},
		"70 00 03 00 00 00 00 0a 00 00 00 00 11 14 00 00 00 00":                         {Key: 3, ASC: 0x11, ASCQ: 0x14},
		"f0 00 03 00 00 00 00 04 00 00 00 00 11 14":                                     {Key: 3}, // the codes are beyond its length
		"70 00 02 00 00 00 00 0a 00 00 00 00 04 09 00 80 40 00":                         {Key: 2, ASC: 4, ASCQ: 9, Progress: 0x4000, HasProgress: true},
		"72 02 04 09 00 00 00 08 02 06 00 00 80 40 00 00":                               {Key: 2, ASC: 4, ASCQ: 9, Progress: 0x4000, HasProgress: true},
		"72 02 04 09 00 00 00 12 00 08 00 00 00 00 00 00 00 00 02 06 00 00 80 40 00 00": {Key: 2, ASC: 4, ASCQ: 9, Progress: 0x4000, HasProgress: true},
		"72 05 20 00 00 00 00 ff 02":                                                    {Key: 5, ASC: 0x20},
		"00 ff":                                                                         {},
	} {
		if got := ParseSense(bytesOf(digits)); got != want {
			t.Errorf("%s: %+v, want %+v", digits, got, want)
		}
	}
}

func TestException(t *testing.T) {
	for code, want := range map[[2]byte]string{
		{0x5d, 0x10}: "Hardware impending failure general hard drive failure",
		{0x5d, 0x1d}: "Hardware impending failure power loss protection circuit",
		{0x5d, 0x6c}: "Firmware impending failure drive calibration retry count",
		{0x5d, 0x7f}: "Failure prediction threshold exceeded",
		{0x0b, 0x14}: "Warning - physical element status change",
		{0x0b, 0x15}: "",
		{0x11, 0x00}: "",
	} {
		if got := Exception(code[0], code[1]); got != want {
			t.Errorf("%x: %q, want %q", code, got, want)
		}
	}
}

func TestCapacity(t *testing.T) {
	if _, err := ParseCapacity16(make([]byte, 15)); err == nil {
		t.Error("a short answer was taken")
	}
	c, err := ParseCapacity16(bytesOf("00 00 00 01 d1 c0 be af 00 00 02 00 03 13 80 00"))
	if err != nil || c.Blocks != 7814037168 || c.Physical != 4096 || c.Protection != 2 || c.Intervals != 2 || !c.Managed {
		t.Errorf("%+v %v", c, err)
	}
	c, err = ParseCapacity10(bytesOf("ff ff ff ff 00 00 02 00"))
	if err != nil || c.Blocks != 1<<32 {
		t.Errorf("%+v %v", c, err)
	}
}

func TestDesignators(t *testing.T) {
	list := ParseDesignators(bytesOf("02 01 00 04 41 42 43 44  61 93 00 08 50 00 c5 00 00 00 00 01  01 03 00 08 50 00 c5 00 00 00 00 02  01 03 00 08 50"))
	if len(list) != 3 || LogicalUnitID(list) != "0x5000c50000000002" || list[1].Protocol != 6 || !list[1].HasProtocol {
		t.Errorf("%+v", list)
	}
}

// A page that is cut off has what is whole in it.
func TestCutOff(t *testing.T) {
	page := bytesOf("03 00 00 18  00 00 02 08 00 00 00 00 00 00 00 07  00 06 02 08 00 00 00 00 00 00 00 05")
	for n := range len(page) + 1 {
		c, err := ParseErrorCounters(LogReadErrors, page[:n])
		switch {
		case n < 4:
			if err == nil {
				t.Errorf("%d bytes were taken", n)
			}
		case n < 16 && c.Known, n >= 16 && c.CorrectedFast != 7, n < 28 && c.Uncorrected != 0, n == 28 && c.Uncorrected != 5:
			t.Errorf("%d bytes: %+v", n, c)
		}
	}
	if _, err := ParseErrorCounters(LogWriteErrors, page); err == nil {
		t.Error("another page was taken")
	}
}

func TestMode(t *testing.T) {
	for digits, ok := range map[string]bool{
		"0f 00 00 00 9c 0a 10 00 00 00 00 00 00 00 00 01": true,
		"03 00 00 00": false, // a bridge that knows no pages
		"0f 00 00 00 88 0a 10 00 00 00 00 00 00 00 00 01":                         false, // another page
		"0f 00 00 00 9c 0b 10 00 00 00 00 00 00 00 00 01":                         false, // longer than came
		"17 00 00 08 00 00 00 00 00 00 02 00 9c 0a 08 00 00 00 00 00 00 00 00 01": true,
		"17 00 00 ff 00 00 00 00":                                                 false,
		"":                                                                        false,
	} {
		p, err := ParseMode(false, ModeExceptions, bytesOf(digits))
		if (err == nil) != ok {
			t.Errorf("%s: %v", digits, err)
		}
		if _, e := ParseExceptions(p); ok && e != nil {
			t.Errorf("%s: %v", digits, e)
		}
	}
}

func TestDefects(t *testing.T) {
	for digits, want := range map[string]Defects{
		"00 0d 00 00 00 00 08 20": {Grown: true, Format: 5, Length: 2080, Count: 260},
		"00 08 00 00 00 00 00 18": {Grown: true, Length: 24, Count: 6},
		"00 0e 00 00 00 00 00 18": {Grown: true, Format: 6, Length: 24, Count: -1},
		"00 0f 00 00 00 00 00 00": {Grown: true, Format: 7},
		"00 05 00 00 00 00 00 08": {Format: 5, Length: 8, Count: 1},
	} {
		if got, err := ParseDefects12(bytesOf(digits)); err != nil || got != want {
			t.Errorf("%s: %+v %v, want %+v", digits, got, err, want)
		}
	}
	if _, err := ParseDefects10(nil); err == nil {
		t.Error("nothing was taken")
	}
}
