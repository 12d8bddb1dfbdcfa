package onsector

import (
	"os"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"

	"rescuebox/internal/blockdev"
	"rescuebox/internal/kernellog"
)

// Target is what to look for: a run of sectors, or a file by its inode.
type Target struct {
	Device        blockdev.Device // most often a whole disk
	Sector, Count int64           // of 512 bytes; Count is 0 where only Inode is known
	Inode         uint64          // of the file system on Device; 0 where unknown
	Root          int64           // the subvolume of a btrfs that Inode is of; 0 where unknown
}

// DeviceAt returns the block device of a node's path, such as /dev/sda or
// /dev/mapper/root. The error is ENOTBLK where it is none.
func DeviceAt(system blockdev.System, path string) (blockdev.Device, error) {
	var st unix.Stat_t
	if err := unix.Stat(path, &st); err != nil {
		return blockdev.Device{}, &os.PathError{Op: "stat", Path: path, Err: err}
	}
	if st.Mode&unix.S_IFMT != unix.S_IFBLK {
		return blockdev.Device{}, &os.PathError{Op: "stat", Path: path, Err: syscall.ENOTBLK}
	}
	return system.Lookup(uint64(st.Rdev)), nil
}

// pageBlock is the size in bytes of the blocks that the kernel buffers a device by
// when no file system said otherwise.
const pageBlock = 4096

// FromEvent turns what the kernel's log says into a target. ok is false where the
// device is not there (any more), or nothing is said that could be looked for.
func FromEvent(system blockdev.System, e kernellog.Event) (t Target, ok bool) {
	t = Target{Inode: e.Inode, Root: e.Root, Sector: max(e.Sector, 0)}
	t.Device, ok = system.Named(e.Device)
	dev := system.Dev
	if dev == "" {
		dev = "/dev"
	}
	path := dev + "/" + e.Device
	if !ok {
		if strings.Contains(path, "/../") {
			return Target{}, false
		}
		d, err := DeviceAt(system, path)
		if err != nil {
			return Target{}, false
		}
		t.Device = d
	}
	unit := int64(blockdev.SectorSize)
	switch {
	case e.Sector >= 0:
		t.Count = e.Count
	case e.Unit == kernellog.LogicalBlock:
		t.Sector, t.Count, unit = e.Block, e.Count, int64(max(t.Device.Block, blockdev.SectorSize))
	case e.Unit == kernellog.BufferBlock:
		t.Sector, t.Count, unit = e.Block, e.Count, bufferSize(path)
	}
	// Two factors below 2^54 and 2^20: an overflow is no sector of a real disk.
	scale := unit / blockdev.SectorSize
	if t.Sector > 1<<54/scale || t.Count > 1<<54/scale {
		return Target{}, false
	}
	t.Sector, t.Count = t.Sector*scale, t.Count*scale
	return t, t.Count > 0 || t.Inode != 0
}

// bufferSize asks the kernel; opening a device reads nothing of it.
func bufferSize(path string) int64 {
	fd, err := unix.Open(path, unix.O_RDONLY|unix.O_NONBLOCK|unix.O_CLOEXEC, 0)
	if err != nil {
		return pageBlock
	}
	defer unix.Close(fd)
	size, err := blockdev.BufferSize(fd)
	if err != nil {
		return pageBlock
	}
	return size
}
