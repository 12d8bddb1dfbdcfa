package replay

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"strconv"

	"rescuebox/internal/smart/ata"
	"rescuebox/internal/smart/command"
)

// ATA answers ATA commands by recorded exchanges. The zero ATA knows none.
type ATA struct{ exchanges map[ataKey][]ataExchange }

// ataKey is what tells commands apart: data that goes to the disk is not.
type ataKey struct {
	command        byte
	feature, count uint16
	lba            uint64
}

type ataExchange struct {
	registers command.Registers
	data      []byte
	failed    bool
}

// aborted is how a device ends a command that it does not know (ACS-3, 6.2 and 6.3).
var aborted = command.Registers{Status: 0x51, Error: 0x04}

func keyOf(c *command.ATA) ataKey {
	key := ataKey{c.Command, c.Feature, c.Count, c.LBA}
	if c.Direction == command.In && !c.Extended {
		key.count = 0 // recordings of SMART commands do not say it
	}
	if c.Command == ata.ReadThresholds().Command && byte(c.Feature) == byte(ata.ReadThresholds().Feature) {
		key.lba &^= 0xff // of no meaning
	}
	return key
}

// Add adds an exchange. The answers to the same command come in the order in which they
// were added, the last of them again and again.
func (a *ATA) Add(c *command.ATA, r command.Registers, data []byte) {
	a.add(keyOf(c), ataExchange{r, data, r.Status&1 != 0})
}

func (a *ATA) add(key ataKey, e ataExchange) {
	if a.exchanges == nil {
		a.exchanges = map[ataKey][]ataExchange{}
	}
	a.exchanges[key] = append(a.exchanges[key], e)
}

// ATA answers a command. One that is not recorded ends as one that the disk does not
// know, and so does one of which less data is recorded.
func (a *ATA) ATA(ctx context.Context, c *command.ATA) (command.Registers, error) {
	if err := ctx.Err(); err != nil {
		return command.Registers{}, err
	}
	key := keyOf(c)
	list := a.exchanges[key]
	if len(list) == 0 || c.Direction == command.In && len(list[0].data) < len(c.Data) {
		return aborted, &command.ATAError{Registers: aborted}
	}
	e := list[0]
	if len(list) > 1 {
		a.exchanges[key] = list[1:]
	}
	if e.failed {
		return e.registers, &command.ATAError{Registers: e.registers}
	}
	if c.Direction == command.In {
		copy(c.Data, e.data)
	}
	return e.registers, nil
}

// recorded are the commands by the names that smartctl reports.
var recorded = map[string]func(parameter byte) *command.ATA{
	"IDENTIFY DEVICE":                 func(byte) *command.ATA { return ata.IdentifyDevice() },
	"SMART READ ATTRIBUTE VALUES":     func(byte) *command.ATA { return ata.ReadValues() },
	"SMART READ ATTRIBUTE THRESHOLDS": func(byte) *command.ATA { return ata.ReadThresholds() },
	"SMART READ LOG":                  func(p byte) *command.ATA { return ata.ReadSMARTLog(p, 1) },
	"SMART WRITE LOG":                 func(p byte) *command.ATA { return ata.WriteSMARTLog(p, make([]byte, ata.Sector)) },
	"SMART ENABLE":                    func(byte) *command.ATA { return ata.Enable(true) },
	"SMART DISABLE":                   func(byte) *command.ATA { return ata.Enable(false) },
	"SMART STATUS CHECK":              func(byte) *command.ATA { return ata.ReturnStatus() },
	"SMART STATUS":                    func(byte) *command.ATA { return ata.ReturnStatus() },
	"SMART AUTO OFFLINE":              func(p byte) *command.ATA { return ata.AutoOffline(p != 0) },
	"SMART AUTOSAVE":                  func(p byte) *command.ATA { return ata.Autosave(p != 0) },
	"SMART IMMEDIATE OFFLINE":         func(p byte) *command.ATA { return ata.Test(p) },
	"CHECK POWER MODE":                func(byte) *command.ATA { return ata.PowerMode() },
}

// ParseATA reads what `smartctl -r ataioctl,2` has printed, anything else between, or a
// blob as skdump of libatasmart saves it.
func ParseATA(text []byte) (*ATA, error) {
	if bytes.HasPrefix(text, []byte("IDFY")) {
		return parseBlob(text)
	}
	p := &ataText{out: &ATA{}}
	for n, line := range bytes.Split(text, []byte("\n")) {
		if err := p.line(bytes.TrimRight(line, " \r")); err != nil {
			return nil, lineError(n, err)
		}
	}
	p.flush()
	if len(p.out.exchanges) == 0 {
		return nil, errors.New("no recorded ATA commands: print them with smartctl -r ataioctl,2")
	}
	return p.out, nil
}

// ataText is where reading the text has come to.
type ataText struct {
	out     *ATA
	current *command.ATA // of which the answer comes
	answer  ataExchange
	dumping bool
}

