package lzma

// X86Encode makes the targets of calls and jumps in 32 and 64 bit x86 code absolute,
// in place, as xz --x86 does. The first byte has address 0.
func X86Encode(code []byte) {}

// X86Decode undoes X86Encode.
func X86Decode(code []byte) {}

// ARMEncode makes the targets of BL in 32 bit ARM code absolute, in place, as xz
// --arm does. The first byte has address 0.
func ARMEncode(code []byte) {}

// ARMDecode undoes ARMEncode.
func ARMDecode(code []byte) {}

// ARM64Encode makes the targets of BL and ADRP in ARM64 code absolute, in place, as
// xz --arm64 does. The first byte has address 0.
func ARM64Encode(code []byte) {}

// ARM64Decode undoes ARM64Encode.
func ARM64Decode(code []byte) {}
