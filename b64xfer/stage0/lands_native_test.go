//go:build amd64

package stage0

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"rescuebox/b64xfer/unshifted"
)

// runners start an image on this machine, for each processor: the plain form alone, the
// other by loaders.
var runners = map[string]struct {
	plain   []string
	loaders [][]string
}{
	"amd64": {nil, [][]string{{"/lib64/ld-linux-x86-64.so.2"}, {"/lib/ld-musl-x86_64.so.1"}}},
	"386":   {nil, [][]string{{"/lib/ld-linux.so.2"}}},
	"arm64": {[]string{"qemu-aarch64-static"}, [][]string{{"qemu-aarch64-static", "/usr/aarch64-linux-gnu/lib/ld-linux-aarch64.so.1"}}},
	"armv7": {[]string{"qemu-arm-static"}, [][]string{{"qemu-arm-static", "/usr/arm-linux-gnueabihf/lib/ld-linux-armhf.so.3"}}},
}

// land runs an image with these lines, and returns what it wrote and the file's mode.
func land(t *testing.T, argv []string, image []byte, x os.FileMode, lines []string) ([]byte, os.FileMode) {
	t.Helper()
	dir := t.TempDir()
	file := filepath.Join(dir, "rb.s0")
	if err := os.WriteFile(file, image, 0o600|x); err != nil {
		t.Fatal(err)
	}
	out, err := os.OpenFile(filepath.Join(dir, "rb.s1"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	defer out.Close()
	argv = append(slices.Clone(argv), file)
	cmd := exec.Command(argv[0], argv[1:]...)
	cmd.Stdin, cmd.Stdout = strings.NewReader(strings.Join(lines, "\n")+"\n"), out
	var said bytes.Buffer
	cmd.Stderr = &said
	cmd.Run() // its status is the shell's hint alone
	if said.Len() > 0 {
		t.Errorf("%v: %s", argv, said.Bytes())
	}
	got, err := os.ReadFile(out.Name())
	if err != nil {
		t.Fatal(err)
	}
	info, err := out.Stat()
	if err != nil {
		t.Fatal(err)
	}
	return got, info.Mode()
}

// On each processor, in each form, typed with and without a shift key, it writes what
// the lines carry, and makes that executable. After damage it does not.
func TestLands(t *testing.T) {
	program := bytes.Repeat([]byte("any program\x00\xff"), 200)
	for _, arch := range Arches() {
		for _, free := range []bool{false, true} {
			lines := Lines(program)
			if free {
				for i := range lines {
					lines[i] = unshifted.Line(lines[i])
				}
			}
			bad := slices.Clone(lines)
			bad[1] = strings.Replace(bad[1], "w", "v", 1)
			ways := [][]string{runners[arch].plain}
			for i, way := range append(ways, runners[arch].loaders...) {
				form, x := Object, os.FileMode(0)
				if i == 0 {
					form, x = Plain, 0o100
				}
				image, err := Image(arch, form, free)
				if err != nil {
					t.Fatal(err)
				}
				got, mode := land(t, way, image, x, lines)
				if !bytes.HasPrefix(got, program) || len(got) > len(program)+6 || mode != 0o700 {
					t.Errorf("%s, unshifted %v, %v: %d bytes, mode %v", arch, free, way, len(got), mode)
				}
				if got, mode := land(t, way, image, x, bad); len(got) == 0 || mode != 0o600 {
					t.Errorf("%s, unshifted %v, %v, damaged: %d bytes, mode %v", arch, free, way, len(got), mode)
				}
			}
		}
	}
}
