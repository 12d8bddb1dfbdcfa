package scsi

import "errors"

// The log pages.
const (
	LogSupported              = 0x00 // SPC-4, 7.3.16
	LogWriteErrors            = 0x02 // SPC-4, 7.3.6
	LogReadErrors             = 0x03
	LogVerifyErrors           = 0x05
	LogNonMedium              = 0x06 // SPC-4, 7.3.9
	LogTemperature            = 0x0d // SPC-4, 7.3.20
	LogStartStop              = 0x0e // SPC-4, 7.3.15
	LogApplication            = 0x0f // SPC-4, 7.3.2
	LogSelfTests              = 0x10 // SPC-4, 7.3.14
	LogSolidState             = 0x11 // SBC-3, 6.4.6
	LogBackgroundScan         = 0x15 // SBC-3, 6.4.2
	LogProtocolPort           = 0x18 // SPL-3, 9.2.8.1
	LogStatistics             = 0x19 // SPC-4, 7.3.7
	LogExceptions             = 0x2f // SPC-4, 7.3.8
	SubpageEnvironment        = 0x01 // of LogTemperature: SPC-5, 7.3.7
	SubpagePending            = 0x01 // of LogBackgroundScan: SBC-4, 6.4.8
	SubpageAll                = 0xff // of LogSupported
	logHeader                 = 4
	noLBA              uint64 = 1<<64 - 1
)

// Parameter is a parameter of a log page (SPC-4, 7.3.1.2).
type Parameter struct {
	Code    uint16
	Control byte
	Value   []byte
}

// LogLength is how long the page is whose head came, in bytes.
func LogLength(page, subpage byte, b []byte) (int, error) {
	switch {
	case len(b) < logHeader:
		return 0, errShort
	case b[0]&0x3f != page, b[0]&0x40 != 0 && b[1] != subpage, b[0]&0x40 == 0 && subpage != 0:
		return 0, errors.New("scsi: another log page came")
	}
	return logHeader + int(be16(b[2:])), nil
}

// logBody is the page less its head, as long as it came.
func logBody(page, subpage byte, b []byte) ([]byte, error) {
	length, err := LogLength(page, subpage, b)
	if err != nil {
		return nil, err
	}
	return b[logHeader:min(length, len(b))], nil
}

// ParseLog decodes a log page of parameters. One that is cut off is left out.
func ParseLog(page, subpage byte, b []byte) (list []Parameter, err error) {
	b, err = logBody(page, subpage, b)
	for len(b) >= 4 && len(b) >= 4+int(b[3]) {
		end := 4 + int(b[3])
		list = append(list, Parameter{Code: be16(b), Control: b[2], Value: b[4:end]})
		b = b[end:]
	}
	return list, err
}

// ParseSupported decodes the list of log pages that there are.
func ParseSupported(b []byte) ([]byte, error) { return logBody(LogSupported, 0, b) }

// ParseSubpages decodes the list of log pages and subpages, two bytes each.
func ParseSubpages(b []byte) (list [][2]byte, err error) {
	b, err = logBody(LogSupported, SubpageAll, b)
	for ; len(b) >= 2; b = b[2:] {
		list = append(list, [2]byte{b[0] & 0x3f, b[1]})
	}
	return list, err
}

// ErrorCounters are those of reading, writing or verifying.
type ErrorCounters struct {
	CorrectedFast, CorrectedDelayed uint64 // by error correction codes
	Retried                         uint64 // corrected by reading or writing again
	Corrected                       uint64 // in all
	Algorithm                       uint64 // how often the correction ran
	Bytes                           uint64 // processed
	Uncorrected                     uint64
	Known                           bool // there is any
}

// ParseErrorCounters decodes LogReadErrors and the like.
func ParseErrorCounters(page byte, b []byte) (ErrorCounters, error) {
	var c ErrorCounters
	list, err := ParseLog(page, 0, b)
	counters := []*uint64{&c.CorrectedFast, &c.CorrectedDelayed, &c.Retried, &c.Corrected, &c.Algorithm, &c.Bytes, &c.Uncorrected}
	for _, p := range list {
		if int(p.Code) < len(counters) {
			*counters[p.Code], c.Known = number(p.Value), true
		}
	}
	return c, err
}

// Zero reports whether all counters are.
func (c ErrorCounters) Zero() bool {
	known := c.Known
	c.Known = false
	return !known || c == ErrorCounters{}
}

