/* Inflate, RFC 1951, from memory to memory of known size. Codes of up to FAST bits
 * are looked up, longer ones are counted through (section 3.2.2). */
#define FAST 10
#define HOT __attribute__((optimize("O2")))
#define INLINE static inline __attribute__((always_inline, optimize("O2")))

typedef u64 __attribute__((aligned(1), may_alias)) unaligned;

struct code {
	u16 fast[1 << FAST]; /* symbol << 4 | length, 0 for longer codes */
	u16 count[16];       /* codes of each length */
	u16 symbol[288];     /* in the order of their codes */
};

struct stream {
	const u8 *in, *end;
	u64 bits;
	int have;
	int bad;
};

static void refill(struct stream *s) {
	while (s->have <= 56) {
		/* Past the end zeros are read; more than fit into the buffer are too many. */
		if (s->in < s->end)
			s->bits |= (u64)*s->in << s->have;
		else if (s->in >= s->end + 8)
			s->bad = 1;
		s->in++;
		s->have += 8;
	}
}

INLINE u32 take(struct stream *s, int n) {
	u32 v = (u32)(s->bits & ((1u << n) - 1));
	s->bits >>= n;
	s->have -= n;
	return v;
}

HOT static int build(struct code *c, const u8 *length, int n) {
	u16 next[16], code[16];
	for (int i = 0; i < 16; i++)
		c->count[i] = 0;
	for (int i = 0; i < (1 << FAST); i++)
		c->fast[i] = 0;
	for (int i = 0; i < n; i++)
		c->count[length[i]]++;
	c->count[0] = 0;
	int left = 1;
	next[0] = code[0] = 0;
	for (int i = 1; i < 16; i++) {
		left = 2 * left - c->count[i];
		if (left < 0)
			return 0;
		next[i] = (u16)(next[i - 1] + c->count[i - 1]);
		code[i] = (u16)((code[i - 1] + c->count[i - 1]) << 1);
	}
	for (int i = 0; i < n; i++) {
		int len = length[i];
		if (!len)
			continue;
		c->symbol[next[len]++] = (u16)i;
		u32 reversed = 0, v = code[len]++;
		for (int k = 0; k < len; k++)
			reversed |= (v >> k & 1) << (len - 1 - k);
		for (; len <= FAST && reversed < (1 << FAST); reversed += 1u << len)
			c->fast[reversed] = (u16)(i << 4 | len);
	}
	return 1;
}

/* count decodes a code that is too long for the table. */
HOT __attribute__((noinline))
static int count(struct stream *s, const struct code *c) {
	int code = 0, first = 0, index = 0;
	for (int len = 1; len < 16; len++) {
		code |= (int)(s->bits >> (len - 1) & 1);
		if (code - c->count[len] < first) {
			take(s, len);
			return c->symbol[index + code - first];
		}
		index += c->count[len];
		first = (first + c->count[len]) << 1;
		code <<= 1;
	}
	s->bad = 1;
	return 256;
}

INLINE int decode(struct stream *s, const struct code *c) {
	u32 e = c->fast[s->bits & ((1 << FAST) - 1)];
	if (!e)
		return count(s, c);
	take(s, (int)(e & 15));
	return (int)(e >> 4);
}

static int lengths(struct stream *s, struct code *lit, struct code *dist) {
	static const u8 order[19] = {16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15};
	u8 length[320] = {0};
	refill(s);
	int nlit = (int)take(s, 5) + 257, ndist = (int)take(s, 5) + 1, n = (int)take(s, 4) + 4;
	for (int i = 0; i < n; i++) {
		refill(s);
		length[order[i]] = (u8)take(s, 3);
	}
	if (!build(lit, length, 19))
		return 0;
	for (int i = 0; i < 19; i++)
		length[i] = 0;
	for (int i = 0; i < nlit + ndist;) {
		refill(s);
		int sym = decode(s, lit), repeat = 1;
		u8 value = (u8)sym;
		if (sym == 16) {
			if (!i)
				return 0;
			value = length[i - 1], repeat = (int)take(s, 2) + 3;
		} else if (sym > 16) {
			value = 0, repeat = sym == 17 ? (int)take(s, 3) + 3 : (int)take(s, 7) + 11;
		}
		if (s->bad || i + repeat > nlit + ndist)
			return 0;
		while (repeat--)
			length[i++] = value;
	}
	return build(lit, length, nlit) && build(dist, length + nlit, ndist);
}

