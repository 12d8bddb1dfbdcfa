/*
 * What runs first in a snapshot: makes the memory that a dynamic loader left behind
 * in another process fit this one, and enters the loader where it had stopped.
 *
 * Freestanding, for x86-64 Linux. No relocations, no libc, no data of its own but
 * struct params, which the packer fills in (internal/snapshot/write_linux_amd64.go
 * holds the same offsets).
 */

typedef unsigned long u64;
typedef unsigned int u32;
typedef unsigned short u16;
typedef unsigned char u8;

struct range { u64 addr, size; };
struct guarded { u64 addr, size, prot; };
struct aux { u64 type, value; };

struct params {
	u64 entry;                            /* of the program */
	u64 start;                            /* _dl_start_user of the loader */
	u64 fs;                               /* arch_prctl(ARCH_SET_FS, fs) */
	u64 tid;                              /* set_tid_address(tid) */
	u64 robust, robust_size;              /* set_robust_list(robust, robust_size) */
	u64 guard;                            /* pointer guard that mangled pointers hold */
	u64 digest;                           /* XXH64 of the segments, this word as 0 */
	const struct range *segments;         /* what the digest is of, in multiples of 32 bytes */
	u64 nsegments;
	const u64 *fixups;                    /* address << 4 | enum fixup */
	u64 nfixups;
	const struct guarded *guarded;        /* to protect again after the fixups */
	u64 nguarded;
	const char *const *env;               /* NAME=VALUE to add where there is no NAME */
	u64 nenv;
	const struct aux *aux;                /* what the kernel cannot know */
	u64 naux;
	u32 need[4];                          /* CPUID bits: 1.ecx 7.ebx 7.ecx 80000001.ecx */
	u64 vdso[5];                          /* where the functions of vdso.S go */
	const char *name;                     /* what the program is called */
	const char *called;                   /* what its snapshot is called */
};
extern struct params params;
_Static_assert(__builtin_offsetof(struct params, nenv) == 120, "_start knows it");
_Static_assert(__builtin_offsetof(struct params, vdso) == 160, "vdso.S knows it");

enum fixup { CANARY = 1, GUARD, MANGLED, STACK, ARGV, ENVP, AUXV, RANDOM };

enum {
	AT_NULL = 0, AT_SECURE = 23, AT_RANDOM = 25, AT_SYSINFO_EHDR = 33,
	SYS_WRITE = 1, SYS_MPROTECT = 10, SYS_RT_SIGACTION = 13, SYS_ARCH_PRCTL = 158,
	SYS_SET_TID_ADDRESS = 218, SYS_EXIT_GROUP = 231, SYS_SET_ROBUST_LIST = 273,
	ARCH_SET_FS = 0x1002, SIGBUS = 7, SA_RESTORER = 0x04000000,
	CANNOT_RUN = 126,
};

/* The stack on entry is argc, argv, 0, envp, 0, auxv. prepare returns where it
 * begins now, lower by what the environment grew: its own frames stay below that. */
__asm__(
	".section .text.start,\"ax\"\n"
	".globl _start\n"
	"_start:\n"
	"	mov %rsp, %rdi\n"
	"	mov params+120(%rip), %rax\n" /* nenv */
	"	lea 16(,%rax,8), %rax\n"
	"	sub %rax, %rsp\n"
	"	and $-16, %rsp\n"
	"	xor %ebp, %ebp\n"
	"	call prepare\n"
	"	mov %rax, %rsp\n"
	"	mov params+0(%rip), %rax\n"
	"	xor %edx, %edx\n"
	"	jmp *params+8(%rip)\n"
	".text\n");

