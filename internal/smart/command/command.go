// Package command is how a disk is asked about itself: the commands of the ATA, SCSI
// and NVMe families as values, what comes back, and the interfaces of whatever carries
// them there: an ioctl, a RAID controller, a USB bridge, or a recording.
package command

import (
	"context"
	"time"
)

// Direction is where the data of a command goes.
type Direction uint8

// The directions: no data, from the disk, to the disk.
const (
	None Direction = iota
	In
	Out
)

// ATA is a command of the ATA command set by its registers (ACS-3, 4.13).
type ATA struct {
	Command  byte
	Feature  uint16
	Count    uint16
	LBA      uint64 // 48 bits; 28 where Extended is false
	Device   byte
	Extended bool // a 48-bit command
	DMA      bool
	// Data is read into or written from, by Direction; whole sectors of 512 bytes.
	Data      []byte
	Direction Direction
	// Registers asks for those that the command ends with.
	Registers bool
	Timeout   time.Duration // 0: the device's own
}

// Registers are those of an ATA device when a command has ended.
type Registers struct {
	Status, Error, Device byte
	Count                 uint16
	LBA                   uint64
}

// SCSI is a command of a SCSI device (SPC-4).
type SCSI struct {
	CDB       []byte // 6, 10, 12 or 16 bytes
	Data      []byte
	Direction Direction
	Timeout   time.Duration // 0: the device's own
}

// Reply is what a SCSI device said.
type Reply struct {
	Status byte   // SAM-5, 5.3.1: 0 GOOD, 2 CHECK CONDITION
	Sense  []byte // SPC-4, 4.5; may be empty
	Got    int    // bytes of Data that came; the others are zero
}

// NVMe is an admin command (NVM Express Base Specification, 5).
type NVMe struct {
	Opcode    byte
	NSID      uint32
	CDW       [6]uint32 // dwords 10 to 15
	Data      []byte
	Direction Direction
	Timeout   time.Duration // 0: the device's own
}

// ATADevice carries ATA commands. The error is an *ATAError where the device has
// answered that it will not or cannot do it.
type ATADevice interface {
	ATA(context.Context, *ATA) (Registers, error)
}

// SCSIDevice carries SCSI commands. A CHECK CONDITION is no error, but a Reply.
type SCSIDevice interface {
	SCSI(context.Context, *SCSI) (Reply, error)
}

// NVMeDevice carries NVMe admin commands and returns dword 0 of the completion. The
// error is an NVMeError where the device has answered with another status than success.
type NVMeDevice interface {
	NVMe(context.Context, *NVMe) (uint32, error)
}

// ATAError is what an ATA device ended a command with that failed.
type ATAError struct{ Registers }

// Error names the registers.
func (e *ATAError) Error() string {
	return "the device reports an error (status " + hexByte(e.Status) + ", error " + hexByte(e.Registers.Error) + ")"
}

// NVMeError is the status field of a completion, without the phase tag: bits 7:0 the
// code, 10:8 the type, 14 do not retry (NVM Express Base Specification, 3.3.3.2.1).
type NVMeError uint16

// Error names the status.
func (e NVMeError) Error() string {
	return "the device reports NVMe status " + hexByte(byte(e>>8)) + hexByte(byte(e))[2:]
}

func hexByte(b byte) string {
	const digits = "0123456789abcdef"
	return "0x" + string([]byte{digits[b>>4], digits[b&15]})
}
