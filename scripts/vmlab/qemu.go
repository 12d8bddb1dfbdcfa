package vmlab

import (
	"fmt"
	"os/exec"
	"runtime"
	"slices"
	"strconv"
	"strings"
)

// Bus is how a disk is attached; it decides which driver of the kernel sees it.
type Bus string

// The kinds of disks that the machine can have.
const (
	Virtio Bus = "virtio" // vda
	AHCI   Bus = "ahci"   // sda, a SATA disk
	SCSI   Bus = "scsi"   // sda, a SCSI disk
	NVMe   Bus = "nvme"   // nvme0n1
	USB    Bus = "usb"    // sda, behind a USB bridge
	// MegaSAS is a RAID controller: sda, a volume; a machine has one such disk.
	MegaSAS Bus = "megasas"
)

// Disk is one of the machine's.
type Disk struct {
	Path     string // of the file on this machine: its bytes
	Bus      Bus    // "" is Virtio
	Block    int    // logical block in bytes; 0 is 512
	Physical int    // physical block in bytes; 0 is that of Block
	ReadOnly bool
	// Bad are sectors, of 512 bytes, that cannot be read, though written.
	Bad []int64
	// Critical is what an NVMe disk warns of: the bits of critical_warning.
	Critical byte
}

// busModules are the drivers of each bus.
var busModules = map[Bus][]string{
	Virtio: {"virtio_pci", "virtio_blk"},
	AHCI:   {"ahci", "sd_mod"},
	SCSI:   {"virtio_pci", "virtio_scsi", "sd_mod"},
	NVMe:   {"nvme"},
	USB:    {"xhci_pci", "usb_storage", "sd_mod"},

	MegaSAS: {"megaraid_sas", "sd_mod"},
}

// arguments are those of qemu. The first serial line is the kernel's console, the
// second the script's output.
func arguments(kernel, initramfs, console string, c Config) []string {
	memory := c.Memory
	if memory == 0 {
		memory = 512
	}
	args := []string{
		"-machine", "q35", "-accel", "tcg,tb-size=128", "-cpu", "Nehalem", "-m", strconv.Itoa(memory),
		"-nodefaults", "-no-user-config", "-display", "none", "-monitor", "none", "-no-reboot",
		"-kernel", kernel, "-initrd", initramfs,
		"-append", "console=ttyS0 loglevel=4 panic=-1 mitigations=off nokaslr random.trust_cpu=on",
		"-chardev", "file,id=console,path=" + comma(console), "-serial", "chardev:console", "-serial", "stdio",
		"-device", "virtio-scsi-pci,id=hba", "-device", "qemu-xhci,id=usb", "-device", "virtio-rng-pci",
	}
	// The controller's firmware takes its time to start: it is there for those who want it.
	if slices.ContainsFunc(c.Disks, func(d Disk) bool { return d.Bus == MegaSAS }) {
		args = append(args, "-device", "megasas,id=raid")
	}
	for i, d := range c.Disks {
		readOnly := "off"
		if d.ReadOnly {
			readOnly = "on"
		}
		args = append(args, "-drive", fmt.Sprintf("if=none,id=drive%d,format=raw,cache=unsafe,read-only=%s,%s", i, readOnly, backing(d)))
		args = append(args, "-device", device(i, d))
	}
	return args
}

// backing is the file of a disk, with a driver before it that makes sectors fail.
func backing(d Disk) string {
	if len(d.Bad) == 0 {
		return "file=" + comma(d.Path)
	}
	text := "file.driver=blkdebug,file.image.driver=file,file.image.filename=" + comma(d.Path)
	for i, sector := range d.Bad {
		rule := fmt.Sprintf(",file.inject-error.%d.", i)
		text += rule + "event=none" + rule + "iotype=read" + rule + "errno=5" + rule + "sector=" + strconv.FormatInt(sector, 10)
	}
	return text
}

// device is the option of a disk's device.
func device(i int, d Disk) string {
	block := max(d.Block, 512)
	sizes := fmt.Sprintf("logical_block_size=%d,physical_block_size=%d", block, max(d.Physical, block))
	common := fmt.Sprintf("drive=drive%d,serial=%s", i, serial(i))
	switch d.Bus {
	case AHCI: // a port of the machine's own controller; its blocks are of 512 bytes
		return fmt.Sprintf("ide-hd,bus=ide.%d,%s", i%6, common)
	case SCSI:
		return fmt.Sprintf("scsi-hd,bus=hba.0,scsi-id=%d,%s,%s", i, common, sizes)
	case MegaSAS:
		return fmt.Sprintf("scsi-hd,bus=raid.0,scsi-id=0,%s,%s", common, sizes)
	case NVMe:
		return fmt.Sprintf("nvme,id=%s,%s,%s", nvmeID(i), common, sizes)
	case USB:
		return fmt.Sprintf("usb-storage,bus=usb.0,%s,%s", common, sizes)
	}
	return fmt.Sprintf("virtio-blk-pci,%s,%s", common, sizes)
}

// nvmeID is how the monitor calls a disk.
func nvmeID(i int) string { return fmt.Sprint("nvme", i) }

// serial is the number by which the machine finds a disk.
func serial(i int) string { return fmt.Sprintf("VMLAB%02d", i) }

// comma writes a path as an option's value.
func comma(path string) string { return strings.ReplaceAll(path, ",", ",,") }

// runLocked runs cmd from a thread that lives as long as it: a parent-death signal
// comes at the death of the thread that forked.
func runLocked(cmd *exec.Cmd) error {
	done := make(chan error)
	go func() {
		runtime.LockOSThread() // and never unlocked: the thread ends with this
		done <- cmd.Run()
	}()
	return <-done
}
