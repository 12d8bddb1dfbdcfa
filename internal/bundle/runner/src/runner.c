/* The first thing that runs of a packed program. It unpacks the payload into memory
 * (or, where /proc is not mounted, into a file system that nobody else sees, or as a
 * last resort into a folder), and executes the program's loader on it.
 *
 * It has no writable data and needs nothing: no library, /proc, /dev or folder. The
 * payload is a segment of this very file, so that the kernel itself finds it: under
 * chroot, as /proc/self/fd/N, or with no right to read the file. A page of it that
 * the medium does not give is SIGBUS, which ends in a message.
 *
 * Its form is described in ../../format.go, which writes it. */
#include "system.h"
#include "sha256.h"
#include "inflate.h"
#include "text.h"

struct entry {
	u32 name; /* these and other places: offset from the payload's start */
	u32 data, stored, size;
	u32 deflated;
	u8 digest[32];
};

struct payload {
	char magic[8];
	u8 digest[32]; /* of what follows, up to index_end */
	u32 index_end;
	u32 entries;
	u32 flags;
	u32 name;   /* what the program is called */
	u32 called; /* what this file is called */
	u32 env, nenv;
	struct entry entry[]; /* loader, program, libraries in load order, the finisher */
};

enum { LOADER_ARGV0 = 1, LOADER_PRELOAD = 2, INDEX_MAX = 1 << 20 };

extern const struct payload payload __attribute__((visibility("hidden")));

/* ---- messages */

static const char *at(u32 offset) { return (const char *)&payload + offset; }

enum { CANNOT_RUN = 126 };

__attribute__((noreturn))
static void end(const char *a, const char *b, const char *c) {
	char text[600], *t = put(text, "statify: ");
	/* Names come from a payload whose digest was right, or are this file's own. */
	if (length(a) + length(b) + length(c) < 500)
		t = put(put(put(t, a), b), c);
	*t++ = '\n';
	sys(SYS_write, 2, P(text), t - text, 0, 0);
	for (;;)
		sys(SYS_exit_group, CANNOT_RUN, 0, 0, 0, 0);
}

/* ---- faults */

struct action {
	void (*handler)(int, const word *, void *);
	word flags;
	void (*restorer)(void);
	u8 mask[8];
};

static void never(void) { }

static void fault(int signal, const word *info, void *context) {
	(void)context;
	/* siginfo_t: three ints, padding to a word, the address. */
	word where = info[sizeof(word) == 8 ? 2 : 3];
	char n[24];
	if (signal == SIGSEGV || where < (word)&payload)
		end("payload damaged", "", "");
	number(n, where - (word)&payload);
	end("payload cannot be read at byte ", n, " of it: Input/output error, or this file is cut off");
}

/* catch_fault leaves a signal that is ignored as it is: the program inherits that. */
static void catch_fault(int signal) {
	struct action a = {fault, SA_SIGINFO | SA_RESTORER, never, {0}}, old;
	sys(SYS_rt_sigaction, signal, P(&a), P(&old), 8, 0);
	if (old.handler == SIG_IGN)
		sys(SYS_rt_sigaction, signal, P(&old), 0, 8, 0);
}

/* ---- unpacking */

struct place {
	int dir;                /* folder to write to; -1: memory */
	const char *remove;     /* the folder's path, when it must go away */
	u32 n;                  /* entries written so far */
	int *fd;                /* of each entry, in memory */
	u8 *buffer;             /* for the largest entry that is deflated */
};

static int write_all(int fd, const u8 *p, word size) {
	while (size) {
		long n = sys(SYS_write, fd, P(p), (long)(size < 1 << 30 ? size : 1 << 30), 0, 0);
		if (n <= 0)
			return 0;
		p += n, size -= (word)n;
	}
	return 1;
}

