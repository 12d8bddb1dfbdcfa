package bridge

import (
	"context"

	"rescuebox/internal/smart/ata"
	"rescuebox/internal/smart/command"
)

// vendor is how a maker's bridges take ATA commands.
type vendor struct {
	dev command.SCSIDevice
	// send returns the CDBs of a command, the last of which moves the data; none: the
	// bridge cannot carry it.
	send func(c *command.ATA) [][]byte
	// read returns the CDB that asks for the registers afterwards, and how many bytes
	// come; what they mean is decode's.
	read   func() ([]byte, int)
	decode func(b []byte) command.Registers
}

// ATA carries a command.
func (v *vendor) ATA(ctx context.Context, c *command.ATA) (command.Registers, error) {
	cdbs := v.send(c)
	if len(cdbs) == 0 {
		return command.Registers{}, unsupportedError{}
	}
	for i, cdb := range cdbs {
		s := &command.SCSI{CDB: cdb, Timeout: c.Timeout}
		if i == len(cdbs)-1 {
			s.Data, s.Direction = c.Data, c.Direction
		}
		if err := do(ctx, v.dev, s); err != nil {
			return command.Registers{}, err
		}
	}
	if !c.Registers {
		return command.Registers{}, nil
	}
	cdb, size := v.read()
	s := &command.SCSI{CDB: cdb, Data: make([]byte, size), Direction: command.In}
	if err := do(ctx, v.dev, s); err != nil {
		return command.Registers{}, err
	}
	return result(v.decode(s.Data))
}

func do(ctx context.Context, dev command.SCSIDevice, c *command.SCSI) error {
	reply, err := dev.SCSI(ctx, c)
	if err != nil {
		return err
	}
	return failure(reply)
}

// inOrder decodes registers that come in the order of the AT task file, the alternate
// status first.
func inOrder(b []byte) command.Registers {
	return command.Registers{
		Error: b[1], Count: uint16(b[2]), LBA: uint64(b[3]) | uint64(b[4])<<8 | uint64(b[5])<<16,
		Device: b[6], Status: b[7],
	}
}

// Cypress returns the way of Cypress (CY7C68300 and others, ATACB); signature is how
// its commands begin, usually CypressSignature.
func Cypress(dev command.SCSIDevice, signature byte) command.ATADevice {
	const identify, readRegisters = 0x80, 0x01
	return &vendor{
		dev: dev,
		send: func(c *command.ATA) [][]byte {
			if c.Extended {
				return nil
			}
			b := []byte{
				signature, 0x24, 0, 0xff - 0x01, 1, 0, byte(c.Feature), byte(count(c)),
				byte(c.LBA), byte(c.LBA >> 8), byte(c.LBA >> 16), device(c), c.Command, 0, 0, 0,
			}
			if isIdentify(c) {
				b[2] |= identify
			}
			return [][]byte{b}
		},
		read: func() ([]byte, int) {
			return []byte{signature, 0x24, readRegisters, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}, 8
		},
		decode: inOrder,
	}
}

// CypressSignature is the usual one.
const CypressSignature = 0x24

func isIdentify(c *command.ATA) bool { return c.Command == ata.IdentifyDevice().Command }

// Sunplus returns the way of Sunplus (SPIF215, SPIF225).
func Sunplus(dev command.SCSIDevice) command.ATADevice {
	const code, status, command28, high48 = 0xf8, 0x21, 0x22, 0x23
	directions := [...]byte{command.None: 0x00, command.In: 0x10, command.Out: 0x11}
	return &vendor{
		dev: dev,
		send: func(c *command.ATA) (list [][]byte) {
			n := count(c)
			if c.Extended {
				list = append(list, []byte{
					code, 0, high48, 0, 0, byte(c.Feature >> 8), byte(n >> 8),
					byte(c.LBA >> 24), byte(c.LBA >> 32), byte(c.LBA >> 40), 0, 0,
				})
			}
			return append(list, []byte{
				code, 0, command28, directions[c.Direction], byte(len(c.Data) / sector), byte(c.Feature), byte(n),
				byte(c.LBA), byte(c.LBA >> 8), byte(c.LBA >> 16), device(c) | 0xa0, c.Command,
			})
		},
		read:   func() ([]byte, int) { return []byte{code, 0, status, 0, 0, 0, 0, 0, 0, 0, 0, 0}, 8 },
		decode: inOrder,
	}
}

// Prolific returns the way of Prolific (PL2571, PL2771 and others).
func Prolific(dev command.SCSIDevice) command.ATADevice {
	const execute, registers, read, last = 0xd8, 0xd7, 0x10, 0x05
	return &vendor{
		dev: dev,
		send: func(c *command.ATA) (list [][]byte) {
			n, size, direction := count(c), len(c.Data), byte(read)
			if c.Direction == command.Out {
				direction = 0
			}
			half := func(stage byte, shift int, feature, count byte) []byte {
				return []byte{
					execute, direction | stage, 0, feature, 0x06, 0x7b,
					byte(size >> 24), byte(size >> 16), byte(size >> 8), byte(size), count,
					byte(c.LBA >> shift), byte(c.LBA >> (shift + 8)), byte(c.LBA >> (shift + 16)), device(c) | 0xa0, c.Command,
				}
			}
			if c.Extended {
				list = append(list, half(0, 24, byte(c.Feature>>8), byte(n>>8)))
			}
			return append(list, half(last, 0, byte(c.Feature), byte(n)))
		},
		read: func() ([]byte, int) { return []byte{registers, 0, 0, 0, 0x06, 0x7b}, 16 },
		decode: func(b []byte) command.Registers {
			return command.Registers{
				Status: b[0], Error: b[1], Count: uint16(b[2]) | uint16(b[3])<<8,
				LBA:    uint64(b[4]) | uint64(b[6])<<8 | uint64(b[8])<<16 | uint64(b[5])<<24 | uint64(b[7])<<32 | uint64(b[9])<<40,
				Device: b[10],
			}
		},
	}
}
