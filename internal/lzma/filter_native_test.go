//go:build amd64

package lzma

import (
	"bytes"
	"math/rand/v2"
	"os"
	"os/exec"
	"strings"
	"testing"
)

var filters = []struct {
	name           string
	encode, decode func([]byte)
	alphabet       string // bytes that make trouble
}{
	{"x86", X86Encode, X86Decode, "\xe8\xe9\x00\xff\x01\xfe\x17"},
	{"arm", ARMEncode, ARMDecode, "\xeb\x00\xff\x01"},
	{"arm64", ARM64Encode, ARM64Decode, "\x90\xb0\xd0\xf0\x94\x97\x00\xff\xe0\x1f"},
}

// xz runs the real program with input on its standard input.
func xz(t testing.TB, input []byte, args ...string) []byte {
	t.Helper()
	cmd := exec.Command("xz", args...)
	cmd.Stdin = bytes.NewReader(input)
	var stderr strings.Builder
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("xz %v: %v %s (apt-get install xz-utils)", args, err, stderr.String())
	}
	return out
}

// TestFiltersBesideXz filters with xz and compares. A filter is never the last of a
// chain: LZMA2 is behind it, and undone without it.
func TestFiltersBesideXz(t *testing.T) {
	inputs := map[string][]byte{"bash": read(t, "/bin/bash"), "go": read(t, self(t))}
	for n := range 9 {
		inputs["tail "+string(rune('0'+n))] = bytes.Repeat([]byte{0xe8, 0, 0, 0, 0, 0xeb, 0x94, 0x90}, 3)[:n]
	}
	random := rand.New(rand.NewPCG(1, 2))
	for _, f := range filters {
		t.Run(f.name, func(t *testing.T) {
			b := make([]byte, 1<<20)
			for i := range b {
				b[i] = f.alphabet[random.IntN(len(f.alphabet))]
				if random.IntN(8) == 0 {
					b[i] = byte(random.Uint32())
				}
			}
			inputs["random"] = b
			for name, in := range inputs {
				want := xz(t, xz(t, in, "-c", "--format=raw", "--"+f.name, "--lzma2=preset=0"),
					"-dc", "--format=raw", "--lzma2=preset=0")
				got := bytes.Clone(in)
				f.encode(got)
				if !bytes.Equal(got, want) {
					t.Errorf("%s: first difference at %d", name, difference(got, want))
				}
				f.decode(got)
				if !bytes.Equal(got, in) {
					t.Errorf("%s: not undone at %d", name, difference(got, in))
				}
			}
		})
	}
}

func self(t testing.TB) string {
	path, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	return path
}

func read(t testing.TB, path string) []byte {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return b
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
