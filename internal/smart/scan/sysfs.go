// Package scan finds the disks of a system, says how each is to be talked to, and opens
// it. What a device is comes from sysfs, before any command is sent: some bridges do not
// survive a command that is meant for another kind of disk.
package scan

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"

	"rescuebox/internal/order"
	"rescuebox/internal/smart/drivedb"
)

// System says where the kernel shows its devices. The zero System is /sys and /dev.
type System struct {
	Sys, Dev string
	// DB has the host's USB bridges; nil: none.
	DB *drivedb.DB
}

func (s System) sys(parts ...string) string { return under(s.Sys, "/sys", parts) }
func (s System) dev(parts ...string) string { return under(s.Dev, "/dev", parts) }

func under(root, fallback string, parts []string) string {
	if root == "" {
		root = fallback
	}
	return filepath.Join(append([]string{root}, parts...)...)
}

// NotDiskError is a device that is none to ask.
type NotDiskError struct{ Path, Why string }

// Undetected is why of a device that nothing is known of; -d may still help.
const Undetected = "Unable to detect device type"

// NotDevice is why of a file, which may be a recording.
const NotDevice = "not a device"

// Virtual is why of a device of a virtual machine alone.
const Virtual = "a virtual disk, which has no SMART"

// Error says why.
func (e *NotDiskError) Error() string { return e.Path + ": " + e.Why }

// Detect says how the device at a path is to be talked to.
func (s System) Detect(path string) (*Spec, error) {
	var st unix.Stat_t
	if err := unix.Stat(path, &st); err != nil {
		return nil, &os.PathError{Op: "stat", Path: path, Err: err}
	}
	class := ""
	switch st.Mode & unix.S_IFMT {
	case unix.S_IFBLK:
		class = "block"
	case unix.S_IFCHR:
		class = "char"
	default:
		return nil, &NotDiskError{path, NotDevice}
	}
	number := strconv.Itoa(int(unix.Major(uint64(st.Rdev)))) + ":" + strconv.Itoa(int(unix.Minor(uint64(st.Rdev))))
	dir, err := filepath.EvalSymlinks(s.sys("dev", class, number))
	if err != nil {
		return byName(path)
	}
	return s.detect(path, dir)
}

// byName is for systems without sysfs. A device is not opened to look: that SCSI disks
// may be ATA ones an INQUIRY tells later.
func byName(path string) (*Spec, error) {
	base := filepath.Base(path)
	switch {
	case strings.HasPrefix(base, "nvme"):
		return Parse("nvme")
	case strings.HasPrefix(base, "sd"), strings.HasPrefix(base, "sg"):
		return &Spec{kind: automatic, text: "auto", number: -1}, nil
	}
	return nil, &NotDiskError{path, Undetected}
}

// detect looks at a device's folder in sysfs.
func (s System) detect(path, dir string) (*Spec, error) {
	if word(dir+"/partition") != "" {
		dir = filepath.Dir(dir)
	}
	switch subsystem(dir) {
	case "nvme":
		return Parse("nvme")
	case "block":
		if slaves := names(dir + "/slaves"); len(slaves) > 0 {
			return nil, &NotDiskError{path, "made of " + strings.Join(slaves, ", ") + ": ask those"}
		}
	case "scsi_generic":
	default:
		return nil, &NotDiskError{path, Undetected}
	}
	switch subsystem(dir + "/device") {
	case "nvme", "nvme-subsystem":
		if nsid := word(dir + "/nsid"); nsid != "" {
			return Parse("nvme," + nsid)
		}
		return Parse("nvme")
	case "scsi":
		return s.scsi(dir)
	case "virtio", "xen":
		return nil, &NotDiskError{path, Virtual}
	case "mmc":
		return nil, &NotDiskError{path, "a memory card, which has no SMART"}
	}
	return nil, &NotDiskError{path, Undetected}
}

// scsi says how a SCSI device is to be talked to.
func (s System) scsi(dir string) (*Spec, error) {
	if word(dir+"/device/vendor") == "ATA" { // SAT-4, 8.3.2
		return Parse("sat")
	}
	bridge := usbParent(dir)
	if bridge == "" {
		// Where the kernel's translation is not, the disk itself may say so.
		return Parse("scsi")
	}
	spec := usb(s.DB, word(bridge+"/idVendor"), word(bridge+"/idProduct"), word(bridge+"/bcdDevice"))
	switch {
	case spec != "":
	case word(dir+"/removable") == "1": // a stick or card reader: nothing to be found there
		spec = "scsi"
	default:
		// What udev does with every such disk.
		spec = "sat,auto"
	}
	return Parse(spec)
}

// usbParent walks up to the USB device that a device hangs at.
func usbParent(dir string) string {
	for ; len(dir) > 1; dir = filepath.Dir(dir) {
		if word(dir+"/idVendor") != "" {
			return dir
		}
	}
	return ""
}

// Found is a device of a scan.
type Found struct {
	Path string
	Spec *Spec
	// Controller is a host of the MegaRAID family, whose disks only it knows; then there
	// is no Path.
	Controller int
}

