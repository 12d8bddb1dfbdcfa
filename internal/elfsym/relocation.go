package elfsym

import "rescuebox/internal/elffile"

// relocation is a place that the loader changes when it loads an object.
type relocation struct {
	place  uint64 // its address
	symbol uint32 // by which; 0: none
	kind   uint32 // by the machine's numbers
}

// relocations calls yield for each relocation of the table that a tag names, until
// it returns false. Entries with an addend (DT_RELA) are longer by it.
func (m *image) relocations(tag uint64, addend bool, yield func(relocation) bool) {
	word := m.WordSize()
	entry := 2 * word
	if addend {
		entry = 3 * word
	}
	for b := m.table(tag); len(b) >= entry; b = b[entry:] {
		r := relocation{place: m.Word(b)}
		switch info := m.Word(b[word:]); {
		case word == 4:
			r.symbol, r.kind = uint32(info>>8), uint32(info&0xff)
		case m.Machine == elffile.MachineMIPS && m.Order.Uint16([]byte{1, 0}) == 1:
			// Elf64_Mips_Rel: the symbol first, then single bytes.
			r.symbol, r.kind = uint32(info), uint32(info>>56)
		default:
			r.symbol, r.kind = uint32(info>>32), uint32(info)
		}
		if !yield(r) {
			return
		}
	}
}

// plt calls yield for the relocations of functions that may be bound at their first
// call.
func (m *image) plt(yield func(relocation) bool) {
	kind, _ := m.Value(dtPltRel)
	m.relocations(dtJmpRel, kind == dtRela, yield)
}

// data calls yield for all other relocations that name symbols.
func (m *image) data(yield func(relocation) bool) {
	m.relocations(dtRel, false, yield)
	m.relocations(dtRela, true, yield)
}

// relative calls yield with the address of each word that DT_RELR moves, until it
// returns false (gABI,
// "Relative Relocation Table"): an even entry is an address, an odd one has a bit for
// each of the words behind.
func (m *image) relative(yield func(place uint64) bool) {
	word := uint64(m.WordSize())
	next := uint64(0)
	for b := m.table(dtRelr); uint64(len(b)) >= word; b = b[word:] {
		e := m.Word(b)
		if e&1 == 0 {
			if !yield(e) {
				return
			}
			next = e + word
			continue
		}
		for i, bits := uint64(0), e>>1; bits != 0; i, bits = i+1, bits>>1 {
			if bits&1 != 0 && !yield(next+i*word) {
				return
			}
		}
		next += (8*word - 1) * word
	}
}

// relocated reports whether the loader writes to any of the pages when it relocates
// the object, and so reads them first.
func (m *image) relocated(pages elffile.Range) bool {
	var lows []uint64 // addresses of the first of the pages, by the segments that have them
	const maxLows = 8 // of segments that share a page there are two or three
	for _, s := range m.Loads {
		if s.Writable && len(lows) < maxLows && overlap(elffile.Range{Offset: s.Offset, Size: s.Size}, pages) {
			lows = append(lows, s.Addr+pages.Offset-s.Offset) // may wrap
		}
	}
	if lows == nil {
		return false
	}
	hit := false
	within := func(place uint64) bool {
		for _, low := range lows {
			hit = hit || place-low < pages.Size
		}
		return !hit
	}
	each := func(r relocation) bool { return within(r.place) }
	m.data(each)
	m.plt(each)
	m.relative(within)
	return hit
}
