package faultlab

import (
	"os"
	"os/exec"
	"syscall"

	"golang.org/x/sys/unix"
)

// Isolate lets cmd start in a mount and a process namespace of its own, and for
// other users than root in a user namespace too, in which it is root. All its
// mounts and processes end with it, and it ends with the thread that started it:
// call runtime.LockOSThread before, and stay.
//
// The program must call PrivateMounts first.
func Isolate(cmd *exec.Cmd) {
	attr := &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL, Cloneflags: unix.CLONE_NEWNS | unix.CLONE_NEWPID}
	if os.Geteuid() != 0 {
		attr.Cloneflags |= unix.CLONE_NEWUSER
		attr.UidMappings = []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Geteuid(), Size: 1}}
		attr.GidMappings = []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getegid(), Size: 1}}
	}
	cmd.SysProcAttr = attr
}

// PrivateMounts keeps the mounts of an isolated process from the rest of the
// machine.
func PrivateMounts() error {
	return os.NewSyscallError("mount", unix.Mount("", "/", "", unix.MS_REC|unix.MS_PRIVATE, ""))
}
