package survey

import (
	"strings"

	"rescuebox/internal/smart/report"
)

func (s *Survey) ata(d *Disk) {
	d.ATA.Evidence(&d.Evidence)
	if id := d.ATA.Identity; id != nil {
		d.Model, d.Serial, d.Firmware = report.Printable(id.Model()), report.Printable(id.Serial()), report.Printable(id.Firmware())
	}
}

func (s *Survey) nvme(d *Disk) {
	d.NVMe.Evidence(&d.Evidence)
	if c := d.NVMe.Controller; c != nil {
		d.Model, d.Serial, d.Firmware = report.Printable(c.Model), report.Printable(c.Serial), report.Printable(c.Firmware)
	}
}

func (s *Survey) scsi(d *Disk) {
	d.SCSI.Evidence(&d.Evidence)
	if q := d.SCSI.Inquiry; q.OK() {
		d.Model = strings.TrimSpace(report.Printable(q.Value.Vendor) + " " + report.Printable(q.Value.Product))
		d.Firmware = report.Printable(q.Value.Revision)
	}
	if d.SCSI.Serial.OK() {
		d.Serial = report.Printable(d.SCSI.Serial.Value)
	}
}

// virtualModels are how models of disks begin that are files of another machine, or of a
// cloud.
var virtualModels = []string{
	"QEMU ", "VMware ", "VBOX ", "ORCL-VBOX-", "Virtual ", "Msft Virtual", "Xen ", "Amazon Elastic Block Store", "Google Persist",
	"nvme_card-pd", "Linux scsi_debug", "LIO-ORG", "Red Hat VirtIO", "Parallels", "Virtual HDD", "Bhyve", "BHYVE", "Linux TCM",
}

func virtual(model string) bool {
	for _, v := range virtualModels {
		if strings.HasPrefix(model, v) {
			return true
		}
	}
	return false
}
