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

// region is a part of the file with a name, and the tag of the dynamic section that
// names it, if one does.
type region struct {
	name string
	tag  uint64
	elffile.Range
}

func (r region) has(at uint64) bool { return at >= r.Offset && at-r.Offset < r.Size }

// tables returns where the parts of the file lie that a loader reads at start, in
// the order of the file. One of unknown size ends where the next one or its segment
// does.
func tables(o *elffile.Object) []region {
	var list []region
	for _, s := range o.Startup {
		switch s.Type {
		case elffile.SegmentInterp:
			list = append(list, region{".interp", 0, s.Range})
		case elffile.SegmentDynamic:
			list = append(list, region{".dynamic", 0, s.Range})
		}
	}
	for _, t := range named {
		addr, ok := o.Value(t.tag)
		if !ok {
			continue
		}
		for _, s := range o.Loads {
			if addr >= s.Addr && addr-s.Addr < s.Size {
				r := region{t.name, t.tag, elffile.Range{Offset: s.Offset + (addr - s.Addr), Size: s.Size - (addr - s.Addr)}}
				if size, ok := o.Value(t.size); ok && t.size != 0 {
					r.Size = min(r.Size, size)
				}
				list = append(list, r)
				break
			}
		}
	}
	order.Stable(list, func(a, b *region) bool { return a.Offset < b.Offset })
	// Tables of sizes that are told may share bytes: .rela.plt is often the end of
	// .rela.dyn.
	for i := range list {
		r := &list[i]
		if r.sized(o) {
			continue
		}
		for _, next := range list[i+1:] {
			if next.Offset > r.Offset {
				r.Size = min(r.Size, next.Offset-r.Offset)
				break
			}
		}
	}
	return list
}

// sized reports whether the object says how big a region is.
func (r *region) sized(o *elffile.Object) bool {
	for _, t := range named {
		if t.tag == r.tag {
			_, ok := o.Value(t.size)
			return ok && t.size != 0
		}
	}
	return true
}

// symbolCount returns how many symbols the dynamic symbol table has: as many as the
// hash table covers (gABI, "Hash Table"; the GNU one leaves out undefined symbols at
// the beginning and its chains end with a set lowest bit). It is 0 when no hash table
// says.
func (m *image) symbolCount() uint64 {
	word := m.hashWord()
	if b := m.table(dtHash); uint64(len(b)) >= 2*word {
		return m.hashEntry(b[word:])
	}
	if h := m.gnuHash(); h != nil {
		return h.count()
	}
	return 0
}
