package nvme

// Controller is what a controller says of itself (BASE 5.17.2.1, figure 276).
type Controller struct {
	Vendor, SubsystemVendor uint16 // PCI
	Serial                  []byte // 20 bytes of text
	Model                   []byte // 40
	Firmware                []byte // 8
	OUI                     uint32 // IEEE, 24 bits
	ID                      uint16
	Version                 uint32 // major, minor and tertiary in bits 31:16, 15:8 and 7:0; 0 before 1.2
	MaxTransfer             uint8  // as a power of two of pages; 0: no limit
	AdminCommands           uint16 // optional ones that there are, a bit each
	NVMCommands             uint16
	FirmwareUpdates         uint8
	LogAttributes           uint8
	ErrorEntries            int    // of the error log
	WarningTemperature      uint16 // kelvin; 0: not reported
	CriticalTemperature     uint16
	TotalCapacity           Uint128 // bytes
	UnallocatedCapacity     Uint128
	Namespaces              uint32 // how many there may be
	PowerStates             []PowerState
}

// Bits of the fields of Controller.
const (
	AdminNamespaces = 1 << 3 // of AdminCommands: Namespace Management
	AdminSelfTest   = 1 << 4 // Device Self-test
	LogPerNamespace = 1 << 0 // of LogAttributes: health is kept for each namespace
)

// PowerState is a power state (BASE 5.17.2.1, figure 277).
type PowerState struct {
	Maximum         Power
	Idle            Power
	Active          Power
	NonOperational  bool
	EnterLatency    uint32 // microseconds
	ExitLatency     uint32
	ReadThroughput  uint8 // relative; 0 is the best
	ReadLatency     uint8
	WriteThroughput uint8
	WriteLatency    uint8
	ActiveWorkload  uint8
}

// Power is in units of 10^-4 W where Scale is 1 and of 10^-2 W where it is 2. 0 is not
// reported and 3 reserved.
type Power struct {
	Value uint16
	Scale uint8
}

// ParseController decodes the data of IdentifyController.
func ParseController(b []byte) (Controller, error) {
	if len(b) < IdentifySize {
		return Controller{}, errShort
	}
	s := structure(b)
	c := Controller{
		Vendor: s.u16(0), SubsystemVendor: s.u16(2),
		Serial: b[4:24], Model: b[24:64], Firmware: b[64:72],
		OUI:         s.u32(73) & 0xffffff, // the most significant byte last
		MaxTransfer: b[77], ID: s.u16(78), Version: s.u32(80),
		AdminCommands: s.u16(256), FirmwareUpdates: b[260], LogAttributes: b[261],
		ErrorEntries:       int(b[262]) + 1,
		WarningTemperature: s.u16(266), CriticalTemperature: s.u16(268),
		TotalCapacity: s.u128(280), UnallocatedCapacity: s.u128(296),
		Namespaces: s.u32(516), NVMCommands: s.u16(520),
	}
	for i := range min(int(b[263])+1, 32) {
		c.PowerStates = append(c.PowerStates, parsePowerState(s[2048+32*i:]))
	}
	return c, nil
}

func parsePowerState(s structure) PowerState {
	scale := uint8(2)
	if s[3]&1 != 0 {
		scale = 1
	}
	return PowerState{
		Maximum:        Power{s.u16(0), scale},
		NonOperational: s[3]&2 != 0,
		EnterLatency:   s.u32(4), ExitLatency: s.u32(8),
		ReadThroughput: s[12] & 31, ReadLatency: s[13] & 31,
		WriteThroughput: s[14] & 31, WriteLatency: s[15] & 31,
		Idle:   Power{s.u16(16), s[18] >> 6},
		Active: Power{s.u16(20), s[22] >> 6}, ActiveWorkload: s[22] & 7,
	}
}

// Namespace is what a namespace is (NVM 4.1.5.1, figure 97). A zero Size is that of a
// namespace that is not active.
type Namespace struct {
	Size, Capacity, Utilization uint64 // logical blocks
	Features                    uint8
	Format                      int // of Formats
	GUID                        [16]byte
	EUI64                       [8]byte
	Formats                     []Format
}

// Format is how a namespace can be formatted.
type Format struct {
	DataShift   uint8  // the size of a block as a power of two; 0: not available
	Metadata    uint16 // bytes
	Performance uint8  // relative; 0 is the best
}

// ParseNamespace decodes the data of IdentifyNamespace.
func ParseNamespace(b []byte) (Namespace, error) {
	if len(b) < IdentifySize {
		return Namespace{}, errShort
	}
	s := structure(b)
	n := Namespace{
		Size: s.u64(0), Capacity: s.u64(8), Utilization: s.u64(16), Features: b[24],
		// Bits 6:5 are the upper ones where there are more than 16 formats.
		Format: int(b[26]&15 | b[26]>>1&0x30),
		GUID:   [16]byte(b[104:120]), EUI64: [8]byte(b[120:128]),
	}
	for i := range min(int(b[25])+1, 64) {
		f := s.u32(128 + 4*i)
		n.Formats = append(n.Formats, Format{
			Metadata: uint16(f), DataShift: uint8(f >> 16), Performance: uint8(f >> 24 & 3),
		})
	}
	if len(n.Formats) <= 16 {
		n.Format &= 15
	}
	return n, nil
}

// BlockSize is the size of a logical block in bytes, or 0 where it is not known.
func (n *Namespace) BlockSize() uint64 {
	if n.Format >= len(n.Formats) || n.Formats[n.Format].DataShift >= 64 {
		return 0
	}
	if shift := n.Formats[n.Format].DataShift; shift > 0 {
		return 1 << shift
	}
	return 0
}
