package lzma

// X86Encode makes the targets of calls and jumps in 32 and 64 bit x86 code absolute,
// as xz --x86 does.
func X86Encode(code []byte) { x86(code, 1) }

// X86Decode undoes X86Encode.
func X86Decode(code []byte) { x86(code, -1) }

// x86 adds the address behind each CALL or JMP, times sign, to its 32 bit operand.
//
// Without disassembling, a byte 0xe8 or 0xe9 is taken as an opcode when the highest
// byte of its operand is 0x00 or 0xff, near targets. What comes out has such a
// highest byte too (bit 24 is made the sign), so that the way back finds the same
// places. Trouble is an opcode inside the operand of one that was passed over: then
// changing it may make the earlier one look convertible. So all that were passed
// over less than four bytes ago are remembered.
func x86(code []byte, sign int32) {
	var passed, passedNear uint32 // bit n: n+1 bytes ago; near: its highest byte fits
	for i := 0; i+5 <= len(code); i++ {
		if code[i]&0xfe != 0xe8 {
			passed, passedNear = passed<<1, passedNear<<1
			continue
		}
		passed &= 7
		near := isSign(code[i+4])
		if !near || passedNear&7 != 0 || passed&(passed-1) != 0 {
			passed, passedNear = passed<<1|1, passedNear<<1
			if near {
				passedNear |= 1
			}
			continue
		}
		target := load32(code[i+1:])
		address := uint32(sign * int32(i+5))
		v := target + address
		if passed != 0 {
			v = unlike(target, address, passed)
		}
		store32(code[i+1:], v&0xffffff|-(v>>24&1)<<24)
		i += 4
		passed, passedNear = 0, 0
	}
}

// unlike returns target plus address such that the byte of it that is the highest
// one of the opcode passed over is no sign; where it would be, both ways go on from
// the complement of the bits up to that byte, until it is none.
func unlike(target, address, passed uint32) uint32 {
	shift := 16 // by how many bytes ago the one opcode was that was passed over
	switch passed {
	case 2:
		shift = 8
	case 4:
		shift = 0
	}
	for {
		v := target + address
		if !isSign(byte(v >> shift)) {
			return v
		}
		target = v ^ (1<<(shift+8) - 1)
	}
}

func isSign(b byte) bool { return b == 0 || b == 0xff }
