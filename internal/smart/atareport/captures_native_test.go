//go:build amd64

package atareport_test

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"rescuebox/internal/smart/ata"
	"rescuebox/internal/smart/atareport"
	"rescuebox/internal/smart/command"
	"rescuebox/internal/smart/drivedb"
	"rescuebox/internal/smart/oracle"
	"rescuebox/internal/smart/replay"
	"rescuebox/internal/smart/report"
)

// capture is what a disk was seen to answer, for us and for smartctl.
type capture struct {
	name   string
	device *replay.ATA
	text   []byte
}

func captures(t *testing.T) (list []capture) {
	t.Helper()
	blobs, _ := filepath.Glob("../testdata/*.blob")
	texts, _ := filepath.Glob("../testdata/raw/*.replay")
	if len(blobs) != 18 || len(texts) != 3 {
		t.Fatalf("%d blobs and %d texts", len(blobs), len(texts))
	}
	for _, path := range append(blobs, texts...) {
		b, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		device, err := replay.ParseATA(b)
		if err != nil {
			t.Fatalf("%s: %v", path, err)
		}
		if strings.HasSuffix(path, ".blob") {
			b = text(t, device)
		}
		list = append(list, capture{filepath.Base(path), device, b})
	}
	return list
}

// text is what smartctl would have printed of the disk.
func text(t *testing.T, device command.ATADevice) (out []byte) {
	t.Helper()
	for _, c := range []*command.ATA{ata.IdentifyDevice(), ata.ReadValues(), ata.ReadThresholds(), ata.ReturnStatus()} {
		r, err := device.ATA(context.Background(), c)
		if err != nil {
			continue
		}
		out = replay.AppendATA(out, c, r)
	}
	return out
}

func TestCaptures(t *testing.T) {
	smartctl := oracle.New(t)
	path := smartctl.Database(t)
	db, err := drivedb.Open("/", path)
	if err != nil {
		t.Fatal(err)
	}
	options := []string{"-B", path, "-iHAc", "-l", "error", "-l", "selftest"}
	for _, c := range captures(t) {
		t.Run(c.name, func(t *testing.T) {
			var out report.Output
			o := atareport.Options{
				Info: true, Health: true, Attributes: true, Capabilities: true, ErrorLog: true, SelfTestLog: true,
				DB: db, Now: time.Now(),
			}
			if err := atareport.Run(context.Background(), c.device, o, &out); err != nil {
				t.Error(err)
			}
			explained := append(append([]oracle.Explained(nil), notOurs...), differences[smartctl.Version]...)
			theirs, status := smartctl.Replay(t, c.text, options...)
			text := strings.ReplaceAll(out.Text.String(), "the device reports an error (status 0x51, error 0x04)", "Function not implemented")
			for _, line := range oracle.Text(text, reword(oracle.Body(theirs)), explained) {
				t.Error(line)
			}
			if int(out.Status) != status {
				t.Errorf("status %d, theirs %d", out.Status, status)
			}
			document, _ := smartctl.Replay(t, c.text, append(options, "-j")...)
			lines, equal := oracle.JSON(t, out.JSON.Bytes(" "), bytes.ToValidUTF8([]byte(document), []byte("?")), explained)
			for _, line := range lines {
				t.Error(line)
			}
			if equal < 100 {
				t.Errorf("only %d values to compare", equal)
			}
		})
	}
}
