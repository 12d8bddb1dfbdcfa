package elfdep

import "errors"

// level is a glibc-hwcaps level of x86-64 and the features that it asks for beyond
// the level before (psABI, "Micro-Architecture Levels"). The loader of glibc takes
// the same ones (sysdeps/x86/get-isa-level.h).
type level struct {
	name string
	// Bits that must be set: ECX of CPUID leaf 1, EBX of leaf 7, ECX of leaf
	// 0x80000001, and XCR0, the registers that the system saves.
	leaf1, leaf7, extended, saved uint32
}

var levels = []level{
	{name: "x86-64-v2",
		leaf1:    1<<0 | 1<<9 | 1<<13 | 1<<19 | 1<<20 | 1<<23, // SSE3 SSSE3 CX16 SSE4.1 SSE4.2 POPCNT
		extended: 1 << 0},                                     // LAHF
	{name: "x86-64-v3",
		leaf1:    1<<12 | 1<<22 | 1<<27 | 1<<28 | 1<<29, // FMA MOVBE OSXSAVE AVX F16C
		leaf7:    1<<3 | 1<<5 | 1<<8,                    // BMI1 AVX2 BMI2
		extended: 1 << 5,                                // LZCNT
		saved:    1<<1 | 1<<2},                          // SSE and AVX registers
	{name: "x86-64-v4",
		leaf7: 1<<16 | 1<<17 | 1<<28 | 1<<30 | 1<<31, // AVX512 F DQ CD BW VL
		saved: 1<<5 | 1<<6 | 1<<7},                   // mask and AVX512 registers
}

// features are what a processor has, as level names them.
type features struct {
	leaf1, leaf7, extended, saved uint32
	intel                         bool
}

// levelsOf returns the levels that a processor reaches, best first.
func levelsOf(f features) []string {
	var names []string
	for _, l := range levels {
		if l.leaf1&^f.leaf1 != 0 || l.leaf7&^f.leaf7 != 0 || l.extended&^f.extended != 0 || l.saved&^f.saved != 0 {
			break
		}
		names = append([]string{l.name}, names...)
	}
	return names
}

// psABI levels above the base, and those of POWER and z, best first, by which a level
// includes those that follow (dl-hwcaps-subdirs.c of the machine's sysdeps).
var orders = [][]string{
	{"x86-64-v4", "x86-64-v3", "x86-64-v2", "x86-64-v1"},
	{"power11", "power10", "power9", "power8"},
	{"z17", "z16", "z15", "z14", "z13", "z900"},
}

// ErrLevel says that a name is not that of a level.
var ErrLevel = errors.New("unknown processor level: x86-64-v1 to -v4, power8 to power11, z900 and z13 to z17 are known")

// Levels returns the glibc-hwcaps levels of a processor that is named by the best one
// that it has, best first: "x86-64-v3" has itself and "x86-64-v2". The least of a
// machine ("x86-64-v1", "power8", "z900") has none. The error is ErrLevel.
func Levels(name string) ([]string, error) {
	for _, order := range orders {
		least := len(order) - 1
		for i, level := range order {
			if level == name {
				return append([]string{}, order[min(i, least):least]...), nil
			}
		}
	}
	return nil, ErrLevel
}

// HostLevels returns the glibc-hwcaps levels of the processor that this runs on,
// best first: none but on x86.
func HostLevels() []string { return levelsOf(hostFeatures()) }
