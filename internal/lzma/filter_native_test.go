//go:build amd64

package lzma

import (
	"bytes"
	"os"
	"os/exec"
	"strings"
	"testing"
)

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
	inputs := map[string][]byte{"bash": read(t, "/bin/bash"), "go": read(t, self(t))[:1<<20]}
	for n := range 9 {
		inputs["tail "+string(rune('0'+n))] = bytes.Repeat([]byte{0xe8, 0, 0, 0, 0, 0xeb, 0x94, 0x90}, 3)[:n]
	}
	for _, f := range inPlace[:3] {
		t.Run(f.name, func(t *testing.T) {
			inputs["random"] = troublesome(1, 1<<20, f.alphabet)
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
