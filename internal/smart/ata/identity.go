package ata

// What a device says of single features. Supported and enabled bits are in two words
// each; a word is filled in where its bits 15:14 are 01b (ACS-3, 7.12.7.2).

// Feature is a feature that may be turned on and off.
type Feature struct{ Supported, Enabled bool }

func (d *Identity) feature(supported, enabled, bit int) Feature {
	if !d.known(83) {
		return Feature{}
	}
	f := Feature{Supported: d.Bit(supported, bit)}
	f.Enabled = f.Supported && d.known(87) && d.Bit(enabled, bit)
	return f
}

// SMART tells whether the disk has SMART, and whether it is on; known is false where the
// words do not say the latter. Disks before ATA-4 have SMART without them.
func (d *Identity) SMART() (f Feature, known bool) {
	f.Supported = d.known(83) && d.Bit(82, 0)
	known = d.known(87)
	f.Enabled = known && d.Bit(85, 0)
	return f, known
}

// Settings, with the words of their level (ACS-3, 7.12.7.27 and others).
func (d *Identity) LookAhead() Feature  { return d.feature(82, 85, 6) }
func (d *Identity) WriteCache() Feature { return d.feature(82, 85, 5) }
func (d *Identity) APM() Feature        { return d.feature(83, 86, 3) }
func (d *Identity) AAM() Feature        { return d.feature(83, 86, 9) }
func (d *Identity) GPLogging() Feature  { return d.feature(84, 87, 5) }

// DSN is Device Statistics Notification.
func (d *Identity) DSN() Feature {
	if !d.Bit(86, 15) || d.words[119]>>14 != 1 || !d.Bit(119, 9) || d.words[120]>>14 != 1 {
		return Feature{}
	}
	return Feature{Supported: true, Enabled: d.Bit(120, 9)}
}

// HasErrorLog reports whether there is an error log by IDENTIFY DEVICE, HasSelfTests
// whether there are self-tests: bits 0 and 1 of words 84 and 87.
func (d *Identity) HasErrorLog() bool  { return d.either(0) }
func (d *Identity) HasSelfTests() bool { return d.either(1) }

// HasGPLogging reports whether general purpose logs can be read.
func (d *Identity) HasGPLogging() bool {
	if d.known(84) {
		return d.Bit(84, 5)
	}
	return d.known(87) && d.Bit(87, 5)
}

// HasPhyCounters reports whether there is a log of events on the link (ACS-3, 7.12.7.31).
func (d *Identity) HasPhyCounters() bool {
	return d.words[76] != 0xffff && d.words[76]&1 == 0 && d.Bit(76, 10)
}

func (d *Identity) either(bit int) bool {
	return d.known(84) && d.Bit(84, bit) || d.known(87) && d.Bit(87, bit)
}

// HasLog48 reports whether 48-bit commands are supported, HasStreaming whether there are
// logs of streams.
func (d *Identity) HasLog48() bool { return d.known(83) && d.Bit(83, 10) }

// SCT is the word of what SMART Command Transport can (ACS-3, 7.12.7.78).
func (d *Identity) SCT() uint16 { return d.words[206] }

// Rotation is the nominal speed in revolutions a minute; 0 where it is not told, 1 where
// nothing rotates (ACS-3, 7.12.7.84).
func (d *Identity) Rotation() int {
	switch w := d.words[217]; {
	case w == 1, w > 0x0400 && w != 0xffff:
		return int(w)
	}
	return 0
}

// formFactors are the nominal form factors (ACS-3, 7.12.7.61; ACS-4).
var formFactors = [...]string{
	1: "5.25 inches", "3.5 inches", "2.5 inches", "1.8 inches", "< 1.8 inches",
	"mSATA", "M.2", "MicroSSD", "CFast",
}

// FormFactor is its value and name; no name: it is not told, or unknown.
func (d *Identity) FormFactor() (value int, name string) {
	value = int(d.words[168])
	if value&15 >= len(formFactors) {
		return value, ""
	}
	return value, formFactors[value&15]
}

// Trim is the support of DATA SET MANAGEMENT with TRIM, and of what sectors read as
// behind it (ACS-3, 7.12.7.35 and 7.12.7.62).
func (d *Identity) Trim() (supported, deterministic, zeroed bool) {
	return d.Bit(169, 0), d.Bit(69, 14), d.Bit(69, 5)
}

// Zoned is the ZONED field (ACS-4, 9.11.7.5): 0 not told, 1 host aware, 2 device managed.
func (d *Identity) Zoned() int { return int(d.words[69] & 3) }

// Security is the state of the security feature set (ACS-3, 7.12.7.67).
func (d *Identity) Security() (state uint16, supported bool) {
	return d.words[128], d.Bit(128, 0)
}
