package snapshot

import (
	"encoding/binary"
	"errors"

	"golang.org/x/sys/unix"
)

// Entries of the auxiliary vector (getauxval(3), <elf.h>).
const (
	atNull        = 0
	atPhdr        = 3
	atPhent       = 4
	atPhnum       = 5
	atPagesz      = 6
	atBase        = 7
	atFlags       = 8
	atEntry       = 9
	atUID         = 11
	atEUID        = 12
	atGID         = 13
	atEGID        = 14
	atPlatform    = 15
	atHwcap       = 16
	atClktck      = 17
	atSecure      = 23
	atRandom      = 25
	atExecfn      = 31
	atSysinfoEhdr = 33
	atMinSigstksz = 51
)

// auxEntry is one of them.
type auxEntry struct{ kind, value uint64 }

// The least stack that a signal handler needs where the processor has AVX-512
// (AT_MINSIGSTKSZ as Linux gives it there): on lesser ones that is only cautious.
const minSignalStack = 3632

// stack is what the loader finds on its stack, in place of what the kernel puts
// there: one argument, an environment of the packer's choice, and no word on where
// this process has its vdso. It is part of the image, as pointers into it stay.
type stack struct {
	bytes      [stackBytes]byte
	words      int    // used at the low end
	strings    uint64 // address of the last string, growing down
	err        error
	argv, envp uint64
	auxv       uint64
	random     uint64
	overrides  []auxEntry // what the real auxiliary vector must say
}

func (s *stack) push(value uint64) {
	if s.words*8+8 > int(s.strings-stackAt) {
		s.err = errors.New("the environment to pack with is too long")
		return
	}
	binary.LittleEndian.PutUint64(s.bytes[s.words*8:], value)
	s.words++
}

func (s *stack) at() uint64 { return stackAt + uint64(s.words)*8 }

// place places data and returns its address.
func (s *stack) place(data string) uint64 {
	if uint64(len(data))+16 > s.strings-stackAt {
		s.err = errors.New("the environment to pack with is too long")
		return s.strings
	}
	s.strings = (s.strings - uint64(len(data))) &^ 7
	copy(s.bytes[s.strings-stackAt:], data)
	return s.strings
}

// newStack builds the stack for a program and its loader.
func newStack(program, loader *object, env []string) (*stack, error) {
	s := &stack{strings: stackTop}
	var random [16]byte
	binary.LittleEndian.PutUint64(random[:], packCanary|0x5e)
	binary.LittleEndian.PutUint64(random[8:], packGuard)
	s.random = s.place(string(random[:]))
	name := s.place(program.path + "\x00")

	s.push(1)
	s.argv = s.at()
	s.push(name)
	s.push(0)
	s.envp = s.at()
	for _, e := range env {
		s.push(s.place(e + "\x00"))
	}
	s.push(0)
	s.auxv = s.at()
	headers, ok := program.programHeaders()
	if !ok {
		return nil, &Refused{program.path, "its program headers are in no segment"}
	}
	s.overrides = []auxEntry{
		{atPhdr, headers}, {atPhent, phdrSize}, {atPhnum, program.phnum}, {atBase, loader.bias},
		{atEntry, program.bias + program.entry},
	}
	for _, e := range append(s.overrides,
		auxEntry{atPagesz, pageSize}, auxEntry{atFlags, 0}, auxEntry{atUID, 0}, auxEntry{atEUID, 0}, auxEntry{atGID, 0}, auxEntry{atEGID, 0},
		auxEntry{atSecure, 0}, auxEntry{atHwcap, 0x078bfbff}, auxEntry{atClktck, 100}, auxEntry{atPlatform, s.place("x86_64\x00")},
		auxEntry{atRandom, s.random}, auxEntry{atExecfn, name}, auxEntry{atSysinfoEhdr, vdsoAt}, auxEntry{atMinSigstksz, minSignalStack},
		auxEntry{atNull, 0}) {
		s.push(e.kind)
		s.push(e.value)
	}
	return s, s.err
}

// load gives the tracee its stack and heap, and the stub whose vdso the loader finds.
func (s *stack) load(t *tracee) error {
	if err := t.anonymous(stackLow, stackTop-stackLow, unix.PROT_READ|unix.PROT_WRITE); err != nil {
		return err
	}
	if _, err := t.memory.WriteAt(s.bytes[:], stackAt); err != nil {
		return err
	}
	if err := t.anonymous(stubAt, uint64(len(stubCode)), unix.PROT_READ|unix.PROT_EXEC); err != nil {
		return err
	}
	if _, err := t.memory.WriteAt(stubCode, stubAt); err != nil {
		return err
	}
	if err := t.anonymous(heapAt, heapTo-heapAt, unix.PROT_READ|unix.PROT_WRITE); err != nil {
		return err
	}
	return t.anonymous(paramsAt, pageSize, unix.PROT_READ|unix.PROT_WRITE)
}