func (p *ataText) flush() {
	if p.current != nil {
		p.out.Add(p.current, p.answer.registers, p.answer.data)
	}
	p.current, p.answer, p.dumping = nil, ataExchange{}, false
}

var (
	reportMark = []byte("REPORT-IOCTL: Device=")
	returned   = []byte(" returned ")
	dumpStart  = []byte("] DATA START ")
	dumpEnd    = []byte("] DATA END ")
)

func (p *ataText) line(line []byte) error {
	if rest, ok := bytes.CutPrefix(line, reportMark); ok {
		_, name, ok := bytes.Cut(rest, []byte(" Command="))
		if !ok {
			return errors.New("a report without a command")
		}
		name, result, ended := bytes.Cut(name, returned)
		if ended {
			return p.result(result)
		}
		p.flush()
		return p.begin(name)
	}
	switch {
	case bytes.Contains(line, dumpStart):
		p.dumping = p.current != nil
	case bytes.Contains(line, dumpEnd):
		if p.dumping && len(p.answer.data) != ata.Sector {
			return errors.New("the data of a command is of " + strconv.Itoa(len(p.answer.data)) + " bytes, not of 512")
		}
		p.dumping = false
	case p.dumping && len(line) > 0:
		return p.data(line)
	}
	return nil
}

// begin is at the name of a command, with its parameter. Unknown ones are left out.
func (p *ataText) begin(name []byte) error {
	name, parameter, has := bytes.Cut(name, []byte(" InputParameter="))
	value := 0
	if has {
		v, err := strconv.Atoi(string(bytes.TrimSpace(parameter)))
		if err != nil || v < 0 || v > 255 {
			return errors.New("a parameter that is no byte")
		}
		value = v
	}
	if build := recorded[string(bytes.TrimSpace(name))]; build != nil {
		p.current = build(byte(value))
	}
	return nil
}

// result is at what a command returned: 0, -1 for a failure, or of SMART STATUS CHECK 1
// for a failing disk.
func (p *ataText) result(text []byte) error {
	if p.current == nil {
		return nil
	}
	text, _, _ = bytes.Cut(text, []byte(" "))
	v, err := strconv.Atoi(string(text))
	if err != nil || v < -1 || v > 255 {
		return errors.New("a result that is no byte")
	}
	r := &p.answer.registers
	switch {
	case v < 0:
		*r = aborted
	case p.current.Command == ata.PowerMode().Command:
		r.Count = uint16(v)
	case asksStatus(p.current):
		*r = status(v == 0)
	}
	return nil
}

func asksStatus(c *command.ATA) bool { return keyOf(c) == keyOf(ata.ReturnStatus()) }

// status is how RETURN STATUS ends.
func status(good bool) command.Registers {
	if good {
		return command.Registers{LBA: 0xc24f00}
	}
	return command.Registers{LBA: 0x2cf400}
}

// data is a line of a dump: a range of offsets, a colon, and bytes.
func (p *ataText) data(line []byte) error {
	place, digits, ok := bytes.Cut(line, []byte(":"))
	first, _, dash := bytes.Cut(bytes.TrimSpace(place), []byte("-"))
	at, err := strconv.Atoi(string(first))
	if !ok || !dash || err != nil {
		return errors.New("not a line of data")
	}
	if at != len(p.answer.data) {
		return errors.New("data that is out of order")
	}
	b, err := unhex(digits)
	if err != nil {
		return err
	}
	if len(p.answer.data)+len(b) > 256*ata.Sector {
		return errors.New("more data than a command has")
	}
	p.answer.data = append(p.answer.data, b...)
	return nil
}

// parseBlob reads tags of four letters, sizes of four bytes, big-endian, and data.
func parseBlob(b []byte) (*ATA, error) {
	a := &ATA{}
	for len(b) > 0 {
		if len(b) < 8 {
			return nil, errors.New("blob: a cut header")
		}
		tag, size := string(b[:4]), binary.BigEndian.Uint32(b[4:])
		b = b[8:]
		if uint64(size) > uint64(len(b)) {
			return nil, errors.New("blob: " + strconv.Quote(tag) + " is cut")
		}
		data := b[:size]
		b = b[size:]
		if want := map[string]uint32{"IDFY": 512, "SMDT": 512, "SMTH": 512, "SMST": 4}[tag]; want != 0 && size != want {
			return nil, errors.New("blob: " + tag + " has " + strconv.Itoa(int(size)) + " bytes")
		}
		switch tag {
		case "IDFY":
			a.Add(ata.IdentifyDevice(), command.Registers{}, data)
		case "SMDT":
			a.Add(ata.ReadValues(), command.Registers{}, data)
		case "SMTH":
			a.Add(ata.ReadThresholds(), command.Registers{}, data)
		case "SMST":
			a.Add(ata.ReturnStatus(), status(binary.BigEndian.Uint32(data) != 0), nil)
		}
	}
	return a, nil
}
