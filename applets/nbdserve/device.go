package nbdserve

import (
	"errors"
	"net"
	"os"
	"strconv"
	"syscall"

	"golang.org/x/sys/unix"

	"rescuebox/internal/blockdev"
	"rescuebox/internal/diskread"
	"rescuebox/internal/errno"
)

// listenUnix listens on a socket that only the same user, and root, can connect to.
func listenUnix(path, typed string) (net.Listener, error) {
	// The mode must hold from the start: whoever is in stays in.
	old := unix.Umask(0o177)
	l, err := net.ListenUnix("unix", &net.UnixAddr{Name: path, Net: "unix"})
	unix.Umask(old)
	if err != nil {
		err = cause(err)
		text := typed + ": " + errno.Reason(err)
		// A socket stays behind when its server is killed.
		info, statErr := os.Lstat(path)
		if errors.Is(err, syscall.EADDRINUSE) && statErr == nil && info.Mode()&os.ModeSocket != 0 {
			text += "; if no server uses it any more: rm " + typed
		}
		return nil, errors.New(text)
	}
	return l, nil
}

// describe is for the person who looks at the export.
func describe(name string, disk *diskread.Disk) string {
	text := name + ", sectors of " + strconv.Itoa(disk.Block()) + " bytes"
	if disk.Physical() != disk.Block() {
		text += " (" + strconv.Itoa(disk.Physical()) + " on the medium)"
	}
	if !disk.IsDevice() {
		text = name
	}
	return text
}

// rotational reports whether the disk says that it turns.
func rotational(disk *diskread.Disk) bool {
	if !disk.IsDevice() {
		return false
	}
	number := uint64(disk.Stat().Rdev)
	dir := "/sys/dev/block/" + strconv.Itoa(int(unix.Major(number))) + ":" + strconv.Itoa(int(unix.Minor(number)))
	for _, queue := range []string{"/queue", "/../queue"} { // a partition has its disk's
		if b, err := os.ReadFile(dir + queue + "/rotational"); err == nil {
			return len(b) > 0 && b[0] == '1'
		}
	}
	return false
}

// place is a device that the bytes lie on, from a sector of 512 bytes on.
type place struct {
	name  string // empty for what is served
	start int64
}

// whereabouts are what is served and, of a partition, the disk: the kernel's log
// counts sectors on that.
func whereabouts(disk *diskread.Disk) []place {
	list := []place{{}}
	if !disk.IsDevice() {
		return list
	}
	system := blockdev.System{}
	d := system.Lookup(uint64(disk.Stat().Rdev))
	if whole, ok := system.Disk(d); ok {
		list = append(list, place{whole.Name, d.Start})
	}
	return list
}

// sectors names those of a range, on each place.
func sectors(where []place, off, length int64) string {
	text := ""
	for i, p := range where {
		if i > 0 {
			text += ", that is "
		}
		if p.name != "" {
			text += p.name + " "
		}
		text += "sector"
		if length > blockdev.SectorSize {
			text += "s"
		}
		text += " " + span(off+p.start*blockdev.SectorSize, length, blockdev.SectorSize)
	}
	return text
}

// span writes the first and the last unit of a range, or the only one.
func span(off, length, unit int64) string {
	first, last := off/unit, (off+max(length, 1)-1)/unit
	text := strconv.FormatInt(first, 10)
	if last != first {
		text += "-" + strconv.FormatInt(last, 10)
	}
	return text
}
