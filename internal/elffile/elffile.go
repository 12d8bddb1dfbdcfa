// Package elffile reads what a run-time loader reads of an ELF object: header,
// program headers and PT_DYNAMIC, never the section headers, which may be stripped
// or damaged. Every read may fail: what could not be read is named, with its offset,
// and the rest is still returned.
//
// Layouts and constants are those of the System V gABI, chapters 4 and 5.
package elffile

import (
	"encoding/binary"
	"strconv"
)

// Class is EI_CLASS.
type Class uint8

// The classes.
const (
	Class32 Class = 1
	Class64 Class = 2
)

// Machine is e_machine.
type Machine uint16

// Type is e_type.
type Type uint16

// The types that a loader loads.
const (
	TypeExec Type = 2 // fixed addresses
	TypeDyn  Type = 3 // shared object or position-independent program
)

// DF1NoDefaultLib is the bit of Flags1 that keeps an object's needs out of the
// system's folders (ld -z nodefaultlib).
const DF1NoDefaultLib = 0x800

// DF1PIE is the bit of Flags1 that tells a program from a library (ld -pie).
const DF1PIE = 0x08000000

// File is one ELF object.
type File struct {
	Class     Class
	BigEndian bool
	Machine   Machine
	Type      Type
	OSABI     uint8
	Flags     uint32 // e_flags

	Interp  string // PT_INTERP; empty when there is none
	Dynamic bool   // has a PT_DYNAMIC

	Needed  []string // DT_NEEDED in order; a name that could not be read is left out
	Soname  string   // DT_SONAME
	Rpath   string   // DT_RPATH
	Runpath string   // DT_RUNPATH
	Flags1  uint64   // DT_FLAGS_1
	// HasRunpath tells an empty DT_RUNPATH from none: either discards DT_RPATH.
	HasRunpath bool

	// Damage lists what of the above could not be had, as *ReadError and
	// *FormatError. The file's header itself is sound.
	Damage []error
}

// ReadError is a read that failed.
type ReadError struct {
	Offset int64  // first byte that could not be read
	What   string // what is lost, as "program headers"
	Err    error  // what the reader said
}

func (e *ReadError) Error() string {
	return "cannot read " + e.What + " at offset " + strconv.FormatInt(e.Offset, 10) + ": " + e.Err.Error()
}

func (e *ReadError) Unwrap() error { return e.Err }

// FormatError is a file that is not, or not wholly, the ELF object it should be.
type FormatError struct {
	Offset int64  // byte where the contradiction is
	Reason string // in glibc's wording where it has one
}

func (e *FormatError) Error() string {
	return e.Reason + " (offset " + strconv.FormatInt(e.Offset, 10) + ")"
}

func (f *File) order() binary.ByteOrder {
	if f.BigEndian {
		return binary.BigEndian
	}
	return binary.LittleEndian
}