static long call(long number, long a, long b, long c, long d)
{
	long result;
	register long r10 __asm__("r10") = d;
	__asm__ volatile("syscall" : "=a"(result)
		: "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10) : "rcx", "r11", "memory");
	return result;
}

static const char *program; /* argv[0], for messages; no segment of the digest holds it */

/* append returns where text ends in line; what does not fit is left out. */
static char *append(char *to, char *end, const char *text)
{
	while (*text && to < end)
		*to++ = *text++;
	return to;
}

static __attribute__((noreturn)) void refuse(const char *reason)
{
	char line[512], *end = line + sizeof line - 1, *p = line;
	p = append(p, line + 255, program ? program : "snapshot");
	p = append(p, end, ": ");
	p = append(p, end, reason);
	*p++ = '\n';
	call(SYS_WRITE, 2, (long)line, p - line, 0);
	for (;;)
		call(SYS_EXIT_GROUP, CANNOT_RUN, 0, 0, 0);
}

static int same(const char *a, const char *b, char end)
{
	for (; *a == *b && *a != end && *a; a++, b++)
		;
	return *a == *b;
}

/* own_name is what the program is called when its snapshot is called argv0: programs
 * look at that, some for what to do. */
static const char *own_name(const char *argv0)
{
	const char *base = argv0, *name = params.name;
	for (const char *p = argv0; *p; p++)
		if (*p == '/')
			base = p + 1;
	if (same(base, params.called, 0))
		return name;
	for (const char *p = base; ; p++, name++)
		if (!*name)
			return *p == '.' ? params.name : argv0;
		else if (*p != *name)
			return argv0;
}

/* XXH64 (xxHash specification, chapter "XXH64 algorithm description", seed 0) of
 * what is a multiple of 32 bytes: there is never a rest. */
#define P1 0x9E3779B185EBCA87UL
#define P2 0xC2B2AE3D27D4EB4FUL
#define P3 0x165667B19E3779F9UL
#define P4 0x85EBCA77C2B2AE63UL

static inline u64 rotl(u64 v, int n) { return v << n | v >> (64 - n); }
static inline u64 round(u64 acc, u64 lane) { return rotl(acc + lane * P2, 31) * P1; }
static inline u64 merge(u64 h, u64 acc) { return (h ^ round(0, acc)) * P1 + P4; }

static u64 digest(void)
{
	u64 a = P1 + P2, b = P2, c = 0, d = -P1, total = 0;
	for (u64 i = 0; i < params.nsegments; i++) {
		const u64 *p = (const u64 *)params.segments[i].addr;
		const u64 *end = p + params.segments[i].size / 8;
		for (; p < end; p += 4) {
			a = round(a, p[0]);
			b = round(b, p[1]);
			c = round(c, p[2]);
			d = round(d, p[3]);
		}
		total += params.segments[i].size;
	}
	u64 h = rotl(a, 1) + rotl(b, 7) + rotl(c, 12) + rotl(d, 18);
	h = merge(merge(merge(merge(h, a), b), c), d) + total;
	h = (h ^ h >> 33) * P2;
	h = (h ^ h >> 29) * P3;
	return h ^ h >> 32;
}

/* A page that the medium does not give back is a SIGBUS. */
static void unreadable(int signal)
{
	(void)signal;
	refuse("cannot read all of its own file: Input/output error; RESCUEBOX_VERIFY=0 runs what can be read");
}

struct action { void (*handler)(int); u64 flags; void (*restorer)(void); u64 mask; };

static void verify(void)
{
	struct action now = { unreadable, SA_RESTORER, (void (*)(void))unreadable, 0 }, before;
	call(SYS_RT_SIGACTION, SIGBUS, (long)&now, (long)&before, 8);
	u64 want = params.digest;
	params.digest = 0;
	u64 have = digest();
	call(SYS_RT_SIGACTION, SIGBUS, (long)&before, 0, 8);
	if (have != want)
		refuse("damaged: its content does not match its digest; RESCUEBOX_VERIFY=0 runs it all the same");
}

static void cpuid(u32 leaf, u32 *ebx, u32 *ecx, u32 *max)
{
	u32 edx, sub = 0;
	__asm__ volatile("cpuid" : "=a"(*max), "=b"(*ebx), "=c"(sub), "=d"(edx) : "a"(leaf), "c"(0));
	*ecx = sub;
}

static int processor_lacks(void)
{
	u32 unused, leaf1, ebx7 = 0, ecx7 = 0, extended = 0, max, ext_max;
	/* In virtual machines each question costs tens of microseconds. */
	if (!(params.need[0] | params.need[1] | params.need[2] | params.need[3]))
		return 0;
	cpuid(0, &unused, &leaf1, &max);
	cpuid(1, &unused, &leaf1, &unused);
	if (max >= 7)
		cpuid(7, &ebx7, &ecx7, &unused);
	cpuid(0x80000000, &unused, &extended, &ext_max);
	extended = 0;
	if (ext_max >= 0x80000001)
		cpuid(0x80000001, &unused, &extended, &unused);
	return (params.need[0] & ~leaf1) | (params.need[1] & ~ebx7) |
		(params.need[2] & ~ecx7) | (params.need[3] & ~extended);
}

/* add_env copies the stack's pointers down to make room and returns its new top. */
static u64 *add_env(u64 *sp)
{
	char **env = (char **)(sp + 1 + sp[0] + 1), **e;
	u64 missing[64], n = 0;
	for (u64 i = 0; i < params.nenv && n < 64; i++) {
		for (e = env; *e && !same(*e, params.env[i], '='); e++)
			;
		if (!*e)
			missing[n++] = (u64)params.env[i];
	}
	u64 *to = (u64 *)(((u64)sp - 8 * n) & -16UL), *top = to, *from = sp;
	if (to == sp)
		return sp;
	for (u64 head = 1 + sp[0] + 1; head; head--)
		*to++ = *from++;
	while (*from)
		*to++ = *from++;
	for (u64 i = 0; i < n; i++)
		*to++ = missing[i];
	*to++ = *from++;
	while (from[0] != AT_NULL) {
		*to++ = *from++;
		*to++ = *from++;
	}
	*to++ = AT_NULL;
	*to++ = 0;
	return top;
}

/* Dynamic section and symbols of the kernel's vdso (gABI; vdso(7)). */
struct phdr { u32 type, flags; u64 offset, vaddr, paddr, filesz, memsz, align; };
struct symbol { u32 name; u8 info, other; u16 section; u64 value, size; };

static u64 symbols(const u32 *hash, const u32 *gnu)
{
	if (hash)
		return hash[1];
	if (!gnu)
		return 0;
	const u32 *buckets = gnu + 4 + 2 * gnu[2], *chain = buckets + gnu[0];
	u32 last = 0;
	for (u32 i = 0; i < gnu[0]; i++)
		if (buckets[i] > last)
			last = buckets[i];
	if (last < gnu[1])
		return 0;
	while (!(chain[last - gnu[1]] & 1))
		last++;
	return last + 1;
}

static void use_vdso(u64 base)
{
	static const char names[5][24] = { /* as in vdso.S */
		"__vdso_clock_gettime", "__vdso_gettimeofday", "__vdso_time",
		"__vdso_clock_getres", "__vdso_getcpu",
	};
	const struct phdr *ph = (const struct phdr *)(base + *(u64 *)(base + 32));
	u16 count = *(u16 *)(base + 56);
	const u64 *dynamic = 0;
	u64 bias = base;
	for (u16 i = 0; i < count; i++) {
		if (ph[i].type == 1 && ph[i].offset == 0)
			bias = base - ph[i].vaddr;
		else if (ph[i].type == 2)
			dynamic = (const u64 *)(base + ph[i].offset);
	}
	const char *strings = 0;
	const struct symbol *table = 0;
	const u32 *hash = 0, *gnu = 0;
	for (; dynamic && dynamic[0]; dynamic += 2)
		switch (dynamic[0]) {
		case 4: hash = (const u32 *)(bias + dynamic[1]); break;
		case 5: strings = (const char *)(bias + dynamic[1]); break;
		case 6: table = (const struct symbol *)(bias + dynamic[1]); break;
		case 0x6ffffef5: gnu = (const u32 *)(bias + dynamic[1]); break;
		}
	if (!strings || !table)
		return;
	for (u64 i = 0, n = symbols(hash, gnu); i < n; i++)
		for (int k = 0; k < 5; k++)
			if (table[i].section && same(strings + table[i].name, names[k], 0))
				params.vdso[k] = bias + table[i].value;
}

static void fix(u64 *sp, u64 *auxv, const u64 *random)
{
	for (u64 i = 0; i < params.nfixups; i++) {
		u64 *word = (u64 *)(params.fixups[i] >> 4);
		switch (params.fixups[i] & 15) {
		case CANARY:
			*word = random[0] & ~0xffUL; /* a zero byte ends strings before it */
			break;
		case GUARD:
			*word = random[1];
			break;
		case MANGLED:
			*word = rotl(rotl(*word, 64 - 17) ^ params.guard ^ random[1], 17);
			break;
		case STACK:
			*word = (u64)sp;
			break;
		case ARGV:
			*word = (u64)(sp + 1);
			break;
		case ENVP:
			*word = (u64)(sp + 1 + sp[0] + 1);
			break;
		case AUXV:
			*word = (u64)auxv;
			break;
		case RANDOM:
			*word = (u64)random;
			break;
		}
	}
}

__attribute__((used)) u64 *prepare(u64 *sp)
{
	program = sp[0] ? (const char *)sp[1] : 0;
	u64 *env = sp + 1 + sp[0] + 1;
	int check = 1;
	for (; *env; env++)
		if (same((const char *)*env, "RESCUEBOX_VERIFY=0", 0))
			check = 0;
	if (check)
		verify();
	if (processor_lacks())
		refuse("made for a processor with features that this one lacks");
	if (program)
		sp[1] = (u64)own_name(program);
	sp = add_env(sp);
	u64 *auxv = sp + 1 + sp[0] + 1;
	while (*auxv++)
		;
	const u64 *random = 0;
	for (u64 *a = auxv; a[0] != AT_NULL; a += 2) {
		if (a[0] == AT_SECURE && a[1])
			refuse("a snapshot cannot be privileged: remove its set-ID bits and capabilities");
		if (a[0] == AT_RANDOM)
			random = (const u64 *)a[1];
		if (a[0] == AT_SYSINFO_EHDR && a[1])
			use_vdso(a[1]);
		for (u64 i = 0; i < params.naux; i++)
			if (a[0] == params.aux[i].type)
				a[1] = params.aux[i].value;
	}
	if (!random)
		refuse("the kernel gave no AT_RANDOM");
	call(SYS_ARCH_PRCTL, ARCH_SET_FS, (long)params.fs, 0, 0);
	if (params.tid) /* libpthread does that later, until glibc 2.33 */
		*(u32 *)params.tid = (u32)call(SYS_SET_TID_ADDRESS, (long)params.tid, 0, 0, 0);
	if (params.robust)
		call(SYS_SET_ROBUST_LIST, (long)params.robust, (long)params.robust_size, 0, 0);
	fix(sp, auxv, random);
	for (u64 i = 0; i < params.nguarded; i++)
		call(SYS_MPROTECT, (long)params.guarded[i].addr, (long)params.guarded[i].size, (long)params.guarded[i].prot, 0);
	return sp;
}
