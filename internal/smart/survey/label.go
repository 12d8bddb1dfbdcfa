package survey

import "strings"

// Label is a short name of the disk without slashes, as smartctl_exporter names devices:
// "sda", "nvme0", and behind a controller "bus_0_megaraid_3".
func (d *Disk) Label() string {
	if d.Path == "-" {
		return "recording"
	}
	name := strings.TrimPrefix(d.Path, "/dev/")
	for _, dir := range []string{"disk/by-id/", "disk/by-path/"} {
		name = strings.TrimPrefix(name, dir)
	}
	name = strings.Trim(strings.ReplaceAll(name, "/", "_"), "_")
	if carrier := d.Option; strings.Contains(carrier, ",") && d.Evidence.Option != "" || d.Kernel == "" && strings.Contains(carrier, ",") {
		name += "_" + strings.ReplaceAll(carrier, ",", "_")
	}
	return name
}
