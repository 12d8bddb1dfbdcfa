package elfdep

import (
	"rescuebox/internal/elffile"
)

// abi is what differs by machine.
type abi struct {
	machine  elffile.Machine
	class    elffile.Class
	triplet  string // Debian's name of the folder for its libraries
	loader   string
	musl     string // musl's name of the machine
	platform string // AT_PLATFORM, the least where it depends on the processor; empty: none
	flags    int32  // in the library cache (glibc's ldconfig.h), without FLAG_ELF_LIBC6
	other    int32  // flags that its loader takes beside (its dl-cache.h), 0 for none
}

const elfLibc6 = 3 // FLAG_ELF_LIBC6

var abis = []abi{
	{elffile.MachineX86_64, elffile.Class64, "x86_64-linux-gnu", "/lib64/ld-linux-x86-64.so.2", "x86_64", "x86_64", 0x0300, 0},
	{elffile.MachineX86_64, elffile.Class32, "x86_64-linux-gnux32", "/libx32/ld-linux-x32.so.2", "x32", "x86_64", 0x0800, 0},
	{elffile.Machine386, elffile.Class32, "i386-linux-gnu", "/lib/ld-linux.so.2", "i386", "i686", 0, 1},
	{elffile.MachineARM64, elffile.Class64, "aarch64-linux-gnu", "/lib/ld-linux-aarch64.so.1", "aarch64", "aarch64", 0x0a00, 0},
	{elffile.MachineARM, elffile.Class32, "arm-linux-gnueabihf", "/lib/ld-linux-armhf.so.3", "armhf", "v7l", 0x0900, elfLibc6},
	{elffile.MachinePPC64, elffile.Class64, "powerpc64le-linux-gnu", "/lib64/ld64.so.2", "powerpc64le", "power8", 0x0500, 0},
	{elffile.MachineS390, elffile.Class64, "s390x-linux-gnu", "/lib/ld64.so.1", "s390x", "z900", 0x0400, 0},
	{elffile.MachineRISCV, elffile.Class64, "riscv64-linux-gnu", "/lib/ld-linux-riscv64-lp64d.so.1", "riscv64", "", 0x1000, 0},
	{elffile.MachineLoong, elffile.Class64, "loongarch64-linux-gnu", "/lib64/ld-linux-loongarch-lp64d.so.1", "loongarch64", "", 0x1200, 0},
	{elffile.MachineMIPS, elffile.Class32, "mipsel-linux-gnu", "/lib/ld.so.1", "mipsel", "mips", 0, 1},
}

// armSoftFloat is EF_ARM_ABI_FLOAT_SOFT of e_flags: the other ABI of its machine.
const armSoftFloat = 0x200

func abiOf(o *elffile.Object) abi {
	for _, a := range abis {
		if a.machine == o.Machine && a.class == o.Class {
			if a.machine == elffile.MachineARM && o.Flags&armSoftFloat != 0 {
				a.triplet, a.loader, a.musl, a.flags = "arm-linux-gnueabi", "/lib/ld-linux.so.3", "arm", 0x0b00
			}
			return a
		}
	}
	return abi{}
}

// cacheFlags are the flags that entries of the program's ABI have in the cache.
func cacheFlags(o *elffile.Object) int32 { return abiOf(o).flags | elfLibc6 }

// guessedFolders serve when the loader itself cannot be read: those of Debian's
// and of the other distributions' layout.
func guessedFolders(o *elffile.Object) []string {
	var dirs []string
	if t := abiOf(o).triplet; t != "" {
		dirs = append(dirs, "/lib/"+t+"/", "/usr/lib/"+t+"/")
	}
	if o.Class == elffile.Class64 {
		dirs = append(dirs, "/lib64/", "/usr/lib64/")
	}
	return append(dirs, "/lib/", "/usr/lib/")
}