static long create(const struct place *p, u32 i) {
	const char *name = base(at(payload.entry[i].name));
	if (p->dir >= 0) {
		char file[24];
		number(file, i);
		return sys(SYS_openat, p->dir, P(file), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0700, 0);
	}
	/* The loader's own is found open by the kernel, the others by name. */
	long flags = i ? 0 : MFD_CLOEXEC;
	char cut[200];
	for (word k = 0; k < sizeof cut; k++)
		if (!(cut[k] = name[k]))
			break;
	cut[sizeof cut - 1] = 0;
	long fd = sys(SYS_memfd_create, P(cut), flags | MFD_EXEC, 0, 0, 0);
	if (fd == -EINVAL) /* before Linux 6.3 */
		fd = sys(SYS_memfd_create, P(cut), flags, 0, 0, 0);
	return fd;
}

/* unpack writes the payload's files. It fails when the place is not fit for them. */
static int unpack(struct place *p) {
	for (u32 i = 0; i < payload.entries; i++) {
		const struct entry *e = &payload.entry[i];
		const u8 *data = (const u8 *)at(e->data);
		if (!sha256_is(e->digest, data, e->stored))
			end("payload damaged: ", at(e->name), "");
		if (e->deflated) {
			if (!inflate(p->buffer, e->size, data, e->stored))
				end("payload damaged: ", at(e->name), " cannot be inflated");
			data = p->buffer;
		}
		long fd = create(p, i);
		if (fd < 0)
			return 0;
		p->fd[i] = (int)fd;
		p->n = i + 1;
		if (!write_all((int)fd, data, e->size))
			return 0;
		if (p->dir < 0)
			continue;
		sys(SYS_close, fd, 0, 0, 0, 0);
		char file[24];
		number(file, i);
		/* Says no as well where nothing may be executed. */
		if (!i && sys(SYS_faccessat, p->dir, P(file), X_OK, 0, 0) < 0)
			return 0;
	}
	return 1;
}

/* leave removes what was unpacked in vain. */
static void leave(struct place *p) {
	if (p->dir < 0) {
		while (p->n)
			sys(SYS_close, p->fd[--p->n], 0, 0, 0, 0);
		return;
	}
	while (p->n) {
		char file[24];
		number(file, --p->n);
		sys(SYS_unlinkat, p->dir, P(file), 0, 0, 0);
	}
	sys(SYS_close, p->dir, 0, 0, 0, 0);
	if (p->remove)
		sys(SYS_unlinkat, AT_FDCWD, P(p->remove), AT_REMOVEDIR, 0, 0);
	p->dir = -1;
	p->remove = 0;
}

/* detached returns a file system of its own that is mounted nowhere (Linux 5.2). */
static int detached(void) {
	long fs = sys(SYS_fsopen, P("tmpfs"), 0, 0, 0, 0);
	if (fs < 0)
		return -1;
	/* Without: half of the memory. All of a large payload must fit. */
	sys(SYS_fsconfig, fs, FSCONFIG_SET_STRING, P("size"), P("100%"), 0);
	sys(SYS_fsconfig, fs, FSCONFIG_CMD_CREATE, 0, 0, 0);
	long dir = sys(SYS_fsmount, fs, FSMOUNT_CLOEXEC, 0, 0, 0);
	sys(SYS_close, fs, 0, 0, 0, 0);
	return dir < 0 ? -1 : (int)dir;
}

/* folder makes a folder of this process's own below parent; its path goes to path. */
static int folder(const char *parent, char *path) {
	long pid = sys(SYS_getpid, 0, 0, 0, 0, 0);
	for (word n = 0; n < 100; n++) {
		number(put(number(put(put(path, parent), "/statify-"), (word)pid), "-"), n);
		long r = sys(SYS_mkdirat, AT_FDCWD, P(path), 0700, 0, 0);
		if (r == -EEXIST)
			continue;
		if (r < 0)
			return -1;
		return (int)sys(SYS_openat, AT_FDCWD, P(path), O_DIRECTORY | O_CLOEXEC, 0, 0);
	}
	return -1;
}

/* ---- starting */

struct start {
	int argc;
	char **argv, **env;
	word nenv;
	const char *name; /* the program's argv[0] */
};

/* note tells the finisher (finish.c reads it) what to tidy: descriptors, files, the
 * working directory, names. It is the environment's last string, but for the path of
 * a folder to remove, which follows it. */
