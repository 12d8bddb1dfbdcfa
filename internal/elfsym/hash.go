package elfsym

import "rescuebox/internal/elffile"

// hashWord is the size of the numbers in DT_HASH, in bytes. The 64-bit ABI of s390
// has wider ones than all others.
func (m *image) hashWord() uint64 {
	if m.Machine == elffile.MachineS390 && m.Class == elffile.Class64 {
		return 8
	}
	return 4
}

func (m *image) hashEntry(b []byte) uint64 {
	if m.hashWord() == 8 {
		return m.Order.Uint64(b)
	}
	return uint64(m.Order.Uint32(b))
}

// gnuHash is a DT_GNU_HASH table (binutils' bfd/elflink.c writes it, glibc's
// elf/dl-setup_hash.c reads it): u32 buckets, first symbol, words of the filter,
// shift; the filter, of words of the class; the buckets; a chain value for each
// symbol from the first on.
type gnuHash struct {
	first, shift    uint32
	filter          []byte
	buckets, chains []byte
}

// gnuHash reads the table, nil when there is none or when it is cut off.
func (m *image) gnuHash() *gnuHash {
	addr, ok := m.Value(dtGNUHash)
	if !ok {
		return nil
	}
	const header = 16
	b := m.table(addr, header)
	if len(b) < header {
		return nil
	}
	u32 := m.Order.Uint32
	filter, buckets := uint64(u32(b[8:]))*uint64(m.WordSize()), uint64(u32(b))*4
	h := &gnuHash{first: u32(b[4:]), shift: u32(b[12:])}
	b = m.table(addr+header, filter+buckets)
	if uint64(len(b)) < filter+buckets {
		return nil
	}
	h.filter, h.buckets = b[:filter], b[filter:]
	last := uint32(0)
	for b := h.buckets; len(b) >= 4; b = b[4:] {
		last = max(last, u32(b))
	}
	if last >= h.first {
		h.chains = m.chains(addr+header+filter+buckets, uint64(last-h.first)*4)
	}
	return h
}

// chains reads chain values up to the one with the end mark, not before the offset
// at which the last chain begins.
func (m *image) chains(addr, last uint64) []byte {
	for size := last + page; ; size += size / 2 {
		b := m.table(addr, size)
		for i := last; i+4 <= uint64(len(b)); i += 4 {
			if m.Order.Uint32(b[i:])&1 != 0 {
				return b[:i+4]
			}
		}
		if uint64(len(b)) < size {
			return b
		}
	}
}

// count is the number of the last symbol in any chain, plus one.
func (h *gnuHash) count() uint64 { return uint64(h.first) + uint64(len(h.chains))/4 }