// ParseNonMedium decodes LogNonMedium: how many errors there were of no medium.
func ParseNonMedium(b []byte) (count uint64, known bool, err error) {
	list, err := ParseLog(LogNonMedium, 0, b)
	for _, p := range list {
		if p.Code == 0 {
			return number(p.Value), true, err
		}
	}
	return 0, false, err
}

// Degrees is a temperature in degrees Celsius, where Known.
type Degrees struct {
	Value byte
	Known bool
}

func degrees(b []byte, at int) Degrees {
	if at >= len(b) || b[at] == 0xff {
		return Degrees{}
	}
	return Degrees{b[at], true}
}

// Temperature is the page LogTemperature.
type Temperature struct {
	Current, Reference Degrees // the second is the highest that is good for it
	None               bool    // the page has neither
}

// ParseTemperature decodes LogTemperature.
func ParseTemperature(b []byte) (Temperature, error) {
	list, err := ParseLog(LogTemperature, 0, b)
	t := Temperature{None: true}
	for _, p := range list {
		switch p.Code {
		case 0:
			t.Current, t.None = degrees(p.Value, 1), false
		case 1:
			t.Reference = degrees(p.Value, 1)
		}
	}
	return t, err
}

// Environment is a parameter of the page of environmental reports: a temperature or a
// relative humidity, each with its extremes.
type Environment struct {
	Code   uint16
	Humid  bool    // percent; else degrees Celsius, signed
	Values [5]byte // now, highest and lowest ever, highest and lowest since power on
}

// ParseEnvironment decodes the subpage SubpageEnvironment of LogTemperature.
func ParseEnvironment(b []byte) (list []Environment, err error) {
	parameters, err := ParseLog(LogTemperature, SubpageEnvironment, b)
	for _, p := range parameters {
		if len(p.Value) >= 6 && p.Code < 0x200 {
			list = append(list, Environment{Code: p.Code, Humid: p.Code >= 0x100, Values: [5]byte(p.Value[1:6])})
		}
	}
	return list, err
}

// StartStop is the page LogStartStop. A counter that is not Known is not kept.
type StartStop struct {
	Year, Week       string // of manufacture
	Dated            bool
	SpecifiedCycles  Counter
	Cycles           Counter
	SpecifiedUnloads Counter
	Unloads          Counter
}

// Counter is a counter of 32 bits.
type Counter struct {
	Value uint32
	Known bool
}

// ParseStartStop decodes LogStartStop.
func ParseStartStop(b []byte) (StartStop, error) {
	var s StartStop
	list, err := ParseLog(LogStartStop, 0, b)
	counters := map[uint16]*Counter{3: &s.SpecifiedCycles, 4: &s.Cycles, 5: &s.SpecifiedUnloads, 6: &s.Unloads}
	for _, p := range list {
		switch c := counters[p.Code]; {
		case p.Code == 1 && len(p.Value) >= 6:
			s.Year, s.Week, s.Dated = string(p.Value[:4]), string(p.Value[4:6]), true
		case c != nil && len(p.Value) >= 4 && be32(p.Value) != 0xffffffff:
			*c = Counter{be32(p.Value), true}
		}
	}
	return s, err
}

// SelfTestResult is an entry of the page LogSelfTests.
type SelfTestResult struct {
	Code      byte // as SelfTestCode
	Outcome   byte
	Segment   byte   // that failed; 0 not known
	Hours     uint16 // of power on; 0xffff is that or more
	LBA       uint64
	HasLBA    bool
	Key       byte
	ASC, ASCQ byte
	Vendor    byte
}

// SelfTestRunning is the outcome of what is not over.
const SelfTestRunning = 0xf

// Failed reports whether the device failed the test.
func (r SelfTestResult) Failed() bool { return r.Outcome >= 3 && r.Outcome <= 7 }

// ParseSelfTests decodes LogSelfTests, the latest first, up to the first entry that is
// not used.
func ParseSelfTests(b []byte) (list []SelfTestResult, err error) {
	parameters, err := ParseLog(LogSelfTests, 0, b)
	for _, p := range parameters {
		v := p.Value
		if len(v) < 16 {
			continue
		}
		r := SelfTestResult{
			Code: v[0] >> 5, Outcome: v[0] & 15, Segment: v[1], Hours: be16(v[2:]),
			LBA: be64(v[4:]), Key: v[12] & 15, ASC: v[13], ASCQ: v[14], Vendor: v[15],
		}
		if r.HasLBA = r.LBA != noLBA; r.Hours == 0 && v[0] == 0 {
			break
		}
		list = append(list, r)
	}
	return list, err
}

