/* stage-1: the receiver of docs/paste.md for a host that has nothing. It reads chunk
 * lines from standard input, keeps them in memory, and writes the file once its
 * SHA-256 is right. No library, no argument, no /proc, no writable data. */
#include "system.h"
#include "sha256.h"
#include "text.h"

/* What to do, appended by the sender. */
struct params {
	u32 size;  /* bytes of the file */
	u32 chunk; /* bytes of a chunk */
	u32 count; /* of chunks */
	u8 digest[32];
	u8 flags;
	char path[];
};
enum { FORCE = 1, ACK = 2, MEMORY = 4 };

#define HIDDEN __attribute__((visibility("hidden")))
extern HIDDEN const u8 image[], head_end[], params[];
extern HIDDEN const u32 total, sum;

#define LINE 1020 /* longer lines are damage */
#define TEXT 4096 /* what is said at once, with a path of at most 1024 bytes */
#define READ 16384

struct termios {
	u32 iflag, oflag, cflag, lflag;
	u8 rest[28];
};

struct receiver {
	const struct params *p;
	u8 *content, *have; /* have[n] is 1 when chunk n came */
	u8 *buffer, *line;
	char *text;         /* for what is being said */
	char *part;         /* the file's name before it is whole */
	char **environment;
	u32 length;         /* characters of the line so far, LINE + 1 when too many */
	u8 shift;           /* what changes the next character, behind a comma: docs/paste.md */
	int terminal, signals;
	u64 mask;           /* signals that were blocked before */
	struct termios before;
};

/* crc32 is that of IEEE 802.3, continued. */
__attribute__((section(".head"), noinline))
static u32 crc32(u32 c, const u8 *p, u32 n) {
	while (n--) {
		c ^= *p++;
		for (int i = 0; i < 8; i++)
			c = c >> 1 ^ (0xEDB88320 & -(c & 1));
	}
	return c;
}

static void copy(u8 *to, const u8 *from, u32 n) {
	while (n--)
		*to++ = *from++;
}

static long output(int fd, const u8 *p, word n) {
	while (n) {
		long k = call3(write, fd, p, n);
		if (k < 0)
			return k;
		p += k, n -= (word)k;
	}
	return 0;
}

static void say(const char *s) {
	word n = 0;
	while (s[n])
		n++;
	output(1, (const u8 *)s, n);
}

static void restore(struct receiver *r) {
	if (r->terminal)
		call3(ioctl, 0, TCSETS, &r->before);
}

static void leave(struct receiver *r, const char *text) {
	say(text);
	restore(r);
	call1(exit_group, 1);
}

/* failed says which path met which error, and leaves. */
__attribute__((noinline))
static void failed(struct receiver *r, const char *path, long error) {
	char *t = put(put(put(r->text, "damaged: "), path), ": ");
	const char *reason = 0;
	if (error == -ENOSPC)
		reason = "No space left on device";
	if (error == -EACCES)
		reason = "Permission denied";
	if (error == -EROFS)
		reason = "Read-only file system";
	if (error == -ENOENT)
		reason = "No such file or directory";
	if (reason)
		t = put(t, reason);
	else
		t = number(put(t, "error "), (u32)-error);
	put(t, ". Nothing was kept\n");
	leave(r, r->text);
}

/* taken refuses a path that must not be replaced. */
static void taken(struct receiver *r) {
	const char *path = r->p->path, *why = " exists: send with --force, or another --dest\n";
	if (r->p->flags & FORCE) {
		if (call3(openat, AT_FDCWD, path, O_PATH | O_DIRECTORY | O_CLOEXEC) < 0)
			return;
		why = " is a folder: send with another --dest\n";
	} else {
		/* A symbolic link can be read; anything else that is there is EINVAL. */
		long e = call4(readlinkat, AT_FDCWD, path, r->buffer, 1);
		if (e < 0 && e != -EINVAL)
			return;
	}
	put(put(r->text, path), why);
	leave(r, r->text);
}

/* deliver writes the file under another name, and renames it. */
static void deliver(struct receiver *r) {
	const struct params *p = r->p;
	taken(r);
	call3(unlinkat, AT_FDCWD, r->part, 0);
	long fd = call4(openat, AT_FDCWD, r->part, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0700);
	if (fd < 0)
		failed(r, r->part, fd);
	long e = call2(fchmod, fd, 0700);
	if (e >= 0)
		e = output((int)fd, r->content, p->size);
	long closed = call1(close, fd);
	if (e >= 0)
		e = closed;
	if (e >= 0) {
		e = p->flags & FORCE ? -ENOSYS : call5(renameat2, AT_FDCWD, r->part, AT_FDCWD, p->path, RENAME_NOREPLACE);
		if (e == -ENOSYS || e == -EINVAL)
			e = call4(renameat, AT_FDCWD, r->part, AT_FDCWD, p->path);
	}
	if (e < 0) {
		call3(unlinkat, AT_FDCWD, r->part, 0);
		failed(r, r->part, e);
	}
}

