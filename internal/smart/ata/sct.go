package ata

import (
	"errors"
	"strconv"

	"rescuebox/internal/smart/command"
)

// SCTStatus is the SMART Command Transport status (log E0h; ACS-3, 8.2.5).
type SCTStatus struct {
	Format, Version, Spec uint16
	Flags                 uint32
	State                 byte   // of the device, see SCTState
	Extended              uint16 // status of the last command
	Action, Function      uint16 // that of it
	LBA                   uint64 // to which a command under way has come
	// Temperatures in degrees Celsius; NoTemperature: not known. Of this power cycle,
	// and of the life of the disk.
	Now, Lowest, Highest, LifeLowest, LifeHighest, Limit int8
	Over, Under                                          uint32 // the limits, in times
	SMART                                                uint16 // C24Fh passed, 2CF4h failing, 0 not known
	ReadERC                                              uint16
	Vendor                                               [32]byte
}

// NoTemperature is no temperature (ACS-3, table 177).
const NoTemperature int8 = -128

// ParseSCTStatus reads the SCT status.
func ParseSCTStatus(b []byte) (*SCTStatus, error) {
	b, err := whole(b)
	if err != nil {
		return nil, err
	}
	s := &SCTStatus{
		Format: le.Uint16(b), Version: le.Uint16(b[2:]), Spec: le.Uint16(b[4:]), Flags: le.Uint32(b[6:]),
		State: b[10], Extended: le.Uint16(b[14:]), Action: le.Uint16(b[16:]), Function: le.Uint16(b[18:]),
		LBA: le.Uint64(b[40:]),
		Now: int8(b[200]), Lowest: int8(b[201]), Highest: int8(b[202]), LifeLowest: int8(b[203]),
		LifeHighest: int8(b[204]), Limit: int8(b[205]),
		Over: le.Uint32(b[206:]), Under: le.Uint32(b[210:]), SMART: le.Uint16(b[214:]), ReadERC: le.Uint16(b[216:]),
		Vendor: [32]byte(b[480:512]),
	}
	if s.Format != 2 && s.Format != 3 {
		return s, errors.New("Unknown SCT Status format version " + strconv.Itoa(int(s.Format)) + ", should be 2 or 3.")
	}
	return s, nil
}

// SCTHistory is the temperature history table (ACS-3, 8.3.6).
type SCTHistory struct {
	Format                                uint16
	Period, Interval                      uint16 // minutes between samples, and between entries
	HighLimit, OverLimit, LowLimit, Under int8
	Index                                 int // of the newest entry
	Temperatures                          []int8
}

// ParseSCTHistory reads the temperature history table.
func ParseSCTHistory(b []byte) (*SCTHistory, error) {
	b, err := whole(b)
	if err != nil {
		return nil, err
	}
	h := &SCTHistory{
		Format: le.Uint16(b), Period: le.Uint16(b[2:]), Interval: le.Uint16(b[4:]),
		HighLimit: int8(b[6]), OverLimit: int8(b[7]), LowLimit: int8(b[8]), Under: int8(b[9]),
		Index: int(le.Uint16(b[32:])),
	}
	size := int(le.Uint16(b[30:]))
	switch {
	case h.Format != 2:
		return h, errors.New("unknown SCT data table format version " + hex(uint64(h.Format), 1))
	case size == 0 || size > Sector-34 || h.Index >= size:
		return h, errors.New("the SCT temperature history has no such entries")
	}
	h.Temperatures = make([]int8, size)
	for i := range h.Temperatures {
		h.Temperatures[i] = int8(b[34+i])
	}
	return h, nil
}

// Actions and functions of SCT commands (ACS-3, 8.3).
const (
	sctERC           = 3
	sctFeature       = 4
	sctTable         = 5
	sctHistory       = 2
	featureWriteCash = 1
	featureReorder   = 2
	featureInterval  = 3
)

// sct is an SCT command: a page that is written to log E0h.
func sct(words ...uint16) *command.ATA {
	b := make([]byte, Sector)
	for i, w := range words {
		le.PutUint16(b[2*i:], w)
	}
	return WriteSMARTLog(LogSCTStatus, b)
}

// ReadSCTStatus reads the SCT status.
func ReadSCTStatus() *command.ATA { return ReadSMARTLog(LogSCTStatus, 1) }

// ReadSCTData reads what an SCT command has to say.
func ReadSCTData() *command.ATA { return ReadSMARTLog(LogSCTData, 1) }

// SCTReadHistory asks for the temperature history table.
func SCTReadHistory() *command.ATA { return sct(sctTable, 1, sctHistory) }

// SCTGetERC asks for the time limit of reads (selection 1) or writes (2); SCTAnswer has
// the answer (ACS-3, 8.3.3). It is the one in force, or that after power on.
func SCTGetERC(selection uint16, powerOn bool) *command.ATA {
	function := uint16(2)
	if powerOn {
		function = 4
	}
	c := sct(sctERC, function, selection)
	c.Registers = true
	return c
}

// SCTSetERC sets such a limit in tenths of a second; 0: none.
func SCTSetERC(selection, tenths uint16, powerOn bool) *command.ATA {
	function := uint16(1)
	if powerOn {
		function = 3
	}
	return sct(sctERC, function, selection, tenths)
}

// SCTResetERC brings back such a limit as the maker has set it (ACS-4, 8.3.3).
func SCTResetERC(selection uint16) *command.ATA { return sct(sctERC, 5, selection) }

// SCTAction is the action and the function of an SCT command.
func SCTAction(c *command.ATA) (action, function uint16) {
	return le.Uint16(c.Data), le.Uint16(c.Data[2:])
}

// SCTAnswer is what an SCT command ended with: the limit in tenths of a second of
// SCTGetERC, the state of SCTGetFeature.
func SCTAnswer(r command.Registers) uint16 { return r.Count&255 | uint16(r.LBA&255)<<8 }

// SCTGetFeature asks for a feature, of which SCTAnswer is the state; SCTSetFeature changes it, for good where persistent (ACS-3, 8.3.4).
func SCTGetFeature(code uint16) *command.ATA {
	c := sct(sctFeature, 2, code)
	c.Registers = true
	return c
}

// SCTSetFeature sets a feature.
func SCTSetFeature(code, state uint16, persistent bool) *command.ATA {
	option := uint16(0)
	if persistent {
		option = 1
	}
	return sct(sctFeature, 1, code, state, option)
}

// Codes of SCT features.
const (
	SCTWriteCache = featureWriteCash
	SCTReorder    = featureReorder
	SCTInterval   = featureInterval
)
