#include "textflag.h"
#include "entry.h"

#define SYS_write 4
#define SYS_close 6
#define SYS_exit_group 234
#define SYS_openat 286
#define SYS_prlimit64 325

DATA root<>+0(SB)/1, $"/"
DATA root<>+1(SB)/1, $0
GLOBL root<>(SB), RODATA|NOPTR, $2

// See entry_amd64.s: the same steps in the same order. A failed system call sets
// the summary overflow bit. R13 must stay zero for the runtime.
TEXT rescue_entry(SB),NOSPLIT|NOFRAME|TOPFRAME,$0
	XOR	R0, R0
	MOVD	$-1, R14
	MOVD	R14, -16(R1)
	MOVD	R14, -8(R1)
	MOVD	$0, R3
	MOVD	$RESCUE_RLIMIT, R4
	ADD	$-16, R1, R5
	MOVD	$0, R6
	SYSCALL	$SYS_prlimit64
	BVC	fds

	MOVD	$0, R3
	MOVD	$RESCUE_RLIMIT, R4
	MOVD	$0, R5
	ADD	$-16, R1, R6
	SYSCALL	$SYS_prlimit64
	BVS	fds
	MOVD	-8(R1), R14
	MOVD	R14, -16(R1)
	MOVD	$0, R3
	MOVD	$RESCUE_RLIMIT, R4
	ADD	$-16, R1, R5
	MOVD	$0, R6
	SYSCALL	$SYS_prlimit64
	MOVD	$ADDRESS_SPACE, R15
	CMPU	R14, R15
	BLT	refuse

fds:
	MOVD	$AT_FDCWD, R3
	MOVD	$root<>(SB), R4
	MOVD	$O_PATH, R5
	MOVD	$0, R6
	SYSCALL	$SYS_openat
	BVS	run
	CMPU	R3, $2
	BLE	fds
	SYSCALL	$SYS_close
run:
	BR	_rt0_ppc64le_linux(SB)

refuse:
	MOVD	$2, R3
	MOVD	·refusal+0(SB), R4
	MOVD	·refusal+8(SB), R5
	SYSCALL	$SYS_write
	MOVD	$1, R3
	SYSCALL	$SYS_exit_group
	UNDEF
