package ldd

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"rescuebox/internal/applettest"
)

// tiny is the header of a static ELF program for a machine, without segments.
func tiny(machine byte, size64, big bool) []byte {
	b := make([]byte, 64)
	copy(b, "\x7fELF\x01\x01\x01")
	ehsize := 40
	if size64 {
		b[4], ehsize = 2, 52
	}
	put := func(at int, v byte) { b[at] = v }
	if big {
		b[5] = 2
		put = func(at int, v byte) { b[at+1] = v }
	}
	put(16, 2)
	put(18, machine)
	put(20, 1)
	put(ehsize, 64)
	return b
}

// A file cut off anywhere is named with the place, and never a crash.
func TestCutOff(t *testing.T) {
	dir := t.TempDir()
	for name, whole := range map[string][]byte{
		"x86-64": tiny(62, true, false), "i386": tiny(3, false, false), "s390x": tiny(22, true, true),
	} {
		size := len(whole)
		if name == "i386" {
			size = 52
		}
		for n := range size {
			path := filepath.Join(dir, name)
			if err := os.WriteFile(path, whole[:n], 0o755); err != nil {
				t.Fatal(err)
			}
			r := applettest.Call(&Applet, applettest.Command{Args: []string{path}})
			want := "not a dynamic executable"
			if n >= 4 {
				want = "at byte "
			}
			if r.Status != 1 || r.Stdout != "" || !strings.Contains(r.Stderr, want) {
				t.Fatalf("%s cut at %d: status %d, %q, %q", name, n, r.Status, r.Stdout, r.Stderr)
			}
		}
	}
}
