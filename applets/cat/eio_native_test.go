//go:build amd64

package cat

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/hanwen/go-fuse/v2/fs"
	"github.com/hanwen/go-fuse/v2/fuse"

	"rescuebox/internal/applettest"
)

// damaged is a file whose bytes from bad to badEnd fail with EIO.
type damaged struct {
	fs.Inode
	data        []byte
	bad, badEnd int64
}

func (d *damaged) Open(context.Context, uint32) (fs.FileHandle, uint32, syscall.Errno) {
	return nil, 0, 0
}

func (d *damaged) Getattr(_ context.Context, _ fs.FileHandle, out *fuse.AttrOut) syscall.Errno {
	out.Mode, out.Size = 0o644, uint64(len(d.data))
	return 0
}

// Read fails as a disk under a file system does: a read that touches the bad
// place fails as a whole, and the kernel asks again for less.
func (d *damaged) Read(_ context.Context, _ fs.FileHandle, p []byte, off int64) (fuse.ReadResult, syscall.Errno) {
	end := min(off+int64(len(p)), int64(len(d.data)))
	if off < d.badEnd && end > d.bad {
		return nil, syscall.EIO
	}
	return fuse.ReadResultData(d.data[min(off, end):end]), 0
}

// mount serves file below a folder of the test's own and returns its path.
func mount(t *testing.T, file *damaged) string {
	t.Helper()
	dir := t.TempDir()
	root := &fs.Inode{}
	server, err := fs.Mount(dir, root, &fs.Options{
		MountOptions: fuse.MountOptions{DirectMountStrict: true, FsName: "damaged"},
		OnAdd: func(ctx context.Context) {
			root.AddChild("disk", root.NewPersistentInode(ctx, file, fs.StableAttr{Mode: syscall.S_IFREG}), false)
		},
	})
	if err != nil {
		t.Fatalf("mount of a FUSE file system: %v (as root: modprobe fuse)", err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(dir, syscall.MNT_DETACH); err != nil {
			t.Error(err)
		}
		server.Wait()
	})
	return filepath.Join(dir, "disk")
}

func content(n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(i/509) | 1
	}
	return b
}

func TestReadError(t *testing.T) {
	path := mount(t, &damaged{data: content(300_000), bad: 131072, badEnd: 131072 + 512})
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "good"), []byte("good\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	got := applettest.Call(&Applet, applettest.Command{Args: []string{path, "good"}, Dir: dir})
	want := applettest.Result{
		Stdout: string(content(131072)) + "good\n", Status: 1,
		Stderr: "cat: " + path + ": Input/output error at byte 131072 (--noerror reads past it)\n",
	}
	if got != want {
		t.Errorf("status %d, %d bytes, %s", got.Status, len(got.Stdout), got.Stderr)
	}
}

// One bad sector costs 512 bytes, not its page, not what follows.
func TestNoerror(t *testing.T) {
	for _, c := range []struct {
		name         string
		size         int
		bad, badEnd  int64
		missing      string
		first, after int
	}{
		{"a sector", 300_000, 131584, 131585, "131584-132095 missing, 512 zeros", 131584, 132096},
		{"across a page", 300_000, 4000, 5000, "3584-5119 missing, 1536 zeros", 3584, 5120},
		{"the end", 10_000, 9990, 10_000, "9728-9999 missing, 272 zeros", 9728, 10_000},
		{"all", 3000, 0, 3000, "0-2999 missing, 3000 zeros", 0, 3000},
	} {
		t.Run(c.name, func(t *testing.T) {
			data := content(c.size)
			path := mount(t, &damaged{data: bytes.Clone(data), bad: c.bad, badEnd: c.badEnd})
			got := applettest.Call(&Applet, applettest.Command{Args: []string{"--noerror", path}})
			clear(data[c.first:c.after])
			want := "cat: " + path + ": bytes " + c.missing + " in their place: Input/output error\n"
			if got.Stdout != string(data) || got.Stderr != want || got.Status != 1 {
				t.Errorf("status %d, %d bytes, equal %v\n got %s\nwant %s", got.Status, len(got.Stdout),
					got.Stdout == string(data), got.Stderr, want)
			}
		})
	}
}
