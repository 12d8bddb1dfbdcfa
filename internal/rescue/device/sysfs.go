package device

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// sysfs is the folder of a block device: sysfs(5), Documentation/ABI/stable/sysfs-block.
func sysfs(number uint64) string {
	return "/sys/dev/block/" + pair(number)
}

func pair(number uint64) string {
	return strconv.FormatUint(uint64(unix.Major(number)), 10) + ":" + strconv.FormatUint(uint64(unix.Minor(number)), 10)
}

// parsePair reads what pair writes.
func parsePair(text string) (number uint64, known bool) {
	major, minor, _ := strings.Cut(text, ":")
	a, err1 := strconv.ParseUint(major, 10, 32)
	b, err2 := strconv.ParseUint(minor, 10, 32)
	return unix.Mkdev(uint32(a), uint32(b)), err1 == nil && err2 == nil
}

// word is the content of a small file, without what a person would not print.
func word(path string) string {
	b, err := os.ReadFile(path)
	if err != nil {
		return ""
	}
	return strings.Join(strings.FieldsFunc(string(b), func(r rune) bool { return r <= ' ' || r > '~' }), " ")
}

// whole is the folder of the whole disk, and which partition of it the device is.
func whole(number uint64) (dir string, partition int) {
	dir, err := filepath.EvalSymlinks(sysfs(number))
	if err != nil {
		return "", 0
	}
	if n, err := strconv.Atoi(word(dir + "/partition")); err == nil {
		return filepath.Dir(dir), n
	}
	return dir, 0
}

func identify(number uint64, size int64) Identity {
	dir, partition := whole(number)
	id := Identity{Size: size, Partition: partition}
	if dir == "" {
		return id
	}
	id.Disk = filepath.Base(dir)
	id.Model = word(dir + "/device/model")
	if id.Serial = usbSerial(dir + "/device"); id.Serial != "" {
		return id
	}
	for _, file := range []string{"serial", "device/serial", "device/vpd_pg80", "device/wwid", "wwid", "dm/uuid", "loop/backing_file"} {
		if id.Serial = word(dir + "/" + file); id.Serial != "" {
			break
		}
	}
	return id
}

// usbSerial is what the USB device says that a disk hangs at: a bridge has no other
// serial number that stays.
func usbSerial(device string) string {
	dir, err := filepath.EvalSymlinks(device)
	for err == nil && strings.HasPrefix(dir, "/sys/devices/") {
		if word(dir+"/idVendor") != "" {
			return word(dir + "/serial")
		}
		dir = filepath.Dir(dir)
	}
	return ""
}

// users are what would be hurt by writing to a device, or is using it.
func users(number uint64) (reasons []string) {
	dir, err := filepath.EvalSymlinks(sysfs(number))
	if err != nil {
		return nil
	}
	numbers := map[string]string{pair(number): filepath.Base(dir)}
	names := []string{dir}
	if parts, err := filepath.Glob(dir + "/*/partition"); err == nil {
		for _, p := range parts {
			part := filepath.Dir(p)
			numbers[word(part+"/dev")] = filepath.Base(part)
			names = append(names, part)
		}
	}
	mounts, _ := os.ReadFile("/proc/self/mountinfo")
	for line := range strings.Lines(string(mounts)) {
		if fields := strings.Fields(line); len(fields) > 4 && numbers[fields[2]] != "" {
			reasons = append(reasons, numbers[fields[2]]+" is mounted at "+fields[4])
		}
	}
	swaps, _ := os.ReadFile("/proc/swaps")
	for line := range strings.Lines(string(swaps)) {
		var stat unix.Stat_t
		if fields := strings.Fields(line); len(fields) > 1 && unix.Stat(fields[0], &stat) == nil && numbers[pair(uint64(stat.Rdev))] != "" {
			reasons = append(reasons, numbers[pair(uint64(stat.Rdev))]+" is swap")
		}
	}
	for _, name := range names {
		holders, err := os.ReadDir(name + "/holders")
		for _, h := range holders {
			if err == nil {
				reasons = append(reasons, filepath.Base(name)+" is part of "+h.Name())
			}
		}
	}
	return reasons
}

// disks are the whole disks under a device: those of a mapped device or an array too.
func disks(number uint64) []string {
	dir, _ := whole(number)
	if dir == "" {
		return nil
	}
	slaves, err := os.ReadDir(dir + "/slaves")
	if err != nil || len(slaves) == 0 {
		return []string{filepath.Base(dir)}
	}
	var all []string
	for _, s := range slaves {
		if number, known := parsePair(word(dir + "/slaves/" + s.Name() + "/dev")); known {
			all = append(all, disks(number)...)
		}
	}
	return all
}
