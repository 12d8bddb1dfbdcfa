package replay

import (
	"bytes"
	"context"
	"errors"
	"strconv"

	"rescuebox/internal/smart/command"
)

// SCSI answers SCSI commands by recorded exchanges. The zero SCSI knows none.
type SCSI struct{ exchanges map[string]scsiExchange }

type scsiExchange struct {
	status      byte
	data, sense []byte
}

// illegalRequest is fixed-format sense data of ILLEGAL REQUEST, INVALID COMMAND OPERATION
// CODE (SPC-4, 4.5.3), which a device says to what it does not know.
var illegalRequest = []byte{0x70, 0, 5, 0, 0, 0, 0, 10, 0, 0, 0, 0, 0x20, 0, 0, 0, 0, 0}

// ParseSCSI reads exchanges, one a line: CDB|status|data|sense, each in hexadecimal
// digits with spaces between them. Lines that start with # are comments.
func ParseSCSI(text []byte) (*SCSI, error) {
	s := &SCSI{}
	err := eachLine(text, func(fields [][]byte) error {
		status := byte(0)
		if len(fields[1]) > 0 {
			status = fields[1][len(fields[1])-1]
		}
		s.Add(fields[0], status, fields[2], fields[3])
		return nil
	})
	if err != nil {
		return nil, err
	}
	return s, nil
}

// Add adds an exchange. Where there is one of the same CDB already, that stays.
func (s *SCSI) Add(cdb []byte, status byte, data, sense []byte) {
	if s.exchanges == nil {
		s.exchanges = map[string]scsiExchange{}
	}
	if _, ok := s.exchanges[string(cdb)]; !ok {
		s.exchanges[string(cdb)] = scsiExchange{status, data, sense}
	}
}

// SCSI answers a command. One that is not recorded ends with CHECK CONDITION.
func (s *SCSI) SCSI(ctx context.Context, c *command.SCSI) (command.Reply, error) {
	if err := ctx.Err(); err != nil {
		return command.Reply{}, err
	}
	e, ok := s.exchanges[string(c.CDB)]
	if !ok {
		return command.Reply{Status: 2, Sense: illegalRequest}, nil
	}
	reply := command.Reply{Status: e.status, Sense: e.sense}
	if c.Direction == command.In {
		clear(c.Data)
		reply.Got = copy(c.Data, e.data)
	}
	return reply, nil
}

// eachLine calls f with the four fields of each line, decoded.
func eachLine(text []byte, f func(fields [][]byte) error) error {
	for n, line := range bytes.Split(text, []byte("\n")) {
		line = bytes.TrimSpace(line)
		if len(line) == 0 || line[0] == '#' {
			continue
		}
		fields := bytes.Split(line, []byte("|"))
		if len(fields) > 4 {
			return lineError(n, errors.New("more than four fields"))
		}
		for len(fields) < 4 {
			fields = append(fields, nil)
		}
		for i := range fields {
			b, err := unhex(fields[i])
			if err != nil {
				return lineError(n, err)
			}
			fields[i] = b
		}
		if len(fields[0]) == 0 {
			return lineError(n, errors.New("no command"))
		}
		if err := f(fields); err != nil {
			return lineError(n, err)
		}
	}
	return nil
}

func lineError(n int, err error) error {
	return errors.New("recording, line " + strconv.Itoa(n+1) + ": " + err.Error())
}
