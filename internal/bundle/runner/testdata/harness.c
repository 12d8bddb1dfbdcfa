/* Runs the runner's inflate and SHA-256 on what is read: for each case its size, the
 * stored size and digest, and the stored bytes. Answers with a byte of flags (digest
 * right by the processor's instructions, digest right without, inflated), and with
 * the bytes if they were inflated. */
#include <stdio.h>
#include <stdlib.h>
#include "../src/system.h"
#include "../src/sha256.h"
#include "../src/inflate.h"

static int plain(const u8 *digest, const u8 *data, word size) {
	/* As sha256_is, one block at a time. */
	u32 h[8] = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
	word total = (size + 9 + 63) / 64 * 64;
	u8 *p = calloc(1, total);
	for (word i = 0; i < size; i++)
		p[i] = data[i];
	p[size] = 0x80;
	for (int i = 0; i < 8; i++)
		p[total - 1 - i] = (u8)((u64)size * 8 >> 8 * i);
	portable(h, p, total / 64);
	free(p);
	for (int i = 0; i < 8; i++)
		if (big(digest + 4 * i) != h[i])
			return 0;
	return 1;
}

int main(void) {
	struct { u32 size, stored; u8 digest[32]; } head;
	while (fread(&head, sizeof head, 1, stdin) == 1) {
		/* Of the exact size, so that a sanitizer sees what goes beyond. */
		u8 *in = malloc(head.stored), *out = malloc(head.size);
		if (head.stored && fread(in, head.stored, 1, stdin) != 1)
			return 1;
		int ok = inflate(out, head.size, in, head.stored);
		putchar(sha256_is(head.digest, in, head.stored) | plain(head.digest, in, head.stored) << 1 | ok << 2);
		if (ok)
			fwrite(out, head.size, 1, stdout);
		free(in);
		free(out);
	}
	(void)sys, (void)memory;
	return ferror(stdout) || fflush(stdout);
}
