package elfsym

import (
	"rescuebox/internal/elffile"
	"rescuebox/internal/order"
)

// named are the tables that the dynamic section names: the tag of the address, that
// of the size in bytes, if there is one, and the name of the section.
var named = []struct {
	tag, size uint64
	name      string
}{
	{dtHash, 0, ".hash"}, {dtGNUHash, 0, ".gnu.hash"}, {dtSymtab, 0, ".dynsym"}, {dtStrtab, dtStrSz, ".dynstr"},
	{dtVersym, 0, ".gnu.version"}, {dtVerdef, 0, ".gnu.version_d"}, {dtVerneed, 0, ".gnu.version_r"},
	{dtRela, dtRelaSz, ".rela.dyn"}, {dtRel, dtRelSz, ".rel.dyn"}, {dtRelr, dtRelrSz, ".relr.dyn"},
	{dtJmpRel, dtPltRelSz, ".rela.plt"}, {dtPreInit, dtPreInitSz, ".preinit_array"},
	{dtInitArray, dtInitArrSz, ".init_array"}, {dtFiniArray, dtFiniArrSz, ".fini_array"},
}

// tables returns where the parts of the file lie that a loader reads at start, in
// the order of the file. One of unknown size ends where the next one or its segment
// does.
func (m *image) tables() []region {
	var list []region
	for _, s := range m.Startup {
		switch s.Type {
		case elffile.SegmentInterp:
			list = append(list, region{".interp", s.Range})
		case elffile.SegmentDynamic:
			list = append(list, region{".dynamic", s.Range})
		}
	}
	for _, t := range named {
		addr, ok := m.Value(t.tag)
		if !ok {
			continue
		}
		for _, s := range m.Loads {
			if addr >= s.Addr && addr-s.Addr < s.Size {
				r := region{t.name, elffile.Range{Offset: s.Offset + (addr - s.Addr), Size: s.Size - (addr - s.Addr)}}
				if size, ok := m.Value(t.size); ok && t.size != 0 {
					r.Size = min(r.Size, size)
				}
				list = append(list, r)
				break
			}
		}
	}
	order.Stable(list, func(a, b *region) bool { return a.Offset < b.Offset })
	for i := range list[:max(0, len(list)-1)] {
		list[i].Size = min(list[i].Size, list[i+1].Offset-list[i].Offset)
	}
	return list
}

// symbolCount returns how many symbols the dynamic symbol table has: as many as the
// hash table covers (gABI, "Hash Table"; the GNU one leaves out undefined symbols at
// the beginning and its chains end with a set lowest bit).
func (m *image) symbolCount() uint64 {
	if addr, ok := m.Value(dtHash); ok {
		word := m.hashWord()
		if b := m.table(addr, 2*word); uint64(len(b)) == 2*word {
			return m.hashEntry(b[word:])
		}
	}
	h := m.gnuHash()
	if h == nil {
		return 0
	}
	return h.count()
}

// dynamicSymbols returns .dynsym and .dynstr.
func (m *image) dynamicSymbols() (t symbolTable) {
	addr, ok := m.Value(dtSymtab)
	if !ok {
		return t
	}
	t.symbols = m.table(addr, min(m.symbolCount(), maxTable)*symbolSize(m.Object))
	addr, _ = m.Value(dtStrtab)
	size, _ := m.Value(dtStrSz)
	t.names = m.table(addr, size)
	return t
}
