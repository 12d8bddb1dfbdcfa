package ata

// Attribute is an entry of the attribute table (SFF-8035i, 6.1).
type Attribute struct {
	ID    byte // 0: the entry is not used
	Flags uint16
	// Value and Worst are normalised: the higher the better; the vendor's scale.
	Value, Worst byte
	Raw          [6]byte // the vendor's, the least significant first as a rule
	Reserved     byte
}

// Bits of Attribute.Flags (SFF-8035i, 6.1.2; bits 2 to 5 of a specification by IBM that
// all follow).
const (
	FlagPrefail     = 1 << iota // below the threshold the disk fails soon; else it is old
	FlagOnline                  // updated in operation, not only by offline tests
	FlagPerformance             //
	FlagErrorRate               //
	FlagEventCount              //
	FlagAutoKeep                // saved by itself
)

// Raw48 is the raw value as a number.
func (a *Attribute) Raw48() uint64 { return number(a.Raw[:]) }

// Values is the SMART data (ACS-3, 7.48.5; the attributes of SFF-8035i, 6.1).
type Values struct {
	Revision   uint16
	Attributes [30]Attribute
	// OfflineStatus is the status of the last offline data collection, SelfTest that of
	// the last self-test with the tenths that remain in its low half.
	OfflineStatus, SelfTest byte
	OfflineSeconds          uint16 // that an offline data collection takes
	Offline                 byte   // what of offline tests the disk has
	Capability              uint16
	ErrorLogging            byte
	// Minutes after which a test should be asked about; 0: not supported.
	Short, Extended, Conveyance uint16
	Sound                       bool // the checksum holds
}

// ParseValues reads the SMART data.
func ParseValues(b []byte) (*Values, error) {
	b, err := whole(b)
	if err != nil {
		return nil, err
	}
	v := &Values{
		Revision:       le.Uint16(b),
		OfflineStatus:  b[362],
		SelfTest:       b[363],
		OfflineSeconds: le.Uint16(b[364:]),
		Offline:        b[367],
		Capability:     le.Uint16(b[368:]),
		ErrorLogging:   b[370],
		Short:          uint16(b[372]),
		Extended:       uint16(b[373]),
		Conveyance:     uint16(b[374]),
		Sound:          Sum(b),
	}
	if v.Extended == 0xff { // the next field has it
		v.Extended = le.Uint16(b[375:])
	}
	for i := range v.Attributes {
		e := b[2+12*i:]
		a := &v.Attributes[i]
		a.ID, a.Flags, a.Value, a.Worst, a.Reserved = e[0], le.Uint16(e[1:]), e[3], e[4], e[11]
		copy(a.Raw[:], e[5:11])
	}
	return v, nil
}

// Bits of Values.Offline (ACS-3, table 137).
const (
	OfflineImmediate = 1 << iota
	OfflineAutomatic // by a vendor's command
	OfflineAborts    // a new command aborts a test; else it is suspended
	OfflineScan      // of the surface
	OfflineSelfTests
	OfflineConveyance
	OfflineSelective
)

// HasErrorLog, HasSelfTests, HasConveyance and HasSelective tell what the disk has, by
// this page; the first by Identity too.
func (v *Values) HasErrorLog() bool   { return v.ErrorLogging&1 != 0 }
func (v *Values) HasSelfTests() bool  { return v.Offline&OfflineSelfTests != 0 }
func (v *Values) HasConveyance() bool { return v.Offline&OfflineConveyance != 0 }
func (v *Values) HasSelective() bool  { return v.Offline&OfflineSelective != 0 }

// Thresholds are those of the attributes (SFF-8035i, 6.2).
type Thresholds struct {
	Revision uint16
	IDs      [30]byte
	Limits   [30]byte
	Sound    bool // the checksum holds
}

// ParseThresholds reads the thresholds of the attributes.
func ParseThresholds(b []byte) (*Thresholds, error) {
	b, err := whole(b)
	if err != nil {
		return nil, err
	}
	t := &Thresholds{Revision: le.Uint16(b), Sound: Sum(b)}
	for i := range t.IDs {
		t.IDs[i], t.Limits[i] = b[2+12*i], b[3+12*i]
	}
	return t, nil
}

// Of is the threshold of the attribute in a place of the table. Some disks have the
// thresholds in another order than the attributes.
func (t *Thresholds) Of(place int, id byte) (limit byte, ok bool) {
	if t.IDs[place] == id {
		return t.Limits[place], true
	}
	for i, other := range t.IDs {
		if other == id {
			return t.Limits[i], true
		}
	}
	return 0, false
}

// State is how an attribute stands to its threshold.
type State uint8

// The states.
const (
	NoValue     State = iota // its value is none
	NoThreshold              // none is known
	Fine
	FailedPast // its worst value was at the threshold
	FailedNow
)

// State compares an attribute with its threshold. Threshold 0 never fails; values 0, FEh
// and FFh are none (SFF-8035i, 6.1.3).
func (a *Attribute) State(limit byte, known bool) State {
	switch {
	case !known:
		return NoThreshold
	case limit == 0:
		return Fine
	case a.Value <= limit:
		return FailedNow
	case a.Worst <= limit:
		return FailedPast
	}
	return Fine
}
