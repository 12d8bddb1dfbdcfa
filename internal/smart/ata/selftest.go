package ata

// SelfTest is an entry of a self-test log.
type SelfTest struct {
	Place int  // in the log
	Type  byte // the subcommand that started it: TestShort and so on
	// Status is the outcome in its high half, the tenths that remained in its low half.
	Status     byte
	Hours      uint16 // of the disk's life, modulo 65536
	Checkpoint byte
	LBA        uint64 // where it failed
	Located    bool   // LBA is one
}

// Outcome is the self-test execution status (ACS-3, table 134).
func (t *SelfTest) Outcome() byte { return t.Status >> 4 }

// Outcomes of self-tests; 3 to 8 are failures, and 9 to 14 reserved.
const (
	TestPassed      = 0
	TestAborted     = 1
	TestInterrupted = 2
	TestFatal       = 3
	TestHandling    = 8
	TestInProgress  = 15
)

// Failed reports whether a disk has found itself bad.
func (t *SelfTest) Failed() bool { return t.Outcome() >= TestFatal && t.Outcome() <= TestHandling }

// SelfTestLog is SMART log 06h (ACS-3, A.20) or general purpose log 07h (A.8).
type SelfTestLog struct {
	Version uint16
	Index   int // the place of the newest, from 1 on; 0: none
	Sound   bool
	Tests   []SelfTest // the newest first
	Places  int
}

const (
	standardTests = 21
	extTests      = 19 // in a sector
)

// ParseSelfTests reads the self-test log.
func ParseSelfTests(b []byte, flaws Flaws) (*SelfTestLog, error) {
	b, err := whole(b)
	if err != nil {
		return nil, err
	}
	l := &SelfTestLog{Version: le.Uint16(b), Index: int(b[508]), Sound: Sum(b), Places: standardTests}
	if flaws.SwappedAll {
		l.Version = l.Version<<8 | l.Version>>8
	}
	l.gather(func(place int) SelfTest {
		e := b[2+24*place:]
		t := SelfTest{
			Type: e[0], Status: e[1], Hours: le.Uint16(e[2:]), Checkpoint: e[4], LBA: uint64(le.Uint32(e[5:])),
		}
		if flaws.SwappedAll {
			t.Hours = t.Hours<<8 | t.Hours>>8
			t.LBA = uint64(e[5])<<24 | uint64(e[6])<<16 | uint64(e[7])<<8 | uint64(e[8])
		}
		t.Located = t.LBA < 1<<32-1
		return t
	})
	return l, nil
}

// ParseSelfTestsExt reads the extended self-test log: all its sectors.
func ParseSelfTestsExt(b []byte) (*SelfTestLog, error) {
	first, err := whole(b)
	if err != nil {
		return nil, err
	}
	l := &SelfTestLog{
		Version: uint16(first[0]), Index: int(le.Uint16(first[2:])), Sound: Sums(b), Places: extTests * (len(b) / Sector),
	}
	l.gather(func(place int) SelfTest {
		e := b[place/extTests*Sector+4+26*(place%extTests):]
		t := SelfTest{
			Type: e[0], Status: e[1], Hours: le.Uint16(e[2:]), Checkpoint: e[4], LBA: number(e[5:11]),
		}
		t.Located = t.LBA < 1<<48-1
		return t
	})
	return l, nil
}

func (l *SelfTestLog) gather(read func(place int) SelfTest) {
	if l.Index < 1 || l.Index > l.Places {
		return
	}
	for back := range l.Places {
		t := read((l.Index - 1 - back + l.Places) % l.Places)
		if t == (SelfTest{}) || t.Type == 0 && t.Status == 0 && t.Hours == 0 {
			continue
		}
		t.Place = back
		t.Located = t.Located && t.Failed()
		l.Tests = append(l.Tests, t)
	}
}

// Span is a range of sectors of a selective self-test; both ends are tested.
type Span struct{ Start, End uint64 }

// SelectiveLog is SMART log 09h (ACS-3, A.18).
type SelectiveLog struct {
	Version uint16
	Spans   [5]Span
	Current uint64 // LBA
	Span    uint16 // that is tested, from 1 on
	Flags   uint16
	Pending uint16 // minutes after power on until the offline scan goes on
	Sound   bool
}

// Bits of SelectiveLog.Flags.
const (
	SelectiveScan    = 1 << 1 // an offline scan follows the spans
	SelectivePending = 1 << 3 // it is to come
	SelectiveActive  = 1 << 4 // it is under way
)

// ParseSelective reads the selective self-test log.
func ParseSelective(b []byte) (*SelectiveLog, error) {
	b, err := whole(b)
	if err != nil {
		return nil, err
	}
	l := &SelectiveLog{
		Version: le.Uint16(b), Current: le.Uint64(b[492:]), Span: le.Uint16(b[500:]),
		Flags: le.Uint16(b[502:]), Pending: le.Uint16(b[508:]), Sound: Sum(b),
	}
	for i := range l.Spans {
		l.Spans[i] = Span{le.Uint64(b[2+16*i:]), le.Uint64(b[10+16*i:])}
	}
	return l, nil
}

// SetSelective returns the page that a disk gave with other spans, flags and time before
// the scan goes on, and with what tells of a test under way cleared.
func SetSelective(page []byte, l *SelectiveLog) ([]byte, error) {
	b, err := whole(page)
	if err != nil {
		return nil, err
	}
	b = append([]byte(nil), b...)
	le.PutUint16(b, 1)
	for i, s := range l.Spans {
		le.PutUint64(b[2+16*i:], s.Start)
		le.PutUint64(b[10+16*i:], s.End)
	}
	clear(b[492:502])
	le.PutUint16(b[502:], l.Flags&^(SelectivePending|SelectiveActive))
	le.PutUint16(b[508:], l.Pending)
	b[511] = 0
	var sum byte
	for _, c := range b {
		sum += c
	}
	b[511] = -sum
	return b, nil
}
