//go:build amd64

package start

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"unsafe"

	"github.com/hanwen/go-fuse/v2/fs"
	"github.com/hanwen/go-fuse/v2/fuse"
	"golang.org/x/sys/unix"
)

// disk is a file system of one file, each read of which fails once it is broken.
type disk struct {
	fs.Inode
	text   []byte
	broken atomic.Bool
	failed atomic.Int64 // reads
}

var (
	_ fs.NodeOnAdder   = (*disk)(nil)
	_ fs.NodeOpener    = (*file)(nil)
	_ fs.NodeReader    = (*file)(nil)
	_ fs.NodeGetattrer = (*file)(nil)
)

func (d *disk) OnAdd(ctx context.Context) {
	d.AddChild("rescuebox", d.NewPersistentInode(ctx, &file{disk: d}, fs.StableAttr{Mode: unix.S_IFREG}), false)
}

// file is the file on it.
type file struct {
	fs.Inode
	disk *disk
}

func (f *file) Open(context.Context, uint32) (fs.FileHandle, uint32, syscall.Errno) {
	return nil, fuse.FOPEN_KEEP_CACHE, 0
}

func (f *file) Getattr(_ context.Context, _ fs.FileHandle, out *fuse.AttrOut) syscall.Errno {
	out.Mode, out.Size = 0o755, uint64(len(f.disk.text))
	return 0
}

func (f *file) Read(_ context.Context, _ fs.FileHandle, dest []byte, off int64) (fuse.ReadResult, syscall.Errno) {
	if f.disk.broken.Load() {
		f.disk.failed.Add(1)
		return nil, unix.EIO
	}
	end := min(off+int64(len(dest)), int64(len(f.disk.text)))
	return fuse.ReadResultData(f.disk.text[min(off, end):end]), 0
}

// mount puts binary onto a disk of its own and returns its path there.
func mount(t *testing.T, binary string) (*disk, string) {
	t.Helper()
	text, err := os.ReadFile(binary)
	if err != nil {
		t.Fatal(err)
	}
	dir, d := t.TempDir(), &disk{text: text}
	// Nothing is read ahead, so that what was not used is not cached.
	server, err := fs.Mount(dir, d, &fs.Options{MountOptions: fuse.MountOptions{
		DirectMountStrict: true, MaxReadAhead: 4096, FsName: "rescuebox-start-test"}})
	if err != nil {
		t.Fatalf("%v (FUSE is needed: modprobe fuse)", err)
	}
	t.Cleanup(func() {
		if server.Unmount() != nil {
			_ = unix.Unmount(dir, unix.MNT_DETACH)
		}
	})
	return d, filepath.Join(dir, "rescuebox")
}

// fail breaks the disk and makes the kernel drop of the file whatever it may, in
// process pid too, as it does when memory runs short.
func (d *disk) fail(t *testing.T, path string, pid int) {
	t.Helper()
	var ranges []unix.RemoteIovec
	for _, m := range mappings(t, pid, path) {
		var from, to uintptr
		if _, err := fmt.Sscanf(m.addrs, "%x-%x", &from, &to); err != nil {
			t.Fatal(err)
		}
		ranges = append(ranges, unix.RemoteIovec{Base: from, Len: int(to - from)})
	}
	d.broken.Store(true)
	pageOut(t, pid, ranges)
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if err := unix.Fadvise(int(f.Fd()), 0, 0, unix.FADV_DONTNEED); err != nil {
		t.Fatal(err)
	}
}

// pageOut advises the kernel, one range at a time, to reclaim memory of process
// pid. It refuses what is locked (EINVAL); and the process may die of it at once
// (ESRCH).
func pageOut(t *testing.T, pid int, ranges []unix.RemoteIovec) {
	t.Helper()
	fd, err := unix.PidfdOpen(pid, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(fd)
	for i := range ranges {
		_, _, e := unix.Syscall6(unix.SYS_PROCESS_MADVISE, uintptr(fd), uintptr(unsafe.Pointer(&ranges[i])), 1, unix.MADV_PAGEOUT, 0, 0)
		if e != 0 && e != unix.EINVAL && e != unix.ESRCH {
			t.Fatalf("process_madvise (Linux 5.10 and later): %v", e)
		}
	}
}

// fromDisk starts a program that lies on a disk which this process serves. The
// shell between them is what waits for the disk: a fork of this process would
// hold up the runtime that has to answer.
func fromDisk(t *testing.T, argv ...string) process {
	t.Helper()
	return command{argv: limited("true", argv...)}.start(t)
}

// hear reads as many bytes as text has, and wants it.
func (p process) hear(t *testing.T, text string) {
	t.Helper()
	got := make([]byte, len(text))
	if _, err := io.ReadFull(p.out, got); err != nil || string(got) != text {
		t.Fatalf("got %q, %v; want %q; %v", got, err, text, p.wait())
	}
}

func TestOwnDiskFails(t *testing.T) {
	binary := build(t, recipe{pkg: cold, arch: "amd64"})
	run := func(how string) (result, *disk) {
		d, path := mount(t, binary)
		p := fromDisk(t, path, how)
		p.hear(t, "ready\n")
		d.fail(t, path, p.Pid)
		_ = p.in.Close()
		return p.wait(), d
	}
	t.Run("locked", func(t *testing.T) {
		if r, d := run("lock"); r.wait != 0 || r.out != "done\n" || d.failed.Load() != 0 {
			t.Error(r, "failed reads:", d.failed.Load())
		}
	})
	t.Run("unlocked", func(t *testing.T) {
		if r, d := run("no"); r.wait.Signal() != unix.SIGBUS && !strings.Contains(r.err, "SIGBUS") || d.failed.Load() == 0 {
			t.Error("it survived, so this test shows nothing:", r)
		}
	})
}

func TestOwnDiskFailsUnderCat(t *testing.T) {
	binary := build(t, rescuebox("amd64"))
	d, path := mount(t, binary)
	p := fromDisk(t, path, "cat", "-", "/nosuch")
	untilLocked(t, p.Pid, path)
	d.fail(t, path, p.Pid)
	if _, err := io.WriteString(p.in, "hello\n"); err != nil {
		t.Fatal(err)
	}
	p.hear(t, "hello\n")
	_ = p.in.Close()
	r := p.wait()
	if r.wait.ExitStatus() != 1 || r.err != "cat: /nosuch: No such file or directory\n" || d.failed.Load() != 0 {
		t.Error(r, "failed reads:", d.failed.Load())
	}
}
