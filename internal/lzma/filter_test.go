package lzma

import (
	"bytes"
	"math/rand/v2"
	"testing"
)

// inPlace are all filters with the bytes that make trouble for each.
var inPlace = []struct {
	name           string
	encode, decode func([]byte)
	alphabet       string
}{
	{"x86", X86Encode, X86Decode, "\xe8\xe9\x00\xff\x01\xfe\x17"},
	{"arm", ARMEncode, ARMDecode, "\xeb\x00\xff\x01"},
	{"arm64", ARM64Encode, ARM64Decode, "\x90\xb0\xd0\xf0\x94\x97\x00\xff\xe0\x1f"},
	{"amd64", AMD64Encode, AMD64Decode, "\xe8\x48\x4c\x8d\x05\x0d\x00\xff"},
}

// troublesome returns n bytes, most of them out of an alphabet.
func troublesome(seed uint64, n int, alphabet string) []byte {
	random := rand.New(rand.NewPCG(seed, 1))
	b := make([]byte, n)
	for i := range b {
		b[i] = alphabet[random.IntN(len(alphabet))]
		if random.IntN(8) == 0 {
			b[i] = byte(random.Uint32())
		}
	}
	return b
}

func TestFiltersAreUndone(t *testing.T) {
	for _, f := range inPlace {
		t.Run(f.name, func(t *testing.T) {
			for seed := range uint64(3000) {
				size := int(seed) % 400
				if seed%100 == 0 {
					size = 70000
				}
				in := troublesome(seed, size, f.alphabet)
				b := bytes.Clone(in)
				f.encode(b)
				f.decode(b)
				if !bytes.Equal(b, in) {
					t.Fatalf("seed %d, %d bytes: first difference at %d", seed, size, difference(b, in))
				}
				f.decode(b)
				f.encode(b)
				if f.name != "x86" && !bytes.Equal(b, in) { // that one is no bijection
					t.Fatalf("seed %d, %d bytes, the other way: first difference at %d", seed, size, difference(b, in))
				}
			}
		})
	}
}

// TestAMD64 pins which operands are changed, and to what.
func TestAMD64(t *testing.T) {
	for _, test := range []struct{ name, in, want string }{
		{"call", "\xe8\x03\x00\x00\x00\x90\x90\x90\x90", "\xe8\x08\x00\x00\x00\x90\x90\x90\x90"},
		{"call back", "\x90\xe8\xfa\xff\xff\xff\x90\x90", "\x90\xe8\x00\x00\x00\x00\x90\x90"},
		{"call out of the code", "\xe8\x04\x00\x00\x00\x90\x90\x90\x90", "\xe8\xfb\xff\xff\xff\x90\x90\x90\x90"},
		{"farther call", "\xe8\x40\x00\x00\x00\x90\x90\x90\x90", "\xe8\x40\x00\x00\x00\x90\x90\x90\x90"},
		{"lea", "\x48\x8d\x0d\x01\x00\x00\x00\x90\x90", "\x48\x8d\x0d\x08\x00\x00\x00\x90\x90"},
		{"lea of a stack slot", "\x48\x8d\x4c\x24\x01\x00\x00\x00", "\x48\x8d\x4c\x24\x01\x00\x00\x00"},
		{"call after a displacement of 0x48", "\x48\xe8\x05\x00\x00\x00\x90\x90\x90\x90\x90\x90", "\x48\xe8\x0b\x00\x00\x00\x90\x90\x90\x90\x90\x90"},
		{"too near the end", "\x90\xe8\x00\x00\x00\x00\x90", "\x90\xe8\x00\x00\x00\x00\x90"},
	} {
		b := []byte(test.in)
		AMD64Encode(b)
		if string(b) != test.want {
			t.Errorf("%s: %x, want %x", test.name, b, test.want)
		}
		AMD64Decode(b)
		if string(b) != test.in {
			t.Errorf("%s: undone to %x", test.name, b)
		}
	}
}

func FuzzFilters(f *testing.F) {
	for _, filter := range inPlace {
		f.Add(troublesome(7, 60, filter.alphabet))
	}
	f.Fuzz(func(t *testing.T, in []byte) {
		for _, filter := range inPlace {
			b := bytes.Clone(in)
			filter.encode(b)
			filter.decode(b)
			if !bytes.Equal(b, in) {
				t.Errorf("%s: first difference at %d", filter.name, difference(b, in))
			}
		}
	})
}

func difference(a, b []byte) int {
	n := min(len(a), len(b))
	for i := range n {
		if a[i] != b[i] {
			return i
		}
	}
	return n
}
