package bridge

import (
	"context"
	"encoding/binary"
	"errors"

	"rescuebox/internal/smart/command"
)

// Opcodes that all of these bridges carry (NVM Express Base Specification, 5).
const (
	nvmeGetLog   = 0x02
	nvmeIdentify = 0x06
)

// What a disk answers that does not know a command, or something in it, and what is said
// here for a bridge that does not carry it.
const (
	invalidOpcode command.NVMeError = 0x4001
	invalidField  command.NVMeError = 0x4002
)

// ASMedia carries the two commands of NVMe that bridges of ASMedia (ASM2362, ASM2364)
// all take, by fields of their own.
type ASMedia struct{ Dev command.SCSIDevice }

// NVMe carries a command.
func (a ASMedia) NVMe(ctx context.Context, c *command.NVMe) (uint32, error) {
	b := make([]byte, 16)
	b[0], b[1], b[3] = 0xe6, c.Opcode, byte(c.CDW[0])
	switch c.Opcode {
	case nvmeIdentify:
	case nvmeGetLog:
		b[6], b[7] = byte(c.CDW[0]>>24), byte(c.CDW[0]>>16)
		binary.BigEndian.PutUint32(b[8:], c.CDW[3])
		binary.BigEndian.PutUint32(b[12:], c.CDW[2])
	default:
		return 0, invalidOpcode
	}
	return 0, do(ctx, a.Dev, &command.SCSI{CDB: b, Data: c.Data, Direction: command.In, Timeout: c.Timeout})
}

// Realtek does the same with bridges of Realtek (RTL9210, RTL9211). They return no more
// than asked for, and no status.
type Realtek struct{ Dev command.SCSIDevice }

// NVMe carries a command.
func (r Realtek) NVMe(ctx context.Context, c *command.NVMe) (uint32, error) {
	if c.Opcode != nvmeIdentify && c.Opcode != nvmeGetLog || len(c.Data) > 0xffff {
		return 0, invalidOpcode
	}
	b := make([]byte, 16)
	b[0], b[1], b[2], b[3], b[4] = 0xe4, byte(len(c.Data)), byte(len(c.Data)>>8), c.Opcode, byte(c.CDW[0])
	return 0, do(ctx, r.Dev, &command.SCSI{CDB: b, Data: c.Data, Direction: command.In, Timeout: c.Timeout})
}

// JMicronNVMe carries any admin command by bridges of JMicron (JMS583, JMS581).
type JMicronNVMe struct{ Dev command.SCSIDevice }

// Steps of a command there, in the second byte of the CDB.
const (
	jmPayload  = 0x0 // the command is given
	jmNone     = 0x1 // and carried out, without data
	jmDataIn   = 0x2
	jmDataOut  = 0x3
	jmResponse = 0xf // the completion is asked for
	jmAdmin    = 0x80

	jmSignature = "NVME"
)

var errNoResponse = errors.New("the bridge does not say what came of the command")

// NVMe carries a command.
func (j JMicronNVMe) NVMe(ctx context.Context, c *command.NVMe) (uint32, error) {
	payload := make([]byte, sector)
	copy(payload, jmSignature)
	payload[8] = c.Opcode
	binary.LittleEndian.PutUint32(payload[12:], c.NSID)
	for i, v := range c.CDW {
		binary.LittleEndian.PutUint32(payload[48+4*i:], v)
	}
	// What is behind the last whole sector of a transfer does not arrive.
	data := c.Data
	if c.Direction == command.In {
		data = make([]byte, (len(c.Data)+sector-1)/sector*sector)
		if c.Opcode == nvmeGetLog && len(data) != len(c.Data) {
			binary.LittleEndian.PutUint32(payload[48:], c.CDW[0]&0xffff|uint32(len(data)/4-1)<<16)
		}
	}
	if err := j.step(ctx, jmPayload, payload, command.Out, c); err != nil {
		return 0, err
	}
	protocol := [...]byte{command.None: jmNone, command.In: jmDataIn, command.Out: jmDataOut}[c.Direction]
	failed := j.step(ctx, protocol, data, c.Direction, c)
	// The completion has the reason, whatever the SCSI status is; but nothing more comes
	// of a bridge that does not answer.
	if failed != nil && !answered(failed) {
		return 0, failed
	}
	response := make([]byte, sector)
	if err := j.step(ctx, jmResponse, response, command.In, c); err != nil {
		return 0, err
	}
	if string(response[:len(jmSignature)]) != jmSignature {
		if failed != nil {
			return 0, failed
		}
		return 0, errNoResponse
	}
	r := binary.LittleEndian.Uint32(response[8:])
	if status := binary.LittleEndian.Uint16(response[22:]); status != 0 {
		return r, command.NVMeError(status & 0x7fff)
	}
	copy(c.Data, data)
	return r, failed
}

// answered reports whether an error is what a device has said.
func answered(err error) bool {
	var sense *SenseError
	var status StatusError
	return errors.As(err, &sense) || errors.As(err, &status)
}

func (j JMicronNVMe) step(ctx context.Context, what byte, data []byte, direction command.Direction, c *command.NVMe) error {
	size := len(data)
	cdb := []byte{passThrough12, what | jmAdmin, 0, byte(size >> 16), byte(size >> 8), byte(size), 0, 0, 0, 0, 0, 0}
	return do(ctx, j.Dev, &command.SCSI{CDB: cdb, Data: data, Direction: direction, Timeout: c.Timeout})
}
