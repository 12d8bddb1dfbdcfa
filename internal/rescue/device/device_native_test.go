//go:build amd64

package device

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// The disk under the root file system is in use, by whatever it is called.
func TestUsers(t *testing.T) {
	mounts, err := os.ReadFile("/proc/self/mountinfo")
	if err != nil {
		t.Fatal(err)
	}
	seen := false
	for line := range strings.Lines(string(mounts)) {
		fields := strings.Fields(line)
		major, minor, _ := strings.Cut(fields[2], ":")
		if major == "0" || !exists("/sys/dev/block/"+fields[2]) {
			continue
		}
		seen = true
		number := unix.Mkdev(digits(major), digits(minor))
		if reasons := strings.Join(users(number), "; "); !strings.Contains(reasons, " is mounted at "+fields[4]) {
			t.Errorf("%s: %s", fields[4], reasons)
		}
		if len(disks(number)) == 0 {
			t.Errorf("%s: on no disk", fields[4])
		}
	}
	if !seen {
		t.Error("no mounted block device to test with")
	}
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

func digits(s string) (n uint32) {
	for _, c := range s {
		n = n*10 + uint32(c-'0')
	}
	return n
}

// Reads of any offset and length are right, past the page cache too.
func TestUnaligned(t *testing.T) {
	content := bytes.Repeat([]byte("0123456789abcdefg"), 1000)
	path := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, buffered := range []bool{false, true} {
		s, err := OpenSource(path, buffered)
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range [][2]int{{0, 1}, {511, 2}, {4095, 4098}, {100, 16000}, {16999, 1}, {0, 17000}} {
			p := make([]byte, r[1])
			if n, err := s.ReadAt(p, int64(r[0])); n != r[1] || err != nil || !bytes.Equal(p, content[r[0]:r[0]+r[1]]) {
				t.Errorf("buffered %v, %v: %d, %v", buffered, r, n, err)
			}
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}
}

// Zeros leave holes, and the file gets its length.
func TestSparse(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "source"), []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	s, err := OpenSource(filepath.Join(dir, "source"), true)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	target, err := OpenTarget(filepath.Join(dir, "target"), s, TargetOptions{Sparse: true})
	if err != nil {
		t.Fatal(err)
	}
	for _, w := range []struct {
		p   []byte
		off int64
	}{{[]byte("abc"), 0}, {make([]byte, 1<<20), 4096}, {[]byte("def"), 8192}, {make([]byte, 3), 0}} {
		if n, err := target.WriteAt(w.p, w.off); n != len(w.p) || err != nil {
			t.Error(n, err)
		}
	}
	if err := target.Extend(1 << 20); err != nil {
		t.Error(err)
	}
	if err := target.Sync(); err != nil {
		t.Error(err)
	}
	if err := target.Close(); err != nil {
		t.Error(err)
	}
	want := make([]byte, 1<<20)
	copy(want[8192:], "def")
	got, err := os.ReadFile(filepath.Join(dir, "target"))
	if err != nil || !bytes.Equal(got, want) {
		t.Errorf("%v, %d bytes", err, len(got))
	}
	var stat unix.Stat_t
	if err := unix.Stat(filepath.Join(dir, "target"), &stat); err != nil || stat.Blocks > 100 {
		t.Errorf("%v, %d blocks", err, stat.Blocks)
	}
}
