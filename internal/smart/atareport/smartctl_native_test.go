//go:build amd64

package atareport_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"rescuebox/internal/smart/atareport"
	"rescuebox/internal/smart/drivedb"
	"rescuebox/internal/smart/oracle"
	"rescuebox/internal/smart/report"
)

// TestSmartctl compares all of -x on disks that are made up.
func TestSmartctl(t *testing.T) {
	smartctl := oracle.New(t)
	path := smartctl.Database(t)
	db, err := drivedb.Open("/", path)
	if err != nil {
		t.Fatal(err)
	}
	t.Run("new", func(t *testing.T) { compare(t, smartctl, db, path, newDisk()) })
	for seed := range seeds(20) {
		t.Run(fmt.Sprint("random ", seed), func(t *testing.T) {
			compare(t, smartctl, db, path, random(rand.New(rand.NewPCG(uint64(seed), 1))))
		})
	}
}

func compare(t *testing.T, smartctl *oracle.Smartctl, db *drivedb.DB, path string, d *disk) {
	t.Helper()
	exchanges := d.exchanges()
	o := atareport.Options{DB: db, Now: time.Now().UTC()}
	o.Extended()
	var out report.Output
	if err := atareport.Run(context.Background(), d, o, &out); err != nil {
		t.Error(err)
	}
	explained := append(append([]oracle.Explained(nil), notOurs...), differences[smartctl.Version]...)
	options := []string{"-B", path, "-d", "sat", "-x"}
	theirs, status := smartctl.Run(t, exchanges, -1, options...)
	for _, line := range oracle.Text(out.Text.String(), oracle.Body(theirs), explained) {
		t.Error(line)
	}
	if smartctl.Version == "7.3" && (strings.Contains(theirs, "Wt Cache Reorder: Unknown") || strings.Contains(theirs, "SCT Error Recovery Control command not supported")) {
		// 7.3 asks more, and takes what is not supported for failed.
		status &^= int(report.ReadFailed)
		out.Status &^= report.ReadFailed
	}
	if int(out.Status) != status {
		t.Errorf("status %d, theirs %d", out.Status, status)
	}
	document, _ := smartctl.Run(t, exchanges, -1, append(options, "-j")...)
	lines, equal := oracle.JSON(t, out.JSON.Bytes(" "), []byte(document), explained)
	for _, line := range lines {
		t.Error(line)
	}
	if equal < 100 {
		t.Errorf("only %d values to compare", equal)
	}
}
