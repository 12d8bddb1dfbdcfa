package elfsym

import (
	"bytes"

	"rescuebox/internal/elffile"
)

// reference is a symbol that an object wants.
type reference struct {
	name    []byte
	gnu     uint32 // its hashes
	sysv    uint32
	version *version // nil for any
	class   byte
}

// Classes of relocations (elf_machine_type_class of glibc).
const (
	classPlain = iota
	classCall  // not satisfied by an undefined symbol that has an address
	classCopy  // not satisfied by the program itself
)

// gnuHashOf is the hash function of DT_GNU_HASH.
func gnuHashOf(name []byte) uint32 {
	h := uint32(5381)
	for _, c := range name {
		h = h*33 + uint32(c)
	}
	return h
}

// sysvHashOf is the hash function of DT_HASH (gABI, "Hash Table").
func sysvHashOf(name []byte) uint32 {
	h := uint32(0)
	for _, c := range name {
		h = h<<4 + uint32(c)
		high := h & 0xf0000000
		h = (h ^ high>>24) &^ high
	}
	return h
}

// search looks for a symbol in the loader's order and returns the object that has it,
// nil for none (do_lookup_x of glibc's elf/dl-lookup.c).
func (s *Set) search(from *object, ref *reference) *object {
	if from.symbolic() {
		if found, _ := from.defining(ref); found {
			return from
		}
	}
	for i := range s.objects {
		o := &s.objects[i]
		if o.Object == nil || ref.class == classCopy && i == 0 {
			continue
		}
		found, steps := o.defining(ref)
		if s.steps += 1 + steps; found {
			return o
		}
	}
	return nil
}

// symbolic reports whether an object looks into itself first.
func (o *object) symbolic() bool {
	flags, _ := o.Value(dtFlags)
	return flags&flagSymbolic != 0 || o.has(dtSymbolic)
}

// defining reports whether an object has a symbol for others, and how many entries
// of its hash table that took.
func (o *object) defining(ref *reference) (found bool, steps int) {
	m := match{object: o, ref: ref}
	if o.hash != nil {
		steps = o.hash.each(o.WordSize(), ref.gnu, m.try)
	} else {
		steps = o.eachChained(ref.sysv, m.try)
	}
	if !m.done && m.newest == 1 {
		m.symbol = m.versioned
		m.done = true
	}
	bind := m.symbol.bind()
	return m.done && !m.symbol.local() && (bind == bindGlobal || bind == bindWeak || bind == bindUnique), steps
}

// match is the search for one symbol in one object.
type match struct {
	*object
	ref       *reference
	done      bool
	symbol    symbol
	newest    int // how many symbols with a default version were met
	versioned symbol
}

// try looks at one symbol and reports whether to go on (check_match of glibc).
func (m *match) try(number uint64) bool {
	s, ok := m.at(number)
	if !ok || !s.defines(m.ref.class) || !isNamed(m.names, s.name, m.ref.name) {
		return ok
	}
	if len(m.versym) == 0 {
		m.symbol, m.done = s, true
		return false
	}
	number16 := m.versionNumber(number)
	hidden, index := number16&hiddenBit != 0, int(number16&^hiddenBit)
	if v := m.ref.version; v != nil {
		own := m.versionAt(index)
		same := own != nil && own.hash == v.hash && own.name == v.name
		if !same && (v.hidden || own != nil || hidden) {
			return true
		}
	} else if index >= 3 {
		// A reference without version means the oldest one, which has the
		// number 2; others only where there is no doubt.
		if !hidden {
			if m.newest++; m.newest == 1 {
				m.versioned = s
			}
		}
		return true
	}
	m.symbol, m.done = s, true
	return false
}

// versionAt returns the version of a number, nil when symbols cannot be asked for
// by it.
func (o *object) versionAt(number int) *version {
	if number >= len(o.versions) || o.versions[number].base || o.versions[number].hash == 0 {
		return nil
	}
	return &o.versions[number]
}

// defines reports whether a symbol can satisfy references of a class.
func (s *symbol) defines(class byte) bool {
	switch s.kind() {
	case typeNone, typeObject, typeFunc, typeCommon, typeIFunc:
		if s.value == 0 && s.section != sectionAbsolute {
			return false
		}
	case typeTLS:
	default:
		return false
	}
	return s.section != sectionUndefined || class != classCall
}

// isNamed reports whether the string at an offset of a table is name.
func isNamed(table []byte, at uint64, name []byte) bool {
	n := uint64(len(name))
	return at < uint64(len(table)) && uint64(len(table))-at > n && bytes.Equal(table[at:at+n], name) && table[at+n] == 0
}

// maxChain is how many symbols of one hash value are looked at. Chains of real
// tables have a handful.
const maxChain = 1 << 16

// each calls yield for the symbols that have a hash, until it returns false, and
// returns how many entries it looked at.
func (h *gnuHash) each(word int, hash uint32, yield func(number uint64) bool) int {
	bits := uint32(8 * word)
	words, buckets := uint32(len(h.filter)/word), uint32(len(h.buckets)/4)
	if words == 0 || buckets == 0 {
		return 0
	}
	w := h.filter[int(hash/bits&(words-1))*word:]
	filter := uint64(0)
	if word == 4 {
		filter = uint64(h.order.Uint32(w))
	} else {
		filter = h.order.Uint64(w)
	}
	if filter>>(hash%bits)&(filter>>(hash>>h.shift%bits))&1 == 0 {
		return 0
	}
	first := h.order.Uint32(h.buckets[hash%buckets*4:])
	if first < h.first {
		return 0
	}
	i := uint64(first - h.first)
	for n := 1; n < maxChain && (i+1)*4 <= uint64(len(h.chains)); n++ {
		c := h.order.Uint32(h.chains[i*4:])
		if (c^hash)>>1 == 0 && !yield(uint64(h.first)+i) || c&1 != 0 {
			return n
		}
		i++
	}
	return maxChain
}

// eachChained does the same with DT_HASH.
func (o *object) eachChained(hash uint32, yield func(number uint64) bool) int {
	word := o.hashWord()
	buckets, chains := uint64(len(o.buckets))/word, uint64(len(o.chains))/word
	if buckets == 0 {
		return 0
	}
	number := o.hashEntry(o.buckets[uint64(hash)%buckets*word:])
	for n := range maxChain {
		if number == 0 || number >= chains || !yield(number) {
			return n
		}
		number = o.hashEntry(o.chains[number*word:])
	}
	return maxChain
}

// copyKind is the number of the relocation that copies a library's data into the
// program, by machine (R_X86_64_COPY and so on of <elf.h>).
func copyKind(m elffile.Machine) uint32 {
	switch m {
	case elffile.MachineX86_64, elffile.Machine386:
		return 5
	case elffile.MachineARM:
		return 20
	case elffile.MachineARM64:
		return 1024
	case elffile.MachinePPC64:
		return 19
	case elffile.MachineS390:
		return 9
	case elffile.MachineRISCV, elffile.MachineLoong:
		return 4
	case elffile.MachineMIPS:
		return 126
	}
	return 0
}
