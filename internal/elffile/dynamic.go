package elffile

// Tags of the dynamic section (gABI, "Dynamic Section", and <elf.h>).
const (
	dtNull    = 0
	dtNeeded  = 1
	dtStrtab  = 5
	dtStrsz   = 10
	dtSoname  = 14
	dtRPath   = 15
	dtRunPath = 29
	dtFlags1  = 0x6ffffffb

	dtAuxiliary = 0x7ffffffd
	dtFilter    = 0x7fffffff
)

// entry is one entry of the dynamic section.
type entry struct {
	tag, value uint64
	offset     uint64 // in the file
}

// readDynamic reads the dynamic section and the strings that it names. Strings
// that cannot be read are left out, and the first error is returned.
func (p *parser) readDynamic() error {
	entries, err := p.entries()
	p.note(err)
	for _, e := range entries {
		p.obj.Entries = append(p.obj.Entries, Entry{e.tag, e.value})
	}
	var table, size uint64
	for _, e := range entries {
		switch e.tag {
		case dtStrtab:
			table = e.value
		case dtStrsz:
			size = e.value
		case dtFlags1:
			p.obj.Flags1 = e.value
		}
	}
	strings, ok := p.obj.FileOffset(table)
	for _, e := range entries {
		switch e.tag {
		case dtNeeded, dtSoname, dtRPath, dtRunPath, dtAuxiliary, dtFilter:
		default:
			continue
		}
		if !ok || e.value >= size {
			return &FormatError{position(e.offset), "dynamic section: a name outside of the string table"}
		}
		name, err := p.text(strings+e.value, min(size-e.value, maxString), "string table")
		if err != nil {
			p.note(err)
			continue
		}
		p.obj.set(e.tag, name)
	}
	return nil
}

func (o *Object) set(tag uint64, name string) {
	switch tag {
	case dtNeeded:
		o.Needed = append(o.Needed, name)
	case dtAuxiliary, dtFilter:
		o.Filtees = append(o.Filtees, Filtee{Name: name, Optional: tag == dtAuxiliary, After: len(o.Needed)})
	case dtSoname:
		o.Soname = name
	case dtRPath:
		o.RPath, o.HasRPath = name, true
	case dtRunPath:
		o.RunPath, o.HasRunPath = name, true
	}
}

// entries reads the dynamic section up to its end mark. The loader takes it at its
// address in memory; p_offset serves when no PT_LOAD holds that.
func (p *parser) entries() ([]entry, error) {
	off, ok := p.obj.FileOffset(p.dynamic.Addr)
	if !ok {
		off = p.dynamic.Offset
	}
	word := uint64(p.obj.WordSize())
	if p.dynamic.Size > maxDynamic {
		return nil, &FormatError{position(off), "bad size of the dynamic section"}
	}
	var all []entry
	// In pieces: what comes before a bad sector still counts.
	const piece = 512
	buf := make([]byte, piece)
	for done := uint64(0); done < p.dynamic.Size; done += piece {
		part := buf[:min(piece, p.dynamic.Size-done)/(2*word)*(2*word)]
		if err := p.read(part, off+done, "dynamic section"); err != nil {
			return all, err
		}
		for i := uint64(0); i < uint64(len(part)); i += 2 * word {
			e := entry{p.word(part[i:]), p.word(part[i+word:]), off + done + i}
			if e.tag == dtNull {
				return all, nil
			}
			all = append(all, e)
		}
	}
	return all, nil
}

func (p *parser) word(b []byte) uint64 { return p.obj.Word(b) }

// WordSize is the size of an address in the object, in bytes: 4 or 8.
func (o *Object) WordSize() int { return 4 * int(o.Class) }

// Word returns the number of the object's class and byte order that b begins with.
func (o *Object) Word(b []byte) uint64 {
	if o.Class == Class32 {
		return uint64(o.Order.Uint32(b))
	}
	return o.Order.Uint64(b)
}

// Value returns the value of a tag of the dynamic section, and false when it is not
// there. Of several the last counts, as it does for the loader.
func (o *Object) Value(tag uint64) (uint64, bool) {
	for i := len(o.Entries) - 1; i >= 0; i-- {
		if e := o.Entries[i]; e.Tag == tag {
			return e.Value, true
		}
	}
	return 0, false
}

// FileOffset returns where in the file the byte at a memory address comes from,
// and false when no loadable segment has it in the file.
func (o *Object) FileOffset(addr uint64) (uint64, bool) {
	for _, s := range o.Loads {
		if addr >= s.Addr && addr-s.Addr < s.Size {
			return s.Offset + (addr - s.Addr), true
		}
	}
	return 0, false
}
