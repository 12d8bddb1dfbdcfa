//go:build amd64

package atareport_test

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"rescuebox/internal/smart/atareport"
	"rescuebox/internal/smart/drivedb"
	"rescuebox/internal/smart/oracle"
)

// TestSmartctl compares all of -x on disks that are made up.
func TestSmartctl(t *testing.T) {
	smartctl := oracle.New(t)
	path := smartctl.Database(t)
	db, err := drivedb.Open("/", path)
	if err != nil {
		t.Fatal(err)
	}
	p := &pair{Smartctl: smartctl, path: path, db: db}
	t.Run("new", func(t *testing.T) { compare(t, p, newDisk) })
	for seed := range seeds(20) {
		t.Run(fmt.Sprint("random ", seed), func(t *testing.T) {
			compare(t, p, func() *disk { return random(rand.New(rand.NewPCG(uint64(seed), 1))) })
		})
	}
}

func compare(t *testing.T, p *pair, disk func() *disk) {
	t.Helper()
	var o atareport.Options
	o.Extended()
	if p.Version == "7.3" {
		o.Get |= atareport.GetReorder // 7.5 does not ask for it with -x any more
	}
	explained := append(append([]oracle.Explained(nil), notOurs...), differences[p.Version]...)
	made := func() *live { return alive(disk()) }
	if equal := p.beside(t, "-x", made, o, explained); equal < 100 {
		t.Errorf("only %d values to compare", equal)
	}
}
