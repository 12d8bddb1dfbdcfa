package faultlab

import (
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// loop is an attached loop device. It clears itself when the last descriptor of
// it is closed and nothing mounted from it is left.
type loop struct {
	device  *os.File
	number  int
	backing string // name of the file under it
}

func (l *loop) path() string { return loopPath(l.number) }

func loopPath(number int) string { return "/dev/loop" + strconv.Itoa(number) }

// attachLoop puts backing under a free loop device (loop(4)). Others take free
// devices too, so that the one offered may be busy a moment later.
func attachLoop(backing *os.File, blockSize uint32) (*loop, error) {
	control, err := openRaw("/dev/loop-control", unix.O_RDWR)
	if err != nil {
		return nil, fmt.Errorf("%w (as root: modprobe loop)", err)
	}
	defer control.Close()
	config := unix.LoopConfig{Fd: uint32(backing.Fd()), Size: blockSize}
	config.Info.Flags = unix.LO_FLAGS_AUTOCLEAR
	copy(config.Info.File_name[:], backing.Name())
	for deadline := time.Now().Add(patience); ; time.Sleep(10 * time.Millisecond) {
		l, err := tryLoop(int(control.Fd()), &config)
		if err == nil {
			l.backing = backing.Name()
			return l, nil
		}
		// ENXIO, ENOENT: the device was removed, or its node is not there yet.
		if !errors.Is(err, unix.EBUSY) && !errors.Is(err, unix.ENXIO) && !errors.Is(err, unix.ENOENT) || time.Now().After(deadline) {
			return nil, err
		}
	}
}

func tryLoop(control int, config *unix.LoopConfig) (*loop, error) {
	number, err := unix.IoctlRetInt(control, unix.LOOP_CTL_GET_FREE)
	if err != nil {
		return nil, os.NewSyscallError("LOOP_CTL_GET_FREE", err)
	}
	device, err := openRaw(loopPath(number), unix.O_RDWR)
	if err != nil {
		return nil, err
	}
	if err := unix.IoctlLoopConfigure(int(device.Fd()), config); err != nil {
		device.Close()
		return nil, &os.PathError{Op: "LOOP_CONFIGURE", Path: loopPath(number), Err: err}
	}
	return &loop{device: device, number: number}, nil
}

// close lets the device clear itself, and waits until it has.
func (l *loop) close() error {
	err := l.device.Close()
	for deadline := time.Now().Add(patience); l.attached(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			return errors.Join(err, fmt.Errorf("%s is still in use", l.path()))
		}
	}
	return err
}

// attached says whether our file is still under the device; the next user may have
// the device already.
func (l *loop) attached() bool {
	name, err := os.ReadFile("/sys/block/loop" + strconv.Itoa(l.number) + "/loop/backing_file")
	return err == nil && strings.Contains(string(name), l.backing)
}
