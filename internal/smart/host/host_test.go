package host

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"rescuebox/internal/kernellog"
)

// system makes a small system: a SATA disk with a partition in an array that has thrown
// it out, another one mounted, one of swap; and a USB disk.
func system(t *testing.T) System {
	root := t.TempDir()
	write := func(path, text string) {
		t.Helper()
		path = filepath.Join(root, path)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	link := func(target, path string) {
		t.Helper()
		path = filepath.Join(root, path)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.Symlink(target, path); err != nil {
			t.Fatal(err)
		}
	}
	const disk = "sys/devices/pci0000:00/0000:00:1f.2/ata2/host1/target1:0:0/1:0:0:0/block/sda/"
	write("sys/devices/pci0000:00/0000:00:1f.2/vendor", "0x8086\n")
	link("../..", disk+"device")
	write(disk+"../../model", "WDC WD5000AAKS-0\n")
	write(disk+"../../vpd_pg80", "\x00\x80\x00\x14     WD-WCAPW0493929")
	write(disk+"size", "976773168\n")
	write(disk+"../../state", "offline\n")
	write(disk+"../../ioerr_cnt", "0x1b\n")
	for i, name := range []string{"sda1", "sda2", "sda10"} {
		write(disk+name+"/partition", []string{"1", "2", "10"}[i]+"\n")
		write(disk+name+"/dev", "8:"+[]string{"1", "2", "10"}[i]+"\n")
		link(filepath.Join(root, disk, name), "sys/class/block/"+name)
	}
	write(disk+"dev", "8:0\n")
	link(filepath.Join(root, disk), "sys/class/block/sda")
	link(filepath.Join(root, disk), "sys/block/sda")
	write(disk+"sda1/holders/md0/x", "")
	write("sys/class/block/md0/md/level", "raid1\n")
	write("sys/class/block/md0/md/dev-sda1/state", "faulty,write_error\n")
	write("sys/class/block/md0/holders/dm-3/x", "")
	write("sys/class/block/dm-3/dm/name", "vg-root\n")
	write("sys/class/block/dm-3/dm/uuid", "LVM-abc\n")
	write("sys/class/block/dm-3/dev", "253:3\n")
	write("proc/self/mountinfo", "22 1 253:3 / / rw - ext4 /dev/mapper/vg-root rw\n23 22 0:40 / /a\\040b rw - btrfs "+root+"/dev/sda2 rw\nbad\n")
	write("proc/swaps", "Filename Type Size Used Priority\n"+root+"/dev/sda10 partition 1 0 -2\n")
	link("../../sda", "dev/disk/by-id/ata-WDC_1")
	link("../../sda1", "dev/disk/by-id/ata-WDC_1-part1")
	link("../../sda", "dev/disk/by-path/pci-0000:00:1f.2-ata-2")

	const stick = "sys/devices/pci0000:00/0000:00:14.0/usb1/1-4/1-4:1.0/host5/target5:0:0/5:0:0:0/block/sdb/"
	write("sys/devices/pci0000:00/0000:00:14.0/vendor", "0x8086\n")
	write("sys/devices/pci0000:00/0000:00:14.0/usb1/1-4/idVendor", "04e8\n")
	write(stick+"dev", "8:16\n")
	link(filepath.Join(root, stick), "sys/block/sdb")
	return System{Sys: root + "/sys", Dev: root + "/dev", Proc: root + "/proc"}
}

func TestDisk(t *testing.T) {
	s := system(t)
	var log kernellog.Log
	for _, line := range strings.Split(`ata2: hard resetting link
usb 1-4: reset SuperSpeed USB device number 2 using xhci_hcd
blk_update_request: critical medium error, dev sda, sector 800 op 0x0:(READ) flags 0x0 phys_seg 1 prio class 0
blk_update_request: critical medium error, dev sda, sector 800 op 0x0:(READ) flags 0x0 phys_seg 1 prio class 0
I/O error, dev sdc, sector 5 op 0x0:(READ) flags 0x0 phys_seg 1 prio class 2
blk_update_request: transport error, dev sda, sector 9 op 0x0:(READ) flags 0x0 phys_seg 1 prio class 0`, "\n") {
		log.Add(line, -1)
	}
	d := s.Disk("sda", &log)
	holds := []string{"sda1: md0 raid1 (LVM vg-root (ext4 mounted on /))", "sda2: btrfs mounted on /a b", "sda10: swap"}
	if !slices.Equal(d.Holds, holds) {
		t.Errorf("%q", d.Holds)
	}
	if d.Model != "WDC WD5000AAKS-0" || d.Port != "ata2" || d.Slot != "0000:00:1f.2" || d.Failed != 27 || d.Size != 500107862016 || d.Serial != "WD-WCAPW0493929" || d.Offline != "offline" || d.Faulty != "md0" {
		t.Errorf("%+v", d)
	}
	if d.Medium != 2 || d.Link != 2 || !slices.Equal(d.Sectors, []uint64{800}) {
		t.Errorf("%+v", d)
	}
	if len(d.Links) != 2 || !strings.HasSuffix(d.Links[0], "/by-id/ata-WDC_1") {
		t.Errorf("%q", d.Links)
	}
	if d := s.Disk("sdb", &log); d.Port != "usb 1-4" || d.Slot != "0000:00:14.0" || d.Link != 1 || d.Medium != 0 || len(d.Holds) != 0 {
		t.Errorf("%+v", d)
	}
	if d := s.Disk("none", nil); d.Name != "none" || d.Port != "" {
		t.Errorf("%+v", d)
	}
}
