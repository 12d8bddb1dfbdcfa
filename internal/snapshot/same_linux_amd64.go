package snapshot

import (
	"bytes"
	"encoding/binary"
	"syscall"

	"golang.org/x/sys/unix"
)

// What keeps two snapshots of a program the same: the loader stores how long it took,
// and the number of the processor that it ran on.

// clockReads are the loader's rdtsc instructions, each replaced by int3. The kernel
// can make them fault (PR_SET_TSC), but not where it is itself the guest of a
// hypervisor that leaves CR4 alone (PVM): there it says that it did, and they do not.
type clockReads struct {
	planted map[uint64]bool
}

var (
	rdtsc = []byte{0x0f, 0x31}
	int3  = []byte{0xcc}
	// shl $32,%rdx, by which a compiler joins the halves of what rdtsc gives.
	joinHalves = []byte{0x48, 0xc1, 0xe2, 0x20}
)

// joinWithin is how many bytes of code after rdtsc the halves are joined: 30 at most
// in the loaders of glibc 2.31 to 2.41. The same two bytes as part of another
// instruction are tens of thousands away from the next joint.
const joinWithin = 48

// findClockReads returns where in code rdtsc is: the last such bytes before each joint.
func findClockReads(code []byte) (offsets []int) {
	for from := 0; ; {
		i := bytes.Index(code[from:], joinHalves)
		if i < 0 {
			return offsets
		}
		joint := from + i
		low := max(from, joint-joinWithin)
		if at := bytes.LastIndex(code[low:joint], rdtsc); at >= 0 {
			offsets = append(offsets, low+at)
		}
		from = joint + len(joinHalves)
	}
}

// plant replaces what reads the clock in the loader's code.
func (l *linker) plant(loader *object) error {
	l.clock.planted = map[uint64]bool{}
	for _, s := range loader.Loads {
		if !s.Executable || s.Size > 1<<24 {
			continue
		}
		code := make([]byte, s.Size)
		start := loader.bias + s.Addr
		if _, err := l.memory.ReadAt(code, int64(start)); err != nil {
			return err
		}
		for _, offset := range findClockReads(code) {
			at := start + uint64(offset)
			if _, err := l.memory.WriteAt(int3, int64(at)); err != nil {
				return err
			}
			l.clock.planted[at] = true
		}
	}
	// For those that were not found.
	_, _ = l.call(unix.SYS_PRCTL, unix.PR_SET_TSC, unix.PR_TSC_SIGSEGV, 0, 0, 0)
	return nil
}

// unplant puts the loader's code back.
func (l *linker) unplant() error {
	for at := range l.clock.planted {
		if _, err := l.memory.WriteAt(rdtsc[:1], int64(at)); err != nil {
			return err
		}
	}
	return nil
}

// readsClock answers rdtsc with 0, and says whether that is what stopped the loader.
func (l *linker) readsClock(stopped syscall.Signal, regs *syscall.PtraceRegs) bool {
	switch {
	case stopped == syscall.SIGTRAP && l.clock.planted[regs.Rip-1]:
		regs.Rip--
	case stopped == syscall.SIGSEGV:
		var code [2]byte
		if _, err := l.memory.ReadAt(code[:], int64(regs.Rip)); err != nil || !bytes.Equal(code[:], rdtsc) {
			return false
		}
	default:
		return false
	}
	regs.Rax, regs.Rdx, regs.Rip = 0, 0, regs.Rip+uint64(len(rdtsc))
	return syscall.PtraceSetRegs(l.pid, regs) == nil
}

// forgetProcessor clears the number of the processor (the initial APIC ID) in the copy
// of CPUID, leaf 1 that the loader keeps (glibc, struct cpuid_registers: EAX, EBX and
// so on). It is that of whichever processor a hypervisor ran this one on.
func (m *image) forgetProcessor() error {
	const apicID = 0xff << 24
	a, b, _, _ := cpuid(1, 0)
	for _, s := range m.segments {
		if s.start < m.loader[0] || s.start >= m.loader[1] || s.prot&unix.PROT_EXEC != 0 {
			continue
		}
		err := m.each(s, func(at uint64, p []byte) error {
			for i := 0; i+8 <= len(p); i += 4 {
				registers := p[i:]
				if binary.LittleEndian.Uint32(registers) != a || (binary.LittleEndian.Uint32(registers[4:])^b)&^apicID != 0 {
					continue
				}
				if _, err := m.memory.WriteAt([]byte{0}, int64(at)+int64(i)+7); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}
