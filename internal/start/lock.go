package start

import (
	"errors"
	"os"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Program header fields and values (ELF gABI, "Program Header"; elf(5)).
const (
	ptLoad = 1
	ptPhdr = 6
	pfX    = 1
	pfW    = 2
)

// Entries of the auxiliary vector (getauxval(3)).
const (
	atPhdr  = 3 // address of the program headers
	atPhent = 4 // size of one, in bytes
	atPhnum = 5 // number of them
)

// segment is a loadable segment of the running binary.
type segment struct {
	addr, size uintptr // as in memory; bytes that come from the file
	flags      uint32  // pfX, pfW
}

// grace is how long LockSoon waits. Longer than true or a short cat takes, and
// far shorter than a disk takes to fail.
const grace = 5 * time.Millisecond

// LockSoon calls LockSelf once the process has run for some milliseconds: one
// that has ended by then need not pay for it, which is a quarter of its start.
func LockSoon() {
	// Failing is no reason to stop: it only matters if our own disk fails.
	time.AfterFunc(grace, func() { _ = LockSelf() })
}

// LockSelf locks the running binary's own code and data in memory, as far as
// they come from its file: a page that is read only when it is first used is a
// SIGBUS when the disk has failed by then. It finds them by the auxiliary vector
// and so needs no /proc. The heap is not locked.
//
// Without CAP_IPC_LOCK, RLIMIT_MEMLOCK bounds what can be locked. The code comes
// first, then the constants, then the variables; what cannot be locked is read
// in at least. The error is the first one met: ENOMEM or EPERM for that limit.
func LockSelf() error {
	segments, err := loaded()
	if err != nil {
		return err
	}
	for _, s := range segments {
		if e := s.lock(); err == nil && e != nil {
			err = os.NewSyscallError("mlock", e)
		}
	}
	return err
}

// loaded returns the PT_LOAD segments in the order of their worth.
func loaded() ([]segment, error) {
	aux, err := unix.Auxv()
	if err != nil {
		return nil, err
	}
	var phdr, phent, phnum uintptr
	for _, a := range aux {
		switch a[0] {
		case atPhdr:
			phdr = a[1]
		case atPhent:
			phent = a[1]
		case atPhnum:
			phnum = a[1]
		}
	}
	if phdr == 0 || phent != unsafe.Sizeof(progHeader{}) {
		return nil, errors.New("no program headers in the auxiliary vector")
	}
	// The headers lie in the first segment, mapped for as long as we run.
	headers := unsafe.Slice(at[progHeader](phdr), phnum)
	return segmentsOf(headers, phdr), nil
}

// segmentsOf picks the loadable segments of headers, which lie at address phdr,
// code first and variables last.
func segmentsOf(headers []progHeader, phdr uintptr) []segment {
	var bias uintptr // 0 unless the binary is position-independent
	for i := range headers {
		if headers[i].Type == ptPhdr {
			bias = phdr - uintptr(headers[i].Vaddr)
		}
	}
	var code, constants, variables []segment
	for i := range headers {
		h := &headers[i]
		if h.Type != ptLoad || h.Filesz == 0 {
			continue
		}
		s := segment{addr: bias + uintptr(h.Vaddr), size: uintptr(h.Filesz), flags: h.Flags}
		switch {
		case h.Flags&pfX != 0:
			code = append(code, s)
		case h.Flags&pfW != 0:
			variables = append(variables, s)
		default:
			constants = append(constants, s)
		}
	}
	return append(append(code, constants...), variables...)
}

// lock locks s, or reads it in where that is refused.
func (s segment) lock() error {
	skew := s.addr % uintptr(os.Getpagesize()) // madvise wants whole pages
	memory := unsafe.Slice(at[byte](s.addr-skew), s.size+skew)
	err := unix.Mlock(memory)
	if err == nil {
		return nil
	}
	// Reading the pages ourselves would be a SIGBUS on a bad one. Linux 5.14
	// has the first, older ones only start to read. Both may fail: no matter.
	if unix.Madvise(memory, unix.MADV_POPULATE_READ) != nil {
		_ = unix.Madvise(memory, unix.MADV_WILLNEED)
	}
	return err
}

// at returns what lies at an address that the kernel gave us. The detour keeps
// vet from taking the address for a pointer that the collector may have moved.
func at[T any](addr uintptr) *T {
	return *(**T)(unsafe.Pointer(&addr))
}