static char *note(const struct start *s, const struct place *p, int cwd) {
	char *text = memory(payload.entries * 12 + (p->remove ? length(p->remove) : 0) + length(s->name) + 100), *t = text;
	if (!text)
		end("Cannot allocate memory", "", "");
	*t++ = 2;
	for (u32 i = 1; p->dir < 0 && i < p->n; i++)
		t = put(number(put(t, "c"), (word)p->fd[i]), ",");
	if (p->dir >= 0 && p->remove)
		t = put(number(put(t, "u"), p->n), ",");
	if (cwd >= 0)
		t = put(number(put(t, "d"), (word)cwd), ",");
	if (!(payload.flags & LOADER_PRELOAD))
		t = put(t, "p,");
	t = put(t, payload.flags & LOADER_ARGV0 ? "n" : "a");
	t = put(t, s->name);
	if (p->remove) {
		*++t = 3;
		put(t + 1, p->remove);
	}
	return text;
}

static char *file_name(char *to, const struct place *p, u32 i) {
	return p->dir < 0 ? number(put(to, "/proc/self/fd/"), (word)p->fd[i]) : number(put(to, "./"), i);
}

/* execute starts the loader on what was unpacked. It returns when that fails. */
static void execute(const struct start *s, const struct place *p, int cwd) {
	u32 n = payload.entries;
	char **argv = memory(((word)s->argc + 10 + s->nenv + payload.nenv + 4) * sizeof(char *));
	char *list = memory(n * 28 + 100), *program = memory(100), *t;
	if (!argv || !list || !program)
		end("Cannot allocate memory", "", "");
	char **a = argv;
	t = put(list, "LD_PRELOAD=");
	char *preload = t;
	for (u32 i = 2; i < n; i++) {
		if (i > 2)
			*t++ = ':';
		t = file_name(t, p, i);
	}
	file_name(program, p, 1);
	*a++ = (char *)s->name;
	*a++ = "--inhibit-cache";
	if (payload.flags & LOADER_ARGV0)
		*a++ = "--argv0", *a++ = (char *)s->name;
	if (payload.flags & LOADER_PRELOAD)
		*a++ = "--preload", *a++ = preload;
	*a++ = program;
	for (int i = 1; i < s->argc; i++)
		*a++ = s->argv[i];
	*a++ = 0;

	char **env = a;
	for (word i = 0; i < s->nenv; i++)
		if (s->env[i])
			*a++ = s->env[i];
	for (u32 i = 0; i < payload.nenv; i++)
		*a++ = (char *)at(((const u32 *)at(payload.env))[i]);
	if (!(payload.flags & LOADER_PRELOAD))
		*a++ = list;
	char *told = note(s, p, cwd);
	*a++ = told;
	if (p->remove)
		*a++ = told + length(told) + 1;
	*a = 0;

	if (p->dir >= 0) {
		sys(SYS_execve, P("./0"), P(argv), P(env), 0, 0);
		return;
	}
	sys(SYS_execveat, p->fd[0], P(""), P(argv), P(env), AT_EMPTY_PATH);
	char loader[40];
	file_name(loader, p, 0);
	sys(SYS_execve, P(loader), P(argv), P(env), 0, 0);
}

/* try unpacks into a place and starts. It returns when that does not work. */
static void try(const struct start *s, struct place *p) {
	int cwd = -1;
	if (unpack(p)) {
		if (p->dir >= 0) {
			cwd = (int)sys(SYS_openat, AT_FDCWD, P("."), O_PATH | O_DIRECTORY, 0, 0);
			if (sys(SYS_fchdir, p->dir, 0, 0, 0, 0) < 0)
				cwd = -1;
		}
		execute(s, p, cwd);
		if (cwd >= 0) {
			sys(SYS_fchdir, cwd, 0, 0, 0, 0);
			sys(SYS_close, cwd, 0, 0, 0, 0);
		}
	}
	leave(p);
}

