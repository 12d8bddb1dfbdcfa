//go:build !amd64 && !386

package elfdep

import (
	"runtime"

	"golang.org/x/sys/unix"

	"rescuebox/internal/elffile"
)

func hostFeatures() features { return features{} }

// hostCapabilities asks the kernel.
func hostCapabilities() []string {
	const atHWCap = 16 // AT_HWCAP of <elf.h>
	auxv, _ := unix.Auxv()
	var names []string
	for _, v := range auxv {
		if v[0] != atHWCap {
			continue
		}
		for _, c := range capabilities {
			// 64-bit and 32-bit ARM have other bits.
			if c.goarch() == runtime.GOARCH && !c.platform && v[1]>>c.bit&1 != 0 {
				names = append(names, c.name)
			}
		}
	}
	return names
}

func (c *capability) goarch() string {
	switch c.machine {
	case elffile.MachineARM64:
		return "arm64"
	case elffile.MachineARM:
		return "arm"
	}
	return ""
}