/* execute runs the file from memory, with its path as its name. */
static void execute(struct receiver *r) {
	const char *argv[2] = {r->p->path, 0}, *none[1] = {0};
	char *name = put(r->text, "memory") - 6;
	long fd = call2(memfd_create, name, MFD_CLOEXEC | MFD_EXEC);
	if (fd == -EINVAL) /* before Linux 6.3 */
		fd = call2(memfd_create, name, MFD_CLOEXEC);
	long e = fd;
	if (fd >= 0)
		e = output((int)fd, r->content, r->p->size);
	if (e >= 0) {
		restore(r);
		call4(rt_sigprocmask, SIG_SETMASK, &r->mask, 0, 8);
		const void *environment = r->environment ? (const void *)r->environment : none;
		e = call5(execveat, fd, "", argv, environment, AT_EMPTY_PATH);
		if (e == -ENOSYS) {
			number(put(name, "/proc/self/fd/"), (u32)fd);
			e = call3(execve, name, argv, environment);
		}
	}
	failed(r, "memory", e);
}

/* missing writes the chunks that did not come as "3,17-19", and returns 0 when all
 * came. The last of 20 ranges reaches to the last chunk. */
static char *missing(struct receiver *r, char *to) {
	int ranges = 0;
	for (u32 n = 1; n <= r->p->count; n++) {
		if (r->have[n])
			continue;
		u32 first = n;
		while (n < r->p->count && !r->have[n + 1])
			n++;
		if (++ranges == 20)
			n = r->p->count;
		if (ranges > 1)
			to = put(to, ",");
		to = number(to, first);
		if (n > first)
			to = number(put(to, "-"), n);
	}
	return ranges ? to : 0;
}

/* end gives the verdict. It returns when chunks are to come. */
static void end(struct receiver *r) {
	char *text = r->text, *t = missing(r, put(text, "damaged: chunks "));
	if (t) {
		t = number(put(t, " of "), r->p->count);
		put(t, " lost or changed; send them again: --chunks ");
		say(text);
		missing(r, text);
		say(text);
		say("\nREADY\n");
		return;
	}
	if (!sha256_is(r->p->digest, r->content, r->p->size)) {
		for (u32 n = 1; n <= r->p->count; n++)
			r->have[n] = 0;
		say("damaged: the sum of all chunks is wrong; send all again\nREADY\n");
		return;
	}
	if (r->p->flags & MEMORY)
		execute(r);
	deliver(r);
	t = put(put(text, "whole: "), r->p->path);
	t = put(number(put(t, ", "), r->p->size), " bytes, sha256 ");
	for (int i = 0; i < 64; i++) {
		u8 v = r->p->digest[i / 2] >> (i & 1 ? 0 : 4) & 15;
		*t++ = (char)(v < 10 ? '0' + v : 'a' + v - 10);
	}
	put(t, "\n");
	say(text);
	restore(r);
	call1(exit_group, 0);
}

static int value(u8 c) {
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	return c == '+' ? 62 : c == '/' ? 63 : -1;
}

/* decode turns base64 into bytes in place, and returns their number, or 0. */
static u32 decode(u8 *p, u32 n) {
	u32 bits = 0, out = 0;
	while (n && p[n - 1] == '=')
		n--;
	for (u32 i = 0; i < n; i++) {
		int v = value(p[i]);
		if (v < 0)
			return 0;
		bits = bits << 6 | (u32)v;
		if (i & 3)
			p[out++] = (u8)(bits >> (6 - 2 * (i & 3)));
	}
	return out;
}

/* chunk takes a line, and returns its number plus one, or 0 when it is unsound. */
static u32 chunk(struct receiver *r, u8 *s, u32 n) {
	const struct params *p = r->p;
	u32 i = 0, k = 0;
	while (i < n && i < 8 && s[i] >= '0' && s[i] <= '9')
		k = k * 10 + s[i++] - '0';
	if (!i || i == n || s[i] != ':')
		return 0;
	i++;
	u32 c = crc32(~0u, s, i);
	u32 size = decode(s + i, n - i);
	if (size < 4 || ~crc32(c, s + i, size) != 0x2144DF1C)
		return 0;
	size -= 4;
	if (k) {
		if (k > r->p->count || size != (k < r->p->count ? p->chunk : p->size - (k - 1) * p->chunk))
			return 0;
		copy(r->content + (k - 1) * p->chunk, s + i, size);
		r->have[k] = 1;
	}
	return k + 1;
}

