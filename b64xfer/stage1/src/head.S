/* The first bytes of stage-1: ELF headers, the dynamic section, and the entry.
 *
 * The file is a program for the kernel (static, at any address) and a shared object
 * whose DT_INIT is the same code. All of it is mapped twice, for reading and
 * executing, and for writing: a dynamic loader writes into the dynamic section.
 * The segments are 64 KB apart, the largest page there is. There is no DT_NEEDED, no
 * symbol and no relocation; musl wants a hash table, glibc the two tables of symbols.
 *
 * The sender appends what this file is to do, and patches "total" below, the sizes of
 * both segments, and "sum". */
#define RW 0x10000

#ifdef __LP64__
#define ADDR .quad
#define PHENT 56
#define DYN(tag, value) .quad tag, value
#else
#define ADDR .long
#define PHENT 32
#define DYN(tag, value) .long tag, value
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
#define FLAGS 0x05000000 /* EABI version 5; no float ABI is claimed */
#endif

/* A program header: elf(5). The flags stand where the class has them. */
.macro segment type, flags, offset, address, size, align
#ifdef __LP64__
	.long \type, \flags
	.quad \offset, \address, \address, \size, \size, \align
#else
	.long \type, \offset, \address, \address, \size, \size, \flags, \align
#endif
.endm

	.section .header, "ax", %progbits
	.globl image, total, sum
	.hidden image, total, sum
	.hidden head_end
image:
	.ascii "\177ELF"
#ifdef __LP64__
	.byte 2
#else
	.byte 1
#endif
	.byte 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0
	.short 3, MACHINE                  /* ET_DYN */
	.long 1
	ADDR entry - image
	ADDR segments - image
	ADDR 0
	.long FLAGS
	.short segments - image, PHENT, 4, 0, 0, 0
segments:
	segment 1, 5, 0, 0, 0, RW
	segment 1, 6, 0, RW, 0, RW
	segment 2, 6, (dynamic - image), (RW + dynamic - image), (dynamic_end - dynamic), 8
	segment 0x6474e551, 6, 0, 0, 0, 8  /* PT_GNU_STACK: no executable stack is asked for */
total:	.long 0                            /* bytes of the file */
sum:	.long head_end - image             /* CRC-32 of those behind head_end, whose place this says until then */
dynamic:
	DYN(12, entry - image)             /* DT_INIT */
	DYN(4, hash - image)               /* DT_HASH */
	DYN(5, symbol - image)             /* DT_STRTAB: a name of no character */
	DYN(6, symbol - image)             /* DT_SYMTAB */
	DYN(0, 0)
dynamic_end:
hash:	.long 1, 1, 0, 0
symbol:
#ifdef __LP64__
	.skip 24
#else
	.skip 16
#endif

/* As a program the kernel starts it with all registers zero, and the stack holds
 * arguments and environment; as DT_INIT it is called by a loader. run gets the stack,
 * or 0. It does not return. */
entry:
#if defined __x86_64__
	mov %rdi, %rax
	or %rsi, %rax
	or %rbp, %rax
	mov $0, %edi
	cmove %rsp, %rdi
	and $-16, %rsp
	call run
#elif defined __i386__
	mov %ebp, %eax
	or %esi, %eax
	or %edi, %eax
	mov $0, %eax
	cmove %esp, %eax
	and $-16, %esp
	sub $12, %esp
	push %eax
	call run
#elif defined __aarch64__
	orr x1, x0, x29
	orr x1, x1, x30
	mov x0, sp
	cmp x1, 0
	csel x0, x0, xzr, eq
	mov x29, 0
	bl run
#elif defined __arm__
	orr r1, r0, lr
	mov r0, sp
	cmp r1, #0
	movne r0, #0
	bic sp, sp, #7
	bl run
#endif
