package ata

import "rescuebox/internal/smart/command"

// Opcodes (ACS-3, table 29).
const (
	opReadLogExt       = 0x2f
	opReadLogDMAExt    = 0x47
	opSetFeatures      = 0xef
	opIdentify         = 0xec
	opCheckPower       = 0xe5
	opIdle             = 0xe3
	opStandby          = 0xe2
	opStandbyImmediate = 0xe0
	opSecurityFreeze   = 0xf5
	opSMART            = 0xb0
	opWriteLogExt      = 0x3f
)

// Subcommands of SMART in the feature register (ACS-3, 7.48; ATA8-ACS, 7.52).
const (
	smartReadData       = 0xd0
	smartReadThresholds = 0xd1 // SFF-8035i, 5.2
	smartAutosave       = 0xd2
	smartOffline        = 0xd4
	smartReadLog        = 0xd5
	smartWriteLog       = 0xd6
	smartEnable         = 0xd8
	smartDisable        = 0xd9
	smartStatus         = 0xda
	smartAutoOffline    = 0xdb // SFF-8035i, 5.9
)

// signature is in the middle and high LBA of each SMART command (ACS-3, 7.48.1.2).
const signature = 0xc24f00

// Addresses of logs (ACS-3, table A.2; SMART and general purpose).
const (
	LogDirectory    = 0x00
	LogErrors       = 0x01 // SMART
	LogErrorsExt    = 0x03 // general purpose
	LogStatistics   = 0x04
	LogSelfTests    = 0x06 // SMART
	LogSelfTestsExt = 0x07 // general purpose
	LogSelective    = 0x09 // SMART
	LogDefects      = 0x0c // general purpose
	LogPhy          = 0x11 // general purpose
	LogSCTStatus    = 0xe0
	LogSCTData      = 0xe1
)

func in(c command.ATA, sectors int) *command.ATA {
	c.Direction, c.Count, c.Data = command.In, uint16(sectors), make([]byte, sectors*Sector)
	return &c
}

func smart(feature uint16, low byte) command.ATA {
	return command.ATA{Command: opSMART, Feature: feature, LBA: signature | uint64(low)}
}

// IdentifyDevice reads the IDENTIFY DEVICE data (ACS-3, 7.12).
func IdentifyDevice() *command.ATA { return in(command.ATA{Command: opIdentify}, 1) }

// ReadValues reads the SMART data, attributes among them.
func ReadValues() *command.ATA { return in(smart(smartReadData, 0), 1) }

// ReadThresholds reads the thresholds of the attributes.
func ReadThresholds() *command.ATA { return in(smart(smartReadThresholds, 1), 1) }

// ReadSMARTLog reads sectors of a log by the SMART command (ACS-3, 7.48.6).
func ReadSMARTLog(address byte, sectors int) *command.ATA {
	return in(smart(smartReadLog, address), sectors)
}

// WriteSMARTLog writes whole sectors to a log by the SMART command (ACS-3, 7.48.8).
func WriteSMARTLog(address byte, data []byte) *command.ATA {
	c := smart(smartWriteLog, address)
	c.Direction, c.Data, c.Count = command.Out, data, uint16(len(data)/Sector)
	return &c
}

// ReadLog reads sectors of a general purpose log from a page on (ACS-3, 7.24). Bits of
// the feature register are of the log.
func ReadLog(address byte, feature uint16, page, sectors int) *command.ATA {
	return in(command.ATA{
		Command: opReadLogExt, Feature: feature, Extended: true,
		LBA: uint64(address) | uint64(byte(page))<<8 | uint64(byte(page>>8))<<32,
	}, sectors)
}

// ReturnStatus asks whether the disk believes that it fails; Failing reads the answer.
func ReturnStatus() *command.ATA {
	c := smart(smartStatus, 0)
	c.Registers = true
	return &c
}

// Failing reads the registers of ReturnStatus (ACS-3, 7.48.7.4). Where they are neither
// of the two answers, known is false.
func Failing(r command.Registers) (failing, known bool) {
	switch r.LBA >> 8 & 0xffff {
	case 0xc24f:
		return false, true
	case 0x2cf4:
		return true, true
	}
	return false, false
}

// Enable turns SMART on or off. The low byte of the address is as smartctl sends it.
func Enable(on bool) *command.ATA {
	c := smart(smartDisable, 1)
	if on {
		c.Feature = smartEnable
	}
	return &c
}

// Autosave turns the automatic saving of attributes on or off (ATA8-ACS, 7.52.3).
func Autosave(on bool) *command.ATA {
	c := smart(smartAutosave, 0)
	if on {
		c.Count = 0xf1
	}
	return &c
}

// AutoOffline turns the automatic offline test, every four hours, on or off.
func AutoOffline(on bool) *command.ATA {
	c := smart(smartAutoOffline, 0)
	if on {
		c.Count = 0xf8
	}
	return &c
}

// Subcommands of Test (ACS-3, table 131). Captive ones have bit 7 set.
const (
	TestOffline    = 0x00
	TestShort      = 0x01
	TestExtended   = 0x02
	TestConveyance = 0x03
	TestSelective  = 0x04
	TestAbort      = 0x7f
	TestCaptive    = 0x80
)

// Test starts a self-test, or aborts it.
func Test(subcommand byte) *command.ATA {
	c := smart(smartOffline, subcommand)
	return &c
}

// PowerMode asks in which power mode the disk is, without waking it; the answer is the
// count register (ACS-3, 7.3.3).
func PowerMode() *command.ATA { return &command.ATA{Command: opCheckPower, Registers: true} }

// Subcommands of SetFeature (ACS-3, table 142).
const (
	FeatureWriteCache   = 0x02
	FeatureAPM          = 0x05
	FeatureAAM          = 0x42
	FeatureNoLookAhead  = 0x55
	FeatureDSN          = 0x63
	FeatureNoWriteCache = 0x82
	FeatureNoAPM        = 0x85
	FeatureLookAhead    = 0xaa
	FeatureNoAAM        = 0xc2
)

// SetFeature changes a setting of the disk.
func SetFeature(subcommand, count byte) *command.ATA {
	return &command.ATA{Command: opSetFeatures, Feature: uint16(subcommand), Count: uint16(count)}
}

// Idle sets the standby timer (ACS-3, 7.13); the unit of its count is in table 57.
func Idle(timer byte) *command.ATA { return &command.ATA{Command: opIdle, Count: uint16(timer)} }

// Standby stops the platters, and sets the timer (ACS-3, 7.54).
func Standby(timer byte) *command.ATA {
	return &command.ATA{Command: opStandby, Count: uint16(timer)}
}

// StandbyNow stops the platters.
func StandbyNow() *command.ATA { return &command.ATA{Command: opStandbyImmediate} }

// FreezeSecurity refuses all further security commands until the next power cycle.
func FreezeSecurity() *command.ATA { return &command.ATA{Command: opSecurityFreeze} }
