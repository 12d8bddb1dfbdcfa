package bridge

import (
	"context"
	"encoding/hex"
	"errors"
	"strings"
	"testing"

	"rescuebox/internal/smart/command"
)

// script is a device that expects commands, each as "CDB|data out" in hexadecimal digits,
// and answers with a status, sense data and data.
type script struct {
	t     *testing.T
	steps []step
}

type step struct {
	want   string
	status byte
	sense  string
	data   string
	err    error
}

func (s *script) SCSI(_ context.Context, c *command.SCSI) (command.Reply, error) {
	s.t.Helper()
	got := hex.EncodeToString(c.CDB)
	if c.Direction == command.Out {
		got += "|" + strings.TrimRight(hex.EncodeToString(c.Data), "0")
	}
	if len(s.steps) == 0 {
		s.t.Fatalf("one command too many: %s", got)
	}
	now := s.steps[0]
	s.steps = s.steps[1:]
	if now.want != got {
		s.t.Errorf("got  %s\nwant %s", got, now.want)
	}
	sense, err := hex.DecodeString(strings.ReplaceAll(now.sense, " ", ""))
	if err != nil {
		s.t.Fatal(err)
	}
	if c.Direction == command.In {
		data, err := hex.DecodeString(strings.ReplaceAll(now.data, " ", ""))
		if err != nil {
			s.t.Fatal(err)
		}
		copy(c.Data, data)
	}
	return command.Reply{Status: now.status, Sense: sense, Got: len(c.Data)}, now.err
}

func (s *script) end() {
	if len(s.steps) > 0 {
		s.t.Errorf("not asked: %s", s.steps[0].want)
	}
}

var (
	identify     = &command.ATA{Command: 0xec, Data: make([]byte, 512), Direction: command.In}
	returnStatus = &command.ATA{Command: 0xb0, Feature: 0xda, LBA: 0xc24f00, Registers: true}
	readLogExt   = &command.ATA{Command: 0x2f, Count: 0x0102, LBA: 0x060504030201, Feature: 0x0708, Extended: true, Data: make([]byte, 512), Direction: command.In}
	writeLog     = &command.ATA{Command: 0xb0, Feature: 0xd6, Count: 1, LBA: 0xc24fe0, Data: []byte{1, 2, 3, 4}, Direction: command.Out}
	high28       = &command.ATA{Command: 0x42, LBA: 0x0fffffff, Count: 1}
)

// good is the registers of a healthy disk in a descriptor, failing those of another in
// fixed format.
const (
	good      = "72 01 00 1d 00 00 00 0e 09 0c 00 00 00 00 00 00 00 4f 00 c2 a0 50"
	failing   = "70 00 01 00 50 a0 00 0a 00 00 f4 2c 00 1d 00 00 00 00"
	extended  = "72 01 00 1d 00 00 00 16 00 06 ff ff ff ff ff ff 09 0c 01 00 02 01 06 03 05 02 04 01 40 50"
	refused   = "72 0b 00 00 00 00 00 0e 09 0c 00 04 00 00 00 00 00 00 00 00 40 51"
	opcode    = "70 00 05 00 00 00 00 0a 00 00 00 00 20 00 00 00 00 00"
	truncated = "72 01 00 1d 00 00 00 0e 09 0c 00 00"
)

