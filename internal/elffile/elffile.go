// Package elffile reads what the dynamic loader reads of an ELF object: the file
// header, the program headers, and the dynamic section with the strings it names.
// It finds everything through PT_DYNAMIC and PT_LOAD as the loader does and never
// looks at section headers, which a program runs without.
//
// Any read may fail: what could be read is returned beside the error. The formats
// are those of the System V ABI ("gABI"), chapters 4 and 5, and of <elf.h>.
package elffile

import (
	"encoding/binary"
	"errors"
	"io"
	"strconv"

	"rescuebox/internal/errno"
)

// Class is the size of the words of an object.
type Class byte

// The classes (EI_CLASS).
const (
	Class32 Class = 1
	Class64 Class = 2
)

// Type is what kind of object a file is (e_type).
type Type uint16

// The types that can be loaded.
const (
	Exec Type = 2 // ET_EXEC
	Dyn  Type = 3 // ET_DYN: a library or a position-independent program
)

// Machine is a processor (e_machine).
type Machine uint16

// The machines that loader rules depend on.
const (
	Machine386    Machine = 3
	MachineMIPS   Machine = 8
	MachinePPC64  Machine = 21
	MachineS390   Machine = 22
	MachineARM    Machine = 40
	MachineX86_64 Machine = 62
	MachineARM64  Machine = 183
	MachineRISCV  Machine = 243
	MachineLoong  Machine = 258
)

// Flags1NoDefLib is DF_1_NODEFLIB of DT_FLAGS_1: the object does not want the
// default library folders searched.
const Flags1NoDefLib = 0x800

// Segment is a loadable part of the file (PT_LOAD). Sizes and offsets are bytes.
type Segment struct {
	Offset, Size uint64 // in the file
	Addr, Memory uint64 // in memory
	Writable     bool
	Executable   bool
}

// Object is an ELF file as the loader sees it.
type Object struct {
	Class   Class
	Order   binary.ByteOrder
	OSABI   byte
	Type    Type
	Machine Machine
	Flags   uint32 // e_flags
	Entry   uint64 // address at which it starts (e_entry); 0 for libraries

	Interp  string    // the loader asked for (PT_INTERP), empty for none
	Loads   []Segment // in file order
	Dynamic bool      // has a PT_DYNAMIC, not an empty one
	Headers Range     // file header and program headers
	Startup []Startup // what is read whenever the program starts
	// SectionHeaders is where the section headers are said to lie. They are not
	// read: nothing that runs needs them.
	SectionHeaders SectionHeaders

	Needed     []string // DT_NEEDED in order
	Soname     string
	RPath      string
	HasRPath   bool
	RunPath    string
	HasRunPath bool
	Flags1     uint64  // DT_FLAGS_1
	Entries    []Entry // the dynamic section, as far as it could be read
	Filtees    []Filtee
}

// Filtee is a library whose symbols stand in for those of the object that names it
// (DT_FILTER and DT_AUXILIARY).
type Filtee struct {
	Name     string
	Optional bool // DT_AUXILIARY: the object does without one that is not found
	After    int  // how many of Needed the dynamic section has before it
}

// Startup is a segment that the kernel or the loader reads of every program. Type
// is its p_type.
type Startup struct {
	Type uint32
	Range
}

// Types of Startup (<elf.h>).
const (
	SegmentDynamic = 2
	SegmentInterp  = 3
	SegmentTLS     = 7          // what each thread's variables begin as
	SegmentRelro   = 0x6474e552 // PT_GNU_RELRO: written to and then write-protected
)

// Entry is one entry of the dynamic section (Elf64_Dyn).
type Entry struct{ Tag, Value uint64 }

// SectionHeaders is what the file header says of the section headers: e_shoff,
// e_shnum and e_shstrndx. Nothing in it is checked.
type SectionHeaders struct {
	Offset uint64
	Count  uint16
	Names  uint16
}

