package elftest

// Symbol is an entry of the dynamic symbol table. The first one of a table, which
// is empty, comes by itself: the number of Symbols[i] is i+1.
type Symbol struct {
	Name        string
	Value, Size int // Value is an offset in the file
	Bind, Type  int // STB_ and STT_ of <elf.h>
	Other       int // visibility
	Undefined   bool
	// Version is one of Defines, or of Needs where the symbol is undefined, or
	// empty. A hidden one is not the default.
	Version string
	Hidden  bool
}

// Need is what is asked of one file.
type Need struct {
	File     string
	Versions []string
	Weak     bool
}

// Relocation is a place, an offset in the file, that the loader changes by a symbol.
// Calls are those of DT_JMPREL.
type Relocation struct {
	Place, Symbol, Type int
	Call                bool
}

// Section is a section header.
type Section struct {
	Name         string
	Type         int
	Offset, Size int
	Link         int // number of another, the empty first one counted
}

// Symbolic is what an Object holds of symbols. Without GNUHash the old hash table
// is written.
type Symbolic struct {
	Symbols     []Symbol
	GNUHash     bool
	Defines     []string
	Needs       []Need
	Relocations []Relocation
	Relr        []int // offsets in the file, ascending
	Sections    []Section
	// Addend writes relocations as DT_RELA.
	Addend bool
}

// SymbolsPage is where the tables of symbols begin, one behind the other.
const SymbolsPage = 4 * PageSize

// none reports whether there are no tables to write.
func (s *Symbolic) none() bool {
	return s.Symbols == nil && s.Defines == nil && s.Needs == nil && s.Relocations == nil && s.Relr == nil
}

// table begins a table behind those that are there.
func (w *writer) table(tag int) int {
	for len(w.image)%16 != 0 {
		w.image = append(w.image, 0)
	}
	if tag != 0 {
		w.entries = append(w.entries, [2]int{tag, len(w.image)})
	}
	return len(w.image)
}

// number appends a number of some bytes.
func (w *writer) number(v uint64, size int) {
	at := len(w.image)
	w.image = append(w.image, make([]byte, size)...)
	switch b := w.image[at:]; size {
	case 2:
		w.Order.PutUint16(b, uint16(v))
	case 4:
		w.Order.PutUint32(b, uint32(v))
	case 8:
		w.Order.PutUint64(b, v)
	}
}

func (w *writer) u16(v int)    { w.number(uint64(v), 2) }
func (w *writer) u32(v int)    { w.number(uint64(v), 4) }
func (w *writer) native(v int) { w.number(uint64(v), w.word) }

// name adds a string to the table of names and returns where it is.
func (w *writer) name(s string) int {
	at := len(w.names)
	w.names += s + "\x00"
	return at
}

// symbols writes all tables and remembers their tags.
func (w *writer) symbols() {
	numbers := w.versionTables()
	w.table(6)
	w.symbol(0, Symbol{Undefined: true})
	for _, s := range w.Symbols {
		w.symbol(w.name(s.Name), s)
	}
	if w.GNUHash {
		w.gnuHash()
	} else {
		w.hash()
	}
	if len(numbers) > 0 {
		w.table(0x6ffffff0)
		w.u16(0)
		for _, s := range w.Symbols {
			n := 1
			if s.Version != "" {
				n = numbers[s.Version]
			}
			if s.Hidden {
				n |= 0x8000
			}
			w.u16(n)
		}
	}
	w.relocations(false)
	w.relocations(true)
	if w.Relr != nil {
		at := w.table(36)
		for _, r := range w.Relr {
			w.native(r)
		}
		w.entries = append(w.entries, [2]int{35, len(w.image) - at})
	}
}

func (w *writer) symbol(name int, s Symbol) {
	section := 1
	if s.Undefined {
		section = 0
	}
	w.u32(name)
	if w.word == 4 {
		w.u32(s.Value)
		w.u32(s.Size)
	}
	w.image = append(w.image, byte(s.Bind<<4|s.Type), byte(s.Other))
	w.u16(section)
	if w.word == 8 {
		w.native(s.Value)
		w.native(s.Size)
	}
}

// hash writes a DT_HASH of one bucket; s390 of 64 bit has wide numbers.
func (w *writer) hash() {
	w.table(4)
	number := w.u32
	if w.Machine == 22 && w.word == 8 {
		number = w.native
	}
	count := len(w.Symbols) + 1
	number(1)
	number(count)
	number(count - 1)
	for i := range count {
		number(max(i-1, 0))
	}
}

