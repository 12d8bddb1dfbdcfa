package replay

import (
	"context"
	"encoding/binary"
	"errors"

	"rescuebox/internal/smart/command"
)

// NVMe answers NVMe admin commands by recorded exchanges. The zero NVMe knows none.
type NVMe struct{ exchanges map[nvmeKey]nvmeExchange }

type nvmeKey struct {
	opcode byte
	nsid   uint32
	cdw    [6]uint32
}

type nvmeExchange struct {
	status command.NVMeError
	data   []byte
}

// invalidField is the status Invalid Field in Command, do not retry.
const invalidField command.NVMeError = 0x4002

// ParseNVMe reads exchanges, one a line: command|status|data in hexadecimal digits, a
// command being its opcode of one byte and the NSID and dwords 10 to 15 of four each, the
// most significant byte first. Lines that start with # are comments.
func ParseNVMe(text []byte) (*NVMe, error) {
	n := &NVMe{}
	err := eachLine(text, func(fields [][]byte) error {
		if len(fields[0]) != 29 || len(fields[1]) > 2 {
			return errors.New("a command has 29 bytes and a status two")
		}
		c := command.NVMe{Opcode: fields[0][0], NSID: binary.BigEndian.Uint32(fields[0][1:])}
		for i := range c.CDW {
			c.CDW[i] = binary.BigEndian.Uint32(fields[0][5+4*i:])
		}
		status := command.NVMeError(0)
		for _, b := range fields[1] {
			status = status<<8 | command.NVMeError(b)
		}
		n.Add(&c, status, fields[2])
		return nil
	})
	if err != nil {
		return nil, err
	}
	return n, nil
}

// Add adds an exchange. Where there is one of the same command already, that stays.
func (n *NVMe) Add(c *command.NVMe, status command.NVMeError, data []byte) {
	if n.exchanges == nil {
		n.exchanges = map[nvmeKey]nvmeExchange{}
	}
	key := nvmeKey{c.Opcode, c.NSID, c.CDW}
	if _, ok := n.exchanges[key]; !ok {
		n.exchanges[key] = nvmeExchange{status, data}
	}
}

// NVMe answers a command. One that is not recorded has an invalid field.
func (n *NVMe) NVMe(ctx context.Context, c *command.NVMe) (uint32, error) {
	if err := ctx.Err(); err != nil {
		return 0, err
	}
	e, ok := n.exchanges[nvmeKey{c.Opcode, c.NSID, c.CDW}]
	if !ok {
		return 0, invalidField
	}
	if e.status != 0 {
		return 0, e.status
	}
	if c.Direction == command.In {
		clear(c.Data)
		copy(c.Data, e.data)
	}
	return 0, nil
}

// AppendNVMe appends the line of an exchange that ParseNVMe reads.
func AppendNVMe(out []byte, c *command.NVMe, status command.NVMeError, data []byte) []byte {
	key := binary.BigEndian.AppendUint32([]byte{c.Opcode}, c.NSID)
	for _, w := range c.CDW {
		key = binary.BigEndian.AppendUint32(key, w)
	}
	out = append(appendHex(out, key), '|')
	out = append(appendHex(out, []byte{byte(status >> 8), byte(status)}), '|')
	out = appendHex(out, data)
	return append(out, "|\n"...)
}

// AppendSCSI appends the line of an exchange that ParseSCSI reads.
func AppendSCSI(out, cdb []byte, status byte, data, sense []byte) []byte {
	for _, field := range [][]byte{cdb, {status}, data} {
		out = append(appendHex(out, field), '|')
	}
	return append(appendHex(out, sense), '\n')
}
