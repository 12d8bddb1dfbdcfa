package faultlab

import (
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

// mountFUSE makes a FUSE mount that no folder shows, and returns the device to
// serve it through and the mount.
func mountFUSE(name, devicePath string) (device, mount *os.File, err error) {
	device, err = openRaw(devicePath, unix.O_RDWR)
	if err != nil {
		return nil, nil, err
	}
	mount, err = detachedMount("fuse", unix.MOUNT_ATTR_NOSUID|unix.MOUNT_ATTR_NODEV, [][2]string{
		{"source", name},
		{"fd", fmt.Sprint(device.Fd())},
		{"rootmode", "40000"},
		{"user_id", fmt.Sprint(os.Geteuid())},
		{"group_id", fmt.Sprint(os.Getegid())},
		{"max_read", fmt.Sprint(maxRequest)},
		{"allow_other", ""},
		{"default_permissions", ""},
	})
	if err != nil {
		device.Close()
		return nil, nil, err
	}
	return device, mount, nil
}

// mountDevice mounts a block device read-only; a journal is replayed if need be.
func mountDevice(fstype, device string) (*os.File, error) {
	return detachedMount(fstype, unix.MOUNT_ATTR_RDONLY, [][2]string{{"source", device}, {"ro", ""}})
}

// detachedMount is fsopen, fsconfig and fsmount of fsopen(2), Linux 5.2. A value
// of "" makes the option a flag.
func detachedMount(fstype string, attributes int, options [][2]string) (*os.File, error) {
	failed := func(step string, err error) (*os.File, error) {
		return nil, fmt.Errorf("mount of %s: %s: %w", fstype, step, err)
	}
	config, err := unix.Fsopen(fstype, unix.FSOPEN_CLOEXEC)
	if err != nil {
		return failed("fsopen (as root: modprobe "+fstype+")", err)
	}
	defer unix.Close(config)
	for _, o := range options {
		if o[1] == "" {
			err = unix.FsconfigSetFlag(config, o[0])
		} else {
			err = unix.FsconfigSetString(config, o[0], o[1])
		}
		if err != nil {
			return failed(o[0], err)
		}
	}
	if err := unix.FsconfigCreate(config); err != nil {
		return failed("create", err)
	}
	fd, err := unix.Fsmount(config, unix.FSMOUNT_CLOEXEC, attributes)
	if err != nil {
		return failed("fsmount", err)
	}
	return os.NewFile(uintptr(fd), fstype), nil
}

// showMount makes a detached mount appear at dir.
func showMount(mount *os.File, dir string) error {
	err := unix.MoveMount(int(mount.Fd()), "", unix.AT_FDCWD, dir, unix.MOVE_MOUNT_F_EMPTY_PATH)
	if err != nil {
		return &os.PathError{Op: "move_mount", Path: dir, Err: err}
	}
	return nil
}

// openRaw opens a file without telling Go's poller about it: for a FUSE file that
// would be one more request, in the middle of a system call that stops others.
func openRaw(path string, flags int) (*os.File, error) {
	fd, err := unix.Open(path, flags|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, &os.PathError{Op: "open", Path: path, Err: err}
	}
	return os.NewFile(uintptr(fd), path), nil
}

// openAt opens name in dir likewise.
func openAt(dir *os.File, name string, flags int) (*os.File, error) {
	fd, err := unix.Openat(int(dir.Fd()), name, flags|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, &os.PathError{Op: "open", Path: name, Err: err}
	}
	return os.NewFile(uintptr(fd), name), nil
}
