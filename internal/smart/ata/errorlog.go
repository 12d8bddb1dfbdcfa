package ata

// LoggedCommand is a command before an error, by its registers.
type LoggedCommand struct {
	Command, Device, Control byte
	Feature, Count           uint16
	LBA                      uint64 // 28 or 48 bits
	Milliseconds             uint32 // since power on, wraps after 49.7 days
}

// Used reports whether there was a command: without one all is zero.
func (c *LoggedCommand) Used() bool { return *c != LoggedCommand{} }

// LoggedError is an error with the commands before it, the latest first.
type LoggedError struct {
	Number        int // since the disk was made, from 1 on
	Place         int // in the log
	Error, Status byte
	Device        byte
	Control       byte // of the extended log
	Count         uint16
	LBA           uint64
	State         byte   // of the device: sleep, standby, active, self-test (ACS-3, A.7.7.2.5)
	Hours         uint16 // of the disk's life, modulo 65536
	Commands      []LoggedCommand
}

// ErrorLog is a summary (SMART log 01h; ACS-3, A.19) or an extended comprehensive log
// (general purpose log 03h; ACS-3, A.7).
type ErrorLog struct {
	Version byte
	Index   int // the place of the newest, from 1 on; 0: none
	Count   int // of errors since the disk was made, at most 65535
	Sound   bool
	// Errors are those in the log, the newest first; those that are all zero are not.
	Errors []LoggedError
	Places int // for errors in the log
}

// Flaws are those of old firmware in the numbers of logs (smartctl(8), -F).
type Flaws struct {
	SwappedCount bool // the number of errors has its bytes swapped
	SwappedAll   bool // all numbers of the error and self-test logs have
	LittleLBA    bool // LBAs in the extended error log are little-endian numbers
}

const (
	summaryPlaces = 5
	extPlaces     = 4 // in a sector
)

// ParseErrorLog reads the summary error log.
func ParseErrorLog(b []byte, flaws Flaws) (*ErrorLog, error) {
	b, err := whole(b)
	if err != nil {
		return nil, err
	}
	number16 := func(b []byte) uint16 {
		if flaws.SwappedAll {
			return uint16(b[0])<<8 | uint16(b[1])
		}
		return le.Uint16(b)
	}
	l := &ErrorLog{Version: b[0], Index: int(b[1]), Sound: Sum(b), Places: summaryPlaces}
	l.Count = int(number16(b[452:]))
	if flaws.SwappedCount {
		l.Count = l.Count&255<<8 | l.Count>>8
	}
	l.gather(func(place int) LoggedError {
		e := b[2+90*place:]
		r := e[60:]
		out := LoggedError{
			Error: r[1], Status: r[7], Device: r[6], Count: uint16(r[2]), LBA: lba28(r[3:7]),
			State: r[27], Hours: number16(r[28:]),
		}
		for i := 4; i >= 0; i-- {
			c := e[12*i:]
			ms := le.Uint32(c[8:])
			if flaws.SwappedAll {
				ms = uint32(c[8])<<24 | uint32(c[9])<<16 | uint32(c[10])<<8 | uint32(c[11])
			}
			out.Commands = append(out.Commands, LoggedCommand{
				Control: c[0], Feature: uint16(c[1]), Count: uint16(c[2]), LBA: lba28(c[3:7]),
				Device: c[6], Command: c[7], Milliseconds: ms,
			})
		}
		return out
	})
	return l, nil
}

// lba28 is the LBA of the three registers and the low half of the device register.
func lba28(b []byte) uint64 {
	return uint64(b[0]) | uint64(b[1])<<8 | uint64(b[2])<<16 | uint64(b[3]&15)<<24
}

// ParseErrorLogExt reads the extended comprehensive error log: all its sectors.
func ParseErrorLogExt(b []byte, flaws Flaws) (*ErrorLog, error) {
	first, err := whole(b)
	if err != nil {
		return nil, err
	}
	sectors := len(b) / Sector
	l := &ErrorLog{
		Version: first[0], Index: int(le.Uint16(first[2:])), Count: int(le.Uint16(first[500:])),
		Sound: Sums(b), Places: extPlaces * sectors,
	}
	l.gather(func(place int) LoggedError {
		e := b[place/extPlaces*Sector+4+124*(place%extPlaces):]
		r := e[90:]
		out := LoggedError{
			Error: r[1], Count: le.Uint16(r[2:]), LBA: lba48(r[4:], flaws), Device: r[10], Status: r[11],
			Control: r[0], State: r[31], Hours: le.Uint16(r[32:]),
		}
		for i := 4; i >= 0; i-- {
			c := e[18*i:]
			out.Commands = append(out.Commands, LoggedCommand{
				Control: c[0], Feature: le.Uint16(c[1:]), Count: le.Uint16(c[3:]), LBA: lba48(c[5:], flaws),
				Device: c[11], Command: c[12], Milliseconds: le.Uint32(c[14:]),
			})
		}
		return out
	})
	return l, nil
}

// lba48 is the LBA of six registers: each of the three comes with its previous content
// behind it (ACS-3, table A.23).
func lba48(b []byte, flaws Flaws) uint64 {
	if flaws.LittleLBA {
		return number(b[:6])
	}
	return uint64(b[0]) | uint64(b[2])<<8 | uint64(b[4])<<16 | uint64(b[1])<<24 | uint64(b[3])<<32 | uint64(b[5])<<40
}

// Sums reports whether the checksum of each sector holds.
func Sums(b []byte) bool {
	for ; len(b) >= Sector; b = b[Sector:] {
		if !Sum(b[:Sector]) {
			return false
		}
	}
	return true
}

// gather reads the errors from the newest, which Index tells, backwards around the ring.
func (l *ErrorLog) gather(read func(place int) LoggedError) {
	if l.Index < 1 || l.Index > l.Places {
		return
	}
	for back := range l.Places {
		place := (l.Index - 1 - back + l.Places) % l.Places
		e := read(place)
		if !e.used() {
			continue
		}
		e.Number, e.Place = l.Count-back, place
		l.Errors = append(l.Errors, e)
	}
}

func (e *LoggedError) used() bool {
	for i := range e.Commands {
		if e.Commands[i].Used() {
			return true
		}
	}
	return e.Error|e.Status|e.Device|e.State != 0 || e.Count != 0 || e.LBA != 0 || e.Hours != 0
}

// LocatesLBA reports whether the LBA of the error is that of a sector that could not be
// read or found: commands that read, write or verify, with UNC, IDNF or AMNF.
func (e *LoggedError) LocatesLBA() bool { return e.Error&0x51 != 0 && e.Status&1 != 0 }
