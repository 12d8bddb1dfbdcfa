package elfsym

import (
	"encoding/binary"

	"rescuebox/internal/elffile"
)

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
	order           binary.ByteOrder
	first, shift    uint32
	filter          []byte
	buckets, chains []byte
}

// gnuHash reads the table, nil when there is none or when it is cut off.
func (m *image) gnuHash() *gnuHash {
	const header = 16
	b := m.table(dtGNUHash)
	if len(b) < header {
		return nil
	}
	u32 := m.Order.Uint32
	filter, buckets := uint64(u32(b[8:]))*uint64(m.WordSize()), uint64(u32(b))*4
	if uint64(len(b)-header) < filter+buckets {
		addr, _ := m.Value(dtGNUHash)
		m.note(&elffile.FormatError{Offset: m.position(addr), What: "hash table cut off"})
		return nil
	}
	h := &gnuHash{order: m.Order, first: u32(b[4:]), shift: u32(b[12:])}
	b = b[header:]
	h.filter, h.buckets, h.chains = b[:filter], b[filter:filter+buckets], b[filter+buckets:]
	return h
}

// count is the number of the last symbol in any chain, plus one; 0 when the chains,
// which have defined symbols only, are empty.
func (h *gnuHash) count() uint64 {
	last := uint32(0)
	for b := h.buckets; len(b) >= 4; b = b[4:] {
		last = max(last, h.order.Uint32(b))
	}
	if last < h.first {
		return 0
	}
	i := uint64(last-h.first) * 4
	for i+4 <= uint64(len(h.chains)) && h.order.Uint32(h.chains[i:])&1 == 0 {
		i += 4
	}
	return uint64(h.first) + i/4 + 1
}
