//go:build !386 && !arm && !mipsle

package start

// progHeader is an ELF program header, Elf64_Phdr in elf(5).
type progHeader struct {
	Type, Flags                                uint32
	Offset, Vaddr, Paddr, Filesz, Memsz, Align uint64
}
