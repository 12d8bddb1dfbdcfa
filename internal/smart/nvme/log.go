package nvme

import "rescuebox/internal/smart/command"

// LoggedError is an entry of the log page Error Information (BASE 5.16.1.2, figure 206).
type LoggedError struct {
	Count     uint64 // the number of the error since the controller was made; 0: no entry
	Queue     uint16 // of submission; 0xffff where the error is of no command
	Command   uint16
	Phase     bool
	Status    command.NVMeError
	Parameter uint16 // bits 7:0 byte and 10:8 bit of the command; 0xffff: of none
	LBA       uint64 // the first that the error concerns
	NSID      uint32
	Vendor    uint8 // log page with more; 0: none
	Specific  uint64
}

// ParseErrors decodes the log page LogErrors: the entries that are used, the latest first
// as the device keeps them, each with its place in the log.
func ParseErrors(b []byte) (entries []LoggedError, places []int) {
	for i := range len(b) / ErrorSize {
		s := structure(b[ErrorSize*i:])
		if s.u64(0) == 0 {
			continue
		}
		status := s.u16(12)
		places = append(places, i)
		entries = append(entries, LoggedError{
			Count: s.u64(0), Queue: s.u16(8), Command: s.u16(10),
			Phase: status&1 != 0, Status: command.NVMeError(status >> 1),
			Parameter: s.u16(14), LBA: s.u64(16), NSID: s.u32(24), Vendor: s[28], Specific: s.u64(32),
		})
	}
	return entries, places
}

// SelfTestLog is the log page Device Self-test (BASE 5.16.1.7, figure 213).
type SelfTestLog struct {
	Running  TestCode // 0: none
	Complete uint8    // percent, of the one that is running
	Results  []TestResult
}

// TestResult is the result of a self-test (BASE 5.16.1.7, figure 214).
type TestResult struct {
	Place   int // in the log, 0 the latest
	Code    TestCode
	Outcome Outcome
	Hours   uint64 // of power on
	// These say what failed, where they are valid.
	Segment    uint8 // 0: not known
	NSID       uint32
	HasNSID    bool
	LBA        uint64
	HasLBA     bool
	StatusType uint8
	HasType    bool
	Status     uint8
	HasStatus  bool
}

// Outcome is how a self-test ended.
type Outcome uint8

// Outcomes that are failures of the device.
const (
	TestFatal   Outcome = 5 // a fatal error; the test did not complete
	TestUnknown Outcome = 6 // a segment failed that is not known
	TestFailed  Outcome = 7 // segments failed
	outcomeNone Outcome = 15
)

// Failed reports whether the device failed its test, rather than passed or left it.
func (o Outcome) Failed() bool { return o >= TestFatal && o <= TestFailed }

// ParseSelfTests decodes the log page LogSelfTest.
func ParseSelfTests(b []byte) (SelfTestLog, error) {
	if len(b) < SelfTestSize {
		return SelfTestLog{}, errShort
	}
	l := SelfTestLog{Running: TestCode(b[0] & 15), Complete: b[1] & 127}
	for i := range 20 {
		s := structure(b[4+28*i:])
		if s[0]>>4 == 0 || Outcome(s[0]&15) == outcomeNone {
			continue
		}
		r := TestResult{Place: i, Code: TestCode(s[0] >> 4), Outcome: Outcome(s[0] & 15), Hours: s.u64(4)}
		if r.Outcome == TestFailed {
			r.Segment = s[1]
		}
		valid := s[2]
		r.HasNSID, r.HasLBA, r.HasType, r.HasStatus = valid&1 != 0, valid&2 != 0, valid&4 != 0, valid&8 != 0
		r.NSID, r.LBA, r.StatusType, r.Status = s.u32(12), s.u64(16), s[24]&7, s[25]
		l.Results = append(l.Results, r)
	}
	return l, nil
}
