package blockdev

import (
	"strconv"
	"strings"
)

// Uevent is what a uevent file of a block device in sysfs says
// (Documentation/ABI/testing/sysfs-uevent; block/genhd.c, block_uevent).
type Uevent struct {
	Major, Minor uint32
	Name         string // kernel's name below /dev; may have folders, as in "mapper/x"
	Type         string // "disk" or "partition"
	Partition    int    // number of the partition; 0 when there is none
}

// ParseUevent reads KEY=VALUE lines. What is not understood is left out: a name
// that could lead out of /dev counts as none.
func ParseUevent(text string) Uevent {
	var u Uevent
	for text != "" {
		var line string
		line, text, _ = strings.Cut(text, "\n")
		key, value, _ := strings.Cut(line, "=")
		switch key {
		case "MAJOR":
			u.Major = number(value)
		case "MINOR":
			u.Minor = number(value)
		case "DEVNAME":
			value = strings.TrimPrefix(value, "/dev/")
			if plainName(value) {
				u.Name = value
			}
		case "DEVTYPE":
			u.Type = value
		case "PARTN":
			u.Partition = int(number(value) & 0xffff)
		}
	}
	return u
}

func number(s string) uint32 {
	n, err := strconv.ParseUint(s, 10, 32)
	if err != nil {
		return 0
	}
	return uint32(n)
}

func plainName(s string) bool {
	for part := range strings.SplitSeq(s, "/") {
		if part == "" || part == "." || part == ".." {
			return false
		}
	}
	return !strings.Contains(s, "\x00")
}

// MountSource returns what is mounted where the device number is major:minor,
// from the text of /proc/PID/mountinfo (proc_pid_mountinfo(5)); empty when there
// is no such line, or its source is no path.
func MountSource(mountinfo string, major, minor uint32) string {
	want := strconv.FormatUint(uint64(major), 10) + ":" + strconv.FormatUint(uint64(minor), 10)
	for line := range strings.SplitSeq(mountinfo, "\n") {
		head, tail, ok := strings.Cut(line, " - ")
		fields := strings.Fields(head)
		behind := strings.Fields(tail)
		if ok && len(fields) > 2 && fields[2] == want && len(behind) > 1 && strings.HasPrefix(behind[1], "/") {
			return Unescape(behind[1])
		}
	}
	return ""
}

// Unescape undoes the \ooo by which the kernel writes blanks and backslashes in mount
// tables (proc_pid_mountinfo(5)).
func Unescape(s string) string {
	var b []byte
	for i := 0; i < len(s); i++ {
		if s[i] == '\\' && i+3 < len(s) {
			if n, err := strconv.ParseUint(s[i+1:i+4], 8, 8); err == nil {
				b = append(b, byte(n))
				i += 3
				continue
			}
		}
		b = append(b, s[i])
	}
	return string(b)
}