func TestSAT(t *testing.T) {
	for name, c := range map[string]struct {
		short   bool
		command *command.ATA
		step    step
		want    command.Registers
		err     string
	}{
		// The count says how much comes: smart.go says 0, and so nothing.
		"identify": {command: identify, step: step{want: "85080e00000001000000000000" + "00ec00"}},
		"short":    {short: true, command: identify, step: step{want: "a1080e000100000000ec0000"}},
		"status":   {command: returnStatus, step: step{want: "85062000da0000000000 4f00c200b000", status: 2, sense: good}, want: command.Registers{Status: 0x50, Device: 0xa0, LBA: 0xc24f00}},
		"failing":  {short: true, command: returnStatus, step: step{want: "a10620da00004fc200b00000", status: 2, sense: failing}, want: command.Registers{Status: 0x50, Device: 0xa0, LBA: 0x2cf400}},
		// A bridge that does not return registers: nothing is known, but nothing failed.
		"none":      {command: returnStatus, step: step{want: "85062000da00000000004f00c200b000"}},
		"cut off":   {command: returnStatus, step: step{want: "85062000da00000000004f00c200b000", status: 2, sense: truncated}},
		"extended":  {command: readLogExt, step: step{want: "85090e07080102040105020603002f00", status: 2, sense: extended}, want: command.Registers{Count: 0x0201, LBA: 0x040506010203, Device: 0x40, Status: 0x50}},
		"write":     {command: writeLog, step: step{want: "850a0600d6000100e0004f00c200b000|01020304"}},
		"28 bits":   {command: high28, step: step{want: "8506000000000100ff00ff00ff0f4200"}},
		"refused":   {command: identify, step: step{want: "85080e0000000100000000000000ec00", status: 2, sense: refused}, want: command.Registers{Error: 4, Device: 0x40, Status: 0x51}, err: "the device reports an error (status 0x51, error 0x04)"},
		"no SAT":    {command: identify, step: step{want: "85080e0000000100000000000000ec00", status: 2, sense: opcode}, err: "scsi error unsupported scsi opcode"},
		"busy":      {command: identify, step: step{want: "85080e0000000100000000000000ec00", status: 8}, err: "scsi error: status 0x8"},
		"no answer": {command: identify, step: step{want: "85080e0000000100000000000000ec00", err: errors.New("gone")}, err: "gone"},
	} {
		c.step.want = strings.ReplaceAll(c.step.want, " ", "")
		dev := &script{t: t, steps: []step{c.step}}
		got, err := (&SAT{Dev: dev, Short: c.short}).ATA(context.Background(), c.command)
		if got != c.want || err == nil && c.err != "" || err != nil && err.Error() != c.err {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
		// Only where nobody has answered the disk is given up.
		var answer *command.ATAError
		if err != nil && errors.As(err, &answer) == (name == "no answer") {
			t.Errorf("%s: %v is no answer", name, err)
		}
		dev.end()
	}
	if _, err := (&SAT{Dev: &script{t: t}, Short: true}).ATA(context.Background(), readLogExt); err == nil {
		t.Error("a command of 48 bits in 12 bytes")
	}
}

func TestVendors(t *testing.T) {
	for name, c := range map[string]struct {
		dev     func(command.SCSIDevice) command.ATADevice
		command *command.ATA
		steps   []step
		want    command.Registers
		failed  bool
	}{
		"cypress": {dev: func(d command.SCSIDevice) command.ATADevice { return Cypress(d, CypressSignature) }, command: identify,
			steps: []step{{want: "242480fe010000010000000" + "0ec000000"}}},
		"cypress status": {dev: func(d command.SCSIDevice) command.ATADevice { return Cypress(d, 0x23) }, command: returnStatus,
			steps: []step{{want: "232400fe0100da00004fc200b0000000"}, {want: "23240100000000000000000000000000", data: "50 00 00 00 f4 2c a0 50"}},
			want:  command.Registers{Status: 0x50, Device: 0xa0, LBA: 0x2cf400}},
		"cypress 48": {dev: func(d command.SCSIDevice) command.ATADevice { return Cypress(d, CypressSignature) }, command: readLogExt, failed: true},
		"sunplus": {dev: Sunplus, command: returnStatus,
			steps: []step{{want: "f8002200" + "00da00004fc2a0b0"}, {want: "f80021000000000000000000", data: "00 00 00 00 4f c2 a0 50"}},
			want:  command.Registers{Status: 0x50, Device: 0xa0, LBA: 0xc24f00}},
		"sunplus 48":  {dev: Sunplus, command: readLogExt, steps: []step{{want: "f80023000007010405060000"}, {want: "f80022100108020102" + "03a02f"}}},
		"sunplus out": {dev: Sunplus, command: writeLog, steps: []step{{want: "f800221100d601e04fc2a0b0|01020304"}}},
		"prolific": {dev: Prolific, command: returnStatus,
			steps: []step{{want: "d81500da067b0000000000004fc2a0b0"}, {want: "d7000000067b", data: "50 00 00 00 00 00 4f 00 c2 00 a0"}},
			want:  command.Registers{Status: 0x50, Device: 0xa0, LBA: 0xc24f00}},
		"prolific 48": {dev: Prolific, command: readLogExt, steps: []step{{want: "d8100007067b0000020001040506a02f"}, {want: "d8150008067b0000020002010203a02f"}}},
		"refused":     {dev: Sunplus, command: identify, steps: []step{{want: "f80022100100010000" + "00a0ec", status: 2, sense: opcode}}, failed: true},
		"jmicron": {dev: func(d command.SCSIDevice) command.ATADevice { return &JMicron{Dev: d, Port: -1} }, command: returnStatus,
			steps: []step{{want: "df100000010072" + "0f000000fd", data: "40"}, {want: "df10000001da00004fc2b0b0", data: "2c"}},
			want:  command.Registers{Status: 0x50, LBA: 0x2cf400}},
		"jmicron without a status byte": {dev: func(d command.SCSIDevice) command.ATADevice { return &JMicron{Dev: d} }, command: returnStatus,
			steps: []step{{want: "df10000001da00004fc2a0b0"}, {want: "df100000100080" + "00000000fd", data: "00 00 00 00 4f 00 00 00 00 a0 c2 00 00 00 50 00"}},
			want:  command.Registers{Status: 0x50, Device: 0xa0, LBA: 0xc24f00}},
		"jmicron of prolific": {dev: func(d command.SCSIDevice) command.ATADevice { return &JMicron{Dev: d, Port: 1, Prolific: true} }, command: identify,
			steps: []step{{want: "df10000200000100" + "0000b0ec067b"}}},
		"jmicron two disks": {dev: func(d command.SCSIDevice) command.ATADevice { return &JMicron{Dev: d, Port: -1} }, command: identify,
			steps: []step{{want: "df1000000100720f000000fd", data: "44"}}, failed: true},
		"jmicron 48": {dev: func(d command.SCSIDevice) command.ATADevice { return &JMicron{Dev: d} }, command: readLogExt, failed: true},
		"jmicron x": {dev: func(d command.SCSIDevice) command.ATADevice { return &JMicron{Dev: d, Extended: true} },
			command: &command.ATA{Command: 0x2f, Count: 1, LBA: 0x04, Extended: true, Data: make([]byte, 512), Direction: command.In},
			steps:   []step{{want: "df1000020000010400" + "00a02f"}}},
	} {
		dev := &script{t: t, steps: c.steps}
		got, err := c.dev(dev).ATA(context.Background(), c.command)
		if got != c.want || (err != nil) != c.failed {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
		if dev.end(); t.Failed() {
			t.Fatal(name)
		}
	}
}

func TestNVMe(t *testing.T) {
	ctx := context.Background()
	log := func(size int) *command.NVMe {
		return &command.NVMe{Opcode: 2, NSID: 0xffffffff, CDW: [6]uint32{0x02 | uint32(size/4-1)<<16, 0, 0x04030201}, Data: make([]byte, size), Direction: command.In}
	}
	selfTest := &command.NVMe{Opcode: 0x14, NSID: 1, CDW: [6]uint32{1}}

	dev := &script{t: t, steps: []step{{want: "e6020002000000" + "7f0000000004030201", data: "aabb"}}}
	c := log(512)
	if _, err := (ASMedia{dev}).NVMe(ctx, c); err != nil || c.Data[1] != 0xbb {
		t.Error(err)
	}
	dev = &script{t: t, steps: []step{{want: "e4000202020000" + "000000000000000000"}}}
	if _, err := (Realtek{dev}).NVMe(ctx, log(512)); err != nil {
		t.Error(err)
	}
	dev = &script{t: t, steps: []step{{want: "e40002020200" + "00000000000000000000", status: 2, sense: opcode}}}
	var status command.NVMeError
	if _, err := (Realtek{dev}).NVMe(ctx, log(512)); !errors.As(err, &status) || err.Error() != "scsi error unsupported scsi opcode" {
		t.Error(err)
	}
	for _, d := range []command.NVMeDevice{ASMedia{&script{t: t}}, Realtek{&script{t: t}}} {
		if _, err := d.NVMe(ctx, selfTest); err != invalidOpcode {
			t.Errorf("%T: %v", d, err)
		}
	}

	const (
		// The command, at 8 its opcode, 12 the namespace, 48 dword 10.
		give     = "4e564d45000000000" + "2000000ffffffff" // 0 to 15
		none     = "000000000000000000000000000000000000000000000000000000000000000" + "0"
		logged   = give + none + "02007f0000000000" + "01020304"
		longer   = give + none + "0200ff0000000000" + "01020304"
		complete = "4e564d45 00000000 78563412 00000000 00000000 00000000"
		invalid  = "4e564d45 00000000 00000000 00000000 00000000 00000240"
	)
	response := step{want: "a18f00000200000000000000", data: complete}
	dev = &script{t: t, steps: []step{
		{want: "a18000000200000000000000|" + strings.TrimRight(logged, "0")}, {want: "a18200000200000000000000", data: "aabb"}, response}}
	c = log(512)
	if r, err := (JMicronNVMe{dev}).NVMe(ctx, c); err != nil || r != 0x12345678 || c.Data[1] != 0xbb {
		t.Errorf("%#x, %v, %x", r, err, c.Data[:2])
	}
	dev.end()
	// A page whose end is not that of a sector: the self-test log.
	dev = &script{t: t, steps: []step{
		{want: "a18000000200000000000000|" + strings.TrimRight(longer, "0")}, {want: "a18200000400000000000000"}, response}}
	if _, err := (JMicronNVMe{dev}).NVMe(ctx, log(564)); err != nil {
		t.Error(err)
	}
	dev = &script{t: t, steps: []step{
		{want: "a18000000200000000000000|" + strings.TrimRight(logged, "0")}, {want: "a18200000200000000000000", status: 2, sense: refused}, {want: response.want, data: invalid}}}
	if _, err := (JMicronNVMe{dev}).NVMe(ctx, log(512)); err != invalidField {
		t.Error(err)
	}
	dev = &script{t: t, steps: []step{
		{want: "a18000000200000000000000|" + strings.TrimRight(logged, "0")}, {want: "a18200000200000000000000"}, {want: response.want}}}
	if _, err := (JMicronNVMe{dev}).NVMe(ctx, log(512)); err != errNoResponse {
		t.Error(err)
	}
	dev = &script{t: t, steps: []step{
		{want: "a18000000200000000000000|" + strings.TrimRight(logged, "0")}, {want: "a18200000200000000000000", err: errors.New("gone")}}}
	if _, err := (JMicronNVMe{dev}).NVMe(ctx, log(512)); err == nil || err.Error() != "gone" {
		t.Error(err)
	}
	dev.end()
}

// parrot answers all commands in the same way.
type parrot struct {
	status      byte
	data, sense []byte
}

func (p parrot) SCSI(_ context.Context, c *command.SCSI) (command.Reply, error) {
	return command.Reply{Status: p.status, Got: copy(c.Data, p.data), Sense: p.sense}, nil
}

// FuzzReturned takes whatever a bridge answers: as registers, and as the answer to
// commands of each kind by each way to carry them.
func FuzzReturned(f *testing.F) {
	for _, s := range []string{good, failing, extended, refused, opcode, truncated} {
		b, _ := hex.DecodeString(strings.ReplaceAll(s, " ", ""))
		f.Add(byte(2), []byte("NVME"), b)
	}
	f.Add(byte(0), []byte{0x40}, []byte(nil))
	f.Fuzz(func(t *testing.T, status byte, data, sense []byte) {
		r, known := returned(sense)
		if !known && r != (command.Registers{}) || r.LBA>>48 != 0 {
			t.Fatalf("%+v", r)
		}
		dev := parrot{status, data, sense}
		ctx := context.Background()
		for _, d := range []command.ATADevice{
			&SAT{Dev: dev}, &SAT{Dev: dev, Short: true}, &JMicron{Dev: dev}, Cypress(dev, 0x24), Sunplus(dev), Prolific(dev),
		} {
			for _, c := range []command.ATA{
				{Command: 0xec, Data: make([]byte, 512), Direction: command.In},
				{Command: 0x2f, Data: make([]byte, 512), Direction: command.In, Extended: true},
				{Command: 0xb0, Feature: 0xda, LBA: 0xc24f00, Registers: true},
			} {
				if _, err := d.ATA(ctx, &c); err != nil && err.Error() == "" {
					t.Errorf("%T: no text", d)
				}
			}
		}
		for _, d := range []command.NVMeDevice{ASMedia{dev}, Realtek{dev}, JMicronNVMe{dev}} {
			c := command.NVMe{Opcode: 2, NSID: 1, CDW: [6]uint32{2 | 127<<16}, Data: make([]byte, 512), Direction: command.In}
			if _, err := d.NVMe(ctx, &c); err != nil && err.Error() == "" {
				t.Errorf("%T: no text", d)
			}
		}
	})
}
