// Package blockdev names block devices and finds where on them a file's bytes lie.
package blockdev

import (
	"io"
	"io/fs"
	"os"
	"strconv"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"
)

// SectorSize is the unit of sector numbers in bytes, whatever the device's block
// size is: so the kernel counts in sysfs and in its messages (linux/blk_types.h).
const SectorSize = 512

// System says where the kernel shows its devices. The zero System is /sys, /dev
// and /proc/self/mountinfo.
type System struct {
	Sys, Dev, Mountinfo string
	// Table returns the table of a mapped device; nil asks the kernel through
	// Dev/mapper/control, for which it takes root.
	Table func(major, minor uint32) ([]Target, error)
}

func (s System) sys() string       { return orElse(s.Sys, "/sys") }
func (s System) dev() string       { return orElse(s.Dev, "/dev") }
func (s System) mountinfo() string { return orElse(s.Mountinfo, "/proc/self/mountinfo") }

func orElse(s, other string) string {
	if s != "" {
		return s
	}
	return other
}

// Device is a block device or a partition of one.
type Device struct {
	Major, Minor uint32
	Name         string // a path; "block device 8:1" where none is known
	// Anonymous devices (major 0) stand for a file system that has several
	// disks, or none, under it; Name is then what was mounted.
	Anonymous bool
	Known     bool  // sysfs has it; what follows is zero otherwise
	Partition int   // its number; 0 for a whole disk
	Start     int64 // first sector of a partition on its disk
	Sectors   int64 // size
	Block     int   // logical block in bytes
	Mapped    bool  // device-mapper or md: sectors on it are not those of a disk
}

// Lookup describes the device with the number that stat(2) gives as st_dev or
// st_rdev. What cannot be found out is left out.
func (s System) Lookup(number uint64) Device {
	d := Device{Major: unix.Major(number), Minor: unix.Minor(number)}
	d.Anonymous = d.Major == 0
	if d.Anonymous {
		text, _ := readSmall(s.mountinfo(), 8<<20)
		d.Name = MountSource(text, d.Major, d.Minor)
		return d
	}
	dir := s.sys() + "/dev/block/" + pair(d.Major, d.Minor)
	s.describe(&d, dir)
	return d
}

// Disk returns the whole disk that a partition is part of; ok is false for all
// other devices.
func (s System) Disk(d Device) (disk Device, ok bool) {
	if d.Partition == 0 {
		return Device{}, false
	}
	// The kernel resolves the link to .../sda/sda1 before the "..".
	dir := s.sys() + "/dev/block/" + pair(d.Major, d.Minor) + "/.."
	text, err := readSmall(dir+"/uevent", 64<<10)
	if err != nil {
		return Device{}, false
	}
	u := ParseUevent(text)
	if u.Type != "disk" {
		return Device{}, false
	}
	disk = Device{Major: u.Major, Minor: u.Minor}
	s.describe(&disk, dir)
	return disk, true
}

func (s System) describe(d *Device, dir string) {
	text, err := readSmall(dir+"/uevent", 64<<10)
	u := ParseUevent(text)
	d.Known = err == nil
	if u.Name != "" {
		d.Name = s.dev() + "/" + u.Name
	} else {
		d.Name = s.scan(d.Major, d.Minor)
	}
	d.Sectors, _ = readNumber(dir + "/size")
	queue := dir + "/queue"
	if n, ok := readNumber(dir + "/partition"); ok {
		d.Partition = int(n)
		d.Start, _ = readNumber(dir + "/start")
		queue = dir + "/../queue"
	}
	block, _ := readNumber(queue + "/logical_block_size")
	d.Block = int(min(block, 1<<20))
	d.Mapped = exists(dir+"/dm") || exists(dir+"/md")
}

// scan looks for the device's node, for a host without sysfs.
func (s System) scan(major, minor uint32) string {
	dev, err := os.Open(s.dev())
	if err != nil {
		return "block device " + pair(major, minor)
	}
	defer dev.Close()
	entries, _ := dev.ReadDir(-1)
	for _, e := range entries {
		if e.Type()&fs.ModeDevice == 0 || e.Type()&fs.ModeCharDevice != 0 {
			continue
		}
		var st unix.Stat_t
		path := s.dev() + "/" + e.Name()
		if unix.Lstat(path, &st) == nil && unix.Major(uint64(st.Rdev)) == major && unix.Minor(uint64(st.Rdev)) == minor {
			return path
		}
	}
	return "block device " + pair(major, minor)
}

func pair(major, minor uint32) string {
	return strconv.FormatUint(uint64(major), 10) + ":" + strconv.FormatUint(uint64(minor), 10)
}

func exists(path string) bool {
	_, err := os.Lstat(path)
	return err == nil
}

func readNumber(path string) (int64, bool) {
	text, err := readSmall(path, 64)
	if err != nil {
		return 0, false
	}
	n, err := strconv.ParseInt(strings.TrimSpace(text), 10, 64)
	return n, err == nil && n >= 0
}

// readSmall reads at most limit bytes of a file.
func readSmall(path string, limit int64) (string, error) {
	f, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return "", err
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, limit))
	return string(data), err
}
