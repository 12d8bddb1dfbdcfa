/* The kernel, called directly: numbers and registers of each processor, from the
 * kernel's syscall tables and syscall(2). Six arguments, for mmap. */
typedef unsigned char u8;
typedef unsigned int u32;
typedef unsigned long long u64;
typedef unsigned long word;

#define AT_FDCWD -100
#define AT_EMPTY_PATH 0x1000
#define O_WRONLY 1
#define O_CREAT 0100
#define O_EXCL 0200
#define O_PATH 010000000
#define O_CLOEXEC 02000000
#define PROT_READ 1
#define PROT_WRITE 2
#define MAP_PRIVATE 2
#define MAP_ANONYMOUS 0x20
#define MFD_CLOEXEC 1
#define MFD_EXEC 0x10
#define RENAME_NOREPLACE 1
#define SIG_SETMASK 2
#define POLLIN 1
#define TCGETS 0x5401
#define TCSETS 0x5402
#define ECHO 010

#define ENOENT 2
#define EIO 5
#define EACCES 13
#define EEXIST 17
#define EISDIR 21
#define EINVAL 22
#define ENOSPC 28
#define EROFS 30
#define ENOSYS 38

#if defined __x86_64__
enum {
	SYS_read = 0, SYS_write = 1, SYS_close = 3, SYS_mmap = 9, SYS_rt_sigprocmask = 14, SYS_ioctl = 16, SYS_execve = 59,
	SYS_fchmod = 91, SYS_exit_group = 231, SYS_openat = 257, SYS_unlinkat = 263, SYS_renameat = 264, SYS_readlinkat = 267,
	SYS_ppoll = 271, SYS_signalfd4 = 289, SYS_renameat2 = 316, SYS_memfd_create = 319, SYS_execveat = 322,
};
#define O_DIRECTORY 0200000
#define O_NOFOLLOW 0400000
static long sys(long nr, long a, long b, long c, long d, long e, long f) {
	long r;
	register long r10 __asm__("r10") = d;
	register long r8 __asm__("r8") = e;
	register long r9 __asm__("r9") = f;
	__asm__ volatile("syscall" : "=a"(r) : "0"(nr), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9) : "rcx", "r11", "memory");
	return r;
}
#elif defined __i386__
enum {
	SYS_read = 3, SYS_write = 4, SYS_close = 6, SYS_execve = 11, SYS_ioctl = 54, SYS_fchmod = 94, SYS_rt_sigprocmask = 175,
	SYS_mmap = 192, SYS_exit_group = 252, SYS_openat = 295, SYS_unlinkat = 301, SYS_renameat = 302, SYS_readlinkat = 305,
	SYS_ppoll = 309, SYS_signalfd4 = 327, SYS_renameat2 = 353, SYS_memfd_create = 356, SYS_execveat = 358,
};
#define O_DIRECTORY 0200000
#define O_NOFOLLOW 0400000
/* The sixth argument is 0 for every call that is made here. */
static long sys(long nr, long a, long b, long c, long d, long e, long f) {
	long r;
	(void)f;
	__asm__ volatile("push %%ebp\n xor %%ebp, %%ebp\n int $0x80\n pop %%ebp" : "=a"(r) : "0"(nr), "b"(a), "c"(b), "d"(c), "S"(d), "D"(e) : "memory");
	return r;
}
#elif defined __aarch64__
enum {
	SYS_ioctl = 29, SYS_unlinkat = 35, SYS_renameat = 38, SYS_fchmod = 52, SYS_openat = 56, SYS_close = 57, SYS_read = 63,
	SYS_write = 64, SYS_ppoll = 73, SYS_signalfd4 = 74, SYS_readlinkat = 78, SYS_exit_group = 94, SYS_rt_sigprocmask = 135,
	SYS_execve = 221, SYS_mmap = 222, SYS_renameat2 = 276, SYS_memfd_create = 279, SYS_execveat = 281,
};
#define O_DIRECTORY 040000
#define O_NOFOLLOW 0100000
static long sys(long nr, long a, long b, long c, long d, long e, long f) {
	register long x8 __asm__("x8") = nr;
	register long x0 __asm__("x0") = a;
	register long x1 __asm__("x1") = b;
	register long x2 __asm__("x2") = c;
	register long x3 __asm__("x3") = d;
	register long x4 __asm__("x4") = e;
	register long x5 __asm__("x5") = f;
	__asm__ volatile("svc 0" : "+r"(x0) : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4), "r"(x5) : "memory");
	return x0;
}
#elif defined __arm__
enum {
	SYS_read = 3, SYS_write = 4, SYS_close = 6, SYS_execve = 11, SYS_ioctl = 54, SYS_fchmod = 94, SYS_rt_sigprocmask = 175,
	SYS_mmap = 192, SYS_exit_group = 248, SYS_openat = 322, SYS_unlinkat = 328, SYS_renameat = 329, SYS_readlinkat = 332,
	SYS_ppoll = 336, SYS_signalfd4 = 355, SYS_renameat2 = 382, SYS_memfd_create = 385, SYS_execveat = 387,
};
#define O_DIRECTORY 040000
#define O_NOFOLLOW 0100000
static long sys(long nr, long a, long b, long c, long d, long e, long f) {
	register long r7 __asm__("r7") = nr;
	register long r0 __asm__("r0") = a;
	register long r1 __asm__("r1") = b;
	register long r2 __asm__("r2") = c;
	register long r3 __asm__("r3") = d;
	register long r4 __asm__("r4") = e;
	register long r5 __asm__("r5") = f;
	__asm__ volatile("svc 0" : "+r"(r0) : "r"(r7), "r"(r1), "r"(r2), "r"(r3), "r"(r4), "r"(r5) : "memory");
	return r0;
}
#else
#error "this processor is not supported"
#endif

#define call1(nr, a) sys(SYS_##nr, (long)(a), 0, 0, 0, 0, 0)
#define call2(nr, a, b) sys(SYS_##nr, (long)(a), (long)(b), 0, 0, 0, 0)
#define call3(nr, a, b, c) sys(SYS_##nr, (long)(a), (long)(b), (long)(c), 0, 0, 0)
#define call4(nr, a, b, c, d) sys(SYS_##nr, (long)(a), (long)(b), (long)(c), (long)(d), 0, 0)
#define call5(nr, a, b, c, d, e) sys(SYS_##nr, (long)(a), (long)(b), (long)(c), (long)(d), (long)(e), 0)