static int fixed(struct code *lit, struct code *dist) {
	u8 length[288];
	for (int i = 0; i < 288; i++)
		length[i] = i < 144 ? 8 : i < 256 ? 9 : i < 280 ? 7 : 8;
	build(lit, length, 288);
	for (int i = 0; i < 30; i++)
		length[i] = 5;
	return build(dist, length, 30);
}

/* block reads the symbols of a block and returns where output goes on, or 0. */
HOT
static u8 *block(struct stream *s, const struct code *lit, const struct code *dist, const u8 *start, u8 *out, u8 *end) {
	static const u16 lbase[29] = {3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31, 35, 43, 51, 59, 67, 83, 99, 115, 131, 163, 195, 227, 258};
	static const u8 lextra[29] = {0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0};
	static const u16 dbase[30] = {1, 2, 3, 4, 5, 7, 9, 13, 17, 25, 33, 49, 65, 97, 129, 193, 257, 385, 513, 769, 1025, 1537, 2049, 3073, 4097, 6145, 8193, 12289, 16385, 24577};
	for (;;) {
		if (s->in + 8 <= s->end) { /* the usual case, eight bytes at once */
			s->bits |= *(const unaligned *)s->in << s->have;
			s->in += (63 - s->have) >> 3;
			s->have |= 56;
		} else {
			refill(s);
		}
		if (s->bad)
			return 0;
		int sym = decode(s, lit);
		while (sym < 256) {
			if (out == end)
				return 0;
			*out++ = (u8)sym;
			if (s->have < 48) /* a length and a distance take up to that */
				break;
			sym = decode(s, lit);
		}
		if (sym < 256)
			continue;
		if (sym == 256)
			return s->bad ? 0 : out;
		sym -= 257;
		if (sym >= 29)
			return 0;
		word len = lbase[sym] + take(s, lextra[sym]);
		int d = decode(s, dist);
		if (s->bad || d >= 30)
			return 0;
		int extra = d < 4 ? 0 : (d >> 1) - 1;
		word far = dbase[d] + take(s, extra);
		if (far > (word)(out - start) || len > (word)(end - out))
			return 0;
		const u8 *from = out - far;
		if (far >= 8 && (word)(end - out) >= len + 8) { /* what is too much is overwritten */
			for (u8 *to = out; to < out + len; to += 8, from += 8)
				*(unaligned *)to = *(const unaligned *)from;
			out += len;
			continue;
		}
		while (len--)
			*out++ = *from++;
	}
}

/* inflate unpacks a stream that must yield size bytes. */
static int inflate(u8 *out, word size, const u8 *in, word stored) {
	struct stream s = {in, in + stored, 0, 0, 0};
	struct code lit, dist;
	u8 *start = out, *end = out + size;
	for (int last = 0; !last;) {
		refill(&s);
		last = (int)take(&s, 1);
		u32 type = take(&s, 2);
		if (type == 0) {
			take(&s, s.have & 7);
			u32 len = take(&s, 16);
			take(&s, 16);
			s.in -= s.have >> 3; /* what was read ahead */
			s.bits = 0, s.have = 0;
			if (s.in > s.end || len > (word)(s.end - s.in) || len > (word)(end - out))
				return 0;
			while (len--)
				*out++ = *s.in++;
			continue;
		}
		if (type == 3 || !(type == 1 ? fixed(&lit, &dist) : lengths(&s, &lit, &dist)))
			return 0;
		out = block(&s, &lit, &dist, start, out, end);
		if (!out)
			return 0;
	}
	return out == end;
}
