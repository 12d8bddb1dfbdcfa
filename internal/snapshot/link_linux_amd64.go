package snapshot

import (
	"encoding/binary"
	"errors"
	"strconv"
	"syscall"

	"golang.org/x/sys/unix"
)

// linker runs a loader in a tracee up to where it would enter the program.
type linker struct {
	*tracee
	program *object
	next    uint64 // where the next mapping goes
	end     uint64 // of the heap
	left    state
	clock   clockReads
}

// state is what the kernel knows of a process that the loader has set up.
type state struct {
	entry      uint64 // what the loader is about to jump to
	start      uint64 // _dl_start_user
	fs         uint64 // arch_prctl(ARCH_SET_FS)
	tid        uint64 // set_tid_address
	robust     uint64 // set_robust_list
	robustSize uint64
}

const (
	archSetFS = 0x1002
	archGetFS = 0x1003
	rlimStack = 3
)

// run starts the loader at its entry and stops it at stop.
func (l *linker) run(loader *object, stop uint64) error {
	var old [1]byte
	if _, err := l.memory.ReadAt(old[:], int64(stop)); err != nil {
		return err
	}
	if _, err := l.memory.WriteAt(int3, int64(stop)); err != nil {
		return err
	}
	if err := l.plant(loader); err != nil {
		return err
	}
	var regs syscall.PtraceRegs
	if err := syscall.PtraceGetRegs(l.pid, &regs); err != nil {
		return step("tracing the loader", err)
	}
	regs = syscall.PtraceRegs{Rip: loader.bias + loader.entry, Rsp: stackAt, Eflags: 0x202, Cs: regs.Cs, Ss: regs.Ss, Orig_rax: ^uint64(0)}
	if err := syscall.PtraceSetRegs(l.pid, &regs); err != nil {
		return step("tracing the loader", err)
	}
	for {
		stopped, err := l.toNextStop()
		if err != nil {
			return err
		}
		if err := syscall.PtraceGetRegs(l.pid, &regs); err != nil {
			return step("tracing the loader", err)
		}
		if stopped == syscall.SIGTRAP && regs.Rip == stop+1 {
			break
		}
		if l.readsClock(stopped, &regs) {
			continue
		}
		if stopped != syscallStop {
			return errors.New("the loader: " + stopped.String() + " at " + strconv.FormatUint(regs.Rip, 16))
		}
		if err := l.systemCall(&regs); err != nil {
			return err
		}
	}
	if regs.Rsp != stackAt {
		return errors.New("the loader left its stack elsewhere")
	}
	l.left.entry, l.left.start = regs.Rax, stop
	if err := l.unplant(); err != nil {
		return err
	}
	_, err := l.memory.WriteAt(old[:], int64(stop))
	return err
}

// syscallStop tells the stops at system calls from others (PTRACE_O_TRACESYSGOOD).
const syscallStop = syscall.SIGTRAP | 0x80

// toNextStop lets the process run to its next system call, its end, or a signal.
func (l *linker) toNextStop() (syscall.Signal, error) {
	if err := syscall.PtraceSyscall(l.pid, 0); err != nil {
		return 0, step("tracing the loader", err)
	}
	status, err := l.wait()
	if err != nil {
		return 0, err
	}
	if l.gone {
		return 0, errGaveUp
	}
	return status.StopSignal(), nil
}

// errGaveUp stands for what the loader says on its stderr.
var errGaveUp = errors.New("the loader gave up")

