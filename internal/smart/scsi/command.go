// Package scsi decodes what a SCSI device says of itself, by the SCSI Primary Commands
// (SPC-4), the SCSI Block Commands (SBC-3), the SAS Protocol Layer (SPL-3) and, for log
// pages that came later, SPC-5.
package scsi

import (
	"encoding/binary"

	"rescuebox/internal/smart/command"
)

func in(size int, cdb ...byte) *command.SCSI {
	return &command.SCSI{CDB: cdb, Data: make([]byte, size), Direction: command.In}
}

// Inquiry asks for the standard data (SPC-4, 6.6.2).
func Inquiry() *command.SCSI { return in(36, 0x12, 0, 0, 0, 36, 0) }

// VPD asks for a page of vital product data (SPC-4, 7.8).
func VPD(page byte, size int) *command.SCSI {
	return in(size, 0x12, 1, page, byte(size>>8), byte(size), 0)
}

// TestUnitReady is the command of that name (SPC-4, 6.47).
func TestUnitReady() *command.SCSI { return &command.SCSI{CDB: make([]byte, 6)} }

// RequestSense asks for what there is to say (SPC-4, 6.39).
func RequestSense() *command.SCSI { return in(18, 3, 0, 0, 0, 18, 0) }

// ReadCapacity10 asks for the size (SBC-3, 5.15).
func ReadCapacity10() *command.SCSI { return in(8, 0x25, 0, 0, 0, 0, 0, 0, 0, 0, 0) }

// ReadCapacity16 asks for the size of more than 2^32 blocks too (SBC-3, 5.16).
func ReadCapacity16() *command.SCSI {
	return in(32, 0x9e, 0x10, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 32, 0, 0)
}

// ModeControl is which values of a mode page to return (SPC-4, 6.11).
type ModeControl byte

// The values of a mode page.
const (
	Current    ModeControl = 0x00
	Changeable ModeControl = 0x40
)

// modeSize is as large as any mode page here.
const modeSize = 64

// ModeSense6 asks for a mode page (SPC-4, 6.11).
func ModeSense6(page byte, control ModeControl) *command.SCSI {
	return in(modeSize, 0x1a, 0, byte(control)|page, 0, modeSize, 0)
}

// ModeSense10 asks for the same from devices that do not know the other (SPC-4, 6.12).
func ModeSense10(page byte, control ModeControl) *command.SCSI {
	return in(modeSize, 0x5a, 0, byte(control)|page, 0, 0, 0, 0, 0, modeSize, 0)
}

// ModeSelect sets a mode page from what a MODE SENSE of the same length of command has
// returned (SPC-4, 6.9 and 6.10). A page that can be saved is saved.
func ModeSelect(ten bool, data []byte, page ModePage) *command.SCSI {
	head := 4
	if ten {
		head = 8
	}
	out := append([]byte(nil), data[:page.Offset+len(page.Page)]...)
	kept := out[head-1]
	clear(out[:head]) // the length is reserved, and what it says of the device is not ours
	out[head-1] = kept
	save := byte(0x10)
	if out[page.Offset]&0x80 != 0 {
		save |= 1
	}
	out[page.Offset] &= 0x7f
	cdb := []byte{0x15, save, 0, 0, byte(len(out)), 0}
	if ten {
		cdb = []byte{0x55, save, 0, 0, 0, 0, 0, 0, byte(len(out)), 0}
	}
	return &command.SCSI{CDB: cdb, Data: out, Direction: command.Out}
}

// LogSense asks for a log page with its cumulative values (SPC-4, 6.8).
func LogSense(page, subpage byte, size int) *command.SCSI {
	return in(size, 0x4d, 0, 0x40|page, subpage, 0, 0, 0, byte(size>>8), byte(size), 0)
}

// ReadDefects12 asks for the head of the list of grown defects (SBC-3, 5.18), which
// tells its length.
func ReadDefects12() *command.SCSI { return in(8, 0xb7, 0x0c, 0, 0, 0, 0, 0, 0, 0, 8, 0, 0) }

// ReadDefects10 does the same with the older command (SBC-3, 5.17).
func ReadDefects10() *command.SCSI { return in(4, 0x37, 0, 0x0c, 0, 0, 0, 0, 0, 4, 0) }

// SelfTestCode is what SEND DIAGNOSTIC does (SPC-4, 6.42).
type SelfTestCode byte

// The self-tests. Those in the foreground end with the command.
const (
	DefaultTest         SelfTestCode = 0
	BackgroundShort     SelfTestCode = 1
	BackgroundExtended  SelfTestCode = 2
	AbortBackgroundTest SelfTestCode = 4
	ForegroundShort     SelfTestCode = 5
	ForegroundExtended  SelfTestCode = 6
)

// SendDiagnostic starts or aborts a self-test.
func SendDiagnostic(code SelfTestCode) *command.SCSI {
	first := byte(code) << 5
	if code == DefaultTest {
		first = 4
	}
	return &command.SCSI{CDB: []byte{0x1d, first, 0, 0, 0, 0}}
}

func be16(b []byte) uint16 { return binary.BigEndian.Uint16(b) }
func be32(b []byte) uint32 { return binary.BigEndian.Uint32(b) }
func be64(b []byte) uint64 { return binary.BigEndian.Uint64(b) }

// number is the big-endian number that the bytes are, the least significant 64 bits of it.
func number(b []byte) (v uint64) {
	for _, c := range b {
		v = v<<8 | uint64(c)
	}
	return v
}
