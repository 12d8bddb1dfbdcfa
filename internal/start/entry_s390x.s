#include "textflag.h"
#include "entry.h"

#define SYS_write 4
#define SYS_close 6
#define SYS_exit_group 248
#define SYS_openat 288
#define SYS_prlimit64 334

DATA root<>+0(SB)/1, $"/"
DATA root<>+1(SB)/1, $0
GLOBL root<>(SB), RODATA|NOPTR, $2

// See entry_amd64.s: the same steps in the same order.
TEXT rescue_entry(SB),NOSPLIT|NOFRAME|TOPFRAME,$0
	MOVD	$-1, R8
	MOVD	R8, -16(R15)
	MOVD	R8, -8(R15)
	MOVD	$0, R2
	MOVD	$RESCUE_RLIMIT, R3
	MOVD	$-16(R15), R4
	MOVD	$0, R5
	MOVD	$SYS_prlimit64, R1
	SYSCALL
	CMPBEQ	R2, $0, fds

	MOVD	$0, R2
	MOVD	$0, R4
	MOVD	$-16(R15), R5
	SYSCALL
	CMPBNE	R2, $0, fds
	MOVD	-8(R15), R8
	MOVD	R8, -16(R15)
	MOVD	$-16(R15), R4
	MOVD	$0, R5
	SYSCALL
	MOVD	$ADDRESS_SPACE, R9
	CMPUBLT	R8, R9, refuse

fds:
	MOVD	$AT_FDCWD, R2
	MOVD	$root<>(SB), R3
	MOVD	$O_PATH, R4
	MOVD	$0, R5
	MOVD	$SYS_openat, R1
	SYSCALL
	CMPBLT	R2, $0, run
	CMPBLE	R2, $2, fds
	MOVD	$SYS_close, R1
	SYSCALL
run:
	BR	_rt0_s390x_linux(SB)

refuse:
	MOVD	$2, R2
	MOVD	·refusal+0(SB), R3
	MOVD	·refusal+8(SB), R4
	MOVD	$SYS_write, R1
	SYSCALL
	MOVD	$1, R2
	MOVD	$SYS_exit_group, R1
	SYSCALL
	UNDEF
