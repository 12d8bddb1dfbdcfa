// Package passthrough carries commands to disks by the ioctls of Linux: SG_IO for SCSI
// and, below the translation of package bridge, ATA; the admin command of NVMe; and
// those of RAID controllers for the disks behind them.
//
// Devices are opened for reading only. No command can hold its caller for longer than
// its time limit, whatever the kernel does, and a disk that has let one pass is not asked
// again.
package passthrough

import (
	"context"
	"os"
	"strconv"
	"time"

	"golang.org/x/sys/unix"
)

// Limits bound what a disk may cost.
type Limits struct {
	Command time.Duration // of each command that has no time limit of its own
	Disk    time.Duration // of all of those together
}

// DefaultLimits let a disk spin up, which takes large ones ten seconds and more.
var DefaultLimits = Limits{Command: 15 * time.Second, Disk: time.Minute}

// kernelTimeout is after which time the kernel aborts a command, and resets the disk if
// it must. That is worse than to leave: the reset takes away what else the disk was
// about to say. So it has smartctl's minute (SG_IO would not take less than seven
// seconds anyway), and this package its own limit.
const kernelTimeout = time.Minute

// NoAnswerError is a command that did not come back in time.
type NoAnswerError struct {
	After  time.Duration
	Stuck  bool // it hangs in the kernel, out of reach
	Killed bool // who asked was killed, by somebody else
	Cause  error
}

// Error says how long was waited.
func (e *NoAnswerError) Error() string {
	switch {
	case e.Killed:
		return "the process that asked was killed"
	case e.Cause == context.Canceled:
		return "interrupted"
	case e.Stuck:
		return "no answer in " + seconds(e.After) + ", and the command still hangs in the kernel"
	}
	return "no answer in " + seconds(e.After)
}

// Unwrap returns why the wait ended before its time, if it did.
func (e *NoAnswerError) Unwrap() error { return e.Cause }

// seconds is a time in seconds, with tenths if there are any.
func seconds(d time.Duration) string {
	const tenth = 100 * time.Millisecond
	n := int64(d.Round(tenth) / tenth)
	text := strconv.FormatInt(n/10, 10)
	if n%10 != 0 {
		text += "." + strconv.FormatInt(n%10, 10)
	}
	return text + " s"
}

// BudgetError is a disk that has answered too slowly to be asked more.
type BudgetError struct{ Disk time.Duration }

// Error says how much time there was.
func (e *BudgetError) Error() string {
	return "the disk has used up its " + seconds(e.Disk)
}

// node is an opened device node.
type node struct {
	fd     int
	limits Limits
	used   time.Duration // of limits.Disk
	dead   error
	// test stands for the kernel in tests.
	test func(request uintptr, a area) (int, error)
}

// open opens a node for reading. To open one may hang as any command: a child tries.
func open(ctx context.Context, path string, limits Limits) (*node, error) {
	a, err := newArea(len(path) + 1)
	if err != nil {
		return nil, &os.PathError{Op: "open", Path: path, Err: err}
	}
	defer a.free()
	copy(a[areaData:], path)
	const flags = unix.O_RDONLY | unix.O_NONBLOCK | unix.O_CLOEXEC | unix.O_LARGEFILE
	at := unix.AT_FDCWD
	start := time.Now()
	_, err = apart(ctx, call{unix.SYS_OPENAT, uintptr(at), a.data(), flags}, a, limits.Command)
	if err != nil {
		return nil, &os.PathError{Op: "open", Path: path, Err: err}
	}
	fd, err := unix.Open(path, flags, 0)
	if err != nil {
		return nil, &os.PathError{Op: "open", Path: path, Err: err}
	}
	return &node{fd: fd, limits: limits, used: time.Since(start)}, nil
}

func (n *node) Close() error {
	if n.test != nil {
		return nil
	}
	return unix.Close(n.fd)
}

// ioctl makes one, whose structure is in the area. own is the command's time limit, 0:
// the node's.
func (n *node) ioctl(ctx context.Context, request uintptr, a area, own time.Duration) (int, error) {
	if n.dead != nil {
		return 0, n.dead
	}
	if n.test != nil {
		return n.test(request, a)
	}
	limit := own
	if limit == 0 {
		left := n.limits.Disk - n.used
		if left <= 0 {
			n.dead = &BudgetError{n.limits.Disk}
			return 0, n.dead
		}
		limit = min(n.limits.Command, left)
	}
	start := time.Now()
	r, err := apart(ctx, call{unix.SYS_IOCTL, uintptr(n.fd), request, a.address(areaStruct)}, a, limit)
	if own == 0 {
		n.used += time.Since(start)
	}
	if _, late := err.(*NoAnswerError); late {
		n.dead = err
	}
	return r, err
}

// milliseconds is the kernel's time limit for a command.
func milliseconds(own time.Duration) uint32 {
	return uint32(max(own, kernelTimeout) / time.Millisecond)
}
