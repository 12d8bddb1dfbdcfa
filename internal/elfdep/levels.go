package elfdep

import "golang.org/x/sys/cpu"

// HostLevels returns the glibc-hwcaps levels of the processor that this runs on,
// best first. Those of x86-64 are of the psABI, "Micro-Architecture Levels"; the
// features that x/sys/cpu does not tell (MOVBE, LZCNT, F16C) come with the others
// on every processor made.
func HostLevels() []string {
	x := &cpu.X86
	v2 := x.HasSSE3 && x.HasSSSE3 && x.HasSSE41 && x.HasSSE42 && x.HasPOPCNT && x.HasCX16
	v3 := v2 && x.HasAVX && x.HasAVX2 && x.HasBMI1 && x.HasBMI2 && x.HasFMA && x.HasOSXSAVE
	v4 := v3 && x.HasAVX512F && x.HasAVX512BW && x.HasAVX512CD && x.HasAVX512DQ && x.HasAVX512VL
	var levels []string
	for _, l := range []struct {
		has  bool
		name string
	}{{v4, "x86-64-v4"}, {v3, "x86-64-v3"}, {v2, "x86-64-v2"}} {
		if l.has {
			levels = append(levels, l.name)
		}
	}
	return levels
}
