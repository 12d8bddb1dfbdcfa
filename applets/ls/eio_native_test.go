//go:build amd64

package ls

import (
	"context"
	"os"
	"sync/atomic"
	"syscall"
	"testing"

	"github.com/hanwen/go-fuse/v2/fs"
	"github.com/hanwen/go-fuse/v2/fuse"

	"rescuebox/internal/applettest"
)

// dying is a directory on a dying disk. Inodes whose name begins with "bad" cannot
// be read; the directory itself can be read up to an entry named "end".
type dying struct {
	fs.Inode
	entries []fuse.DirEntry
	reads   *atomic.Int64 // of inodes
}

func (d *dying) Readdir(context.Context) (fs.DirStream, syscall.Errno) {
	return &failing{entries: d.entries}, 0
}

func (d *dying) Lookup(ctx context.Context, name string, out *fuse.EntryOut) (*fs.Inode, syscall.Errno) {
	d.reads.Add(1)
	if len(name) > 2 && name[:3] == "bad" {
		return nil, syscall.EIO
	}
	for _, e := range d.entries {
		if e.Name == name {
			child := &dying{reads: d.reads, entries: []fuse.DirEntry{{Name: "x", Mode: syscall.S_IFREG, Ino: 77}, {Name: "end"}}}
			out.Mode, out.Size, out.Mtime = e.Mode|0o755, 12345, 1_000_000_000
			return d.NewInode(ctx, child, fs.StableAttr{Mode: e.Mode, Ino: e.Ino}), 0
		}
	}
	return nil, syscall.ENOENT
}

func (d *dying) Getattr(_ context.Context, _ fs.FileHandle, out *fuse.AttrOut) syscall.Errno {
	out.Mode, out.Size, out.Mtime = 0o755, 12345, 1_000_000_000
	return 0
}

type failing struct{ entries []fuse.DirEntry }

func (f *failing) HasNext() bool { return len(f.entries) > 0 }

func (f *failing) Next() (fuse.DirEntry, syscall.Errno) {
	e := f.entries[0]
	if e.Name == "end" {
		return fuse.DirEntry{}, syscall.EIO
	}
	f.entries = f.entries[1:]
	return e, 0
}

func (f *failing) Close() {}

func mount(t testing.TB, dir string) *atomic.Int64 {
	t.Helper()
	reads := &atomic.Int64{}
	root := &dying{reads: reads, entries: []fuse.DirEntry{
		{Name: "file", Mode: syscall.S_IFREG, Ino: 11}, {Name: "sub", Mode: syscall.S_IFDIR, Ino: 12},
		{Name: "bad", Mode: syscall.S_IFREG, Ino: 13}, {Name: "baddir", Mode: syscall.S_IFDIR, Ino: 14},
		{Name: "badlink", Mode: syscall.S_IFLNK, Ino: 15}, {Name: "badunknown", Ino: 16},
	}}
	server, err := fs.Mount(dir, root, &fs.Options{
		MountOptions: fuse.MountOptions{DirectMountStrict: true, FsName: "dying", DisableReadDirPlus: true},
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
	return reads
}

// What lies in bad sectors is listed as GNU ls lists it.
func TestConfirmDying(t *testing.T) {
	var cases []applettest.Case
	for _, line := range []string{"m", "-a m", "-l m", "-la m", "-lF m", "-ln m", "-s m", "-ls m", "-F m", "-p m", "-R m", "-lR m", "-t m", "-S m", "-X m", "-m m", "-C m", "-L m", "-lL m", "-d m/*", "m/sub", "-l m/sub", "m/bad", "-l m/bad m/file", "-lh m", "-lr m", "--full-time m", "-l --time-style=iso m", "--group-directories-first m", "-lZ m", "-Z m"} {
		cases = append(cases, applettest.Case{Line: line})
	}
	cases = append(cases, applettest.Case{Line: "-li m", Differs: map[string]string{"coreutils": "the directory knows the inode number of what cannot be read"}})
	applettest.Confirmation{
		Applet: &Applet, Peers: []applettest.Peer{applettest.Coreutils}, Cases: cases,
		Fixture: func(t testing.TB, dir string) {
			check(t, os.Mkdir(dir+"/m", 0o755))
			mount(t, dir+"/m")
		},
	}.Run(t)
}

// Inodes are read only where they are shown.
func TestFewReads(t *testing.T) {
	dir := t.TempDir()
	reads := mount(t, dir)
	for _, c := range []struct {
		args string
		want int64
	}{{"-1U", 0}, {"-f", 0}, {"-a", 0}, {"-i", 0}, {"-1iU", 0}, {"-C", 0}, {"-p", 1}, {"-F", 3}, {"-l", 6 + 2}} { // this file system caches nothing: found ones are looked up again for their ACLs
		reads.Store(0)
		applettest.Call(&Applet, applettest.Command{Args: []string{c.args, dir}})
		if got := reads.Load(); got != c.want {
			t.Errorf("%s read %d inodes, want %d", c.args, got, c.want)
		}
	}
}

// What was read before the error is listed, and the error says so.
func TestIncomplete(t *testing.T) {
	dir := t.TempDir()
	mount(t, dir)
	for _, args := range [][]string{{"sub"}, {"-1U", "sub"}} {
		got := applettest.Call(&Applet, applettest.Command{Args: args, Dir: dir})
		want := applettest.Result{Stdout: "x\n", Stderr: "ls: sub: listing is incomplete: Input/output error\n", Status: 2}
		if got != want {
			t.Errorf("%q: %+v", args, got)
		}
	}
}
