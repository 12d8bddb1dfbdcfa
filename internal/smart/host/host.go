// Package host says what a system knows of its disks beside what they say themselves:
// how they are called, where they are plugged in, what lies on them, and which errors it
// had with them. All is read from sysfs, /proc and the kernel's log; no disk is touched.
package host

import (
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"rescuebox/internal/kernellog"
	"rescuebox/internal/order"
)

// System says where the kernel shows its devices. The zero System is /sys, /dev and
// /proc.
type System struct{ Sys, Dev, Proc string }

func (s System) sys(parts ...string) string { return join(s.Sys, "/sys", parts) }
func (s System) dev(parts ...string) string { return join(s.Dev, "/dev", parts) }

func join(root, fallback string, parts []string) string {
	if root == "" {
		root = fallback
	}
	return filepath.Join(append([]string{root}, parts...)...)
}

// Disk is what is known of one.
type Disk struct {
	Name    string   // the kernel's: "sda"
	Model   string   // may be cut off: SCSI has 16 characters for it
	Serial  string   // that the kernel was told when it found the disk; "": none
	Size    int64    // bytes; 0: not known
	Links   []string // what it is called below /dev/disk/by-id and by-path
	Port    string   // as the kernel's log calls it: "ata2", "usb 1-4", "nvme0"; "": none
	Slot    string   // address of the PCI device that it hangs at, "0000:00:1f.2"
	Holds   []string // what lies on it, each as "sda1: md0 (raid1), mounted on /"
	Failed  int64    // commands that its driver counts as failed (ioerr_cnt)
	Faulty  string   // an array that has thrown it out
	Offline string   // the state of a SCSI disk that the kernel sends nothing more, as "offline"
	Medium  int      // errors of the log that are not of its link
	Link    int      // complaints about its link
	Sectors []uint64 // of errors of the medium, in the order of the log
}

// Disk looks at the disk that the kernel calls name, with what its log says; nil: no log.
func (s System) Disk(name string, log *kernellog.Log) Disk {
	d := Disk{Name: name, Links: s.links(name)}
	// A slash in a name is an exclamation mark in sysfs.
	dir, err := filepath.EvalSymlinks(s.sys("block", strings.ReplaceAll(name, "/", "!")))
	if err != nil {
		return d
	}
	d.Model, d.Serial = word(dir+"/device/model"), serial(dir+"/device")
	d.Port, d.Slot = s.port(dir)
	switch state := word(dir + "/device/state"); state {
	case "offline", "transport-offline", "dead": // drivers/scsi/scsi_sysfs.c, drivers/nvme/host/sysfs.c
		d.Offline = state
	}
	const sector = 512 // whatever its logical blocks are
	if n, err := strconv.ParseInt(word(dir+"/size"), 10, 64); err == nil && n <= math.MaxInt64/sector {
		d.Size = n * sector
	}
	if n, err := strconv.ParseInt(word(dir+"/device/ioerr_cnt"), 0, 64); err == nil {
		d.Failed = n
	}
	parts := append([]string{name}, partitions(dir)...)
	for _, part := range parts {
		s.holds(&d, part)
	}
	d.logged(log, parts)
	return d
}

// serial is that of an NVMe controller, or of the unit serial number page that the kernel
// keeps of a SCSI disk (SPC-4, 7.8.15); libata makes one for ATA disks.
func serial(dir string) string {
	if s := word(dir + "/serial"); s != "" {
		return s
	}
	const head = 4
	page, err := os.ReadFile(dir + "/vpd_pg80")
	if err != nil || len(page) < head {
		return ""
	}
	return text(page[head:])
}

// port walks up from a disk to what it hangs at.
func (s System) port(dir string) (port, slot string) {
	for ; strings.HasPrefix(dir, s.sys("devices")+"/"); dir = filepath.Dir(dir) {
		base := filepath.Base(dir)
		switch {
		case port == "" && numbered(base, "ata"), port == "" && numbered(base, "nvme"):
			port = base
		case port == "" && word(dir+"/idVendor") != "":
			port = "usb " + base
		case slot == "" && strings.Count(base, ":") == 2 && strings.Contains(base, ".") && exists(dir+"/vendor"):
			slot = base
		}
	}
	return port, slot
}

// numbered reports whether s is prefix and a number.
func numbered(s, prefix string) bool {
	rest, found := strings.CutPrefix(s, prefix)
	_, err := strconv.ParseUint(rest, 10, 32)
	return found && err == nil
}

// links finds the names that udev has given a disk; those of partitions are left out.
func (s System) links(name string) (all []string) {
	for _, folder := range []string{"by-id", "by-path"} {
		dir := s.dev("disk", folder)
		entries, err := os.ReadDir(dir)
		if err != nil {
			continue // a system without udev
		}
		for _, e := range entries {
			target, err := os.Readlink(filepath.Join(dir, e.Name()))
			if err == nil && filepath.Base(target) == filepath.Base(name) {
				all = append(all, filepath.Join(dir, e.Name()))
			}
		}
	}
	return all
}

// partitions are those of a disk, in the order of their numbers.
func partitions(dir string) (names []string) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil
	}
	number := map[string]int{}
	for _, e := range entries {
		if n, err := strconv.Atoi(word(filepath.Join(dir, e.Name(), "partition"))); err == nil {
			number[e.Name()] = n
			names = append(names, e.Name())
		}
	}
	order.Stable(names, func(a, b *string) bool { return number[*a] < number[*b] })
	return names
}

// logged counts what the log says of a disk and its partitions.
func (d *Disk) logged(log *kernellog.Log, parts []string) {
	if log == nil {
		return
	}
	d.Link = log.Links[d.Port]
	for _, e := range log.Events {
		if !slices.Contains(parts, e.Device) || e.Kind != kernellog.Disk && e.Kind != kernellog.Controller {
			continue
		}
		if e.Reason == "transport" || e.Reason == "recoverable transport" || e.Reason == "timeout" {
			d.Link += max(1, e.Times)
			continue
		}
		d.Medium += max(1, e.Times)
		if sector := place(e); sector >= 0 {
			d.Sectors = append(d.Sectors, uint64(sector))
		}
	}
}

// place is the sector of an event, or -1.
func place(e kernellog.Event) int64 {
	if e.Kind == kernellog.Controller && e.Unit == kernellog.LogicalBlock {
		return e.Block // of the disk's own size, as its logs count
	}
	return e.Sector
}

// word is the content of a small file.
func word(path string) string {
	b, err := os.ReadFile(path)
	if err != nil {
		return ""
	}
	return text(b)
}

// text is what can be printed, with a space for all between.
func text(b []byte) string {
	return strings.Join(strings.FieldsFunc(string(b), func(r rune) bool { return r <= ' ' || r > '~' }), " ")
}

func exists(path string) bool {
	_, err := os.Lstat(path)
	return err == nil
}
