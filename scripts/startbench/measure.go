package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"slices"
	"strconv"
	"syscall"
	"time"
	"unsafe"
)

// measure runs all programs in turn, each round beginning with another one, so
// that a change in the machine's load meets all of them.
func measure(programs []program, runs int) error {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	// This process must be quiet meanwhile: threads of its own that look for work
	// would take processor time from the children, which have several.
	defer debug.SetGCPercent(debug.SetGCPercent(-1))
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	null, err := os.OpenFile(os.DevNull, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	defer null.Close()
	attr := &syscall.ProcAttr{Files: []uintptr{null.Fd(), null.Fd(), 2}, Env: []string{"PATH=/bin:/usr/bin"}}
	times := make([][]time.Duration, len(programs))
	const warm = 20 // rounds that are not counted
	for round := range warm + runs {
		for i := range programs {
			k := (round + i) % len(programs)
			d, err := once(&programs[k], attr)
			if err != nil {
				return err
			}
			if round >= warm {
				times[k] = append(times[k], d)
			}
		}
	}
	for i, t := range times {
		slices.Sort(t)
		programs[i].min, programs[i].median = t[0], t[len(t)/2]
	}
	return nil
}

// once is how long a fork, an exec, the program and a wait take.
func once(p *program, attr *syscall.ProcAttr) (time.Duration, error) {
	argv := append([]string{filepath.Base(p.path)}, p.args...)
	begin := time.Now()
	pid, err := syscall.ForkExec(p.path, argv, attr)
	if err != nil {
		return 0, fmt.Errorf("%s: %w", p.path, err)
	}
	// Not syscall.Wait4, which lets the scheduler look for other work.
	var status uint32
	e := syscall.EINTR
	for e == syscall.EINTR {
		_, _, e = syscall.RawSyscall6(syscall.SYS_WAIT4, uintptr(pid), uintptr(unsafe.Pointer(&status)), 0, 0, 0, 0)
	}
	d := time.Since(begin)
	if e != 0 || status != 0 {
		return 0, fmt.Errorf("%s: wait status %#x, error %d", p.name, status, e)
	}
	return d, nil
}

// limit is the least address space that a program starts under.
type limit struct {
	name string
	kib  int
}

// addressSpace measures the least limits. Those that raise their own are
// measured under a soft limit, the others under either.
func addressSpace(dir string) ([]limit, error) {
	plain, small := filepath.Join(dir, "plain"), filepath.Join(dir, "small")
	if err := goBuild("", "-ldflags=-s -w", "-o", plain, "rescuebox/cmd/rescuebox"); err != nil {
		return nil, err
	}
	if err := goBuild("386", "-ldflags=-s -w", "-o", small, "rescuebox/cmd/rescuebox"); err != nil {
		return nil, err
	}
	var limits []limit
	for _, m := range []struct{ name, path string }{
		{"busybox", filepath.Join(dir, "busybox")},
		{"rescuebox, default entry", plain},
		{"rescuebox, soft limit", filepath.Join(dir, "rescuebox")},
		{"rescuebox-386, default entry", small},
	} {
		kib, err := least(m.path)
		if err != nil {
			return nil, err
		}
		limits = append(limits, limit{m.name, kib})
	}
	return limits, nil
}

// least bisects for the least soft limit in KiB, a multiple of 64, under which
// the applet true starts ten times out of ten.
func least(path string) (int, error) {
	const step, top = 64, 2 << 20
	starts := func(steps int) bool {
		for range 10 {
			cmd := exec.Command("/bin/sh", "-c", `ulimit -S -v "$1" && exec "$0" true`, path, strconv.Itoa(steps*step))
			if cmd.Run() != nil {
				return false
			}
		}
		return true
	}
	if !starts(top / step) {
		return 0, fmt.Errorf("%s does not start under a limit of %d KiB", path, top)
	}
	low, high := 0, top/step // fails, starts
	for high-low > 1 {
		if mid := (low + high) / 2; starts(mid) {
			high = mid
		} else {
			low = mid
		}
	}
	return high * step, nil
}
