/* The last library of a packed program, so that its DT_INIT runs before those of all
 * others that do not wait for another: it tidies what the runner had to leave lying
 * about for the loader. Descriptors are closed, the working directory is the caller's
 * again, and so is the environment, for the programs that this one starts. It needs
 * no library and exports nothing. */
#include "system.h"

static word decimal(const char **s) {
	word n = 0;
	for (; **s >= '0' && **s <= '9'; ++*s)
		n = n * 10 + (word)(**s - '0');
	return n;
}

static void unlink_files(word n) {
	for (word i = 0; i < n; i++) {
		char name[24], *d = name + 23;
		word v = i;
		*d = 0;
		do
			*--d = (char)('0' + v % 10);
		while (v /= 10);
		sys(SYS_unlinkat, AT_FDCWD, P(d), 0, 0, 0);
	}
}

/* names sets what ps shows, which would be the loader's name, or a number. */
static void names(char **argv, char *name, int lost) {
	if (lost)
		argv[0] = name;
	const char *base = name;
	for (const char *p = name; *p; p++)
		if (*p == '/')
			base = p + 1;
	if (*base == '-') /* a login shell */
		base++;
	sys(SYS_prctl, PR_SET_NAME, P(base), 0, 0, 0);
}

/* follow does what the note asks for: one letter and a number for each. */
static void follow(const char *note, char **argv, char ***end) {
	for (;;) {
		char what = *note++;
		if (what == 'a' || what == 'n') {
			names(argv, (char *)note, what == 'a');
			return;
		}
		word n = decimal(&note);
		switch (what) {
		case 'c':
			sys(SYS_close, (long)n, 0, 0, 0, 0);
			break;
		case 'u':
			unlink_files(n);
			break;
		case 'd':
			sys(SYS_fchdir, (long)n, 0, 0, 0, 0);
			sys(SYS_close, (long)n, 0, 0, 0, 0);
			break;
		case 'p': /* LD_PRELOAD stands before the note */
			--*end;
			break;
		}
		if (*note++ != ',')
			return;
	}
}

__attribute__((visibility("hidden"), used))
void finish(int argc, char **argv, char **env) {
	char **note = 0, *folder = 0;
	for (char **e = env; *e; e++) {
		if (**e == 1 && e[0][1] == 'D')
			**e = 'L';
		if (**e == 2)
			note = e;
		if (**e == 3)
			folder = *e + 1;
	}
	if (!note || !argc)
		return;
	char **end = note;
	follow(*note + 1, argv, &end);
	if (folder)
		sys(SYS_unlinkat, AT_FDCWD, P(folder), AT_REMOVEDIR, 0, 0);
	*end = 0;
}