// gnuHash writes a DT_GNU_HASH of one bucket and a filter that lets all pass. The
// symbols must have the undefined ones first.
func (w *writer) gnuHash() {
	first := 1
	for _, s := range w.Symbols {
		if s.Undefined {
			first++
		}
	}
	w.table(0x6ffffef5)
	bucket := first
	if first > len(w.Symbols) {
		bucket = 0
	}
	for _, v := range []int{1, first, 1, 5} {
		w.u32(v)
	}
	w.native(-1)
	w.u32(bucket)
	for i := first; i <= len(w.Symbols); i++ {
		h := uint32(5381)
		for _, c := range []byte(w.Symbols[i-1].Name) {
			h = h*33 + uint32(c)
		}
		h &^= 1
		if i == len(w.Symbols) {
			h |= 1
		}
		w.u32(int(h))
	}
}

// versionTables writes DT_VERDEF and DT_VERNEED and returns the numbers of versions.
func (w *writer) versionTables() map[string]int {
	numbers := map[string]int{}
	if w.Defines != nil {
		w.definitions(numbers)
	}
	if w.Needs != nil {
		w.needs(numbers)
	}
	return numbers
}

func (w *writer) definitions(numbers map[string]int) {
	w.table(0x6ffffffc)
	all := append([]string{w.Soname}, w.Defines...)
	for i, v := range all {
		next := 28
		if i+1 == len(all) {
			next = 0
		}
		flags := 0
		if i == 0 {
			flags = 1
		} else {
			numbers[v] = i + 1
		}
		w.u16(1)
		w.u16(flags)
		w.u16(i + 1)
		w.u16(1)
		w.u32(int(sysvHash(v)))
		w.u32(20)
		w.u32(next)
		w.u32(w.name(v))
		w.u32(0)
	}
	w.entries = append(w.entries, [2]int{0x6ffffffd, len(all)})
}

func (w *writer) needs(numbers map[string]int) {
	w.table(0x6ffffffe)
	number := len(w.Defines) + 2
	for i, n := range w.Needs {
		next := 16 + 16*len(n.Versions)
		if i+1 == len(w.Needs) {
			next = 0
		}
		w.u16(1)
		w.u16(len(n.Versions))
		w.u32(w.name(n.File))
		w.u32(16)
		w.u32(next)
		for j, v := range n.Versions {
			flags, next := 0, 16
			if n.Weak {
				flags = 2
			}
			if j+1 == len(n.Versions) {
				next = 0
			}
			numbers[v] = number
			w.u32(int(sysvHash(v)))
			w.u16(flags)
			w.u16(number)
			w.u32(w.name(v))
			w.u32(next)
			number++
		}
	}
	w.entries = append(w.entries, [2]int{0x6fffffff, len(w.Needs)})
}

func sysvHash(s string) uint32 {
	h := uint32(0)
	for _, c := range []byte(s) {
		h = h<<4 + uint32(c)
		g := h & 0xf0000000
		h = (h ^ g>>24) &^ g
	}
	return h
}

// relocations writes those of data, or of calls.
func (w *writer) relocations(calls bool) {
	tag, size, kind := 17, 18, 17
	if w.Addend {
		tag, size, kind = 7, 8, 7
	}
	if calls {
		tag, size = 23, 2
	}
	at := w.table(0)
	for _, r := range w.Relocations {
		if r.Call != calls {
			continue
		}
		w.native(r.Place)
		switch {
		case w.word == 4:
			w.u32(r.Symbol<<8 | r.Type)
		case w.Machine == 8 && w.Order.Uint16([]byte{1, 0}) == 1: // MIPS has an order of its own
			w.u32(r.Symbol)
			w.image = append(w.image, 0, 0, 0, byte(r.Type))
		default:
			w.number(uint64(r.Symbol)<<32|uint64(r.Type), 8)
		}
		if w.Addend {
			w.native(0)
		}
	}
	if len(w.image) == at {
		return
	}
	w.entries = append(w.entries, [2]int{tag, at}, [2]int{size, len(w.image) - at})
	if calls {
		w.entries = append(w.entries, [2]int{20, kind})
	}
}

// sections writes section headers and their names at the end of the file.
func (w *writer) sections() {
	if w.Sections == nil {
		return
	}
	names := "\x00"
	at := make([]int, len(w.Sections))
	for i, s := range w.Sections {
		at[i] = len(names)
		names += s.Name + "\x00"
	}
	text := w.table(0)
	w.image = append(w.image, names...)
	header := w.table(0)
	w.put(24+2*w.word, header)
	tail := 24 + 3*w.word + 4 + 6
	w.Order.PutUint16(w.image[tail:], uint16(16+6*w.word))
	w.Order.PutUint16(w.image[tail+2:], uint16(len(w.Sections)+2))
	w.Order.PutUint16(w.image[tail+4:], uint16(len(w.Sections)+1))
	one := func(name, kind, offset, size, link int) {
		w.u32(name)
		w.u32(kind)
		w.native(2)
		w.native(offset)
		w.native(offset)
		w.native(size)
		w.u32(link)
		w.u32(0)
		w.native(1)
		w.native(0)
	}
	one(0, 0, 0, 0, 0)
	for i, s := range w.Sections {
		one(at[i], s.Type, s.Offset, s.Size, s.Link)
	}
	one(0, 3, text, len(names), 0)
}