// Range is a part of a file, in bytes.
type Range struct{ Offset, Size uint64 }

// FormatError is damage: bytes that cannot be those of a working object.
type FormatError struct {
	Offset int64 // in the file
	What   string
}

func (e *FormatError) Error() string {
	return e.What + " at byte " + strconv.FormatInt(e.Offset, 10)
}

// ReadError is a read that failed.
type ReadError struct {
	Offset int64 // of the read that failed, in the file
	Err    error
}

func (e *ReadError) Error() string {
	return errno.Reason(e.Err) + " at byte " + strconv.FormatInt(e.Offset, 10)
}

func (e *ReadError) Unwrap() error { return e.Err }

// ErrNotELF says that the file begins with something else.
var ErrNotELF = errors.New("not an ELF file")

// Bounds on what a header may claim. Linux itself refuses program headers of more
// than 64 KiB (fs/binfmt_elf.c) and paths of more than 4 KiB.
const (
	maxHeaders = 64 << 10
	maxDynamic = 1 << 20
	maxString  = 4 << 10
)

// Read reads the object in r. The object is nil when not even its header could be
// read. Otherwise it holds all that could be, and the error, when there is one, is
// the first *FormatError or *ReadError.
func Read(r io.ReaderAt) (*Object, error) {
	p := &parser{r: r}
	if err := p.header(); err != nil {
		return nil, err
	}
	p.note(p.programHeaders())
	if p.obj.Dynamic {
		p.note(p.readDynamic())
	}
	return p.obj, p.err
}

// parser holds what lies between the file and the object.
type parser struct {
	r   io.ReaderAt
	obj *Object
	err error // the first

	phoff, phnum, phentsize uint64
	dynamic                 Segment
}

func (p *parser) note(err error) {
	if p.err == nil {
		p.err = err
	}
}

// position is an offset that a header claims as one that an error can carry.
func position(off uint64) int64 { return int64(off & (1<<62 - 1)) }

// read fills buf from the file at off. A file that ends before is a FormatError.
func (p *parser) read(buf []byte, off uint64, what string) error {
	if off > 1<<62 {
		return &FormatError{position(off), what + " beyond the end of the file"}
	}
	n, err := p.r.ReadAt(buf, int64(off))
	switch {
	case n == len(buf):
		return nil
	case err == io.EOF || err == io.ErrUnexpectedEOF || err == nil:
		if n == 0 {
			return &FormatError{int64(off), what + " beyond the end of the file"}
		}
		return &FormatError{int64(off) + int64(n), what + " cut off: the file ends"}
	}
	return &ReadError{int64(off) + int64(n), err}
}

const identSize = 16

// header reads the file header (gABI, "ELF Header").
func (p *parser) header() error {
	var buf [64]byte
	n, err := p.r.ReadAt(buf[:], 0)
	if n < 4 || string(buf[:4]) != "\x7fELF" {
		if n < 4 && err != nil && err != io.EOF {
			return &ReadError{int64(n), err}
		}
		return ErrNotELF
	}
	if n < identSize {
		return p.read(buf[:identSize], 0, "ELF header")
	}
	o := &Object{Class: Class(buf[4]), OSABI: buf[7]}
	switch buf[5] {
	case 1:
		o.Order = binary.LittleEndian
	case 2:
		o.Order = binary.BigEndian
	default:
		return &FormatError{5, "ELF header: bad byte order"}
	}
	size := 64
	switch o.Class {
	case Class32:
		size = 52
	case Class64:
	default:
		return &FormatError{4, "ELF header: bad class"}
	}
	if n < size {
		return p.read(buf[:size], 0, "ELF header")
	}
	o.Type = Type(o.Order.Uint16(buf[16:]))
	o.Machine = Machine(o.Order.Uint16(buf[18:]))
	word, u16 := o.WordSize(), o.Order.Uint16
	o.Entry, p.phoff = o.Word(buf[24:]), o.Word(buf[24+word:])
	o.Flags = o.Order.Uint32(buf[24+3*word:])
	p.phentsize, p.phnum = uint64(u16(buf[size-10:])), uint64(u16(buf[size-8:]))
	o.SectionHeaders = SectionHeaders{o.Word(buf[24+2*word:]), u16(buf[size-4:]), u16(buf[size-2:])}
	o.Headers = Range{0, max(uint64(size), min(p.phoff, 1<<40)+p.phnum*p.phentsize)}
	p.obj = o
	return nil
}

