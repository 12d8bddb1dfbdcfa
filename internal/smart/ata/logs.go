package ata

// Directory is the log directory (ACS-3, A.2): the sectors of each log, by its address.
type Directory struct {
	Version uint16
	Sectors [256]uint16
}

// ParseDirectory reads a log directory. In that of SMART logs the number of sectors is a
// byte; MultiSector tells whether logs may have more than one.
func ParseDirectory(b []byte) (*Directory, error) {
	b, err := whole(b)
	if err != nil {
		return nil, err
	}
	d := &Directory{Version: le.Uint16(b)}
	for i := 1; i < 256; i++ {
		d.Sectors[i] = le.Uint16(b[2*i:])
	}
	return d, nil
}

// Defect is a sector that could not be read (ACS-4, 9.26).
type Defect struct {
	Hours uint32 // of the disk's life when it was found; 2^32-1: not known
	LBA   uint64
}

// Defects is the pending defects log (general purpose log 0Ch).
type Defects struct {
	Count uint32 // of all; there may be more than the log has room for
	List  []Defect
}

// ParseDefects reads all sectors of the pending defects log.
func ParseDefects(b []byte) (*Defects, error) {
	if _, err := whole(b); err != nil {
		return nil, err
	}
	d := &Defects{Count: le.Uint32(b)}
	for e := b[16:]; len(e) >= 16 && uint32(len(d.List)) < d.Count; e = e[16:] {
		d.List = append(d.List, Defect{le.Uint32(e), le.Uint64(e[8:])})
	}
	return d, nil
}

// PhyCounter is a counter of events on the link (SATA 3.2, 13.6.3).
type PhyCounter struct {
	ID    uint16 // with bit 15 set it is the vendor's
	Size  int    // bytes
	Value uint64 // all bits set: it has overflown
}

// Overflown reports whether a counter is at the end of its range.
func (c *PhyCounter) Overflown() bool { return c.Value == 1<<(8*c.Size)-1 }

// ParsePhy reads general purpose log 11h.
func ParsePhy(b []byte) (counters []PhyCounter, sound bool, err error) {
	b, err = whole(b)
	if err != nil {
		return nil, false, err
	}
	for i := 4; i+2 <= Sector-1; {
		id := le.Uint16(b[i:])
		size := 2 * int(id>>12&7)
		if id == 0 || size == 0 || size > 8 || i+2+size > Sector-1 {
			break
		}
		counters = append(counters, PhyCounter{id & 0x8fff, size, number(b[i+2 : i+2+size])})
		i += 2 + size
	}
	return counters, Sum(b), nil
}

// Statistic is one of the device statistics (ACS-3, A.5).
type Statistic struct {
	Page, Offset int // Offset in bytes in the page
	Flags        byte
	Value        uint64 // of 56 bits, less by the statistic
}

// Bits of Statistic.Flags (ACS-3, table A.8).
const (
	StatisticSupported  = 0x80
	StatisticValid      = 0x40
	StatisticNormalized = 0x20
	StatisticDSN        = 0x10 // it may be watched
	StatisticMet        = 0x08 // what it is watched for has come
)

// StatisticsPages reads page 0 of log 04h: which pages there are.
func StatisticsPages(b []byte) ([]byte, error) {
	b, err := whole(b)
	if err != nil {
		return nil, err
	}
	n := int(b[8])
	return b[9:min(9+n, Sector)], nil
}

// ParseStatistics reads a page of log 04h from 1 on: its number and revision, and the
// statistics that are supported.
func ParseStatistics(b []byte) (page int, revision uint16, list []Statistic, err error) {
	b, err = whole(b)
	if err != nil {
		return 0, 0, nil, err
	}
	page, revision = int(b[2]), le.Uint16(b)
	for i := 8; i < Sector; i += 8 {
		if flags := b[i+7]; flags&StatisticSupported != 0 {
			list = append(list, Statistic{page, i, flags, number(b[i : i+7])})
		}
	}
	return page, revision, list, nil
}
