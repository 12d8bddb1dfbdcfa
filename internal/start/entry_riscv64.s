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
	MOV	$-1, T1
	MOV	T1, -16(X2)
	MOV	T1, -8(X2)
	MOV	$0, A0
	MOV	$RESCUE_RLIMIT, A1
	ADD	$-16, X2, A2
	MOV	$0, A3
	MOV	$SYS_prlimit64, A7
	ECALL
	BEQZ	A0, fds

	MOV	$0, A0
	MOV	$0, A2
	ADD	$-16, X2, A3
	ECALL
	BNEZ	A0, fds
	MOV	-8(X2), T1
	MOV	T1, -16(X2)
	ADD	$-16, X2, A2
	MOV	$0, A3
	ECALL
	MOV	$ADDRESS_SPACE, T2
	BLTU	T1, T2, refuse

fds:
	MOV	$AT_FDCWD, A0
	MOV	$root<>(SB), A1
	MOV	$O_PATH, A2
	MOV	$0, A3
	MOV	$SYS_openat, A7
	ECALL
	BLTZ	A0, run
	MOV	$2, T1
	BGEU	T1, A0, fds
	MOV	$SYS_close, A7
	ECALL
run:
	JMP	_rt0_riscv64_linux(SB)

refuse:
	MOV	$2, A0
	MOV	·refusal+0(SB), A1
	MOV	·refusal+8(SB), A2
	MOV	$SYS_write, A7
	ECALL
	MOV	$1, A0
	MOV	$SYS_exit_group, A7
	ECALL
	EBREAK
