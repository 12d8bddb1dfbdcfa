package elfdep

import (
	"bytes"
	"strings"

	"rescuebox/internal/elffile"
)

// capability is a name of glibc for what a processor can do: up to 2.36 it named a
// subfolder, and a platform is what $PLATFORM stands for (dl-procinfo.h of the
// machine's sysdeps).
type capability struct {
	machine  elffile.Machine
	name     string
	bit      uint // in the library cache
	always   bool // every processor of the machine has it
	platform bool // it takes the place of AT_PLATFORM
}

// capabilities are those that are known here, by machine and bit.
var capabilities = []capability{
	{elffile.MachineX86_64, "x86_64", 1, true, false},
	{elffile.MachineX86_64, "avx512_1", 2, false, false},
	{elffile.MachineX86_64, "haswell", 50, false, true},
	{elffile.MachineX86_64, "xeon_phi", 51, false, true},
	{elffile.Machine386, "sse2", 0, true, false},
	{elffile.Machine386, "i586", 48, false, true},
	{elffile.Machine386, "i686", 49, false, true},
	{elffile.MachineARM64, "atomics", 8, false, false},
	{elffile.MachineARM, "vfp", 6, false, false},
	{elffile.MachineARM, "neon", 12, false, false},
}

// HostCapabilities returns what Config.Capabilities is for the processor that this
// runs on: of "avx512_1", "haswell" and "xeon_phi" on x86-64, which glibc grants to
// Intel's alone, "atomics" on 64-bit ARM, "vfp" and "neon" on 32-bit ARM.
func HostCapabilities() []string { return hostCapabilities() }

// processor is what a loader makes of the processor.
type processor struct {
	names             []string // of capabilities, by bit
	bits, platformBit uint64
	platform          string
}

// processorOf returns what a loader, given by its image, makes of a processor with
// the capabilities of a configuration.
func processorOf(program *elffile.Object, has []string, image []byte) processor {
	p := processor{platform: abiOf(program).platform}
	for _, c := range capabilities {
		if c.machine != program.Machine {
			continue
		}
		if c.platform && c.name == p.platform {
			p.platformBit = 1 << c.bit
		}
		granted := c.always
		for _, name := range has {
			granted = granted || name == c.name
		}
		switch {
		case !granted:
		case !c.platform:
			p.names = append(p.names, c.name)
			p.bits |= 1 << c.bit
		case bytes.Contains(image, []byte("\x00"+c.name+"\x00")):
			p.platform, p.platformBit = c.name, 1<<c.bit
		}
	}
	return p
}

// legacyFolders returns the subfolders that glibc tried up to 2.36: every combination
// of "tls", the platform and the capabilities, in this order of significance, the
// fullest first (_dl_important_hwcaps).
func (p processor) legacyFolders() []string {
	parts := []string{"tls/"}
	if p.platform != "" {
		parts = append(parts, p.platform+"/")
	}
	for i := len(p.names) - 1; i >= 0; i-- {
		parts = append(parts, p.names[i]+"/")
	}
	var folders []string
	for set := 1<<len(parts) - 1; set > 0; set-- {
		folder := ""
		for i, part := range parts {
			if set>>(len(parts)-1-i)&1 != 0 {
				folder += part
			}
		}
		folders = append(folders, folder)
	}
	return folders
}

// legacyLevel returns the end of a library's folder that names capabilities.
func legacyLevel(path string) string {
	folder, level := parent(path), ""
	for {
		name := base(folder)
		known := name == "tls"
		for _, c := range capabilities {
			known = known || c.name == name
		}
		if !known || !strings.Contains(folder, "/") {
			return level
		}
		level = strings.TrimSuffix(name+"/"+level, "/")
		folder = parent(folder)
	}
}

// Bits of CPUID that capabilities of x86-64 go by, as level names them.
const (
	leaf7AVX512CD   = 1 << 28
	leaf7AVX512ER   = 1 << 27
	leaf7AVX512PF   = 1 << 26
	leaf7AVX512More = 1<<30 | 1<<17 | 1<<31 // BW DQ VL
	leaf7Haswell    = 1<<3 | 1<<5 | 1<<8    // BMI1 AVX2 BMI2
	leaf1Haswell    = 1<<12 | 1<<22 | 1<<23 // FMA MOVBE POPCNT
	lzcnt           = 1 << 5                // extended
	savedAVX        = 1<<1 | 1<<2           // SSE and AVX registers
	savedAVX512     = savedAVX | 1<<5 | 1<<6 | 1<<7
)

// capabilitiesOf returns the capabilities that glibc sees in an x86-64 processor.
func capabilitiesOf(f features) []string {
	if !f.intel {
		return nil
	}
	var names []string
	platform := ""
	if f.saved&savedAVX512 == savedAVX512 && f.leaf7&leaf7AVX512CD != 0 {
		switch {
		case f.leaf7&leaf7AVX512ER == 0 && f.leaf7&leaf7AVX512More == leaf7AVX512More:
			names = append(names, "avx512_1")
		case f.leaf7&leaf7AVX512ER != 0 && f.leaf7&leaf7AVX512PF != 0:
			platform = "xeon_phi"
		}
	}
	if platform == "" && f.saved&savedAVX == savedAVX && f.leaf7&leaf7Haswell == leaf7Haswell &&
		f.leaf1&leaf1Haswell == leaf1Haswell && f.extended&lzcnt != 0 {
		platform = "haswell"
	}
	if platform != "" {
		names = append(names, platform)
	}
	return names
}