/* take handles a whole line. */
static void take(struct receiver *r) {
	u8 *s = r->line;
	u32 n = r->length;
	r->length = 0;
	if (n && n <= LINE && *s == ' ') {
		end(r);
		return;
	}
	while (n && n <= LINE && (s[n - 1] == ' ' || s[n - 1] == '\r'))
		n--;
	if (!n)
		return;
	if (n == 1 && *s == '.') {
		end(r);
		return;
	}
	u32 k = n > LINE ? 0 : chunk(r, s, n);
	if (r->p->flags & ACK) {
		char *t = put(r->text, k ? "+" : "-");
		if (k)
			t = number(t, k - 1);
		put(t, "\n");
		say(r->text);
	}
}

/* receive reads until the file is there, or input ends, or a signal comes. */
static void receive(struct receiver *r) {
	u8 *buffer = r->buffer;
	for (;;) {
		struct { int fd; short events, happened; } polled[2] = {{0, POLLIN, 0}, {r->signals, POLLIN, 0}};
		call4(ppoll, polled, 2, 0, 0);
		if (polled[1].happened)
			break;
		if (!polled[0].happened)
			continue;
		long n = call3(read, 0, buffer, READ);
		if (n <= 0)
			break;
		for (long i = 0; i < n; i++) {
			u8 c = buffer[i];
			if (c == '\n' || c == '\r') {
				r->shift = 0;
				take(r);
			} else if (c == ',') {
				r->shift = 32;
			} else if (r->length <= LINE) {
				/* Typed without a shift key: these have no other meaning here. */
				if (c == ';' || c == '-')
					c -= c == ';' ? 1 : 2;
				r->line[r->length++] = c ^ r->shift;
				r->shift = 0;
			}
		}
	}
	leave(r, "damaged: given up. Nothing was kept\n");
}

static void *memory(word size) {
	long m = sys(SYS_mmap, 0, (long)size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	return (word)m >= (word)-4095 ? 0 : (void *)m;
}

__attribute__((noinline))
static void start(char **stack) {
	struct receiver r;
	const struct params *p = (const struct params *)params;
	r.p = p;
	r.length = 0, r.shift = 0;
	r.environment = stack ? stack + 2 + *(long *)stack : 0;
	r.terminal = 0;
	u8 *m = memory((word)p->size + p->count + 1 + READ + LINE + 4 + 2 * TEXT);
	if (!m)
		leave(&r, "damaged: out of memory. Nothing was kept\n");
	r.content = m, m += p->size;
	r.have = m, m += p->count + 1;
	r.buffer = m, m += READ;
	r.line = m, m += LINE + 4;
	r.text = (char *)m, m += TEXT;
	r.part = (char *)m;
	/* What brought this program here is not left behind. */
	char *suffix = put(r.part, p->path);
	put(suffix, ".s1");
	call3(unlinkat, AT_FDCWD, r.part, 0);
	suffix[2] = '0';
	call3(unlinkat, AT_FDCWD, r.part, 0);
	put(suffix, ".part");
	/* HUP, INT, QUIT and TERM are read, where a blocked one is kept; PIPE, TSTP, TTIN
	 * and TTOU must not end or stop this. Signal n is bit n-1. */
	u64 set = 1 << 0 | 1 << 1 | 1 << 2 | 1 << 14, more = set | 1 << 12 | 7 << 19;
	call4(rt_sigprocmask, SIG_SETMASK, &more, &r.mask, 8);
	r.signals = (int)call4(signalfd4, -1, &set, 8, O_CLOEXEC);
	if (call3(ioctl, 0, TCGETS, &r.before) >= 0) {
		u32 flags = r.before.lflag;
		r.before.lflag = flags & ~(u32)ECHO;
		r.terminal = call3(ioctl, 0, TCSETS, &r.before) >= 0;
		r.before.lflag = flags;
	}
	say("READY\n");
	receive(&r);
}

/* run is the first code: nothing behind it is executed unless it is right. The shell
 * knows status 99. */
__attribute__((section(".head"), used))
HIDDEN void run(char **stack) {
	if (~crc32(~0u, head_end, total - (u32)(head_end - image)) != sum)
		call1(exit_group, 99);
	start(stack);
	__builtin_unreachable();
}
