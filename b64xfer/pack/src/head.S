/* ELF header, program headers and entry of the stub, elf(5). The packer appends the
 * parameters and the packed program, and sets the size of the segment. */
#define BASE 0x400000

#ifdef __LP64__
#define ADDR .quad
#define PHENT 56
#define CLASS 2
#else
#define ADDR .long
#define PHENT 32
#define CLASS 1
#endif

#if defined __x86_64__
#define MACHINE 62
#define FLAGS 0
#elif defined __i386__
#define MACHINE 3
#define FLAGS 0
#elif defined __aarch64__
#define MACHINE 183
#define FLAGS 0
#elif defined __arm__
#define MACHINE 40
#define FLAGS 0x05000000 /* EABI version 5 */
#endif

.macro segment type, flags, address, align
#ifdef __LP64__
	.long \type, \flags
	.quad 0, \address, \address, 0, 0, \align
#else
	.long \type, 0, \address, \address, 0, 0, \flags, \align
#endif
.endm

	.section .header, "ax", %progbits
	.globl image
	.hidden image
image:
	.ascii "\177ELF"
	.byte CLASS, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0
	.short 2, MACHINE                  /* ET_EXEC */
	.long 1
	ADDR BASE + entry - image
	ADDR segments - image
	ADDR 0
	.long FLAGS
	.short segments - image, PHENT, 2, 0, 0, 0
segments:
	segment 1, 5, BASE, 0x10000
	segment 0x6474e551, 6, 0, 8        /* PT_GNU_STACK */

/* The stack holds argc, argv, envp and the auxiliary vector. */
entry:
#if defined __x86_64__
	mov %rsp, %rdi
	and $-16, %rsp
	call run
#elif defined __i386__
	mov %esp, %eax
	and $-16, %esp
	sub $12, %esp
	push %eax
	call run
#elif defined __aarch64__
	mov x0, sp
	bl run
#elif defined __arm__
	mov r0, sp
	bic sp, sp, #7
	bl run
#endif
