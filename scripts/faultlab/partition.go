package faultlab

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"unsafe"

	"golang.org/x/sys/unix"
)

// partition is one of a loop device, which the kernel was told of rather than
// having read a table.
type partition struct {
	number int
	node   *os.File // a node of it that is in no folder
}

// AddPartition tells the kernel that sectors of the disk from start on are its
// partition of the number, counted from 1. A partition table is neither needed nor
// written. The partition ends with the image.
func (img *Image) AddPartition(number int, start, sectors int64) error {
	if _, err := img.Attach(); err != nil {
		return err
	}
	disk := img.loop.device
	status, err := unix.IoctlLoopGetStatus64(int(disk.Fd()))
	if err != nil {
		return os.NewSyscallError("LOOP_GET_STATUS64", err)
	}
	if status.Flags&unix.LO_FLAGS_PARTSCAN == 0 {
		status.Flags |= unix.LO_FLAGS_PARTSCAN // else it may have none
		if err := unix.IoctlLoopSetStatus64(int(disk.Fd()), status); err != nil {
			return os.NewSyscallError("LOOP_SET_STATUS64", err)
		}
	}
	if err := blkpg(disk, unix.BLKPG_ADD_PARTITION, number, start, sectors); err != nil {
		return err
	}
	node, err := partitionNode(img.loop.number, number)
	if err != nil {
		return errors.Join(err, blkpg(disk, unix.BLKPG_DEL_PARTITION, number, 0, 0))
	}
	img.partitions = append(img.partitions, partition{number, node})
	return nil
}

// MountPartition is Mount for a partition that was added.
func (img *Image) MountPartition(number int, fstype string) (string, error) {
	for _, p := range img.partitions {
		if p.number != number {
			continue
		}
		dir, err := mountDevice(fstype, descriptorPath(p.node))
		if err != nil {
			return "", err
		}
		img.dirs = append(img.dirs, dir)
		return descriptorPath(dir), nil
	}
	return "", fmt.Errorf("faultlab: no partition %d", number)
}

// close ends the partition; its file system must be unmounted.
func (p partition) close(disk *os.File) error {
	return errors.Join(p.node.Close(), blkpg(disk, unix.BLKPG_DEL_PARTITION, p.number, 0, 0))
}

// blkpg is the ioctl BLKPG (linux/blkpg.h).
func blkpg(disk *os.File, op int32, number int, start, sectors int64) error {
	p := unix.BlkpgPartition{Start: start * SectorSize, Length: sectors * SectorSize, Pno: int32(number)}
	arg := unix.BlkpgIoctlArg{Op: op, Datalen: int32(unsafe.Sizeof(p)), Data: (*byte)(unsafe.Pointer(&p))}
	_, _, errno := unix.Syscall(unix.SYS_IOCTL, disk.Fd(), unix.BLKPG, uintptr(unsafe.Pointer(&arg)))
	if errno != 0 {
		return &os.PathError{Op: "BLKPG", Path: disk.Name(), Err: errno}
	}
	return nil
}

// partitionNode makes a node for a partition, opens it as a path, and removes it:
// whether and when one appears in /dev is up to the machine.
func partitionNode(loop, number int) (*os.File, error) {
	name := "loop" + strconv.Itoa(loop)
	text, err := os.ReadFile("/sys/block/" + name + "/" + name + "p" + strconv.Itoa(number) + "/dev")
	if err != nil {
		return nil, err
	}
	var major, minor uint32
	if _, err := fmt.Sscanf(strings.TrimSpace(string(text)), "%d:%d", &major, &minor); err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "faultlab")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "partition")
	if err := unix.Mknod(path, unix.S_IFBLK|0o600, int(unix.Mkdev(major, minor))); err != nil {
		return nil, &os.PathError{Op: "mknod", Path: path, Err: err}
	}
	return openRaw(path, unix.O_PATH)
}
