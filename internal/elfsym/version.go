package elfsym

import "rescuebox/internal/elffile"

// version is what the versions of symbols are by their number (Elf64_Versym): one
// that another object is asked for, or one that this object defines. It is empty for
// numbers that stand for none.
type version struct {
	name    string
	hash    uint32
	hidden  bool // may not be taken for the default one
	defined bool // by this object
	base    bool // names the object itself: no symbol asks for it
}

// need is one version that is asked for.
type need struct {
	version
	file   string // whom
	number uint16
	weak   bool
}

const (
	hiddenBit = 0x8000
	flagBase  = 1 // VER_FLG_BASE
	flagWeak  = 2 // VER_FLG_WEAK
	// maxVersions bounds how many versions a table may hold. glibc defines about
	// 50, libraries of compilers some hundreds.
	maxVersions = 1 << 15
)

// needs reads DT_VERNEED (Linux Standard Base, "Version Requirements"): for each
// file u16 version, u16 count, u32 name, u32 offset of the first auxiliary entry, u32
// of the next file; auxiliary entries of u32 hash, u16 flags, u16 number, u32 name,
// u32 offset of the next.
func (m *image) needs(names []byte) []need {
	addr, ok := m.Value(dtVerneed)
	if !ok {
		return nil
	}
	var list []need
	b := m.table(dtVerneed)
	u16, u32 := m.Order.Uint16, m.Order.Uint32
	for at := uint64(0); ; {
		if !m.within(b, at, 16, addr) {
			return list
		}
		e := b[at:]
		if v := u16(e); v != 1 {
			m.note(&elffile.FormatError{Offset: m.position(addr + at), What: "unsupported version of Verneed record"})
			return list
		}
		file, _ := text(names, uint64(u32(e[4:])))
		for aux := at + uint64(u32(e[8:])); m.within(b, aux, 16, addr) && len(list) < maxVersions; {
			a := b[aux:]
			n := need{file: file, number: u16(a[6:]) &^ hiddenBit, weak: u16(a[4:])&flagWeak != 0}
			n.hash, n.hidden = u32(a), u16(a[6:])&hiddenBit != 0
			n.name, _ = text(names, uint64(u32(a[8:])))
			list = append(list, n)
			next := uint64(u32(a[12:]))
			if next == 0 {
				break
			}
			aux += next
		}
		next := uint64(u32(e[12:]))
		if next == 0 || len(list) >= maxVersions {
			return list
		}
		at += next
	}
}

// definitions reads DT_VERDEF (Linux Standard Base, "Version Definitions"): u16
// version, u16 flags, u16 number, u16 count, u32 hash, u32 offset of the auxiliary
// entry, u32 of the next; the auxiliary entry begins with u32 name. The result has
// a place for each number.
func (m *image) definitions(names []byte) (list []version, ok bool) {
	addr, ok := m.Value(dtVerdef)
	if !ok {
		return nil, false
	}
	b := m.table(dtVerdef)
	u16, u32 := m.Order.Uint16, m.Order.Uint32
	for at, count := uint64(0), 0; count < maxVersions && m.within(b, at, 20, addr); count++ {
		e := b[at:]
		if u16(e) != 1 {
			m.note(&elffile.FormatError{Offset: m.position(addr + at), What: "unsupported version of Verdef record"})
			break
		}
		v := version{hash: u32(e[8:]), defined: true, base: u16(e[2:])&flagBase != 0}
		if aux := at + uint64(u32(e[12:])); m.within(b, aux, 8, addr) {
			v.name, _ = text(names, uint64(u32(b[aux:])))
		}
		list = set(list, u16(e[4:])&^hiddenBit, v)
		next := uint64(u32(e[16:]))
		if next == 0 {
			break
		}
		at += next
	}
	return list, true
}

// set makes v the version of a number.
func set(list []version, number uint16, v version) []version {
	for len(list) <= int(number) {
		list = append(list, version{})
	}
	list[number] = v
	return list
}

// within reports whether a table has size bytes at an offset, and notes it as damage
// otherwise.
func (m *image) within(b []byte, at, size, addr uint64) bool {
	if at <= uint64(len(b)) && uint64(len(b))-at >= size {
		return true
	}
	m.note(&elffile.FormatError{Offset: m.position(addr), What: "table of versions cut off"})
	return false
}

// position is where in the file an address is, for errors.
func (m *image) position(addr uint64) int64 {
	off, _ := m.FileOffset(addr)
	return int64(off & (1<<62 - 1))
}
