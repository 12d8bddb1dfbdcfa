// Package bridge carries commands of ATA and NVMe disks inside of SCSI commands: by the
// standard for ATA (SCSI/ATA Translation), and in the ways of makers of USB bridges.
//
// What makers do is not standardised and hardly published. The layouts of their commands
// are those of Seagate's opensea-transport (MPL-2.0), which says to have them from the
// makers' specifications, and of CrystalDiskInfo (MIT) for Realtek; the code is not.
package bridge

import (
	"context"
	"strconv"

	"rescuebox/internal/smart/command"
	"rescuebox/internal/smart/scsi"
)

const sector = 512

// SAT carries ATA commands by ATA PASS-THROUGH (SAT-4, 12.2).
type SAT struct {
	Dev command.SCSIDevice
	// Short uses the command of 12 bytes, which bridges know that do not know the other;
	// it carries no command of 48 bits.
	Short bool
}

// The operation codes.
const (
	passThrough16 = 0x85
	passThrough12 = 0xa1
)

// Fields of the second and third byte.
const (
	protocolNone = 3 << 1
	protocolIn   = 4 << 1
	protocolOut  = 5 << 1
	protocolDMA  = 6 << 1
	extend       = 1

	lengthInCount = 2      // of the transfer
	inBlocks      = 1 << 2 // of 512 bytes
	fromDevice    = 1 << 3
	wantRegisters = 1 << 5 // CK_COND
)

// SenseError is a bridge that has refused a command, or did not understand what the
// disk said. To those who look for an answer of the disk it is one: that the disk will
// not.
type SenseError struct{ scsi.Sense }

// Error words it as smartctl does.
func (e *SenseError) Error() string {
	s := e.Sense
	switch {
	case s.Key == scsi.IllegalRequest && s.ASC == 0x20:
		return "scsi error unsupported scsi opcode"
	case s.Key == scsi.IllegalRequest && s.ASC == 0x24:
		return "scsi error unsupported field in scsi command"
	case s.Key == scsi.IllegalRequest:
		return "scsi error badly formed scsi parameters"
	case s.Key == scsi.NotReady && s.ASC == 0x3a:
		return "scsi error no medium present"
	case s.Key == scsi.NotReady:
		return "scsi error device not ready"
	case s.Key == scsi.AbortedCommand:
		return "scsi error aborted command"
	case s.Key == scsi.MediumError, s.Key == scsi.HardwareError:
		return "scsi error medium or hardware error (serious)"
	}
	return "scsi error " + scsi.KeyName(s.Key) + ", additional sense 0x" + strconv.FormatUint(uint64(s.ASC), 16) + "/0x" + strconv.FormatUint(uint64(s.ASCQ), 16)
}

// Unwrap returns it as the answer of an ATA and of an NVMe device.
func (e *SenseError) Unwrap() []error {
	if e.ASC == 0x20 {
		return []error{aborted(), invalidOpcode}
	}
	return []error{aborted(), invalidField}
}

// StatusError is a SCSI status that is neither GOOD nor CHECK CONDITION.
type StatusError uint8

// Error names the status.
func (e StatusError) Error() string {
	return "scsi error: status 0x" + strconv.FormatUint(uint64(e), 16)
}

// Unwrap returns it as the answer of an ATA and of an NVMe device.
func (e StatusError) Unwrap() []error { return []error{aborted(), invalidField} }

// unsupportedError is a command that a bridge cannot carry.
type unsupportedError struct{}

func (unsupportedError) Error() string { return "not supported by the bridge" }
func (unsupportedError) Unwrap() error { return aborted() }

// aborted is an ATA device's answer that it will not: ERR, and ABRT (ACS-3, 6.3).
func aborted() *command.ATAError {
	return &command.ATAError{Registers: command.Registers{Status: 0x51, Error: 0x04}}
}

// ATA carries a command. Registers that a bridge does not return are zero.
func (s *SAT) ATA(ctx context.Context, c *command.ATA) (command.Registers, error) {
	if s.Short && c.Extended {
		return command.Registers{}, unsupportedError{}
	}
	reply, err := s.Dev.SCSI(ctx, &command.SCSI{CDB: s.cdb(c), Data: c.Data, Direction: c.Direction, Timeout: c.Timeout})
	if err != nil {
		return command.Registers{}, err
	}
	registers, known := returned(reply.Sense)
	if known {
		return result(registers)
	}
	return command.Registers{}, failure(reply)
}