// List finds the disks, in smartctl's order: SCSI and ATA, controllers, NVMe.
func (s System) List() []Found {
	var found []Found
	blocks := slices.DeleteFunc(names(s.sys("block")), func(n string) bool { return !strings.HasPrefix(n, "sd") })
	order.Stable(blocks, byLength)
	for _, name := range blocks {
		dir, err := filepath.EvalSymlinks(s.sys("block", name))
		if err != nil {
			continue
		}
		path := s.dev(name)
		if spec, err := s.detect(path, dir); err == nil {
			found = append(found, Found{Path: path, Spec: spec})
		}
	}
	hosts := names(s.sys("class", "scsi_host"))
	order.Stable(hosts, byLength)
	for _, name := range hosts {
		number, err := strconv.Atoi(strings.TrimPrefix(name, "host"))
		if err == nil && word(s.sys("class", "scsi_host", name, "proc_name")) == "megaraid_sas" {
			found = append(found, Found{Controller: number})
		}
	}
	controllers := names(s.sys("class", "nvme"))
	order.Stable(controllers, byLength)
	for _, name := range controllers {
		spec, _ := Parse("nvme")
		found = append(found, Found{Path: s.dev(name), Spec: spec})
	}
	return found
}

// Others finds disks of which smartctl knows nothing to ask, as those of virtual machines
// and memory cards: what the kernel saw of them is still worth to know. Disks that are
// made of others are not among them.
func (s System) Others() []Found {
	var found []Found
	for _, name := range names(s.sys("block")) {
		dir, err := filepath.EvalSymlinks(s.sys("block", name))
		if err != nil || word(dir+"/size") == "0" {
			continue
		}
		switch subsystem(dir + "/device") {
		case "virtio", "xen", "mmc":
			found = append(found, Found{Path: s.dev(strings.ReplaceAll(name, "!", "/"))})
		}
	}
	return found
}

// Bus is what smartctl calls a SCSI host.
func Bus(controller int) string { return "/dev/bus/" + strconv.Itoa(controller) }

// byLength orders sdz before sdaa, and nvme9 before nvme10.
func byLength(a, b *string) bool {
	return len(*a) < len(*b) || len(*a) == len(*b) && *a < *b
}

// Kernel is what the kernel calls the disk at a path, as sda or nvme0n1: for a partition
// the disk that it is of, for a controller of NVMe its first disk, for a device of the sg
// driver the disk's; "" where it does not know one.
func (s System) Kernel(path string) string {
	var st unix.Stat_t
	if unix.Stat(path, &st) != nil {
		return ""
	}
	number := strconv.Itoa(int(unix.Major(uint64(st.Rdev)))) + ":" + strconv.Itoa(int(unix.Minor(uint64(st.Rdev))))
	if st.Mode&unix.S_IFMT == unix.S_IFBLK {
		dir, err := filepath.EvalSymlinks(s.sys("dev", "block", number))
		if err != nil {
			return ""
		}
		if word(dir+"/partition") != "" {
			dir = filepath.Dir(dir)
		}
		return filepath.Base(dir)
	}
	dir, err := filepath.EvalSymlinks(s.sys("dev", "char", number))
	if err != nil {
		return ""
	}
	if subsystem(dir) == "nvme" {
		return first(names(dir), "nvme")
	}
	return first(names(dir+"/device/block"), "sd")
}

func first(list []string, prefix string) string {
	for _, n := range list {
		if strings.HasPrefix(n, prefix) {
			return n
		}
	}
	return ""
}

// host is the number of the SCSI host of a device, or that of a path /dev/bus/N.
func (s System) host(path string) (uint16, error) {
	text, isBus := strings.CutPrefix(path, "/dev/bus/")
	if !isBus {
		address, err := os.Readlink(s.sys("block", s.Kernel(path), "device"))
		if err != nil {
			return 0, errNoHost
		}
		text, _, _ = strings.Cut(filepath.Base(address), ":")
	}
	n, err := strconv.ParseUint(text, 10, 16)
	if err != nil {
		return 0, errNoHost
	}
	return uint16(n), nil
}

// Volume says how to ask for the disks that a RAID controller made a volume of, by an
// argument of -d; "" where the device at the path is none.
func (s System) Volume(path string) string {
	dir := s.sys("block", s.Kernel(path), "device")
	address, err := os.Readlink(dir)
	f := strings.Split(filepath.Base(address), ":") // host, channel, target, unit
	if err != nil || len(f) != 4 {
		return ""
	}
	switch word(s.sys("class", "scsi_host", "host"+f[0], "proc_name")) {
	case "megaraid_sas": // single disks are on the channels before
		if f[1] != "0" && f[1] != "1" {
			return "megaraid,N"
		}
	case "hpsa", "smartpqi":
		if level := word(dir + "/raid_level"); level != "" && level != "N/A" {
			return "cciss,N"
		}
	}
	return ""
}

var errNoHost = errors.New("no SCSI host")

// word is the content of a small file.
func word(path string) string {
	b, err := os.ReadFile(path)
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(b))
}

// names are those of the entries of a folder, sorted.
func names(dir string) []string {
	f, err := os.Open(dir)
	if err != nil {
		return nil
	}
	defer f.Close()
	list, _ := f.Readdirnames(-1)
	order.Strings(list)
	return list
}

func subsystem(dir string) string {
	target, err := os.Readlink(dir + "/subsystem")
	if err != nil {
		return ""
	}
	return filepath.Base(target)
}
