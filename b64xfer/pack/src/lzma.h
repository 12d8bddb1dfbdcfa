/* LZMA, by the "LZMA specification" of the LZMA SDK (public domain): a raw stream
 * without an end marker, whose unpacked size is known. All of a program is its
 * dictionary. */
enum {
	STATES = 12, POSITIONS = 16,
	IS_MATCH = 0,
	IS_REP = IS_MATCH + STATES * POSITIONS,
	IS_REP_G0 = IS_REP + STATES,
	IS_REP_G1 = IS_REP_G0 + STATES,
	IS_REP_G2 = IS_REP_G1 + STATES,
	IS_REP0_LONG = IS_REP_G2 + STATES,
	SLOT = IS_REP0_LONG + STATES * POSITIONS, /* four trees of 6 bits */
	SPECIAL = SLOT + 4 * 64,
	ALIGN = SPECIAL + 128,
	LENGTH = ALIGN + 16, /* choice, choice 2, low and middle trees, the high tree */
	LENGTHS = 2 + 2 * POSITIONS * 8 + 256,
	REP_LENGTH = LENGTH + LENGTHS,
	LITERAL = REP_LENGTH + LENGTHS,
	PROBS = LITERAL + (0x300 << 4),
};

struct range {
	const u8 *in, *end;
	u32 width, code;
	int short_; /* more was read than there is */
	u16 probs[PROBS];
};

static void normalize(struct range *r) {
	if (r->width >> 24)
		return;
	r->width <<= 8;
	r->code <<= 8;
	if (r->in == r->end)
		r->short_ = 1;
	else
		r->code |= *r->in++;
}

static u32 bit(struct range *r, u32 at) {
	u16 *p = r->probs + at;
	normalize(r);
	u32 zero = (r->width >> 11) * *p;
	if (r->code < zero) {
		r->width = zero;
		*p += (2048 - *p) >> 5;
		return 0;
	}
	r->width -= zero;
	r->code -= zero;
	*p -= *p >> 5;
	return 1;
}

/* tree returns a number below limit, a power of two, the highest bit first. */
static u32 tree(struct range *r, u32 at, u32 limit) {
	u32 n = 1;
	do
		n = n << 1 | bit(r, at + n);
	while (n < limit);
	return n - limit;
}

static u32 reverse(struct range *r, u32 at, u32 bits) {
	u32 n = 1, v = 0;
	for (u32 i = 0; i < bits; i++) {
		u32 b = bit(r, at + n);
		n = n << 1 | b;
		v |= b << i;
	}
	return v;
}

static u32 length(struct range *r, u32 at, u32 position) {
	if (!bit(r, at))
		return tree(r, at + 2 + position * 8, 8);
	if (!bit(r, at + 1))
		return 8 + tree(r, at + 2 + (POSITIONS + position) * 8, 8);
	return 16 + tree(r, at + 2 + 2 * POSITIONS * 8, 256);
}

static u32 distance(struct range *r, u32 len) {
	u32 slot = tree(r, SLOT + (len < 4 ? len : 3) * 64, 64);
	if (slot < 4)
		return slot;
	u32 bits = (slot >> 1) - 1, d = (2 | (slot & 1)) << bits;
	if (slot < 14)
		return d + reverse(r, SPECIAL + d - slot, bits);
	for (bits -= 4; bits--;) {
		normalize(r);
		r->width >>= 1;
		u32 one = r->code >= r->width;
		if (one)
			r->code -= r->width;
		d += one << bits << 4;
	}
	return d + reverse(r, ALIGN, 4);
}

/* unlzma unpacks exactly size bytes; it returns 0 when it cannot. */
static int unlzma(struct range *r, u8 *out, u32 size, u32 lc, u32 lp, u32 pb) {
	u32 state = 0, rep0 = 0, rep1 = 0, rep2 = 0, rep3 = 0, at = 0;
	for (u32 i = 0; i < PROBS; i++)
		r->probs[i] = 1024;
	r->width = -1;
	r->code = 0;
	r->in++; /* a zero */
	for (int i = 0; i < 4; i++)
		r->code = r->code << 8 | *r->in++;
	while (at < size) {
		u32 position = at & ((1 << pb) - 1), len;
		if (r->short_)
			return 0;
		if (!bit(r, IS_MATCH + state * POSITIONS + position)) {
			u32 before = at ? out[at - 1] : 0, n = 1;
			u32 base = LITERAL + 0x300 * (((at & ((1 << lp) - 1)) << lc) + (before >> (8 - lc)));
			if (state >= 7) {
				u32 match = out[at - rep0 - 1];
				do {
					u32 m = match >> 7 & 1, b = bit(r, base + ((1 + m) << 8) + n);
					match <<= 1;
					n = n << 1 | b;
					if (m != b)
						break;
				} while (n < 0x100);
			}
			while (n < 0x100)
				n = n << 1 | bit(r, base + n);
			out[at++] = (u8)n;
			state = state < 4 ? 0 : state < 10 ? state - 3 : state - 6;
			continue;
		}
		if (!bit(r, IS_REP + state)) {
			rep3 = rep2, rep2 = rep1, rep1 = rep0;
			len = length(r, LENGTH, position);
			rep0 = distance(r, len);
			state = state < 7 ? 7 : 10;
		} else {
			if (!at)
				return 0;
			if (!bit(r, IS_REP_G0 + state)) {
				if (!bit(r, IS_REP0_LONG + state * POSITIONS + position)) {
					state = state < 7 ? 9 : 11;
					len = (u32)-1;
					goto copy;
				}
			} else {
				u32 d = rep1;
				if (bit(r, IS_REP_G1 + state)) {
					d = rep2;
					if (bit(r, IS_REP_G2 + state)) {
						d = rep3;
						rep3 = rep2;
					}
					rep2 = rep1;
				}
				rep1 = rep0;
				rep0 = d;
			}
			len = length(r, REP_LENGTH, position);
			state = state < 7 ? 8 : 11;
		}
	copy:
		len += 2;
		if (rep0 >= at || len > size - at)
			return 0;
		for (; len--; at++)
			out[at] = out[at - rep0 - 1];
	}
	return !r->short_;
}
