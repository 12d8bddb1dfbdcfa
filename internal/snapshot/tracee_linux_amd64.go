package snapshot

import (
	"errors"
	"io"
	"os"
	"strconv"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"
)

// tracee is a stopped process whose memory belongs to the tracer. It is this very
// program, emptied: nothing of it is left but a page for system calls. All methods
// run on the thread that started it.
type tracee struct {
	pid     int
	process *os.Process
	memory  *os.File // /proc/PID/mem: writes to what the process may only read, too
	said    *os.File // the read end of its stderr, and what came out of it
	heard   string
	gone    bool
}

// step is a *StepError, or nil when err is.
func step(name string, err error) error {
	if err == nil {
		return nil
	}
	return &StepError{name, err}
}

// start makes a tracee. The caller holds the thread (ptrace(2)
// binds to it) and calls end.
func start() (*tracee, error) {
	null, err := os.OpenFile(os.DevNull, os.O_RDWR, 0)
	if err != nil {
		return nil, err
	}
	defer null.Close()
	said, stderr, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	defer stderr.Close()
	process, err := os.StartProcess("/proc/self/exe", []string{"snapshot"}, &os.ProcAttr{
		Env: []string{}, Files: []*os.File{null, null, stderr},
		Sys: &syscall.SysProcAttr{Ptrace: true, Setpgid: true}, // out of reach of the terminal's signals
	})
	if err != nil {
		said.Close()
		if errors.Is(err, syscall.EPERM) || errors.Is(err, syscall.EACCES) {
			return nil, step("a snapshot is taken by tracing (ptrace), which is forbidden here", err)
		}
		return nil, step("starting a process to trace", err)
	}
	t := &tracee{pid: process.Pid, process: process, said: said}
	if err := t.take(); err != nil {
		t.end()
		return nil, err
	}
	return t, nil
}

// take waits for the stop at exec, and empties the process.
func (t *tracee) take() error {
	status, err := t.wait()
	if err != nil {
		return err
	}
	if !status.Stopped() {
		return errors.New("the traced process did not start")
	}
	err = syscall.PtraceSetOptions(t.pid, syscall.PTRACE_O_TRACESYSGOOD|unix.PTRACE_O_EXITKILL)
	if err != nil {
		return step("tracing the loader", err)
	}
	t.memory, err = os.OpenFile("/proc/"+strconv.Itoa(t.pid)+"/mem", os.O_RDWR, 0)
	if err != nil {
		return err
	}
	var regs syscall.PtraceRegs
	if err := syscall.PtraceGetRegs(t.pid, &regs); err != nil {
		return step("tracing the loader", err)
	}
	if _, err := t.memory.WriteAt(systemCall, int64(regs.Rip)); err != nil {
		return err
	}
	const anywhere = unix.MAP_PRIVATE | unix.MAP_ANONYMOUS | unix.MAP_FIXED
	_, err = t.callAt(regs.Rip, unix.SYS_MMAP, scratchAt, pageSize, unix.PROT_READ|unix.PROT_EXEC, anywhere, ^uint64(0), 0)
	if err != nil {
		return err
	}
	if _, err := t.memory.WriteAt(systemCall, scratchAt); err != nil {
		return err
	}
	t.settle()
	return t.empty()
}

// settle keeps the process on one processor: where they are of several kinds, the
// loader chooses by the caches of the one that it is on (CPUID).
func (t *tracee) settle() {
	var may, one unix.CPUSet
	if unix.SchedGetaffinity(t.pid, &may) != nil {
		return
	}
	for i := range len(may) * 64 {
		if may.IsSet(i) {
			one.Set(i)
			_ = unix.SchedSetaffinity(t.pid, &one)
			return
		}
	}
}

// empty unmaps all but what the kernel put there.
func (t *tracee) empty() error {
	regions, err := t.regions()
	if err != nil {
		return err
	}
	for _, r := range regions {
		if r.start == scratchAt || r.kernels() {
			continue
		}
		if _, err := t.call(unix.SYS_MUNMAP, r.start, r.end-r.start); err != nil {
			return err
		}
	}
	return nil
}