/* has_proc tells whether a descriptor can be opened by name. */
static int has_proc(void) {
	long fd = sys(SYS_openat, AT_FDCWD, P("/proc/self/fd"), O_PATH | O_DIRECTORY | O_CLOEXEC, 0, 0);
	if (fd < 0)
		return 0;
	sys(SYS_close, fd, 0, 0, 0, 0);
	return 1;
}

/* ---- the command line and the environment */

static const char *own_name(const char *argv0) {
	const char *b = base(argv0), *name = at(payload.name);
	if (equal(b, at(payload.called)) || (starts(b, name) && b[length(name)] == '.'))
		return name;
	return argv0;
}

static int sets(const char *variable, const char *name) {
	word n = 0;
	while (name[n] && name[n] != '=')
		n++;
	for (word i = 0; i < n; i++)
		if (variable[i] != name[i])
			return 0;
	return variable[n] == '=';
}

/* hide keeps LD_* of the caller from the loader; the finisher shows them again, so
 * that programs which this one starts have them. Variables that were packed replace
 * the caller's. */
static const char *hide(struct start *s) {
	const char *tmpdir = 0;
	for (word i = 0; i < s->nenv; i++) {
		char *v = s->env[i];
		if (starts(v, "TMPDIR=/"))
			tmpdir = v + 7;
		for (u32 k = 0; k < payload.nenv; k++)
			if (sets(v, at(((const u32 *)at(payload.env))[k])))
				s->env[i] = 0;
		if (starts(v, "LD_"))
			*v = 1;
	}
	return tmpdir;
}

static void check_index(void) {
	if (!starts(payload.magic, "STATIFY1") || payload.index_end < sizeof payload || payload.index_end > INDEX_MAX)
		end("payload damaged: its index", "", "");
	const u8 *from = (const u8 *)&payload.index_end;
	if (!sha256_is(payload.digest, from, payload.index_end - (word)(from - (const u8 *)&payload)))
		end("payload damaged: its index", "", "");
}

__attribute__((used, noreturn))
void run(word *stack) {
	catch_fault(SIGBUS);
	catch_fault(SIGSEGV);
	check_index();

	struct start s = {(int)stack[0], (char **)(stack + 1), 0, 0, 0};
	s.env = s.argv + s.argc + 1;
	while (s.env[s.nenv])
		s.nenv++;
	s.name = s.argc ? own_name(s.argv[0]) : at(payload.name);
	const char *tmpdir = hide(&s);

	word largest = 1;
	for (u32 i = 0; i < payload.entries; i++)
		if (payload.entry[i].deflated && payload.entry[i].size > largest)
			largest = payload.entry[i].size;
	struct place p = {-1, 0, 0, memory(payload.entries * sizeof(int)), memory(largest)};
	char *path = memory((tmpdir ? length(tmpdir) : 0) + 100);
	if (!p.fd || !p.buffer || !path)
		end("Cannot allocate memory", "", "");

	if (has_proc())
		try(&s, &p);
	/* A user namespace would not help others than root: without /proc its users cannot
	 * be mapped, in a chroot there is none, and files need an owner that is mapped. */
	p.dir = detached();
	if (p.dir >= 0)
		try(&s, &p);
	const char *parents[] = {tmpdir, "/dev/shm", "/run", "/tmp", "/var/tmp"};
	for (int i = 0; i < 5; i++) {
		if (!parents[i])
			continue;
		p.dir = folder(parents[i], path);
		if (p.dir < 0)
			continue;
		p.remove = path;
		try(&s, &p);
	}
	end("nowhere to unpack ", at(payload.name),
		": this needs /proc, or root, or a writable folder that programs may be executed from ($TMPDIR, /dev/shm, /run, /tmp, /var/tmp)\n"
		"statify: a file made with --snapshot needs none of them");
}

/* ---- what a compiler takes for granted */

void *memcpy(void *to, const void *from, word n) {
	for (word i = 0; i < n; i++)
		((u8 *)to)[i] = ((const u8 *)from)[i];
	return to;
}

void *memset(void *to, int c, word n) {
	for (word i = 0; i < n; i++)
		((u8 *)to)[i] = (u8)c;
	return to;
}

__asm__(".globl _start\n_start:\n" START "\n");
