package snapshot

// A feature of the processor, by the names that the glibc.cpu.hwcaps tunable has had
// for it: bits of CPUID since glibc 2.26, "_Usable" ones until 2.32, and preferences
// that stand for code with such instructions (glibc, sysdeps/x86/cpu-tunables.c).
type feature struct {
	name  string
	since int // the lowest x86-64-vN that has it, 0 for none
}

var features = [...]feature{
	// These two choose among functions that any processor runs: those of one that has
	// them are slow on one that has not.
	{"Fast_Unaligned_Load", 2}, {"Fast_Unaligned_Copy", 2},
	{"SSSE3", 2}, {"SSE4_1", 2}, {"SSE4_2", 2}, {"POPCNT", 2},
	{"AVX", 3}, {"AVX_Usable", 3}, {"AVX2", 3}, {"AVX2_Usable", 3}, {"AVX_Fast_Unaligned_Load", 3},
	{"BMI1", 3}, {"BMI2", 3}, {"FMA", 3}, {"FMA_Usable", 3}, {"LZCNT", 3}, {"MOVBE", 3}, {"XSAVE", 3}, {"OSXSAVE", 3},
	{"XSAVEC", 0}, {"XSAVEC_Usable", 0}, {"ERMS", 0}, {"Prefer_ERMS", 0}, {"Prefer_FSRM", 0}, {"RTM", 0},
	{"FMA4", 0}, {"FMA4_Usable", 0}, {"AVX_VNNI", 0},
	{"AVX512F", 0}, {"AVX512F_Usable", 0}, {"AVX512CD", 0}, {"AVX512ER", 0}, {"AVX512PF", 0}, {"AVX512VL", 0},
	{"AVX512BW", 0}, {"AVX512DQ", 0}, {"AVX512DQ_Usable", 0},
}

// level is N of x86-64-vN, and false for what is none.
func level(cpu string) (int, bool) {
	switch cpu {
	case "", Baseline:
		return 1, true
	case V2:
		return 2, true
	case V3:
		return 3, true
	case Host:
		return 4, true
	}
	return 0, false
}

// tunables is the value of GLIBC_TUNABLES that makes the loader choose what runs on
// a processor of the level, and not register restartable sequences, which the
// process to come would lack. Names that a version does not know are ignored by it;
// the tunable was glibc.tune.hwcaps until 2.28.
func tunables(level int) string {
	const rseq = "glibc.pthread.rseq=0"
	if level > 3 {
		return rseq
	}
	mask := ""
	for _, f := range features {
		if f.since == 0 || f.since > level {
			mask += ",-" + f.name
		}
	}
	return "glibc.cpu.hwcaps=" + mask[1:] + ":glibc.tune.hwcaps=" + mask[1:] + ":" + rseq
}
