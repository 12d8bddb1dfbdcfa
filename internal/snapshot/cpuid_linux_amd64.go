package snapshot

// cpuid is the instruction of that name.
func cpuid(leaf, sub uint32) (a, b, c, d uint32)

// Bits of CPUID, leaf 1 ECX, leaf 7 EBX, leaf 7 ECX and leaf 0x80000001 ECX, for the
// instructions in glibc's variants of functions, by x86-64-vN (AMD64 psABI, "x86-64
// microarchitecture levels"; level 4 here: AVX-512, FMA4 and RTM, and more than v4).
var instructions = [...]struct {
	level int
	bits  [4]uint32
}{
	{2, [4]uint32{1<<0 | 1<<9 | 1<<13 | 1<<19 | 1<<20 | 1<<23, 0, 0, 1 << 0}},
	{3, [4]uint32{1<<12 | 1<<22 | 1<<26 | 1<<27 | 1<<28 | 1<<29, 1<<3 | 1<<5 | 1<<8, 0, 1 << 5}},
	{4, [4]uint32{0, 1<<11 | 1<<16 | 1<<17 | 1<<28 | 1<<30 | 1<<31, 1<<1 | 1<<6 | 1<<8 | 1<<11 | 1<<12 | 1<<14, 1 << 16}},
}

// needed are the bits that a snapshot for a level depends on when made here.
func needed(level int) (bits [4]uint32) {
	var have [4]uint32
	last, _, _, _ := cpuid(0, 0)
	_, _, have[0], _ = cpuid(1, 0)
	if last >= 7 {
		_, have[1], have[2], _ = cpuid(7, 0)
	}
	if last, _, _, _ = cpuid(0x80000000, 0); last >= 0x80000001 {
		_, _, have[3], _ = cpuid(0x80000001, 0)
	}
	for _, i := range instructions {
		for k := range bits {
			if i.level <= level {
				bits[k] |= i.bits[k] & have[k]
			}
		}
	}
	return bits
}
