package replay

import (
	"bytes"
	"context"
	"testing"

	"rescuebox/internal/smart/command"
)

func TestSCSI(t *testing.T) {
	s, err := ParseSCSI([]byte("# comment\n\n12 00|0|01 0203|\n0000 |2||70 00\n1200|0|ff|\n01\n"))
	if err != nil {
		t.Fatal(err)
	}
	ask := func(n int, cdb ...byte) (command.Reply, []byte) {
		c := &command.SCSI{CDB: cdb, Data: bytes.Repeat([]byte{9}, n), Direction: command.In}
		r, err := s.SCSI(context.Background(), c)
		if err != nil {
			t.Fatal(err)
		}
		return r, c.Data
	}
	if r, b := ask(5, 0x12, 0); r.Status != 0 || r.Got != 3 || !bytes.Equal(b, []byte{1, 2, 3, 0, 0}) {
		t.Errorf("%+v %x", r, b)
	}
	if r, b := ask(2, 0x12, 0); r.Got != 2 || !bytes.Equal(b, []byte{1, 2}) {
		t.Errorf("%+v %x", r, b)
	}
	if r, _ := ask(0, 0, 0); r.Status != 2 || !bytes.Equal(r.Sense, []byte{0x70, 0}) {
		t.Errorf("%+v", r)
	}
	if r, _ := ask(4, 0x99); r.Status != 2 || r.Sense[2] != 5 || r.Sense[12] != 0x20 {
		t.Errorf("%+v", r)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := s.SCSI(ctx, &command.SCSI{CDB: []byte{1}}); err == nil {
		t.Error("an answer after the end")
	}
}

func TestBadRecordings(t *testing.T) {
	for text, want := range map[string]string{
		"12|0|0g|":       "recording, line 1: \"g\" is no hexadecimal digit",
		"\n12|0|1|2|3":   "recording, line 2: more than four fields",
		"|0||":           "recording, line 1: no command",
		"12|0|123|":      "recording, line 1: an odd number of hexadecimal digits",
		"#\n\n 12|00x||": "recording, line 3: \"x\" is no hexadecimal digit",
	} {
		if _, err := ParseSCSI([]byte(text)); err == nil || err.Error() != want {
			t.Errorf("%q: %v, want %s", text, err, want)
		}
	}
	if _, err := ParseNVMe([]byte("12|0|00|")); err == nil {
		t.Error("a short command was taken")
	}
}

func TestNVMe(t *testing.T) {
	c := &command.NVMe{Opcode: 2, NSID: 7, CDW: [6]uint32{1, 2, 3, 4, 5, 6}, Data: make([]byte, 4), Direction: command.In}
	other := &command.NVMe{Opcode: 3}
	n, err := ParseNVMe(AppendNVMe(AppendNVMe(nil, c, 0, []byte{1, 2}), other, 0x281, nil))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := n.NVMe(context.Background(), c); err != nil || !bytes.Equal(c.Data, []byte{1, 2, 0, 0}) {
		t.Errorf("%v %x", err, c.Data)
	}
	if _, err := n.NVMe(context.Background(), other); err != command.NVMeError(0x281) {
		t.Error(err)
	}
	if _, err := n.NVMe(context.Background(), &command.NVMe{Opcode: 9}); err != command.NVMeError(0x4002) {
		t.Error(err)
	}
}
