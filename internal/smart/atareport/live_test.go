package atareport_test

import (
	"context"
	"fmt"
	"strings"

	"rescuebox/internal/smart/command"
)

// live is a disk that does what it is told, and keeps a list of what that was.
type live struct {
	*disk
	features map[uint16][2]uint16 // of SCT by their codes: the state, and its options
	limits   [2][2]uint16         // of error recovery: those in force, those after power on
	refuses  func(*command.ATA) bool
	extended uint16 // status of SCT commands
	told     []string
}

// alive brings a disk to life.
func alive(d *disk) *live {
	return &live{
		disk: d, features: map[uint16][2]uint16{1: {1, 0}, 2: {1, 0}, 3: {10, 0}},
		limits: [2][2]uint16{{d.erc, 80}, {0, 1}},
	}
}

func newLive() *live {
	l := alive(newDisk())
	put(l.smart[9], map[int]uint16{0: 1, 1: 100, 5: 199, 9: 300, 13: 399})
	seal(l.smart[9])
	return l
}

var aborted = command.Registers{Status: 0x51, Error: 4}

// ATA carries out a command.
func (l *live) ATA(ctx context.Context, c *command.ATA) (command.Registers, error) {
	if c.Direction != command.In && c.Command != 0xe5 { // not CHECK POWER MODE, which changes nothing
		l.told = append(l.told, taskfile(c))
	}
	if l.refuses != nil && l.refuses(c) {
		return aborted, &command.ATAError{Registers: aborted}
	}
	ok := command.Registers{Status: 0x50}
	switch {
	case c.Command == 0xef, c.Command == 0xe0, c.Command == 0xe3, c.Command == 0xe2, c.Command == 0xf5:
		return ok, nil
	case c.Command == 0xb0 && c.Feature == 0xd6 && byte(c.LBA) == 0xe0:
		return l.sct(c), nil
	case c.Command == 0xb0 && c.Feature == 0xd6:
		l.smart[byte(c.LBA)] = c.Data
		return ok, nil
	case c.Command == 0xb0 && (c.Feature == 0xd8 || c.Feature == 0xd9):
		l.identify[2*85] = l.identify[2*85]&^1 | byte(^c.Feature&1)
		return ok, nil
	}
	return l.disk.ATA(ctx, c)
}

// sct carries out an SCT command (ACS-3, 8.3).
func (l *live) sct(c *command.ATA) command.Registers {
	word := func(n int) uint16 { return le.Uint16(c.Data[2*n:]) }
	action, function, code := word(0), word(1), word(2)
	put(l.smart[0xe0], map[int]uint16{7: l.extended, 8: action, 9: function})
	answer := uint16(0)
	switch f := l.features[code]; {
	case action == 4 && function == 1:
		l.features[code] = [2]uint16{word(3), word(4)}
	case action == 4 && function == 2:
		answer = f[0]
	case action == 4 && function == 3:
		answer = f[1]
	case action == 3 && function == 5:
		l.limits[0], l.limits[1] = [2]uint16{100, 100}, [2]uint16{100, 100}
	case action == 3 && code >= 1 && code <= 2:
		at := (function - 1) / 2 & 1
		if function&1 == 1 {
			l.limits[at][code-1] = word(3)
		}
		answer = l.limits[at][code-1]
	}
	return command.Registers{Status: 0x50, Count: answer & 255, LBA: 0xc24f00 | uint64(answer>>8)}
}

// taskfile is a command in writing, with the words that it writes.
func taskfile(c *command.ATA) string {
	s := fmt.Sprintf("command %02x feature %02x count %02x lba %06x", c.Command, c.Feature, c.Count, c.LBA)
	if c.Direction == command.Out {
		s += " writes"
		for i := 0; i+1 < len(c.Data); i += 2 {
			if w := le.Uint16(c.Data[i:]); w != 0 {
				s += fmt.Sprintf(" %d:%04x", i/2, w)
			}
		}
	}
	return s
}

// serve answers what comes by ATA PASS-THROUGH (16) (SAT-3, 12.2.3).
func (l *live) serve(cdb, data []byte, most int) (status byte, reply, sense []byte) {
	if len(cdb) != 16 || cdb[0] != 0x85 {
		return 2, nil, []byte{0x70, 0, 5, 0, 0, 0, 0, 10, 0, 0, 0, 0, 0x20, 0, 0, 0, 0, 0}
	}
	c := command.ATA{
		Command: cdb[14], Device: cdb[13], Feature: uint16(cdb[4]), Count: uint16(cdb[6]),
		LBA: uint64(cdb[8]) | uint64(cdb[10])<<8 | uint64(cdb[12])<<16, Data: data,
	}
	if cdb[1]&1 != 0 {
		c.Extended = true
		c.Feature |= uint16(cdb[3]) << 8
		c.Count |= uint16(cdb[5]) << 8
		c.LBA |= uint64(cdb[7])<<24 | uint64(cdb[9])<<32 | uint64(cdb[11])<<40
	}
	switch cdb[1] >> 1 {
	case 4:
		c.Direction, c.Data = command.In, make([]byte, most)
	case 5:
		c.Direction = command.Out
	}
	r, err := l.ATA(context.Background(), &c)
	if err != nil {
		sense = descriptor(r, c.Extended)
		sense[1], sense[2], sense[3] = 0x0b, 0, 0
		return 2, nil, sense
	}
	if cdb[2]&0x20 != 0 {
		status, sense = 2, descriptor(r, c.Extended)
	}
	if c.Direction != command.In {
		c.Data = nil
	}
	return status, c.Data, sense
}

// refusing aborts commands by the beginnings of their taskfiles.
func refusing(commands ...string) func(*command.ATA) bool {
	return func(c *command.ATA) bool {
		for _, s := range commands {
			if strings.HasPrefix(taskfile(c), s) {
				return true
			}
		}
		return false
	}
}
