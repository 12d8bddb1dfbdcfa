package smartctl

import (
	"strconv"
	"strings"

	"rescuebox/internal/getopt"
	"rescuebox/internal/smart/atareport"
	"rescuebox/internal/smart/nvmereport"
)

// logs are arguments of -l without values.
var logs = map[string]func(*options){
	"selftest":     func(o *options) { o.ata.SelfTestLog, o.scsi.SelfTestLog, o.nvme.SelfTestLog = true, true, true },
	"selective":    func(o *options) { o.ata.Selective = true },
	"directory":    func(o *options) { o.ata.GPDirectory, o.ata.SMARTDirectory = true, true },
	"directory,g":  func(o *options) { o.ata.GPDirectory = true },
	"directory,s":  func(o *options) { o.ata.SMARTDirectory = true },
	"background":   func(o *options) { o.scsi.Background = true },
	"sasphy":       func(o *options) { o.scsi.SASPhy = true },
	"sataphy":      func(o *options) { o.ata.Phy = true },
	"scttemp":      func(o *options) { o.ata.SCTStatus, o.ata.SCTHistory = true, true },
	"scttempsts":   func(o *options) { o.ata.SCTStatus = true },
	"scttemphist":  func(o *options) { o.ata.SCTHistory = true },
	"scterc":       func(o *options) { o.ata.SCTERC, o.ata.SCTERCPowerOn = true, false },
	"scterc,p":     func(o *options) { o.ata.SCTERC, o.ata.SCTERCPowerOn = false, true },
	"scterc,reset": func(o *options) { o.change(atareport.Change{What: atareport.ResetERC}) },
	"ssd":          func(o *options) { o.ata.Solid, o.scsi.SolidState = true, true },
	"envrep":       func(o *options) { o.scsi.Environment = true },
	"genstats":     func(o *options) { o.scsi.Statistics = true },
	"sataphy,reset": func(o *options) {
		o.ata.Phy, o.ata.PhyReset = true, true
	},
}

// lackingLogs are those of smartctl that are not here.
var lackingLogs = []string{"sasphy,reset", "tapedevstat", "zdevstat", "tapealert", "farm"}

// log takes an argument of -l.
func (o *options) log(p *getopt.Parser) error {
	if do := logs[p.Value()]; do != nil {
		do(o)
		return nil
	}
	for _, l := range lackingLogs {
		if p.Value() == l {
			return lacks(p)
		}
	}
	name, rest, _ := strings.Cut(p.Value(), ",")
	ok := false
	switch name {
	case "error":
		o.ata.ErrorLog, o.scsi.ErrorLog = true, true
		o.nvme.ErrorLog = nvmereport.DefaultErrors
		ok = rest == "" || number(rest, 1, 256, &o.nvme.ErrorLog)
	case "xerror":
		ok = entries(rest, "error", atareport.DefaultErrors, &o.ata.ErrorLogExt, &o.ata.ErrorLogOrOld)
	case "xselftest":
		ok = entries(rest, "selftest", atareport.DefaultSelfTests, &o.ata.SelfTestLogExt, &o.ata.SelfTestLogOrOld)
	case "defects":
		o.scsi.Pending = true
		o.ata.Defects = atareport.DefaultDefects
		ok = rest == "" || number(rest, 1, 0xffff, &o.ata.Defects)
	case "devstat":
		page := 0
		o.ata.Statistics = true
		if ok = rest == ""; !ok {
			ok = number(rest, 0, 255, &page)
			o.ata.StatisticsPages = append(o.ata.StatisticsPages, page)
		}
	case "scterc", "scttempint":
		ok = o.sctLimits(name, rest)
	case "gplog", "smartlog":
		ok = o.dump(name == "gplog", rest)
	case "nvmelog":
		ok = o.nvmeDump(rest)
	}
	return unless(ok, p)
}

// number reads one between two bounds, in decimal or with 0x in hexadecimal digits.
func number(text string, low, high int, v *int) bool {
	base := 10
	digits, isHex := strings.CutPrefix(text, "0x")
	if isHex {
		base = 16
	}
	n, err := strconv.ParseUint(digits, base, 31)
	*v = int(n)
	return err == nil && *v >= low && *v <= high
}

// entries reads "[N][,WORD]".
func entries(rest, word string, usual int, n *int, old *bool) bool {
	*n = usual
	if rest == "" {
		return true
	}
	if rest == word {
		*old = true
		return true
	}
	count, behind, more := strings.Cut(rest, ",")
	*old = more
	return number(count, 1, 0xffff, n) && (!more || behind == word)
}

func (o *options) change(c atareport.Change) { o.ata.Changes = append(o.ata.Changes, c) }

// sctLimits reads the limits of error recovery "R,W[,p]" or the interval of the
// temperature history "N[,p]".
func (o *options) sctLimits(name, rest string) bool {
	rest, persistent := strings.CutSuffix(rest, ",p")
	c := atareport.Change{What: atareport.SetInterval, Persistent: persistent}
	first, second, two := strings.Cut(rest, ",")
	a, b := 0, 0
	if !number(first, 0, 0xffff, &a) {
		return false
	}
	if name == "scterc" {
		if !two || a > 999 || !number(second, 0, 999, &b) {
			return false
		}
		c.What = atareport.SetERC
	} else if two || a == 0 {
		return false
	}
	c.Value, c.Other = uint16(a), uint16(b)
	o.change(c)
	return true
}

// dump reads "ADDRESS[,FIRST[+SIZE|-LAST|+]]".
func (o *options) dump(gp bool, rest string) bool {
	address, pages, ranged := strings.Cut(rest, ",")
	a, first, last := 0, 0, 0
	if !number(address, 0, 255, &a) {
		return false
	}
	d := atareport.Dump{GP: gp, Address: byte(a), Pages: 1}
	if ranged {
		at := strings.IndexAny(pages, "+-")
		if at < 0 {
			at = len(pages)
		}
		if !number(pages[:at], 0, 0xffff, &first) {
			return false
		}
		d.First = first
		switch tail := pages[at:]; {
		case tail == "":
		case tail == "+", tail == "-max":
			d.Pages = 0
		case !number(tail[1:], 0, 0xffff, &last):
			return false
		case tail[0] == '+':
			d.Pages = last
		default:
			d.Pages = last - first + 1
		}
	}
	o.ata.Dumps = append(o.ata.Dumps, d)
	return d.Pages > 0 || strings.HasSuffix(pages, "+") || strings.HasSuffix(pages, "max")
}

// nvmeDump reads "PAGE,SIZE".
func (o *options) nvmeDump(rest string) bool {
	page, size, both := strings.Cut(rest, ",")
	a, b := 0, 0
	ok := both && number(page, 1, 255, &a) && number(size, 4, 0x4000, &b) && b%4 == 0
	o.nvme.Dumps = append(o.nvme.Dumps, nvmereport.Dump{Page: byte(a), Size: b})
	return ok
}
