//go:build amd64 || 386

package elfdep

// cpuid and xgetbv are the instructions of those names.
func cpuid(leaf, sub uint32) (a, b, c, d uint32)
func xgetbv() uint32

// hostFeatures asks the processor, when it is wanted: on a virtual machine each
// question costs microseconds, which golang.org/x/sys/cpu spends at every start.
func hostFeatures() (f features) {
	const osxsave = 1 << 27
	last, b, c, d := cpuid(0, 0)
	f.intel = b == 0x756e6547 && d == 0x49656e69 && c == 0x6c65746e // GenuineIntel
	_, _, f.leaf1, _ = cpuid(1, 0)
	if last >= 7 {
		_, f.leaf7, _, _ = cpuid(7, 0)
	}
	if last, _, _, _ := cpuid(0x80000000, 0); last >= 0x80000001 {
		_, _, f.extended, _ = cpuid(0x80000001, 0)
	}
	if f.leaf1&osxsave != 0 {
		f.saved = xgetbv()
	}
	return f
}

// hostCapabilities follows glibc's sysdeps/x86/cpu-features.c.
func hostCapabilities() []string { return capabilitiesOf(hostFeatures()) }
