package elfsym

import (
	"io"

	"rescuebox/internal/elffile"
)

// Kind is what becomes of a program that uses an object when bytes of it cannot be
// read.
type Kind int

// The kinds, the worst last.
const (
	Unknown   Kind = iota // the program headers do not tell
	NotLoaded             // harmless: only debuggers and linkers read it
	Data                  // SIGBUS when the program gets there, as for the next two
	ReadOnly
	Code
	Startup // SIGBUS when the program starts: the loader or the kernel reads it
	Header  // I/O error when the program starts: the loader uses read(2), not mmap(2)
)

// String returns a word for the kind, as for JSON.
func (k Kind) String() string {
	return [...]string{"unknown", "not-loaded", "data", "read-only-data", "code", "startup", "header"}[k]
}

// Place is what lies somewhere in the file of an object.
type Place struct {
	Kind Kind
	// Section is the name of the section that the first byte lies in. Where no
	// section header says, it is that of a table that the loader uses, or a
	// description ("code", "ELF headers"), or empty.
	Section string
	// Last is the section of the last byte, when that is another one.
	Last string
	// Symbol is the nearest symbol at or before the first byte, in the same
	// section, and SymbolOffset how many bytes before it begins. It is empty when
	// there is none.
	Symbol       string
	SymbolOffset int64
}

// Locator says what lies where in the file of one object.
type Locator struct {
	image    image
	sections []section
	names    []byte
}

// NewLocator returns a locator for an object in r, whose reads may fail: what they
// would have told is left out. A nil object is one whose header cannot be read.
func NewLocator(r io.ReaderAt, obj *elffile.Object) *Locator {
	l := &Locator{}
	if obj != nil {
		l.image = newImage(r, obj)
		l.sections, l.names = l.image.sections()
	}
	return l
}

// Place says what lies at length bytes from an offset on. Its Kind is the worst of
// what shares pages with them: a page is read whole or not at all.
func (l *Locator) Place(offset, length int64) Place {
	first, last := uint64(max(0, offset)), uint64(max(0, offset))
	if length > 0 {
		last += uint64(length) - 1
	}
	p := Place{Kind: l.kind(first, last)}
	if l.image.Object == nil {
		return p
	}
	var within elffile.Range
	p.Section, within = l.section(first)
	if end, _ := l.section(last); end != p.Section {
		p.Last = end
	}
	p.Symbol, p.SymbolOffset = l.symbol(first, within.Offset)
	return p
}

// readSize is how much of a file glibc's loader reads with read(2) before it maps
// anything, in bytes (struct filebuf of elf/dl-load.c).
func readSize(c elffile.Class) uint64 {
	if c == elffile.Class32 {
		return 512
	}
	return 832
}

func (l *Locator) kind(first, last uint64) Kind {
	o := l.image.Object
	if o == nil || first < readSize(o.Class) {
		if first < readSize(elffile.Class64) {
			return Header
		}
		return Unknown
	}
	if len(o.Loads) == 0 {
		return Unknown
	}
	pages := elffile.Range{Offset: first &^ (page - 1)}
	pages.Size = last/page*page + page - pages.Offset
	if overlap(o.Headers, pages) || l.image.relocated(pages) {
		return Startup
	}
	// What runs before anything else.
	initializer, _ := o.Value(dtInit)
	for _, addr := range []uint64{o.Entry, initializer} {
		if at, ok := o.FileOffset(addr); ok && addr != 0 && at-pages.Offset < pages.Size {
			return Startup
		}
	}
	for _, s := range o.Startup {
		if overlap(s.Range, pages) {
			return Startup
		}
	}
	for _, t := range l.image.tables {
		if overlap(t.Range, pages) {
			return Startup
		}
	}
	kind := NotLoaded
	for _, s := range o.Loads {
		if overlap(elffile.Range{Offset: s.Offset, Size: s.Size}, pages) {
			kind = max(kind, kindOf(s))
		}
	}
	return kind
}

func overlap(a, b elffile.Range) bool {
	return a.Offset < b.Offset+b.Size && b.Offset-min(b.Offset, a.Offset) < a.Size
}

func kindOf(s elffile.Segment) Kind {
	switch {
	case s.Executable:
		return Code
	case s.Writable:
		return Data
	}
	return ReadOnly
}

