package elfsym

import "rescuebox/internal/elffile"

// symbol is an entry of a symbol table (gABI, "Symbol Table").
type symbol struct {
	name        uint64 // in the table of strings
	value, size uint64
	info, other byte
	section     uint16
}

// Bindings, types, visibilities and section numbers of symbols (<elf.h>).
const (
	bindLocal  = 0
	bindGlobal = 1
	bindWeak   = 2
	bindUnique = 10

	typeNone   = 0
	typeObject = 1
	typeFunc   = 2
	typeCommon = 5
	typeTLS    = 6
	typeIFunc  = 10

	visibilityInternal = 1
	visibilityHidden   = 2

	sectionUndefined = 0
	sectionAbsolute  = 0xfff1
)

func (s *symbol) bind() byte { return s.info >> 4 }
func (s *symbol) kind() byte { return s.info & 15 }

// local reports whether the symbol is seen in its own object only.
func (s *symbol) local() bool {
	v := s.other & 3
	return s.bind() == bindLocal || v == visibilityInternal || v == visibilityHidden
}

// symbolSize is the size of an entry, in bytes.
func symbolSize(o *elffile.Object) uint64 {
	if o.Class == elffile.Class32 {
		return 16
	}
	return 24
}

// decode reads the entry that b begins with.
func decode(o *elffile.Object, b []byte) symbol {
	s := symbol{name: uint64(o.Order.Uint32(b))}
	rest := b[4:8]
	if o.Class == elffile.Class32 {
		s.value, s.size = o.Word(b[4:]), o.Word(b[8:])
		rest = b[12:16]
	} else {
		s.value, s.size = o.Word(b[8:]), o.Word(b[16:])
	}
	s.info, s.other, s.section = rest[0], rest[1], o.Order.Uint16(rest[2:])
	return s
}
