//go:build amd64

package vmlab

import (
	"context"
	"testing"
)

// The tests of internal/blockdev start a machine with all buses; here is what fails
// before one is started.
func TestRefused(t *testing.T) {
	dir := t.TempDir()
	for name, c := range map[string]Config{
		"bus":     {Disks: []Disk{{Path: dir, Bus: "mfm"}}},
		"module":  {Modules: []string{"no_such"}},
		"program": {Programs: []string{dir + "/none"}},
		"file":    {Files: map[string]string{"/x": dir + "/none"}},
	} {
		if out, err := Run(context.Background(), c); err == nil {
			t.Errorf("no such %s: %q", name, out)
		}
	}
}

// What a module needs is loaded before it, and nothing twice.
func TestLoad(t *testing.T) {
	k, err := findKernel(KernelDir)
	if err != nil {
		t.Fatal(err)
	}
	list, err := k.load([]string{"ext4", "raid456", "nvme", "ahci", "dm-crypt", "ext4"})
	if err != nil {
		t.Fatal(err)
	}
	at := map[string]int{}
	for i, m := range list {
		if _, twice := at[m.name]; twice {
			t.Errorf("%s twice", m.name)
		}
		at[m.name] = i
	}
	for _, c := range [][2]string{
		{"jbd2", "ext4"}, {"crc32c_generic", "ext4"}, {"md_mod", "raid456"}, {"async_tx", "raid456"},
		{"nvme_core", "nvme"}, {"libata", "ahci"}, {"dm_mod", "dm_crypt"},
	} {
		before, ok1 := at[c[0]]
		after, ok2 := at[c[1]]
		if !ok1 || !ok2 || before >= after {
			t.Errorf("%s at %d (%v), %s at %d (%v)", c[0], before, ok1, c[1], after, ok2)
		}
	}
}
