package elfsym

// section is one section header (gABI, "Sections").
type section struct {
	name           uint64 // in the table of names
	kind           uint32 // sh_type
	link           uint32 // sh_link
	addr           uint64
	offset, size   uint64
	loaded, inFile bool
}

// Section types and flags (<elf.h>).
const (
	shtSymtab = 2
	shtNobits = 8
	shfAlloc  = 2
)

// maxSections bounds what a header may claim; more come only from -ffunction-sections
// in files that are not linked yet.
const maxSections = 1 << 16

// sections reads the section headers and returns them with the table of their names.
// Headers that cannot be read are zero.
func (m *image) sections() (list []section, names []byte) {
	h, size := m.SectionHeaders, 16+6*m.WordSize()
	if h.Offset == 0 {
		return nil, nil
	}
	count, strings := uint64(h.Count), uint64(h.Names)
	first := m.read(h.Offset, uint64(size))
	if len(first) < size {
		return nil, nil
	}
	// Counts that do not fit are in the first header, which is no section.
	const tooMany = 0xffff
	zero := m.section(first)
	if count == 0 {
		count = zero.size
	}
	if strings == tooMany {
		strings = uint64(zero.link)
	}
	b := m.read(h.Offset, min(count, maxSections)*uint64(size))
	for ; len(b) >= size; b = b[size:] {
		list = append(list, m.section(b))
	}
	if strings < uint64(len(list)) {
		names = m.read(list[strings].offset, min(list[strings].size, maxTable))
	}
	return list, names
}

// section decodes one header.
func (m *image) section(b []byte) section {
	word := m.WordSize()
	flags := m.Word(b[8:])
	s := section{
		name: uint64(m.Order.Uint32(b)), kind: m.Order.Uint32(b[4:]), link: m.Order.Uint32(b[8+4*word:]),
		addr: m.Word(b[8+word:]), offset: m.Word(b[8+2*word:]), size: m.Word(b[8+3*word:]),
	}
	s.loaded, s.inFile = flags&shfAlloc != 0, s.kind != 0 && s.kind != shtNobits
	return s
}
