package nvme

import (
	"testing"

	"rescuebox/internal/smart/command"
)

func TestShort(t *testing.T) {
	if _, err := ParseController(make([]byte, IdentifySize-1)); err == nil {
		t.Error("a short controller was taken")
	}
	if _, err := ParseNamespace(nil); err == nil {
		t.Error("a short namespace was taken")
	}
	if _, err := ParseHealth(make([]byte, HealthSize-1)); err == nil {
		t.Error("a short health log was taken")
	}
	if _, err := ParseSelfTests(make([]byte, SelfTestSize-1)); err == nil {
		t.Error("a short self-test log was taken")
	}
	if e, _ := ParseErrors(make([]byte, 63)); e != nil {
		t.Error("a part of an entry was taken")
	}
}

func TestMeaning(t *testing.T) {
	for status, want := range map[command.NVMeError]string{
		0x4002: "Invalid Field in Command",
		0x017:  "Unknown Generic Command Status 0x17",
		0x0c1:  "Vendor Specific Generic Command Status 0xc1",
		0x109:  "Invalid Log Page",
		0x1b9:  "Zone Is Full",
		0x1f0:  "Vendor Specific Command Specific Status 0xf0",
		0x281:  "Unrecovered Read Error",
		0x371:  "Command Aborted By Host",
		0x405:  "Unknown Status 0x4/0x05",
		0x7ff:  "Vendor Specific Status 0xff",
	} {
		if got := Meaning(status); got != want {
			t.Errorf("%#x: %s, want %s", status, got, want)
		}
	}
}

func TestCommands(t *testing.T) {
	if c := GetLog(LogErrors, Broadcast, 1<<20); c.CDW[0] != 0xffff0001 || c.CDW[1] != 3 {
		t.Errorf("%x", c.CDW)
	}
	if c := SelfTest(1, AbortTest); c.Opcode != 0x14 || c.CDW[0] != 15 || c.Data != nil {
		t.Errorf("%+v", c)
	}
}

func TestBlockSize(t *testing.T) {
	b := make([]byte, IdentifySize)
	b[25], b[26] = 17, 0x20|1 // format 17 of 18, by bits 6:5 and 3:0
	b[128+4*17+2] = 12
	n, err := ParseNamespace(b)
	if err != nil || n.Format != 17 || n.BlockSize() != 4096 {
		t.Errorf("%v: format %d of %d bytes", err, n.Format, n.BlockSize())
	}
	b[128+4*17+2] = 64
	if n, _ := ParseNamespace(b); n.BlockSize() != 0 {
		t.Errorf("%d bytes", n.BlockSize())
	}
}
