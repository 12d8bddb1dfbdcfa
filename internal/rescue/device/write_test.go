package device

import (
	"bytes"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"

	"rescuebox/internal/medium"
)

// What is written is there, past the page cache and through it, of any size and place.
func TestWriteDirect(t *testing.T) {
	for _, o := range []TargetOptions{{Direct: true}, {Direct: true, Sync: true}, {Direct: true, Compare: true}, {Compare: true}} {
		path := filepath.Join(t.TempDir(), "target")
		target, err := OpenTarget(path, nil, o)
		if err != nil {
			t.Fatal(err)
		}
		want := make([]byte, 1<<20)
		random := rand.New(rand.NewPCG(1, 2))
		p := medium.AlignedBuffer(64 << 10)
		for range 200 {
			n, off := 1+random.IntN(len(p)), random.IntN(len(want)-len(p))
			if random.IntN(2) == 0 {
				n, off = (n+4095)/4096*4096, off/4096*4096
			}
			if random.IntN(4) > 0 {
				for i := range n {
					p[i] = byte(random.Uint32())
				}
			}
			if got, err := target.WriteAt(p[:n], int64(off)); got != n || err != nil {
				t.Fatalf("%+v: %d bytes at %d: %d, %v", o, n, off, got, err)
			}
			copy(want[off:], p[:n])
		}
		if err := target.Extend(1 << 20); err != nil {
			t.Error(err)
		}
		if err := target.Sync(); err != nil {
			t.Error(err)
		}
		if n := target.Length(); n != 1<<20 {
			t.Errorf("%d bytes long", n)
		}
		if err := target.Close(); err != nil {
			t.Error(err)
		}
		if got, err := os.ReadFile(path); err != nil || !bytes.Equal(got, want) {
			t.Errorf("%+v: %v, another content", o, err)
		}
	}
}

// What is there already is not written: a hole stays one.
func TestCompare(t *testing.T) {
	path := filepath.Join(t.TempDir(), "target")
	write(t, path, "x")
	if err := os.Truncate(path, 1<<20); err != nil {
		t.Fatal(err)
	}
	target, err := OpenTarget(path, nil, TargetOptions{Compare: true})
	if err != nil {
		t.Fatal(err)
	}
	defer target.Close()
	if n, err := target.WriteAt(make([]byte, 1<<19), 1<<18); n != 1<<19 || err != nil {
		t.Errorf("%d, %v", n, err)
	}
	var stat unix.Stat_t
	if err := unix.Stat(path, &stat); err != nil || stat.Blocks > 100 {
		t.Errorf("%v, %d blocks", err, stat.Blocks)
	}
	if n, err := target.WriteAt([]byte("behind the end"), 1<<20-3); n != 14 || err != nil {
		t.Errorf("%d, %v", n, err)
	}
	if n := target.Length(); n != 1<<20+11 {
		t.Errorf("%d bytes", n)
	}
}

// A file that is made among the devices would be one in memory.
func TestNoDevice(t *testing.T) {
	for path, refused := range map[string]bool{"/dev/nosuch": true, "/dev//disk/../nosuch": true, "/devnosuch/x": false, "/dev/shm/nosuch/x": false} {
		if besideDevices(path) != refused {
			t.Errorf("%s: %v", path, !refused)
		}
	}
	if _, err := OpenTarget("/dev/nosuch", nil, TargetOptions{}); err == nil || err.Error() != "there is no such device: a file of that name would fill the memory" {
		t.Error(err)
	}
}
