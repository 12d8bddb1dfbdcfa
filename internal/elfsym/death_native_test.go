//go:build amd64

package elfsym_test

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"rescuebox/internal/elfsym"
	"rescuebox/scripts/faultlab"
)

func TestMain(m *testing.M) {
	faultlab.Main()
	os.Exit(m.Run())
}

// big is a library whose parts are all several pages long; a program uses none of
// them.
const big = `int x; int *pointers[4096] = { [0 ... 4095] = &x }; int plain[8192] = { 1 };
	const char text[20000] = "text"; __thread int threads[4096] = { 3 };
	int *const relro[4096] = { [0 ... 4095] = &x };
	int code(int i) { __asm__ volatile (".fill 20000, 1, 0x90"); return i; }`

// What a program really does when a page of its library cannot be read, for every
// page, beside what its place says.
func TestKindsAgainstRealDeaths(t *testing.T) {
	dir := t.TempDir()
	gcc(t, dir, big, "-g", "-O0", "-shared", "-fPIC", "-Wl,-soname,libbig.so", "-Wl,-z,relro", "-o", "libbig.so")
	gcc(t, dir, "int main(void) { return 0; }", "-o", "prog", "-Wl,--no-as-needed", "libbig.so", "-Wl,-rpath,/")
	for _, path := range []string{"/lib/x86_64-linux-gnu/libc.so.6", "/lib64/ld-linux-x86-64.so.2"} {
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.MkdirAll(filepath.Dir(filepath.Join(dir, path)), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, path), data, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	library := filepath.Join(dir, "libbig.so")
	l, theirs := locator(t, library)
	fini := int64(theirs.Section(".fini").Offset) // runs when the program ends
	data, err := os.ReadFile(library)
	if err != nil {
		t.Fatal(err)
	}
	tree, err := faultlab.NewTree(dir, "/dev/fuse")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { tree.Close() })
	seen := map[elfsym.Kind]int{}
	for at := int64(0); at < int64(len(data)); at += 4096 {
		// A new file, of which nothing is in the page cache.
		if err := errors.Join(tree.Clear(), os.Remove(library), os.WriteFile(library, data, 0o755), tree.Fail("libbig.so", at, 512)); err != nil {
			t.Fatal(err)
		}
		p := l.Place(at, 512)
		seen[p.Kind]++
		got := run(t, tree.Dir())
		want := map[elfsym.Kind]string{elfsym.Header: "exit status 127: I/O error", elfsym.Startup: "signal: bus error"}[p.Kind]
		if want == "" {
			want = "fine"
		}
		if at == fini&^4095 {
			want = "signal: bus error"
		}
		if got != want {
			t.Errorf("byte %d, %+v: %s, want %s", at, p, got, want)
		}
	}
	for _, k := range []elfsym.Kind{elfsym.Header, elfsym.Startup, elfsym.Code, elfsym.ReadOnly, elfsym.Data, elfsym.NotLoaded} {
		if seen[k] == 0 {
			t.Errorf("no page is %v: %v", k, seen)
		}
	}
}

// run starts the program below a root and says how it ended.
func run(t *testing.T, root string) string {
	t.Helper()
	cmd := exec.Command("/prog")
	cmd.SysProcAttr = &syscall.SysProcAttr{Chroot: root}
	cmd.Dir, cmd.Env = "/", []string{}
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	err := cmd.Run()
	switch {
	case err == nil:
		return "fine"
	case strings.Contains(stderr.String(), "Input/output error"):
		return fmt.Sprintf("%v: I/O error", err)
	}
	return strings.TrimSuffix(err.Error(), " (core dumped)")
}
