package nvme

// Bits of Health.Critical (BASE 5.16.1.3, figure 207).
const (
	SpareLow = 1 << iota
	TemperatureOut
	Unreliable
	ReadOnly
	BackupFailed
	MemoryUnreliable
)

// Health is the log page SMART / Health Information (BASE 5.16.1.3, figure 207).
type Health struct {
	Critical       uint8  // bits: something is wrong
	Temperature    uint16 // kelvin; 0: not reported
	Spare          uint8  // percent
	SpareThreshold uint8
	Used           uint8 // percent of the planned life; 255 is 255 or more

	DataRead, DataWritten Uint128 // in 1000 times 512 bytes
	HostReads, HostWrites Uint128 // commands
	BusyTime              Uint128 // minutes
	PowerCycles           Uint128
	PowerOnHours          Uint128
	UnsafeShutdowns       Uint128
	MediaErrors           Uint128
	ErrorLogEntries       Uint128 // ever made

	WarningTime, CriticalTime uint32    // minutes over that temperature
	Sensors                   [8]uint16 // kelvin; 0: there is none
	ThermalTransitions        [2]uint32 // how often it slowed down to cool
	ThermalTime               [2]uint32 // seconds
}

// ParseHealth decodes the log page LogHealth.
func ParseHealth(b []byte) (Health, error) {
	if len(b) < HealthSize {
		return Health{}, errShort
	}
	s := structure(b)
	h := Health{
		Critical: b[0], Temperature: s.u16(1), Spare: b[3], SpareThreshold: b[4], Used: b[5],
		DataRead: s.u128(32), DataWritten: s.u128(48), HostReads: s.u128(64), HostWrites: s.u128(80),
		BusyTime: s.u128(96), PowerCycles: s.u128(112), PowerOnHours: s.u128(128),
		UnsafeShutdowns: s.u128(144), MediaErrors: s.u128(160), ErrorLogEntries: s.u128(176),
		WarningTime: s.u32(192), CriticalTime: s.u32(196),
		ThermalTransitions: [2]uint32{s.u32(216), s.u32(220)},
		ThermalTime:        [2]uint32{s.u32(224), s.u32(228)},
	}
	for i := range h.Sensors {
		h.Sensors[i] = s.u16(200 + 2*i)
	}
	return h, nil
}

// Celsius is a temperature in kelvin, in degrees Celsius; false is not reported.
func Celsius(kelvin uint16) (int, bool) { return int(kelvin) - 273, kelvin != 0 }
