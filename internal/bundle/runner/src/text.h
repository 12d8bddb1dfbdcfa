/* Strings that end with a zero byte, and numbers as text. */

static word length(const char *s) {
	word n = 0;
	while (s[n])
		n++;
	return n;
}

static int starts(const char *s, const char *with) {
	for (; *with; s++, with++)
		if (*s != *with)
			return 0;
	return 1;
}

static int equal(const char *a, const char *b) { return starts(a, b) && length(a) == length(b); }

static const char *base(const char *path) {
	const char *b = path;
	for (; *path; path++)
		if (*path == '/')
			b = path + 1;
	return b;
}

static char *put(char *to, const char *s) {
	while (*s)
		*to++ = *s++;
	*to = 0;
	return to;
}

static char *number(char *to, word n) {
	char digits[24], *d = digits + 23;
	*d = 0;
	do
		*--d = (char)('0' + n % 10);
	while (n /= 10);
	return put(to, d);
}
