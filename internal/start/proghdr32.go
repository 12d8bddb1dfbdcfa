//go:build 386 || arm || mipsle

package start

// progHeader is an ELF program header, Elf32_Phdr in elf(5).
type progHeader struct {
	Type                                uint32
	Offset, Vaddr, Paddr, Filesz, Memsz uint32
	Flags, Align                        uint32
}
