package bridge

import (
	"context"
	"errors"

	"rescuebox/internal/smart/ata"
	"rescuebox/internal/smart/command"
)

// JMicron carries ATA commands in the way of JMicron (JM20329, JM20335 and others).
type JMicron struct {
	Dev command.SCSIDevice
	// Prolific is for bridges of Prolific that do the same with a signature at the end.
	Prolific bool
	// Extended is for those that do not mind commands of 48 bits whose upper halves are
	// zero; the others stop.
	Extended bool
	Port     int // 0 or 1, of a bridge for two disks; negative: the one that is there

	known bool // Port has been looked up
}

const (
	jmCode          = 0xdf
	jmRead          = 0xfd // the command that reads the bridge's memory
	jmIn, jmOut     = 0x10, 0x00
	jmPorts         = 0x720f // address there: a bit for each port with a disk
	jmRegisters     = 0x8000 // and of the registers of the first; the second's are behind
	jmRegistersNext = 0x1000
	jmFirst         = 0x04
	jmSecond        = 0x40
)

var errTwoDisks = errors.New("the bridge has two disks: say which with -d usbjmicron,0 or usbjmicron,1")

// ATA carries a command.
func (j *JMicron) ATA(ctx context.Context, c *command.ATA) (command.Registers, error) {
	if c.Extended && (!j.Extended || c.Feature>>8 != 0 || c.Count>>8 != 0 || c.LBA>>24 != 0) {
		return command.Registers{}, unsupportedError{}
	}
	if err := j.choose(ctx); err != nil {
		return command.Registers{}, err
	}
	isStatus := c.Command == ata.ReturnStatus().Command && byte(c.Feature) == byte(ata.ReturnStatus().Feature)
	s := &command.SCSI{Data: c.Data, Direction: c.Direction, Timeout: c.Timeout}
	if isStatus { // the bridge says the upper byte of the signature
		s.Data, s.Direction = make([]byte, 1), command.In
	}
	direction := byte(jmIn)
	if c.Direction == command.Out {
		direction = jmOut
	}
	s.CDB = j.cdb(direction, len(s.Data), []byte{
		byte(c.Feature), byte(count(c)), byte(c.LBA), byte(c.LBA >> 8), byte(c.LBA >> 16),
		device(c) | 0xa0 | byte(j.Port)<<4, c.Command,
	})
	if err := do(ctx, j.Dev, s); err != nil {
		return command.Registers{}, err
	}
	if isStatus {
		if r, ok := statusByte(s.Data[0]); ok {
			return r, nil
		}
	}
	if !c.Registers {
		return command.Registers{}, nil
	}
	b, err := j.memory(ctx, jmRegisters+j.Port*jmRegistersNext, 16)
	if err != nil {
		return command.Registers{}, err
	}
	return result(command.Registers{
		Count: uint16(b[0]), LBA: uint64(b[6]) | uint64(b[4])<<8 | uint64(b[10])<<16,
		Device: b[9], Error: b[13], Status: b[14],
	})
}

// statusByte is the answer to SMART RETURN STATUS from its upper byte (ACS-3, 7.48.7.4).
func statusByte(b byte) (command.Registers, bool) {
	const ready = 0x50
	switch b {
	case 0xc2:
		return command.Registers{Status: ready, LBA: 0xc24f00}, true
	case 0x2c:
		return command.Registers{Status: ready, LBA: 0x2cf400}, true
	}
	return command.Registers{}, false
}

func (j *JMicron) cdb(direction byte, size int, registers []byte) []byte {
	b := append([]byte{jmCode, direction, 0, byte(size >> 8), byte(size)}, registers...)
	if j.Prolific {
		b = append(b, 0x06, 0x7b)
	}
	return b
}

// memory reads what the bridge has at an address.
func (j *JMicron) memory(ctx context.Context, address, size int) ([]byte, error) {
	s := &command.SCSI{Data: make([]byte, size), Direction: command.In}
	s.CDB = j.cdb(jmIn, size, []byte{0, byte(address >> 8), byte(address), 0, 0, 0, jmRead})
	err := do(ctx, j.Dev, s)
	return s.Data, err
}

// choose looks up at which port the disk is.
func (j *JMicron) choose(ctx context.Context) error {
	if j.known || j.Port >= 0 {
		return nil
	}
	b, err := j.memory(ctx, jmPorts, 1)
	if err != nil {
		return err
	}
	j.known = true
	switch {
	case b[0]&jmFirst != 0 && b[0]&jmSecond != 0:
		return errTwoDisks
	case b[0]&jmSecond != 0:
		j.Port = 1
	default:
		j.Port = 0
	}
	return nil
}
