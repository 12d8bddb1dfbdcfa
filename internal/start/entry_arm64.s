#include "textflag.h"
#include "entry.h"

#define SYS_openat 56
#define SYS_close 57
#define SYS_write 64
#define SYS_exit_group 94
#define SYS_prlimit64 261

DATA root<>+0(SB)/1, $"/"
DATA root<>+1(SB)/1, $0
GLOBL root<>(SB), RODATA|NOPTR, $2

// See entry_amd64.s: the same steps in the same order.
TEXT rescue_entry(SB),NOSPLIT|NOFRAME|TOPFRAME,$0
	MOVD	$-1, R9
	MOVD	R9, -16(RSP)
	MOVD	R9, -8(RSP)
	MOVD	$0, R0
	MOVD	$RESCUE_RLIMIT, R1
	SUB	$16, RSP, R2
	MOVD	$0, R3
	MOVD	$SYS_prlimit64, R8
	SVC
	CBZ	R0, fds

	MOVD	$0, R0
	MOVD	$0, R2
	SUB	$16, RSP, R3
	SVC
	CBNZ	R0, fds
	MOVD	-8(RSP), R9
	MOVD	R9, -16(RSP)
	SUB	$16, RSP, R2
	MOVD	$0, R3
	SVC
	MOVD	$ADDRESS_SPACE, R10
	CMP	R10, R9
	BLO	refuse

fds:
	MOVD	$AT_FDCWD, R0
	MOVD	$root<>(SB), R1
	MOVD	$O_PATH, R2
	MOVD	$0, R3
	MOVD	$SYS_openat, R8
	SVC
	CMP	$2, R0
	BLS	fds
	TBNZ	$63, R0, run
	MOVD	$SYS_close, R8
	SVC
run:
	B	_rt0_arm64_linux(SB)

refuse:
	MOVD	$2, R0
	MOVD	·refusal+0(SB), R1
	MOVD	·refusal+8(SB), R2
	MOVD	$SYS_write, R8
	SVC
	MOVD	$1, R0
	MOVD	$SYS_exit_group, R8
	SVC
	BRK
