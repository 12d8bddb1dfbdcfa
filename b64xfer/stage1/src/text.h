/* Text, for messages: both return the end of what they wrote. */
static char *put(char *to, const char *s) {
	while ((*to = *s++))
		to++;
	return to;
}

static char *number(char *to, u32 n) {
	char digits[12], *d = digits + 11;
	*d = 0;
	do {
		u32 q = (u32)((u64)n * 0xCCCCCCCD >> 35); /* n / 10: some processors cannot divide */
		*--d = (char)('0' + n - q * 10);
		n = q;
	} while (n);
	return put(to, d);
}
