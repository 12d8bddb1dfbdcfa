package survey

import "testing"

func TestLabel(t *testing.T) {
	for want, d := range map[string]*Disk{
		"sda":              {Path: "/dev/sda", Option: "sat", Kernel: "sda"},
		"sdb":              {Path: "/dev/sdb", Option: "sat,12", Kernel: "sdb"}, // as it is detected
		"nvme0":            {Path: "/dev/nvme0", Option: "nvme"},
		"bus_0_megaraid_3": {Path: "/dev/bus/0", Option: "megaraid,3"},
		"ata-WDC_1":        {Path: "/dev/disk/by-id/ata-WDC_1", Option: "sat", Kernel: "sda"},
		"recording":        {Path: "-"},
	} {
		if got := d.Label(); got != want {
			t.Errorf("%s is %s", want, got)
		}
	}
	forced := &Disk{Path: "/dev/sdc", Option: "usbjmicron,1", Kernel: "sdc"}
	forced.Evidence.Option = forced.Option
	if got := forced.Label(); got != "sdc_usbjmicron_1" {
		t.Error(got)
	}
}
