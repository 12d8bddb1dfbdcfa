package smartctl

import (
	"strconv"
	"strings"

	"rescuebox/internal/getopt"
	"rescuebox/internal/smart/ata"
	"rescuebox/internal/smart/atareport"
	"rescuebox/internal/smart/nvme"
	"rescuebox/internal/smart/scsi"
)

// testChoice is what -t, -C and -X say.
type testChoice struct {
	chosen  int
	abort   bool
	captive bool
	kind    string
	vendor  byte
	force   bool
	spans   []atareport.Span
	scan    *bool
	pending int // minutes; 0: not said, else one more
}

func (c *testChoice) choose(flag *bool) {
	*flag = true
	c.chosen++
}

// selfTestOption takes an argument of -t.
func (o *options) selfTestOption(p *getopt.Parser) error {
	c := &o.selfTest
	name, value, _ := strings.Cut(p.Value(), ",")
	n := 0
	switch name {
	case "offline", "short", "long", "conveyance":
		c.kind = name
		c.chosen++
		return unless(name == p.Value(), p)
	case "force":
		c.force = true
		return unless(name == p.Value(), p)
	case "vendor":
		c.kind = name
		c.chosen++
		ok := strings.HasPrefix(value, "0x") && number(value, 0, 0xff, &n)
		c.vendor = byte(n)
		return unless(ok, p)
	case "select":
		if c.kind != "select" {
			c.chosen++
		}
		c.kind = name
		return c.span(p, value)
	case "pending":
		ok := number(value, 0, 0xffff, &n)
		c.pending = n + 1
		return unless(ok, p)
	case "afterselect":
		on := value == "on"
		c.scan = &on
		return unless(on || value == "off", p)
	}
	return invalid(p)
}

// spans is how many a selective self-test can have (ACS-3, A.16).
const spans = 5

// span reads "M-N", "M-max", "M+SIZE", "redo[+SIZE]", "next[+SIZE]" or "cont[+SIZE]".
func (c *testChoice) span(p *getopt.Parser, value string) error {
	if len(c.spans) == spans {
		return mistake("ERROR: No more than five selective self-test spans may be defined")
	}
	var s atareport.Span
	modes := map[string]atareport.SpanMode{"redo": atareport.Redo, "next": atareport.Next, "cont": atareport.Continue}
	word, size, sized := strings.Cut(value, "+")
	if mode, ok := modes[word]; ok {
		s.Mode = mode
		if sized && !block(size, &s.Last) {
			return invalid(p)
		}
		c.spans = append(c.spans, s)
		return nil
	}
	first, last, ranged := strings.Cut(value, "-")
	switch {
	case sized && !ranged:
		if !block(word, &s.First) || !block(size, &s.Last) || s.Last == 0 {
			return invalid(p)
		}
		s.Last += s.First - 1
	case ranged && last == "max":
		s.Last = ^uint64(0)
		if !block(first, &s.First) {
			return invalid(p)
		}
	case !ranged || !block(first, &s.First) || !block(last, &s.Last):
		return invalid(p)
	}
	if s.First > s.Last {
		return invalid(p, "=======> ERROR: Start LBA ("+decimal(s.First)+`) > ending LBA (`+decimal(s.Last)+`) in argument "`+p.Value()+`"`)
	}
	c.spans = append(c.spans, s)
	return nil
}

func block(text string, v *uint64) bool {
	n, err := strconv.ParseUint(text, 0, 48)
	*v = n
	return err == nil
}

func decimal(v uint64) string { return strconv.FormatUint(v, 10) }

// apply puts the test into the options of each protocol.
func (c *testChoice) apply(o *options) error {
	if c.chosen > 1 {
		return mistake("", "ERROR: smartctl can only run a single test type (or abort) at a time.")
	}
	if c.kind != "select" && (c.scan != nil || c.pending > 0) {
		return mistake("ERROR: -t pending and afterselect only work with -t select")
	}
	if c.chosen == 0 {
		return nil
	}
	if c.abort {
		abort := scsi.AbortBackgroundTest
		o.ata.Test, o.scsi.Test, o.nvme.Test = &atareport.Test{Subcommand: ata.TestAbort, Pending: -1}, &abort, nvme.AbortTest
		return nil
	}
	codes := map[string]byte{
		"offline": ata.TestOffline, "short": ata.TestShort, "long": ata.TestExtended,
		"conveyance": ata.TestConveyance, "select": ata.TestSelective, "vendor": c.vendor,
	}
	t := &atareport.Test{Subcommand: codes[c.kind], Force: c.force, Spans: c.spans, Scan: c.scan, Pending: c.pending - 1}
	if c.captive && c.kind != "offline" && c.kind != "vendor" {
		t.Subcommand |= ata.TestCaptive
	}
	o.ata.Test, o.scsi.Force = t, c.force
	o.scsi.Test = c.scsi()
	o.nvme.Test = map[string]nvme.TestCode{"short": nvme.ShortTest, "long": nvme.ExtendedTest, "vendor": nvme.VendorTest}[c.kind]
	return nil
}

// scsi is the test of a SCSI device, nil if it has none such.
func (c *testChoice) scsi() *scsi.SelfTestCode {
	codes := map[string][2]scsi.SelfTestCode{
		"offline": {scsi.DefaultTest, scsi.DefaultTest},
		"short":   {scsi.BackgroundShort, scsi.ForegroundShort},
		"long":    {scsi.BackgroundExtended, scsi.ForegroundExtended},
	}
	pair, ok := codes[c.kind]
	if !ok {
		return nil
	}
	if c.captive {
		return &pair[1]
	}
	return &pair[0]
}
