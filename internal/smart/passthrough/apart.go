package passthrough

import (
	"context"
	"runtime"
	"sync/atomic"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// A command that the kernel does not come back from leaves its thread in an
// uninterruptible wait, and a process does not end before all of its threads have: the
// shell of who asks would wait for the disk. So each call is made by a child process
// that shares an area of memory with this one, and is left behind when it is late. The
// child ends with its call, whenever that is; it has given up the standard streams, so
// that no reader of a pipe waits for it either.

// area is memory that a child shares. It is outside of the heap, so addresses in it may
// be put into a structure as numbers.
type area []byte

// The parts of an area: what the call returned, its structure, what that points to, and
// data of any length, at a page's start as drivers like it.
const (
	areaResult = 0
	areaStruct = 64
	areaSmall  = 1024
	areaData   = 4096
)

func newArea(data int) (area, error) {
	return unix.Mmap(-1, 0, areaData+data, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED|unix.MAP_ANONYMOUS)
}

func (a area) free() { _ = unix.Munmap(a) }

func (a area) address(offset int) uintptr { return uintptr(unsafe.Pointer(&a[offset])) }

// data is where an area has data of the size; 0 if there is none.
func (a area) data() uintptr {
	if len(a) == areaData {
		return 0
	}
	return a.address(areaData)
}

// result is what the call returned: not negative, or -errno. It starts as noResult.
func (a area) result() *int64 { return (*int64)(unsafe.Pointer(&a[areaResult])) }

const noResult = -1 << 62

// call is a system call.
type call struct{ number, a, b, c uintptr }

// apart makes a call in a child, in the time that there is, and returns what the call
// did. Where there can be no child, it is made here.
func apart(ctx context.Context, c call, a area, limit time.Duration) (int, error) {
	atomic.StoreInt64(a.result(), noResult)
	pid, errno := spawn(&c, a.result())
	if errno != 0 {
		return here(ctx, c, limit)
	}
	ended := make(chan struct{})
	go func() {
		for {
			if _, err := unix.Wait4(pid, nil, unix.WALL, nil); err != unix.EINTR {
				close(ended)
				return
			}
		}
	}()
	timer := time.NewTimer(limit)
	defer timer.Stop()
	select {
	case <-ended:
		return outcome(atomic.LoadInt64(a.result()))
	case <-ctx.Done():
	case <-timer.C:
	}
	_ = unix.Kill(pid, unix.SIGKILL)
	select {
	case <-ended: // it had come back, or let itself be interrupted
		if r := atomic.LoadInt64(a.result()); r != noResult {
			return outcome(r)
		}
		return 0, &NoAnswerError{After: limit, Cause: ctx.Err()}
	case <-time.After(killWait):
		return 0, &NoAnswerError{After: limit, Stuck: true, Cause: ctx.Err()}
	}
}

// killWait is how long a killed child may take to end. One that takes longer hangs in
// the kernel.
const killWait = 100 * time.Millisecond

func outcome(r int64) (int, error) {
	switch {
	case r == noResult:
		return 0, &NoAnswerError{Killed: true}
	case r < 0:
		return 0, unix.Errno(-r)
	}
	return int(r), nil
}

// here makes a call in a thread of this process, which a call that does not come back
// keeps from ending. What the area holds is still not the collector's.
func here(ctx context.Context, c call, limit time.Duration) (int, error) {
	done := make(chan int64, 1)
	go func() {
		r, _, errno := unix.Syscall(c.number, c.a, c.b, c.c)
		if errno != 0 {
			done <- -int64(errno)
			return
		}
		done <- int64(r)
	}()
	timer := time.NewTimer(limit)
	defer timer.Stop()
	select {
	case r := <-done:
		return outcome(r)
	case <-ctx.Done():
	case <-timer.C:
	}
	return 0, &NoAnswerError{After: limit, Stuck: true, Cause: ctx.Err()}
}

// spawn makes a child that makes the call, stores what it returned, and ends. From the
// fork on the child runs on a copy of one thread of a runtime whose others are gone: it
// may make raw system calls, and nothing else. All signals are blocked in it.
//
//go:norace
//go:noinline
func spawn(c *call, result *int64) (pid int, errno unix.Errno) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	all, old := ^uint64(0), uint64(0)
	const signalSetSize = 8
	unix.RawSyscall6(unix.SYS_RT_SIGPROCMASK, unix.SIG_SETMASK, uintptr(unsafe.Pointer(&all)), uintptr(unsafe.Pointer(&old)), signalSetSize, 0, 0)
	flags, stack := uintptr(unix.SIGCHLD), uintptr(0)
	if runtime.GOARCH == "s390x" {
		flags, stack = stack, flags // the order of its arguments is another
	}
	r, _, errno := unix.RawSyscall6(unix.SYS_CLONE, flags, stack, 0, 0, 0, 0)
	if errno == 0 && r == 0 {
		for fd := uintptr(0); fd <= 2; fd++ {
			unix.RawSyscall(unix.SYS_CLOSE, fd, 0, 0)
		}
		r, _, errno = unix.RawSyscall6(c.number, c.a, c.b, c.c, 0, 0, 0)
		if errno != 0 {
			*result = -int64(errno)
		} else {
			*result = int64(r)
		}
		for {
			unix.RawSyscall(unix.SYS_EXIT_GROUP, 0, 0, 0)
		}
	}
	unix.RawSyscall6(unix.SYS_RT_SIGPROCMASK, unix.SIG_SETMASK, uintptr(unsafe.Pointer(&old)), 0, signalSetSize, 0, 0)
	return int(r), errno
}
