package lzma

// The filters turn relative targets into absolute ones: calls of one function from
// many places then look the same. They work in place on code whose first byte has
// address 0, and give the bytes that the filters of xz give.

func load32(b []byte) uint32 {
	return uint32(b[0]) | uint32(b[1])<<8 | uint32(b[2])<<16 | uint32(b[3])<<24
}

func store32(b []byte, v uint32) {
	b[0], b[1], b[2], b[3] = byte(v), byte(v>>8), byte(v>>16), byte(v>>24)
}

// ARMEncode makes the targets of BL in 32 bit ARM code absolute, as xz --arm does.
func ARMEncode(code []byte) { arm(code, 1) }

// ARMDecode undoes ARMEncode.
func ARMDecode(code []byte) { arm(code, -1) }

func arm(code []byte, sign int32) {
	const alwaysBL = 0xeb
	for i := 0; i+4 <= len(code); i += 4 {
		if code[i+3] != alwaysBL {
			continue
		}
		// Targets count words, from two instructions on.
		v := load32(code[i:]) + uint32(sign*int32(i+8)>>2)
		store32(code[i:], v&0xffffff|alwaysBL<<24)
	}
}

// ARM64Encode makes the targets of BL and ADRP in ARM64 code absolute, as xz --arm64
// does.
func ARM64Encode(code []byte) { arm64(code, 1) }

// ARM64Decode undoes ARM64Encode.
func ARM64Decode(code []byte) { arm64(code, -1) }

func arm64(code []byte, sign int32) {
	for i := 0; i+4 <= len(code); i += 4 {
		v := load32(code[i:])
		switch {
		case v>>26 == 0x25: // BL: 26 bits that count words
			store32(code[i:], 0x25<<26|(v+uint32(sign*int32(i>>2)))&(1<<26-1))
		case v&0x9f000000 == 0x90000000: // ADRP: 21 bits that count pages, the low 2 apart
			page := v>>29&3 | v>>3&0x1ffffc
			// Data looks like ADRP too: targets farther than 512 MiB are left alone. What
			// is made is 18 bits with their sign, so that it passes this test again.
			if (page+1<<17)&0x1c0000 != 0 {
				continue
			}
			page += uint32(sign * int32(i>>12))
			v = v&0x9000001f | page&3<<29 | page&0x3fffc<<3
			if page&(1<<17) != 0 {
				v |= 7 << 21
			}
			store32(code[i:], v)
		}
	}
}
