//go:build amd64

package ldd

import (
	"debug/elf"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"rescuebox/internal/applettest"
	"rescuebox/scripts/faultlab"
)

// A sector of libc or of its loader that the kernel cannot read: the place is told,
// and what the rest of the files tells is still told.
func TestBadSectors(t *testing.T) {
	dir := t.TempDir()
	const libc, loader = "/lib/x86_64-linux-gnu/libc.so.6", "/lib64/ld-linux-x86-64.so.2"
	for _, path := range []string{"/bin/sh", libc, loader} {
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		write(t, filepath.Join(dir, path), string(data))
	}
	o, err := elf.Open(libc)
	if err != nil {
		t.Fatal(err)
	}
	defer o.Close()
	tree, err := faultlab.NewTree(dir, "/dev/fuse")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { tree.Close() })
	section := func(name string) int64 {
		s := o.Section(name)
		return int64(s.Offset+s.FileSize/2) &^ 511
	}
	at := regexp.MustCompile(`^ldd: (\S+): Input/output error at byte (\d+)\n$`)
	for name, offset := range map[string]int64{
		"header": 0, ".dynsym": section(".dynsym"), ".dynstr": section(".dynstr"), ".gnu.hash": section(".gnu.hash"),
		".gnu.version": section(".gnu.version"), ".gnu.version_d": section(".gnu.version_d"), ".rela.dyn": section(".rela.dyn"), ".text": section(".text"),
	} {
		fail(t, tree, dir, libc, offset)
		r := applettest.Call(&Applet, applettest.Command{Args: []string{"--root", tree.Dir(), "-v", "-r", "/bin/sh"}})
		// The loader is asked for by what cannot be read of the header.
		list := "\tlibc.so.6 => " + libc + "\n"
		if name != "header" {
			list += "\t" + loader + "\n"
		}
		if !strings.Contains(r.Stdout, list) || strings.Contains(r.Stdout, "undefined symbol") || strings.Contains(r.Stdout, "not found") ||
			strings.Contains(r.Stdout, "no version information") {
			t.Errorf("%s: %s%s", name, r.Stdout, r.Stderr)
		}
		if name == ".text" {
			if r.Status != 0 || r.Stderr != "" {
				t.Errorf("%s is not ldd's to read: status %d, %s", name, r.Status, r.Stderr)
			}
			continue
		}
		m := at.FindStringSubmatch(r.Stderr)
		if m == nil || m[1] != libc || r.Status != 1 {
			t.Errorf("%s: status %d, %s", name, r.Status, r.Stderr)
			continue
		}
		if n, _ := strconv.ParseInt(m[2], 10, 64); n < offset&^4095 || n >= offset+512 {
			t.Errorf("%s: byte %d, the bad sector is at %d", name, n, offset)
		}
	}
}

// fail makes a sector of a file bad, and all others good.
func fail(t testing.TB, tree *faultlab.Tree, dir, file string, offset int64) {
	t.Helper()
	if err := tree.Clear(); err != nil {
		t.Fatal(err)
	}
	// A new file, of which nothing is in the page cache.
	data, err := os.ReadFile(filepath.Join(dir, file))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(filepath.Join(dir, file)); err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(dir, file), string(data))
	if err := tree.Fail(file[1:], offset, 512); err != nil {
		t.Fatal(err)
	}
}
