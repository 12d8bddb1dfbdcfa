package lzma

// AMD64Encode makes the targets of calls, and the addresses of what instructions of
// 64 bit operands use relative to RIP, absolute, in place, each counted from the
// first byte of code. It makes programs in x86 code (of 32 bits too) easier to pack
// than X86Encode does; xz has no such filter. This is all there is to undo it, n
// bytes at b, numbers of 32 bits:
//
//	for p = 0; p+7 <= n; {
//		if      b[p] == 0xe8                                                     o = p+1
//		else if b[p]&0xf8 == 0x48 and b[p+1] != 0xe8 and b[p+2]&0xc7 == 0x05    o = p+3
//		else    { p++; continue }
//		p = o+4
//		v = 4 bytes at o, lowest first
//		if      v < n      v -= p
//		else if v >= -p    v += n
//		4 bytes at o = v
//	}
//
// Both ways have to find the same operands. So nothing is decided by a byte that may
// have been changed: an operand is passed over as a whole, and where 0xe8 follows
// what looks like a REX prefix it begins a call.
func AMD64Encode(code []byte) {
	n := uint32(len(code))
	for at := nextOperand(code, 0); at >= 0; at = nextOperand(code, at+4) {
		v, end := load32(code[at:]), uint32(at+4)
		// Targets inside the code become 0 to n-1. The numbers that were there take the
		// places left free, and all others stay.
		if v+end < n {
			v += end
		} else if v < n {
			v -= n
		}
		store32(code[at:], v)
	}
}

// AMD64Decode undoes AMD64Encode.
func AMD64Decode(code []byte) {
	n := uint32(len(code))
	for at := nextOperand(code, 0); at >= 0; at = nextOperand(code, at+4) {
		v, end := load32(code[at:]), uint32(at+4)
		if v < n {
			v -= end
		} else if v >= -end {
			v += n
		}
		store32(code[at:], v)
	}
}

// nextOperand returns where the first operand is whose instruction begins at p or
// later, -1 where there is none.
func nextOperand(code []byte, p int) int {
	const (
		call    = 0xe8
		rexW    = 0x48 // its low bits extend registers
		modRM   = 0x05 // no base but RIP; the bits in between name a register
		notReg  = 0xc7
		notRegs = 0xf8
	)
	for ; p+7 <= len(code); p++ {
		if code[p] == call {
			return p + 1
		}
		if code[p]&notRegs == rexW && code[p+1] != call && code[p+2]&notReg == modRM {
			return p + 3
		}
	}
	return -1
}
