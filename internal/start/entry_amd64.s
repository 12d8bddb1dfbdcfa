#include "textflag.h"
#include "entry.h"

#define SYS_write 1
#define SYS_close 3
#define SYS_exit_group 231
#define SYS_openat 257
#define SYS_prlimit64 302

DATA root<>+0(SB)/1, $"/"
DATA root<>+1(SB)/1, $0
GLOBL root<>(SB), RODATA|NOPTR, $2

// The kernel enters here with argc at the top of the stack, which must stay as
// it is for the runtime. A struct rlimit64 (soft, hard) lies below it: nothing
// else uses that memory before the runtime runs.
TEXT rescue_entry(SB),NOSPLIT|NOFRAME|TOPFRAME,$0
	// Both limits to infinity: root may raise the hard one.
	MOVQ	$-1, AX
	MOVQ	AX, -16(SP)
	MOVQ	AX, -8(SP)
	XORL	DI, DI			// this process
	MOVL	$RESCUE_RLIMIT, SI
	LEAQ	-16(SP), DX		// new
	XORL	R10, R10		// old
	MOVL	$SYS_prlimit64, AX
	SYSCALL
	TESTQ	AX, AX
	JEQ	fds

	// Not allowed: the soft limit up to the hard one.
	XORL	DX, DX
	LEAQ	-16(SP), R10
	MOVL	$SYS_prlimit64, AX
	SYSCALL
	TESTQ	AX, AX
	JNE	fds
	MOVQ	-8(SP), BX
	MOVQ	BX, -16(SP)
	LEAQ	-16(SP), DX
	XORL	R10, R10
	MOVL	$SYS_prlimit64, AX
	SYSCALL
	CMPQ	BX, $ADDRESS_SPACE
	JCS	refuse

	// A descriptor for each of 0, 1, 2 that is closed.
fds:
	MOVQ	$AT_FDCWD, DI
	LEAQ	root<>(SB), SI
	MOVL	$O_PATH, DX
	XORL	R10, R10
	MOVL	$SYS_openat, AX
	SYSCALL
	CMPQ	AX, $2
	JLS	fds
	TESTQ	AX, AX
	JLT	run
	MOVQ	AX, DI
	MOVL	$SYS_close, AX
	SYSCALL
run:
	JMP	_rt0_amd64_linux(SB)

refuse:
	MOVL	$2, DI
	MOVQ	·refusal+0(SB), SI
	MOVQ	·refusal+8(SB), DX
	MOVL	$SYS_write, AX
	SYSCALL
	MOVL	$1, DI
	MOVL	$SYS_exit_group, AX
	SYSCALL
	INT	$3