// Program header types (p_type) and flags (p_flags).
const (
	ptLoad = 1
	pfX    = 1
	pfW    = 2
)

// programHeaders reads the program headers (gABI, "Program Header").
func (p *parser) programHeaders() error {
	o := p.obj
	want := uint64(56)
	if o.Class == Class32 {
		want = 32
	}
	if p.phnum == 0 {
		return nil
	}
	if p.phentsize != want || p.phnum*want > maxHeaders {
		return &FormatError{position(p.phoff), "bad size of the program headers"}
	}
	buf := make([]byte, p.phnum*want)
	if err := p.read(buf, p.phoff, "program headers"); err != nil {
		return err
	}
	for ; len(buf) > 0; buf = buf[want:] {
		kind, s := o.segment(buf)
		switch kind {
		case SegmentDynamic, SegmentInterp, SegmentTLS, SegmentRelro:
			o.Startup = append(o.Startup, Startup{kind, Range{s.Offset, s.Size}})
		}
		switch kind {
		case ptLoad:
			o.Loads = append(o.Loads, s)
		case SegmentDynamic:
			// One of no bytes is that of a file which only holds what a debugger wants.
			o.Dynamic, p.dynamic = s.Size > 0, s
		case SegmentInterp:
			if s.Size > maxString {
				p.note(&FormatError{position(s.Offset), "bad length of the loader's name"})
				continue
			}
			name, err := p.text(s.Offset, s.Size, "name of the loader")
			p.note(err)
			o.Interp = name
		}
	}
	return nil
}

// segment decodes one program header.
func (o *Object) segment(b []byte) (kind uint32, s Segment) {
	u32 := o.Order.Uint32
	flags := uint32(0)
	if o.Class == Class64 {
		u64 := o.Order.Uint64
		flags = u32(b[4:])
		s = Segment{Offset: u64(b[8:]), Addr: u64(b[16:]), Size: u64(b[32:]), Memory: u64(b[40:])}
	} else {
		flags = u32(b[24:])
		s = Segment{Offset: uint64(u32(b[4:])), Addr: uint64(u32(b[8:])), Size: uint64(u32(b[16:])), Memory: uint64(u32(b[20:]))}
	}
	s.Writable, s.Executable = flags&pfW != 0, flags&pfX != 0
	return u32(b), s
}

// text reads a string that a zero byte ends, of at most limit bytes, at off.
func (p *parser) text(off, limit uint64, what string) (string, error) {
	var text []byte
	for uint64(len(text)) < limit {
		// Names are short: small reads keep away from bad neighbours.
		chunk := make([]byte, min(limit-uint64(len(text)), 64))
		at := position(off + uint64(len(text)))
		n, err := p.r.ReadAt(chunk, at)
		for i, c := range chunk[:n] {
			if c == 0 {
				return string(append(text, chunk[:i]...)), nil
			}
		}
		text = append(text, chunk[:n]...)
		switch {
		case n == len(chunk):
		case (err == io.EOF || err == nil) && len(text) == 0:
			return "", &FormatError{at, what + " beyond the end of the file"}
		case err == io.EOF || err == nil:
			return "", &FormatError{at + int64(n), what + " cut off: the file ends"}
		default:
			return "", &ReadError{at + int64(n), err}
		}
	}
	return string(text), nil
}
