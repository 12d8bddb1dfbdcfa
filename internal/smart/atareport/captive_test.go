package atareport_test

import (
	"strings"
	"testing"

	"rescuebox/internal/smart/ata"
	"rescuebox/internal/smart/atareport"
	"rescuebox/internal/smart/report"
)

// A captive test that a disk refuses, or in which it fails, is not told to have begun.
func TestRefusedCaptiveTest(t *testing.T) {
	for _, subcommand := range []byte{ata.TestShort | ata.TestCaptive, 0x90} {
		l := newLive()
		l.refuses = refusing("command b0 feature d4")
		var out report.Output
		o := atareport.Options{Test: &atareport.Test{Subcommand: subcommand, Pending: -1}}
		if err := atareport.Run(t.Context(), l, o, &out); err != nil {
			t.Fatal(err)
		}
		text := out.Text.String()
		if !strings.Contains(text, "failed: the device reports an error") || strings.Contains(text, "begun") || out.Status != report.ReadFailed {
			t.Errorf("%d %s", out.Status, text)
		}
	}
}

// Spans that follow one in the log that ends before it begins are of one sector.
func TestReversedSpan(t *testing.T) {
	l := newLive()
	put(l.smart[9], map[int]uint16{1: 500, 5: 100})
	var out report.Output
	o := atareport.Options{Test: &atareport.Test{Subcommand: ata.TestSelective, Spans: []atareport.Span{{Mode: atareport.Next}}, Pending: -1}, Checksum: atareport.IgnoreChecksum}
	if err := atareport.Run(t.Context(), l, o, &out); err != nil || !strings.Contains(out.Text.String(), "   0                  101                  101\n") {
		t.Errorf("%v %s", err, out.Text.String())
	}
}
