package elfdep

import (
	"errors"

	"rescuebox/internal/elffile"
)

// Values of the file header (gABI, "ELF Header") and of DT_FLAGS_1 that the loader
// judges an object by.
const (
	classOffset  = 4
	orderOffset  = 5
	osabiOffset  = 7
	typeOffset   = 16
	osabiSysV    = 0
	osabiGNU     = 3
	flags1PIE    = 0x08000000
	mipsABIFlags = 0x420 // EF_MIPS_ABI2, EF_MIPS_NAN2008
	riscvFloat   = 0x6   // EF_RISCV_FLOAT_ABI
	ppc64ABI     = 0x3   // EF_PPC64_ABI, 0 for either
)

// foreign reports whether a file is for another machine than the program: glibc's
// loader passes over it, so that libraries of several ABIs can share a search path.
// It comes to the machine only where the rest of the header pleases it (open_verify
// of elf/dl-load.c).
func foreign(f *file, program *elffile.Object) bool {
	o := f.obj
	if o == nil {
		format, ok := f.err.(*elffile.FormatError)
		return ok && format.Offset == classOffset
	}
	if o.Class != program.Class {
		return true
	}
	return header(o, program) == nil && !sameABI(o, program)
}

// sameABI reports whether two objects of a class are for the same machine
// (elf_machine_matches_host of glibc's sysdeps).
func sameABI(o, program *elffile.Object) bool {
	differ := o.Flags ^ program.Flags
	switch {
	case o.Machine != program.Machine:
		return false
	case o.Machine == elffile.MachineRISCV:
		return differ&riscvFloat == 0
	case o.Machine == elffile.MachineMIPS:
		return differ&mipsABIFlags == 0
	case o.Machine == elffile.MachinePPC64 && o.Flags&ppc64ABI != 0 && program.Flags&ppc64ABI != 0:
		return differ&ppc64ABI == 0
	}
	return true
}

// header returns why the loader gives up at an object's header, whatever machine it
// is for.
func header(o, program *elffile.Object) error {
	switch {
	case o.Order != program.Order:
		return &elffile.FormatError{Offset: orderOffset, What: "ELF header: other byte order than the program"}
	case o.OSABI != osabiSysV && o.OSABI != osabiGNU:
		return &elffile.FormatError{Offset: osabiOffset, What: "ELF header: unknown OS ABI"}
	}
	return nil
}

var (
	errProgram   = errors.New("a program, not a library")
	errNoDynamic = errors.New("has no dynamic section")
	errMachine   = errors.New("made for another machine than the program")
)

// unfit returns why the loader gives up at an object that it has chosen.
func unfit(o, program *elffile.Object) error {
	if err := header(o, program); err != nil {
		return err
	}
	switch {
	case o.Class != program.Class || !sameABI(o, program):
		return errMachine // musl does not look before it loads
	case o.Type != elffile.Dyn && o.Type != elffile.Exec:
		return &elffile.FormatError{Offset: typeOffset, What: "ELF header: neither program nor library"}
	case o.Type == elffile.Exec || o.Flags1&flags1PIE != 0:
		return errProgram
	case !o.Dynamic:
		return errNoDynamic
	}
	return nil
}
