package survey

import (
	"strings"
)

// printable is text of a disk without spaces around it and with a question mark for what
// a terminal might take for a command.
func printable[T string | []byte](text T) string {
	b := []byte(strings.Trim(string(text), " \x00"))
	for i, c := range b {
		if c < ' ' || c > '~' {
			b[i] = '?'
		}
	}
	return string(b)
}

func (s *Survey) ata(d *Disk) {
	d.ATA.Evidence(&d.Evidence)
	if id := d.ATA.Identity; id != nil {
		d.Model, d.Serial, d.Firmware = printable(id.Model()), printable(id.Serial()), printable(id.Firmware())
	}
}

func (s *Survey) nvme(d *Disk) {
	d.NVMe.Evidence(&d.Evidence)
	if c := d.NVMe.Controller; c != nil {
		d.Model, d.Serial, d.Firmware = printable(c.Model), printable(c.Serial), printable(c.Firmware)
	}
}

func (s *Survey) scsi(d *Disk) {
	d.SCSI.Evidence(&d.Evidence)
	if q := d.SCSI.Inquiry; q.OK() {
		d.Model = strings.TrimSpace(printable(q.Value.Vendor) + " " + printable(q.Value.Product))
		d.Firmware = printable(q.Value.Revision)
	}
	if d.SCSI.Serial.OK() {
		d.Serial = printable(d.SCSI.Serial.Value)
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
