package atareport_test

import (
	"testing"

	"rescuebox/internal/smart/atareport"
	"rescuebox/internal/smart/report"
)

// What is not here says so, with a status, before anything is sent that changes a disk.
func TestNotHere(t *testing.T) {
	for _, o := range []atareport.Options{
		{Changes: make([]atareport.Change, 1)}, {Get: atareport.GetReorder},
	} {
		dev := newDisk()
		var out report.Output
		if err := atareport.Run(t.Context(), dev, o, &out); err != nil || out.Status&report.CommandLine == 0 || out.JSON.At("smartctl", "messages").Len() != 1 {
			t.Errorf("%+v: %v, %d, %s", o, err, out.Status, out.Text.String())
		}
	}
}