// wait waits for the process to stop or end.
func (t *tracee) wait() (syscall.WaitStatus, error) {
	var status syscall.WaitStatus
	for {
		_, err := syscall.Wait4(t.pid, &status, unix.WALL, nil)
		if err == syscall.EINTR {
			continue
		}
		if err != nil {
			return 0, step("tracing the loader", err)
		}
		t.gone = status.Exited() || status.Signaled()
		return status, nil
	}
}

// systemCall is "syscall; int3".
var systemCall = []byte{0x0f, 0x05, 0xcc}

// call makes the process do a system call.
func (t *tracee) call(number uint64, args ...uint64) (uint64, error) {
	return t.callAt(scratchAt, number, args...)
}

func (t *tracee) callAt(at, number uint64, args ...uint64) (uint64, error) {
	var regs syscall.PtraceRegs
	if err := syscall.PtraceGetRegs(t.pid, &regs); err != nil {
		return 0, step("tracing the loader", err)
	}
	to := [6]*uint64{&regs.Rdi, &regs.Rsi, &regs.Rdx, &regs.R10, &regs.R8, &regs.R9}
	for i, a := range args {
		*to[i] = a
	}
	regs.Rip, regs.Rax, regs.Orig_rax = at, number, ^uint64(0)
	if err := syscall.PtraceSetRegs(t.pid, &regs); err != nil {
		return 0, step("tracing the loader", err)
	}
	if err := syscall.PtraceCont(t.pid, 0); err != nil {
		return 0, step("tracing the loader", err)
	}
	status, err := t.wait()
	if err != nil {
		return 0, err
	}
	if status.Stopped() {
		err = step("tracing the loader", syscall.PtraceGetRegs(t.pid, &regs))
	}
	switch {
	case err != nil:
		return 0, err
	case t.gone || status.StopSignal() != syscall.SIGTRAP || regs.Rip != at+uint64(len(systemCall)):
		return 0, errors.New("the traced process did not do what it was told")
	case int64(regs.Rax) < 0 && int64(regs.Rax) > -4096:
		return 0, step("system call "+strconv.FormatUint(number, 10)+" of the traced process", syscall.Errno(-regs.Rax))
	}
	return regs.Rax, nil
}

// anonymous maps memory of zeros.
func (t *tracee) anonymous(start, size, prot uint64) error {
	_, err := t.call(unix.SYS_MMAP, start, size, prot, unix.MAP_PRIVATE|unix.MAP_ANONYMOUS|unix.MAP_FIXED, ^uint64(0), 0)
	return err
}

// setRoot changes the root of the process.
func (t *tracee) setRoot(dir string) error {
	const at = stackLow
	if err := t.anonymous(at, roundUp(uint64(len(dir))+1), unix.PROT_READ|unix.PROT_WRITE); err != nil {
		return err
	}
	if _, err := t.memory.WriteAt(append([]byte(dir), 0), at); err != nil {
		return err
	}
	if _, err := t.call(unix.SYS_CHROOT, at); err != nil {
		return err
	}
	if _, err := t.memory.WriteAt([]byte{'/', 0}, at); err != nil {
		return err
	}
	_, err := t.call(unix.SYS_CHDIR, at)
	return err
}

// text reads a string of at most 4 KiB.
func (t *tracee) text(at uint64) string {
	buf := make([]byte, 4096)
	n, _ := t.memory.ReadAt(buf[:pageSize-at%pageSize], int64(at))
	s, _, _ := strings.Cut(string(buf[:n]), "\x00")
	return s
}

// hear returns what the process has said so far.
func (t *tracee) hear() string {
	n, err := unix.IoctlGetInt(int(t.said.Fd()), unix.TIOCINQ)
	if err == nil && n > 0 && len(t.heard) < 1<<16 {
		buf := make([]byte, n)
		n, _ = io.ReadFull(t.said, buf)
		t.heard += string(buf[:n])
	}
	return strings.TrimSpace(t.heard)
}

// end kills the process, when that has not happened, and returns what it said.
func (t *tracee) end() string {
	_ = t.process.Kill()
	for !t.gone {
		if _, err := t.wait(); err != nil {
			break
		}
	}
	_ = t.process.Release()
	if t.memory != nil {
		t.memory.Close()
	}
	said := t.hear()
	t.said.Close()
	return said
}
