package scsi

// The mode pages.
const (
	ModeCaching    = 0x08 // SBC-3, 6.5.6
	ModeControlPg  = 0x0a // SPC-4, 7.5.8
	ModeProtocol   = 0x19 // SPC-4, 7.5.16
	ModeExceptions = 0x1c // SBC-3, 6.5.8
)

// ModePage is a mode page and where in the data of the command it is.
type ModePage struct {
	Page   []byte // from its code on
	Offset int
}

// ParseMode finds a page in the data of ModeSense6, or of ModeSense10 where ten.
func ParseMode(ten bool, page byte, b []byte) (ModePage, error) {
	head := 4
	if ten {
		head = 8
	}
	if len(b) < head {
		return ModePage{}, errShort
	}
	end, at := int(b[0])+1, head+int(b[3])
	if ten {
		end, at = int(be16(b))+2, head+int(be16(b[6:]))
	}
	if end = min(end, len(b)); at+2 > end {
		return ModePage{}, errShort
	}
	size := int(b[at+1]) + 2
	if b[at]&0x3f != page || b[at]&0x40 != 0 || at+size > end {
		return ModePage{}, errShort
	}
	return ModePage{Page: b[at : at+size], Offset: at}, nil
}

// Exceptions is the informational exceptions control page, of which smartctl's SMART of a
// SCSI disk is made.
type Exceptions struct {
	Disabled           bool // DEXCPT
	TemperatureWarning bool // EWASC
	Method             byte // MRIE: how they are reported
}

// ParseExceptions decodes the page ModeExceptions.
func ParseExceptions(p ModePage) (Exceptions, error) {
	if len(p.Page) < 4 {
		return Exceptions{}, errShort
	}
	return Exceptions{Disabled: p.Page[2]&8 != 0, TemperatureWarning: p.Page[2]&0x10 != 0, Method: p.Page[3] & 15}, nil
}

// Caching is the caching page.
type Caching struct{ Write, Read bool }

// ParseCaching decodes the page ModeCaching.
func ParseCaching(p ModePage) (Caching, error) {
	if len(p.Page) < 3 {
		return Caching{}, errShort
	}
	return Caching{Write: p.Page[2]&4 != 0, Read: p.Page[2]&1 == 0}, nil
}

// Control is the control page.
type Control struct {
	SavesNoLogs bool   // GLTSD
	TestSeconds uint16 // of the extended self-test; 0xffff is that or more
	HasTestTime bool
}

// ParseControl decodes the page ModeControlPg.
func ParseControl(p ModePage) (Control, error) {
	if len(p.Page) < 3 {
		return Control{}, errShort
	}
	c := Control{SavesNoLogs: p.Page[2]&2 != 0}
	if len(p.Page) >= 12 {
		c.TestSeconds, c.HasTestTime = be16(p.Page[10:]), true
	}
	return c, nil
}

// ParseProtocol decodes the page ModeProtocol: which transport it is.
func ParseProtocol(p ModePage) (byte, error) {
	if len(p.Page) < 3 {
		return 0, errShort
	}
	return p.Page[2] & 15, nil
}

// Defects is the head of a list of defects (SBC-3, 5.17 and 5.18).
type Defects struct {
	Grown  bool   // it is of those that have grown
	Format byte   // of the entries
	Length uint32 // bytes
	// Count of entries; -1 where the format does not tell.
	Count int64
}

// ParseDefects12 decodes the data of ReadDefects12.
func ParseDefects12(b []byte) (Defects, error) {
	if len(b) < 8 {
		return Defects{}, errShort
	}
	return defects(b[1], be32(b[4:])), nil
}

// ParseDefects10 decodes the data of ReadDefects10.
func ParseDefects10(b []byte) (Defects, error) {
	if len(b) < 4 {
		return Defects{}, errShort
	}
	return defects(b[1], uint32(be16(b[2:]))), nil
}

func defects(format byte, length uint32) Defects {
	d := Defects{Grown: format&8 != 0, Format: format & 7, Length: length, Count: -1}
	switch format & 7 {
	case 0: // short block
		d.Count = int64(length / 4)
	case 1, 2, 3, 4, 5: // extended, long block, bytes from index, physical sector
		d.Count = int64(length / 8)
	}
	if length == 0 {
		d.Count = 0
	}
	return d
}
