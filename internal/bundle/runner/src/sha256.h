/* SHA-256, FIPS 180-4. The processor's own instructions are used where it has
 * them: they are eight times as fast. */
static const u32 K[64] = {
	0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
	0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
	0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
	0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
	0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
	0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
	0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
	0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
};

static u32 big(const u8 *p) { return (u32)p[0] << 24 | p[1] << 16 | p[2] << 8 | p[3]; }
static u32 ror(u32 x, int n) { return x >> n | x << (32 - n); }

__attribute__((optimize("O2")))
static void portable(u32 *h, const u8 *p, word blocks) {
	for (; blocks; blocks--, p += 64) {
		u32 w[64], s[8];
		for (int i = 0; i < 8; i++)
			s[i] = h[i];
		for (int i = 0; i < 64; i++) {
			if (i < 16) {
				w[i] = big(p + 4 * i);
			} else {
				u32 a = w[i - 15], b = w[i - 2];
				w[i] = w[i - 16] + w[i - 7] + (ror(a, 7) ^ ror(a, 18) ^ a >> 3) + (ror(b, 17) ^ ror(b, 19) ^ b >> 10);
			}
			u32 t = s[7] + (ror(s[4], 6) ^ ror(s[4], 11) ^ ror(s[4], 25)) + ((s[4] & s[5]) ^ (~s[4] & s[6])) + K[i] + w[i];
			u32 u = (ror(s[0], 2) ^ ror(s[0], 13) ^ ror(s[0], 22)) + ((s[0] & s[1]) ^ (s[0] & s[2]) ^ (s[1] & s[2]));
			s[7] = s[6], s[6] = s[5], s[5] = s[4], s[4] = s[3] + t;
			s[3] = s[2], s[2] = s[1], s[1] = s[0], s[0] = t + u;
		}
		for (int i = 0; i < 8; i++)
			h[i] += s[i];
	}
}

#ifdef __x86_64__
#include <cpuid.h>
#include <immintrin.h>

__attribute__((target("sha,sse4.1"), optimize("O2")))
static void instructions(u32 *h, const u8 *p, word blocks) {
	const __m128i swap = _mm_set_epi64x(0x0c0d0e0f08090a0b, 0x0405060700010203);
	__m128i lo = _mm_loadu_si128((const __m128i *)h), hi = _mm_loadu_si128((const __m128i *)(h + 4));
	/* The instructions want the state as ABEF and CDGH. */
	lo = _mm_shuffle_epi32(lo, 0xB1);
	hi = _mm_shuffle_epi32(hi, 0x1B);
	__m128i abef = _mm_alignr_epi8(lo, hi, 8), cdgh = _mm_blend_epi16(hi, lo, 0xF0);
	for (; blocks; blocks--, p += 64) {
		__m128i a = abef, c = cdgh, w[4];
		for (int i = 0; i < 16; i++) {
			__m128i m;
			if (i < 4) {
				m = _mm_shuffle_epi8(_mm_loadu_si128((const __m128i *)(p + 16 * i)), swap);
			} else {
				__m128i w1 = w[(i + 1) & 3], w2 = w[(i + 2) & 3], w3 = w[(i + 3) & 3];
				m = _mm_add_epi32(_mm_sha256msg1_epu32(w[i & 3], w1), _mm_alignr_epi8(w3, w2, 4));
				m = _mm_sha256msg2_epu32(m, w3);
			}
			w[i & 3] = m;
			m = _mm_add_epi32(m, _mm_loadu_si128((const __m128i *)(K + 4 * i)));
			c = _mm_sha256rnds2_epu32(c, a, m);
			a = _mm_sha256rnds2_epu32(a, c, _mm_shuffle_epi32(m, 0x0E));
		}
		abef = _mm_add_epi32(abef, a);
		cdgh = _mm_add_epi32(cdgh, c);
	}
	lo = _mm_shuffle_epi32(abef, 0x1B);
	hi = _mm_shuffle_epi32(cdgh, 0xB1);
	_mm_storeu_si128((__m128i *)h, _mm_blend_epi16(lo, hi, 0xF0));
	_mm_storeu_si128((__m128i *)(h + 4), _mm_alignr_epi8(hi, lo, 8));
}

static int has_instructions(void) {
	u32 a, b, c, d, b7;
	if (!__get_cpuid_count(7, 0, &a, &b7, &c, &d) || !__get_cpuid(1, &a, &b, &c, &d))
		return 0;
	return (b7 & bit_SHA) && (c & bit_SSE4_1) && (c & bit_SSSE3);
}
#else
#define instructions portable
static int has_instructions(void) { return 0; }
#endif

/* sha256_is tells whether data has the digest. */
static int sha256_is(const u8 *digest, const u8 *data, word size) {
	u32 h[8] = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
	u8 last[128] = {0};
	word whole = size / 64, rest = size % 64, blocks = rest < 56 ? 1 : 2;
	for (word i = 0; i < rest; i++)
		last[i] = data[whole * 64 + i];
	last[rest] = 0x80;
	u64 bits = (u64)size * 8;
	for (int i = 0; i < 8; i++)
		last[blocks * 64 - 1 - i] = (u8)(bits >> 8 * i);
	if (has_instructions()) {
		instructions(h, data, whole);
		instructions(h, last, blocks);
	} else {
		portable(h, data, whole);
		portable(h, last, blocks);
	}
	for (int i = 0; i < 8; i++)
		if (big(digest + 4 * i) != h[i])
			return 0;
	return 1;
}
