/* The kernel, called directly: numbers and registers of each processor, from the
 * kernel's syscall tables and syscall(2). */
typedef unsigned char u8;
typedef unsigned short u16;
typedef unsigned int u32;
typedef unsigned long long u64;
typedef unsigned long word;

#define EEXIST 17
#define EINVAL 22

#define AT_FDCWD -100
#define AT_EMPTY_PATH 0x1000
#define AT_REMOVEDIR 0x200
#define O_WRONLY 1
#define O_CREAT 0100
#define O_EXCL 0200
#define O_PATH 010000000
#define O_CLOEXEC 02000000
#define X_OK 1
#define PROT_READ 1
#define PROT_WRITE 2
#define MAP_PRIVATE 2
#define MAP_ANONYMOUS 0x20
#define PR_SET_NAME 15
#define MFD_CLOEXEC 1
#define MFD_EXEC 0x10
#define FSCONFIG_SET_STRING 1
#define FSCONFIG_CMD_CREATE 6
#define FSMOUNT_CLOEXEC 1
#define SIGBUS 7
#define SIGSEGV 11
#define SIG_IGN ((void (*)(int, const word *, void *))1)
#define SA_SIGINFO 4
#define SA_RESTORER 0x04000000

#if defined __x86_64__
enum {
	SYS_write = 1, SYS_close = 3, SYS_mmap = 9, SYS_rt_sigaction = 13, SYS_getpid = 39, SYS_execve = 59,
	SYS_fchdir = 81, SYS_prctl = 157, SYS_exit_group = 231, SYS_openat = 257, SYS_mkdirat = 258,
	SYS_unlinkat = 263, SYS_faccessat = 269, SYS_memfd_create = 319, SYS_execveat = 322,
};
#define O_DIRECTORY 0200000
static long sys(long nr, long a, long b, long c, long d, long e) {
	long r;
	register long r10 __asm__("r10") = d;
	register long r8 __asm__("r8") = e;
	register long r9 __asm__("r9") = 0; /* mmap's offset */
	__asm__ volatile("syscall" : "=a"(r) : "0"(nr), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9) : "rcx", "r11", "memory");
	return r;
}
#define START "xor %ebp, %ebp\n mov %rsp, %rdi\n and $-16, %rsp\n call run"
#elif defined __i386__
enum {
	SYS_write = 4, SYS_close = 6, SYS_execve = 11, SYS_getpid = 20, SYS_mmap = 90, SYS_fchdir = 133, SYS_prctl = 172,
	SYS_rt_sigaction = 174, SYS_exit_group = 252, SYS_openat = 295, SYS_mkdirat = 296, SYS_unlinkat = 301,
	SYS_faccessat = 307, SYS_memfd_create = 356, SYS_execveat = 358,
};
#define O_DIRECTORY 0200000
static long sys(long nr, long a, long b, long c, long d, long e) {
	long r;
	__asm__ volatile("int $0x80" : "=a"(r) : "0"(nr), "b"(a), "c"(b), "d"(c), "S"(d), "D"(e) : "memory");
	return r;
}
#define START "xor %ebp, %ebp\n mov %esp, %eax\n and $-16, %esp\n sub $12, %esp\n push %eax\n call run"
#elif defined __aarch64__
enum {
	SYS_mkdirat = 34, SYS_unlinkat = 35, SYS_faccessat = 48, SYS_fchdir = 50, SYS_openat = 56, SYS_close = 57,
	SYS_write = 64, SYS_exit_group = 94, SYS_rt_sigaction = 134, SYS_prctl = 167, SYS_getpid = 172,
	SYS_execve = 221, SYS_mmap = 222, SYS_memfd_create = 279, SYS_execveat = 281,
};
#define O_DIRECTORY 040000
static long sys(long nr, long a, long b, long c, long d, long e) {
	register long x8 __asm__("x8") = nr;
	register long x0 __asm__("x0") = a;
	register long x1 __asm__("x1") = b;
	register long x2 __asm__("x2") = c;
	register long x3 __asm__("x3") = d;
	register long x4 __asm__("x4") = e;
	register long x5 __asm__("x5") = 0; /* mmap's offset */
	__asm__ volatile("svc 0" : "+r"(x0) : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4), "r"(x5) : "memory");
	return x0;
}
#define START "mov x29, 0\n mov x0, sp\n bl run"
#else
#error "this processor is not supported"
#endif
enum { SYS_fsopen = 430, SYS_fsconfig = 431, SYS_fsmount = 432 };

#define P(x) ((long)(x))

/* memory returns size bytes of zeros, or 0. */
static inline void *memory(word size) {
#ifdef __i386__
	long args[6] = {0, (long)size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0};
	long r = sys(SYS_mmap, P(args), 0, 0, 0, 0);
#else
	long r = sys(SYS_mmap, 0, (long)size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1);
#endif
	return (word)r >= (word)-4095 ? 0 : (void *)r;
}
