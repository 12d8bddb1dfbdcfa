/* The stub in front of a packed program: it unpacks into memory, compares the SHA-256
 * of what came out, and executes that with its own arguments. What it executes lies in
 * a memfd, or, where the kernel has none, in a file that is gone once it runs. */
typedef unsigned short u16;
#include "../../stage1/src/system.h"
#include "../../stage1/src/sha256.h"
#include "../../stage1/src/text.h"
#include "lzma.h"
#include "calls.h"

/* Appended by the packer. */
struct params {
	u8 magic[8];
	u32 size, packed; /* bytes, unpacked and packed */
	u8 lc, lp, pb, zero;
	u8 digest[32];
	u8 stream[];
};

extern __attribute__((visibility("hidden"))) const u8 params[];

__attribute__((noreturn))
static void die(const char *text) {
	word n = 0;
	while (text[n])
		n++;
	call3(write, 2, text, n);
	call1(exit_group, 125);
	__builtin_unreachable();
}

static u32 load(const u8 *p) { return p[0] | p[1] << 8 | p[2] << 16 | (u32)p[3] << 24; }

static void store(u8 *p, u32 v) { p[0] = (u8)v, p[1] = (u8)(v >> 8), p[2] = (u8)(v >> 16), p[3] = (u8)(v >> 24); }

/* unfilter makes targets relative again, as package internal/lzma says. */
static void unfilter(u8 *b, u32 n) {
#if defined __x86_64__ || defined __i386__
	for (u32 p = 0; p + 7 <= n;) {
		u32 o = p + 1;
		if (b[p] != 0xe8) {
			if ((b[p] & 0xf8) != 0x48 || b[p + 1] == 0xe8 || (b[p + 2] & 0xc7) != 5) {
				p++;
				continue;
			}
			o = p + 3;
		}
		p = o + 4;
		u32 v = load(b + o);
		if (v < n)
			v -= p;
		else if (v >= -p)
			v += n;
		store(b + o, v);
	}
#elif defined __aarch64__
	for (u32 i = 0; i + 4 <= n; i += 4) {
		u32 v = load(b + i);
		if (v >> 26 == 0x25) {
			v = 0x25u << 26 | ((v - (i >> 2)) & ((1 << 26) - 1));
		} else if ((v & 0x9f000000) == 0x90000000) {
			u32 page = (v >> 29 & 3) | (v >> 3 & 0x1ffffc);
			if ((page + (1 << 17)) & 0x1c0000)
				continue;
			page -= i >> 12;
			v = (v & 0x9000001f) | (page & 3) << 29 | (page & 0x3fffc) << 3;
			if (page & 1 << 17)
				v |= 7 << 21;
		} else {
			continue;
		}
		store(b + i, v);
	}
#elif defined __arm__
	for (u32 i = 0; i + 4 <= n; i += 4)
		if (b[i + 3] == 0xeb)
			store(b + i, ((load(b + i) - ((i + 8) >> 2)) & 0xffffff) | 0xeb000000);
#endif
}

static void *memory(word size) {
	long m = sys(SYS_mmap, 0, (long)size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if ((word)m >= (word)-4095)
		die("rescuebox: out of memory\n");
	return (void *)m;
}

/* unpack returns the program. */
static u8 *unpack(const struct params *p) {
	struct range *r = memory(sizeof *r);
	u8 *out = memory(p->size);
	r->in = p->stream;
	r->end = p->stream + p->packed;
	if (p->packed < 5 || p->lc + p->lp > 4 || p->pb > 4 || !unlzma(r, out, p->size, p->lc, p->lp, p->pb))
		goto damaged;
	unfilter(out, p->size);
	if (sha256_is(p->digest, out, p->size))
		return out;
damaged:
	die("rescuebox: this packed file is damaged: send it again\n");
}

static long output(long fd, const u8 *p, u32 n) {
	while (n) {
		long k = call3(write, fd, p, n);
		if (k < 0)
			return k;
		p += k, n -= (u32)k;
	}
	return 0;
}

/* start executes what is open, by itself or by its name below /proc; it returns when
 * that fails. */
static void start(long fd, char **argv, char **envp) {
	char name[40];
	call5(execveat, fd, "", argv, envp, AT_EMPTY_PATH);
	number(put(name, "/proc/self/fd/"), (u32)fd);
	call3(execve, name, argv, envp);
}

/* try_file executes a file in a folder. A process of nobody's removes it when this one
 * has become the program, or has failed to: the pipe is closed then. */
static void try_file(const char *folder, const u8 *program, u32 size, char **argv, char **envp) {
	char path[64];
	int ends[2];
	number(put(put(path, folder), ".rescuebox-"), (u32)call1(getpid, 0));
	long fd = call4(openat, AT_FDCWD, path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0700);
	if (fd < 0)
		return;
	long e = output(fd, program, size);
	call1(close, fd); /* what is open for writing cannot be executed */
	if (e >= 0 && call2(pipe2, ends, O_CLOEXEC) >= 0) {
		long child = fork_();
		if (!child) {
			if (!fork_()) {
				call1(close, ends[1]);
				call3(read, ends[0], path + 63, 1);
				call3(unlinkat, AT_FDCWD, path, 0);
			}
			call1(exit_group, 0);
		}
		if (child > 0) {
			wait_(child);
			call1(close, ends[0]);
			call3(execve, path, argv, envp);
			call1(close, ends[1]);
			return;
		}
	}
	call3(unlinkat, AT_FDCWD, path, 0);
}

__attribute__((used, visibility("hidden")))
void run(word *stack) {
	const struct params *p = (const struct params *)params;
	char **argv = (char **)(stack + 1), **envp = argv + *stack + 1;
	u8 *program = unpack(p);
	long fd = call2(memfd_create, "rescuebox", MFD_CLOEXEC | MFD_EXEC);
	if (fd == -EINVAL) /* before Linux 6.3 */
		fd = call2(memfd_create, "rescuebox", MFD_CLOEXEC);
	if (fd >= 0) {
		if (output(fd, program, p->size) >= 0)
			start(fd, argv, envp);
		call1(close, fd);
	}
	static const char folders[] = "/dev/shm/\0/tmp/\0/run/\0/var/tmp/\0/\0./\0";
	for (const char *f = folders; *f; f++) {
		try_file(f, program, p->size, argv, envp);
		while (*f)
			f++;
	}
	die("rescuebox: neither memory nor any folder can be executed from\n");
}
