/*
 * A stand-in for the kernel's vdso, which has another address in every process: the
 * loader binds to these functions while packing, and the stub points them at the
 * real ones. Where there are none, they make the system call.
 */

	.text

	/* SLOT is the offset in struct params, at PARAMS, of vdso[n]. */
	.macro function name, slot
	.globl	__vdso_\name
	.type	__vdso_\name, @function
	.p2align 4
__vdso_\name:
	movabs	$PARAMS + 160 + 8 * \slot, %rax
	mov	(%rax), %rax
	test	%rax, %rax
	jz	1f
	jmp	*%rax
1:	mov	$__NR_\name, %eax
	syscall
	ret
	.size	__vdso_\name, . - __vdso_\name
	.endm

	.set	__NR_clock_gettime, 228
	.set	__NR_gettimeofday, 96
	.set	__NR_time, 201
	.set	__NR_clock_getres, 229
	.set	__NR_getcpu, 309

	function clock_gettime, 0
	function gettimeofday, 1
	function time, 2
	function clock_getres, 3
	function getcpu, 4

	.section .note.GNU-stack, "", @progbits
