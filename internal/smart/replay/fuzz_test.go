package replay

import (
	"context"
	"os"
	"path/filepath"
	"testing"

	"rescuebox/internal/smart/ata"
	"rescuebox/internal/smart/command"
)

// FuzzParse reads recordings of each kind and asks for what is in them. What is written
// again answers the same.
func FuzzParse(f *testing.F) {
	for _, pattern := range []string{"../testdata/raw/*.replay", "../testdata/WDC*.blob", "../scsireport/testdata/*.cdb"} {
		files, err := filepath.Glob(pattern)
		if err != nil || len(files) == 0 {
			f.Fatal(pattern, err)
		}
		for _, file := range files {
			text, err := os.ReadFile(file)
			if err != nil {
				f.Fatal(err)
			}
			f.Add(text)
		}
	}
	f.Add([]byte("REPORT-IOCTL: Device=sda Command=SMART STATUS\n"))
	c := &command.NVMe{Opcode: 6, NSID: 1, CDW: [6]uint32{1}, Direction: command.In}
	f.Add(AppendNVMe(nil, c, 0x4002, []byte{1, 2}))
	f.Fuzz(func(t *testing.T, text []byte) {
		if a, err := ParseATA(text); err == nil {
			askATA(t, a)
		}
		if s, err := ParseSCSI(text); err == nil {
			askSCSI(t, s)
		}
		if n, err := ParseNVMe(text); err == nil {
			askNVMe(t, n)
		}
	})
}

// commandsATA are those that recordings of smartctl have.
func commandsATA() (list []*command.ATA) {
	list = append(list, ata.IdentifyDevice(), ata.ReadValues(), ata.ReadThresholds(), ata.ReturnStatus())
	for address := range 256 {
		list = append(list, ata.ReadSMARTLog(byte(address), 1))
	}
	return list
}

func askATA(t *testing.T, a *ATA) {
	var text []byte
	answered := map[int]command.Registers{}
	pages := map[int]string{}
	for i, c := range commandsATA() {
		r, err := a.ATA(context.Background(), c)
		if err != nil {
			continue
		}
		if _, known := ata.Failing(r); asksStatus(c) && !known {
			continue // cut off before it says what was returned
		}
		answered[i], pages[i] = r, string(c.Data)
		text = AppendATA(text, c, r)
	}
	if len(answered) == 0 {
		return
	}
	again, err := ParseATA(text)
	if err != nil {
		t.Fatalf("%v of\n%s", err, text)
	}
	for i, c := range commandsATA() {
		want, ok := answered[i]
		if !ok {
			continue
		}
		if got, err := again.ATA(context.Background(), c); err != nil || got != want || string(c.Data) != pages[i] {
			t.Errorf("%+v: %+v, %v, want %+v", c, got, err, want)
		}
	}
}

func askSCSI(t *testing.T, s *SCSI) {
	var text []byte
	for cdb, e := range s.exchanges {
		c := &command.SCSI{CDB: []byte(cdb), Data: make([]byte, 64), Direction: command.In}
		r, err := s.SCSI(context.Background(), c)
		if err != nil || r.Got > len(c.Data) || r.Got > len(e.data) || r.Status != e.status {
			t.Errorf("%x: %+v, %v", cdb, r, err)
		}
		text = AppendSCSI(text, []byte(cdb), e.status, e.data, e.sense)
	}
	again, err := ParseSCSI(text)
	if err != nil || len(again.exchanges) != len(s.exchanges) {
		t.Fatalf("%v of\n%s", err, text)
	}
}

func askNVMe(t *testing.T, n *NVMe) {
	var text []byte
	for key, e := range n.exchanges {
		c := &command.NVMe{Opcode: key.opcode, NSID: key.nsid, CDW: key.cdw, Data: make([]byte, 64), Direction: command.In}
		if _, err := n.NVMe(context.Background(), c); (err != nil) != (e.status != 0) {
			t.Errorf("%+v: %v", key, err)
		}
		text = AppendNVMe(text, c, e.status, e.data)
	}
	again, err := ParseNVMe(text)
	if err != nil || len(again.exchanges) != len(n.exchanges) {
		t.Fatalf("%v of\n%s", err, text)
	}
}