// ParseSolidState decodes LogSolidState: the percentage of its life that is used.
func ParseSolidState(b []byte) (percent byte, known bool, err error) {
	list, err := ParseLog(LogSolidState, 0, b)
	for _, p := range list {
		if p.Code == 1 && len(p.Value) >= 4 {
			return p.Value[3], true, err
		}
	}
	return 0, false, err
}

// BackgroundScan is the page LogBackgroundScan.
type BackgroundScan struct {
	Minutes     uint32 // of power on
	Status      byte
	Scans       uint16
	MediumScans uint16
	Progress    uint16 // in 65536ths
	Known       bool   // the above came
	Found       []ScanResult
}

// ScanResult is a block that the scan could not read at once.
type ScanResult struct {
	Code           uint16 // of the parameter
	Minutes        uint32 // of power on when it was found
	Reassign       byte   // what became of it
	Key, ASC, ASCQ byte
	LBA            uint64
}

// ParseBackgroundScan decodes LogBackgroundScan.
func ParseBackgroundScan(b []byte) (BackgroundScan, error) {
	var s BackgroundScan
	list, err := ParseLog(LogBackgroundScan, 0, b)
	for _, p := range list {
		v := p.Value
		switch {
		case p.Code == 0 && len(v) >= 12:
			s.Minutes, s.Status, s.Scans, s.Progress, s.MediumScans = be32(v), v[5], be16(v[6:]), be16(v[8:]), be16(v[10:])
			s.Known = true
		case p.Code > 0 && p.Code < 0x8000 && len(v) >= 20:
			s.Found = append(s.Found, ScanResult{Code: p.Code, Minutes: be32(v), Reassign: v[4] >> 4, Key: v[4] & 15, ASC: v[5], ASCQ: v[6], LBA: be64(v[12:])})
		}
	}
	return s, err
}

// PendingDefects is the subpage SubpagePending of LogBackgroundScan: blocks that could not
// be read and wait to be written.
type PendingDefects struct {
	Count uint32
	Found []PendingDefect
}

// PendingDefect is one of them.
type PendingDefect struct {
	Code  uint16 // of the parameter
	Hours uint32 // of power on when it was found; 0xffffffff not known
	LBA   uint64
}

// ParsePendingDefects decodes SubpagePending.
func ParsePendingDefects(b []byte) (PendingDefects, error) {
	var d PendingDefects
	list, err := ParseLog(LogBackgroundScan, SubpagePending, b)
	for _, p := range list {
		switch {
		case p.Code == 0 && len(p.Value) >= 4:
			d.Count = be32(p.Value)
		case p.Code > 0 && len(p.Value) >= 12:
			d.Found = append(d.Found, PendingDefect{p.Code, be32(p.Value), be64(p.Value[4:])})
		}
	}
	return d, err
}

// Statistics are the first parameters of LogStatistics, each a list of counters in the
// order of the standard.
type Statistics struct {
	Access   []uint64
	Idle     []uint64
	Interval *[2]uint32 // exponent and integer of the unit of time
	Forced   []uint64   // by force unit access
}

// ParseStatistics decodes LogStatistics.
func ParseStatistics(b []byte) (Statistics, error) {
	var s Statistics
	list, err := ParseLog(LogStatistics, 0, b)
	for _, p := range list {
		switch {
		case p.Code == 1:
			s.Access = words(p.Value, 8)
		case p.Code == 2:
			s.Idle = words(p.Value, 1)
		case p.Code == 3 && len(p.Value) >= 8:
			s.Interval = &[2]uint32{be32(p.Value), be32(p.Value[4:])}
		case p.Code == 4:
			s.Forced = words(p.Value, 8)
		}
	}
	return s, err
}

// words are as many counters of 64 bits as came, and no more than that.
func words(b []byte, most int) (list []uint64) {
	for ; len(b) >= 8 && len(list) < most; b = b[8:] {
		list = append(list, be64(b))
	}
	return list
}

// InformationalExceptions is the page LogExceptions.
type InformationalExceptions struct {
	ASC, ASCQ     byte
	Current, Trip Degrees
}

// ParseExceptionsLog decodes LogExceptions.
func ParseExceptionsLog(b []byte) (InformationalExceptions, error) {
	list, err := ParseLog(LogExceptions, 0, b)
	for _, p := range list {
		if p.Code == 0 && len(p.Value) >= 2 {
			return InformationalExceptions{ASC: p.Value[0], ASCQ: p.Value[1], Current: degrees(p.Value, 2), Trip: degrees(p.Value, 3)}, err
		}
	}
	if err == nil {
		err = errShort
	}
	return InformationalExceptions{}, err
}