// systemCall handles a system call that the loader is about to make: it is made, or
// not, and its result may be replaced.
func (l *linker) systemCall(regs *syscall.PtraceRegs) error {
	args := *regs
	result := func() (uint64, bool) { return 0, false }
	answer := func(v uint64) {
		regs.Orig_rax = ^uint64(0)
		result = func() (uint64, bool) { return v, true }
	}
	refuse := func(e syscall.Errno) { answer(-uint64(e)) }
	switch regs.Orig_rax {
	case unix.SYS_MMAP:
		if regs.R10&unix.MAP_FIXED == 0 {
			if err := l.low(regs); err != nil {
				return err
			}
		}
	case unix.SYS_BRK:
		if regs.Rdi >= heapAt && regs.Rdi <= heapTo {
			l.end = regs.Rdi
		}
		answer(l.end)
	case unix.SYS_ARCH_PRCTL:
		switch regs.Rdi {
		case archSetFS:
			l.left.fs = regs.Rsi
		case archGetFS:
		default: // shadow stacks, branch tracking: not without asking the kernel at run
			refuse(syscall.EINVAL)
		}
	case unix.SYS_SET_TID_ADDRESS:
		l.left.tid = regs.Rdi
		answer(0)
	case unix.SYS_SET_ROBUST_LIST:
		l.left.robust, l.left.robustSize = regs.Rdi, regs.Rsi
	case unix.SYS_RSEQ:
		refuse(syscall.ENOSYS)
	case unix.SYS_PRLIMIT64:
		if regs.Rsi == rlimStack && regs.R10 != 0 {
			answer(0)
		}
	case unix.SYS_GETRLIMIT:
		if regs.Rdi == rlimStack {
			answer(0)
		}
	case unix.SYS_READLINK, unix.SYS_READLINKAT:
		if n, ok := l.ownName(regs); ok {
			answer(n)
		}
	case unix.SYS_CLONE, unix.SYS_CLONE3, unix.SYS_FORK, unix.SYS_VFORK, unix.SYS_EXECVE, unix.SYS_EXECVEAT,
		unix.SYS_RT_SIGACTION, unix.SYS_RT_SIGPROCMASK, unix.SYS_SIGALTSTACK, unix.SYS_PERSONALITY, unix.SYS_MREMAP:
		return errors.New("the loader makes system call " + strconv.FormatUint(regs.Orig_rax, 10) + ", whose effect a snapshot cannot hold")
	}
	if err := syscall.PtraceSetRegs(l.pid, regs); err != nil {
		return step("tracing the loader", err)
	}
	return l.afterCall(args, result)
}

// afterCall lets the process make its system call and replaces the result.
func (l *linker) afterCall(args syscall.PtraceRegs, result func() (uint64, bool)) error {
	stopped, err := l.toNextStop()
	if err != nil {
		return err
	}
	if stopped != syscallStop {
		return errors.New("the loader: " + stopped.String() + " in a system call")
	}
	value, ok := result()
	if !ok {
		return nil
	}
	var regs syscall.PtraceRegs
	if err := syscall.PtraceGetRegs(l.pid, &regs); err != nil {
		return step("tracing the loader", err)
	}
	switch args.Orig_rax {
	case unix.SYS_PRLIMIT64:
		err = l.stackLimit(args.R10)
	case unix.SYS_GETRLIMIT:
		err = l.stackLimit(args.Rsi)
	}
	if err != nil {
		return err
	}
	regs.Rax = value
	return step("tracing the loader", syscall.PtraceSetRegs(l.pid, &regs))
}

// stackLimit answers with the usual limit: it becomes the size of threads' stacks.
func (l *linker) stackLimit(at uint64) error {
	var limit [16]byte
	binary.LittleEndian.PutUint64(limit[:], 8<<20)
	binary.LittleEndian.PutUint64(limit[8:], ^uint64(0))
	_, err := l.memory.WriteAt(limit[:], int64(at))
	return err
}

// low moves a mapping of the kernel's choice to the next low address. A page stays
// free between mappings, so that they cannot grow into each other.
func (l *linker) low(regs *syscall.PtraceRegs) error {
	size := roundUp(regs.Rsi)
	if size < regs.Rsi || size > objectsTo || l.next+size+pageSize > objectsTo {
		return errors.New("the libraries need too much address space")
	}
	const map32Bit = 0x40
	regs.Rdi, regs.R10 = l.next, regs.R10&^map32Bit|unix.MAP_FIXED
	l.next += size + pageSize
	return nil
}

// ownName answers readlink("/proc/self/exe") for the program, whose $ORIGIN it is.
func (l *linker) ownName(regs *syscall.PtraceRegs) (uint64, bool) {
	path, buf, size := regs.Rdi, regs.Rsi, regs.Rdx
	if regs.Orig_rax == unix.SYS_READLINKAT {
		path, buf, size = regs.Rsi, regs.Rdx, regs.R10
	}
	if l.text(path) != "/proc/self/exe" {
		return 0, false
	}
	name := l.program.path
	n := min(uint64(len(name)), size)
	if _, err := l.memory.WriteAt([]byte(name[:n]), int64(buf)); err != nil {
		return 0, false
	}
	return n, true
}
