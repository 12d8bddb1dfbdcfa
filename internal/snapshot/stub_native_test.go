//go:build amd64

package snapshot

import (
	"bytes"
	"debug/elf"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// The stub that is checked in is what its source makes.
func TestStubIsBuilt(t *testing.T) {
	out := filepath.Join(t.TempDir(), "stub.bin")
	if text, err := exec.Command("stub/build", out).CombinedOutput(); err != nil {
		t.Fatalf("%v (apt-get install gcc binutils)\n%s", err, text)
	}
	built, err := os.ReadFile(out)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(built, stubCode) {
		t.Error("stub.bin is not what stub/build makes: go generate ./internal/snapshot (with the gcc and binutils of Debian 12)")
	}
}

// fileOffset is where in a snapshot the byte at an address is.
func fileOffset(t *testing.T, path string, addr uint64) int64 {
	t.Helper()
	f, err := elf.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for _, p := range f.Progs {
		if p.Type == elf.PT_LOAD && addr >= p.Vaddr && addr < p.Vaddr+p.Filesz {
			return int64(p.Off + addr - p.Vaddr)
		}
	}
	t.Fatalf("%s has nothing at %#x", path, addr)
	return 0
}

// damage returns a copy of a file after change.
func damage(t *testing.T, path string, change func([]byte) []byte) string {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	out := filepath.Join(t.TempDir(), "damaged")
	if err := os.WriteFile(out, change(data), 0o755); err != nil {
		t.Fatal(err)
	}
	return out
}

// One flipped bit anywhere but in the stub itself is found at every start, unless
// that is not wanted.
func TestDamage(t *testing.T) {
	path := take(t, Input{Program: "/bin/bash"})
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	script := []string{"-c", "echo fine"}
	params := fileOffset(t, path, paramsAt)
	for _, at := range []int64{
		7 /* unused in ELF headers */, params + paramTID + 2, params + paramDigest, params + paramAux + 3, params + tablesAt,
		fileOffset(t, path, stackAt) + 9, fileOffset(t, path, stubAt) + 0x1fff, fileOffset(t, path, objectsAt) + 100,
		info.Size() / 3, info.Size() / 2, info.Size() - 1,
	} {
		bad := damage(t, path, func(data []byte) []byte { data[at] ^= 4; return data })
		got := run(t, bad, nil, "name", script...)
		if got.status != 126 || !strings.HasPrefix(got.out, "name: damaged: ") {
			t.Errorf("bit at %d: %+v", at, got)
		}
	}
	bad := damage(t, path, func(data []byte) []byte { data[info.Size()/3] ^= 4; return data })
	if got := run(t, bad, []string{"RESCUEBOX_VERIFY=0"}, "name", script...); got != (result{"fine\n", 0}) {
		t.Errorf("without looking: %+v", got)
	}
	// Beyond the end of the file a page is SIGBUS, as one that cannot be read.
	short := damage(t, path, func(data []byte) []byte { return data[:len(data)-3*pageSize] })
	if got := run(t, short, nil, "name", script...); got.status != 126 || !strings.HasPrefix(got.out, "name: cannot read all of its own file: Input/output error") {
		t.Errorf("cut off: %+v", got)
	}
	if got := run(t, path, nil, "name", script...); got != (result{"fine\n", 0}) {
		t.Errorf("whole: %+v", got)
	}
}

// A snapshot that has been given privileges does not run: its loader believes to
// have none.
func TestPrivileged(t *testing.T) {
	path := take(t, Input{Program: "/usr/bin/id"})
	// On a file system of a namespace of its own, which heeds the bit and is open to all.
	const script = `mount -t tmpfs -o mode=755 test /mnt && cp "$0" /mnt/id && chmod 4755 /mnt/id &&
		exec setpriv --reuid 65534 --regid 65534 --clear-groups /mnt/id`
	got := run(t, "/usr/bin/unshare", nil, "unshare", "-m", "sh", "-c", script, path)
	if got.status != 126 || !strings.Contains(got.out, "a snapshot cannot be privileged") {
		t.Errorf("%+v", got)
	}
}