// result is an error where the registers say that the command has failed.
func result(r command.Registers) (command.Registers, error) {
	const failed = 0x01 | 0x20 // ERR and DF (ACS-3, 6.2)
	if r.Status&failed != 0 {
		return r, &command.ATAError{Registers: r}
	}
	return r, nil
}

// failure is the error of a reply, nil if there is none.
func failure(reply command.Reply) error {
	sense := scsi.ParseSense(reply.Sense)
	switch {
	case reply.Status == 0, reply.Status == 2 && !sense.Failed():
		return nil
	case reply.Status != 2:
		return StatusError(reply.Status)
	}
	return &SenseError{sense}
}

func (s *SAT) cdb(c *command.ATA) []byte {
	first, flags := byte(protocolNone), byte(0)
	switch c.Direction {
	case command.In:
		first, flags = protocolIn, lengthInCount|inBlocks|fromDevice
	case command.Out:
		first, flags = protocolOut, lengthInCount|inBlocks
	}
	if c.DMA && c.Direction != command.None {
		first = protocolDMA
	}
	if c.Registers {
		flags |= wantRegisters
	}
	count, device := count(c), device(c)
	if s.Short {
		return []byte{
			passThrough12, first, flags, byte(c.Feature), byte(count),
			byte(c.LBA), byte(c.LBA >> 8), byte(c.LBA >> 16), device, c.Command, 0, 0,
		}
	}
	b := []byte{
		passThrough16, first, flags, 0, byte(c.Feature), 0, byte(count),
		0, byte(c.LBA), 0, byte(c.LBA >> 8), 0, byte(c.LBA >> 16), device, c.Command, 0,
	}
	if c.Extended {
		b[1] |= extend
		b[3], b[5] = byte(c.Feature>>8), byte(count>>8)
		b[7], b[9], b[11] = byte(c.LBA>>24), byte(c.LBA>>32), byte(c.LBA>>40)
	}
	return b
}

// count is the count register, where bridges look how much data comes: so it must say
// so even where the disk does not care.
func count(c *command.ATA) uint16 {
	if c.Count == 0 && len(c.Data) > 0 {
		return uint16(len(c.Data) / sector)
	}
	return c.Count
}

// device is the device register, which has the upper bits of the address in commands of
// 28 bits.
func device(c *command.ATA) byte {
	if c.Extended {
		return c.Device
	}
	return c.Device | byte(c.LBA>>24)&0x0f
}

// returned reads the registers from sense data: from the ATA Status Return descriptor
// (SAT-4, 12.2.2.6), or from sense data of fixed format (12.2.2.7).
func returned(sense []byte) (command.Registers, bool) {
	if len(sense) < 8 {
		return command.Registers{}, false
	}
	switch sense[0] & 0x7f {
	case 0x72, 0x73:
		end := min(len(sense), 8+int(sense[7]))
		for at := 8; at+2 <= end; at += 2 + int(sense[at+1]) {
			if d := sense[at:end]; d[0] == 0x09 && d[1] >= 12 && len(d) >= 14 {
				return fromDescriptor(d), true
			}
		}
	case 0x70, 0x71:
		// Elsewhere the same bytes have other meanings.
		if len(sense) >= 14 && sense[12] == 0x00 && sense[13] == 0x1d {
			return fromFixed(sense), true
		}
	}
	return command.Registers{}, false
}

func fromDescriptor(d []byte) command.Registers {
	r := command.Registers{
		Error: d[3], Count: uint16(d[5]), Device: d[12], Status: d[13],
		LBA: uint64(d[7]) | uint64(d[9])<<8 | uint64(d[11])<<16,
	}
	if d[2]&extend != 0 {
		r.Count |= uint16(d[4]) << 8
		r.LBA |= uint64(d[6])<<24 | uint64(d[8])<<32 | uint64(d[10])<<40
	}
	return r
}

func fromFixed(s []byte) command.Registers {
	return command.Registers{
		Error: s[3], Status: s[4], Device: s[5], Count: uint16(s[6]),
		LBA: uint64(s[9]) | uint64(s[10])<<8 | uint64(s[11])<<16,
	}
}