// section names what a byte lies in, and says where that is.
func (l *Locator) section(at uint64) (string, elffile.Range) {
	for _, s := range l.sections {
		if r := (region{Range: elffile.Range{Offset: s.offset, Size: s.size}}); s.inFile && r.has(at) {
			if name, ok := text(l.names, s.name); ok && name != "" {
				return name, r.Range
			}
		}
	}
	o := l.image.Object
	table := elffile.Range{Offset: o.SectionHeaders.Offset, Size: uint64(len(l.sections) * (16 + 6*o.WordSize()))}
	for _, r := range append(l.image.tables[:len(l.image.tables):len(l.image.tables)], region{"ELF headers", 0, o.Headers}, region{"section headers", 0, table}) {
		if r.has(at) {
			return r.name, r.Range
		}
	}
	for _, s := range o.Loads {
		if r := (region{Range: elffile.Range{Offset: s.Offset, Size: s.Size}}); r.has(at) {
			return [...]string{Data: "data", ReadOnly: "read-only data", Code: "code"}[kindOf(s)], r.Range
		}
	}
	return "", elffile.Range{Offset: at}
}

// symbol returns the nearest symbol at or before a byte, but not before low, both
// offsets in the file, and how far before it is.
func (l *Locator) symbol(at, low uint64) (string, int64) {
	m := &l.image
	for _, s := range m.Loads {
		if !(region{Range: elffile.Range{Offset: s.Offset, Size: s.Size}}).has(at) {
			continue
		}
		addr := s.Addr + (at - s.Offset)
		for _, t := range l.symbolTables() {
			if name, value := m.nearest(t, addr, addr-(at-max(low, s.Offset))); name != "" {
				return name, int64(addr - value)
			}
		}
		break
	}
	return "", 0
}

// tableAt is where a symbol table and its names lie in the file.
type tableAt struct{ symbols, names elffile.Range }

// symbolTables returns .symtab, which has all symbols but is often stripped, and
// .dynsym.
func (l *Locator) symbolTables() []tableAt {
	m := &l.image
	dynamic := tableAt{m.region(dtSymtab), m.region(dtStrtab)}
	if n := m.symbolCount(); n > 0 {
		dynamic.symbols.Size = min(dynamic.symbols.Size, min(n, maxTable)*symbolSize(m.Object))
	}
	for _, s := range l.sections {
		if s.kind == shtSymtab && uint64(s.link) < uint64(len(l.sections)) {
			names := l.sections[s.link]
			return []tableAt{{elffile.Range{Offset: s.offset, Size: s.size}, elffile.Range{Offset: names.offset, Size: names.size}}, dynamic}
		}
	}
	return []tableAt{dynamic}
}

// nearest returns the name and value of the symbol with the highest value from low
// to addr. The table is read piece by piece: that of a big program with debugging
// symbols would fill the memory of a small machine.
func (m *image) nearest(t tableAt, addr, low uint64) (name string, value uint64) {
	const piece = 24 * page // of whole entries of either size
	var best symbol
	size := symbolSize(m.Object)
	for done := uint64(0); done < min(t.symbols.Size, maxTable); done += piece {
		b := m.read(t.symbols.Offset+done, min(piece, t.symbols.Size-done))
		if len(b) == 0 {
			break
		}
		for ; uint64(len(b)) >= size; b = b[size:] {
			s := decode(m.Object, b)
			if m.Machine == elffile.MachineARM && s.kind() == typeFunc {
				s.value &^= 1 // marks Thumb code
			}
			if s.section == sectionUndefined || s.name == 0 || s.value > addr || s.value < max(low, best.value) || !s.marksPlace() {
				continue
			}
			if s.value > best.value || best.name == 0 || s.tells(&best) {
				best = s
			}
		}
	}
	if best.name == 0 || best.name >= t.names.Size {
		return "", 0
	}
	name, _ = text(m.read(t.names.Offset+best.name, min(t.names.Size-best.name, maxName)), 0)
	return name, best.value
}

// marksPlace reports whether the value is the address of code or data. Those of
// thread-local symbols are not, and local ones without type and size only mark where
// code and data meet ("ELF for the Arm Architecture", "Mapping symbols").
func (s *symbol) marksPlace() bool {
	switch s.kind() {
	case typeObject, typeFunc, typeIFunc:
		return true
	}
	return s.kind() == typeNone && (s.size > 0 || s.bind() != bindLocal)
}

// tells reports whether the name of s says more than that of a symbol at the same
// address.
func (s *symbol) tells(other *symbol) bool {
	if (s.size > 0) != (other.size > 0) {
		return s.size > 0
	}
	return s.bind() == bindGlobal && other.bind() != bindGlobal
}
