package salvage

import (
	"context"
	"io/fs"
	"iter"
	"os"
	"strings"
	"syscall"

	"rescuebox/internal/rootfs"
)

// Query says of which file other copies are looked for.
type Query struct {
	Root rootfs.Root
	Path string // inside Root, absolute and without symbolic links
	Size int64  // bytes; in the folders of Dirs, files of any name and this size count
	// Dirs are the loader's folders inside Root; that of Path need not be among them.
	Dirs []string
	// Proc and Host are /proc and / unless a test says otherwise.
	Proc, Host string
}

// Candidates finds files that may be copies: in live processes, deleted ones
// included; beside the file; in the other file systems, snapshots, containers and
// roots on the host; and in the loader's folders. Each comes once, and what cannot be
// looked at is left out. Network file systems are not entered: a dead server would
// hold the search up for ever.
func Candidates(ctx context.Context, q Query) iter.Seq[Candidate] {
	if q.Proc == "" {
		q.Proc = "/proc"
	}
	f := &finder{Query: q, ctx: ctx, host: rootfs.New(q.Host), seen: map[[2]uint64]bool{}}
	f.name = q.Path[strings.LastIndexByte(q.Path, '/')+1:]
	return func(yield func(Candidate) bool) {
		f.yield = yield
		f.mounts = readMounts(q.Proc + "/self/mountinfo")
		_ = f.processes() && f.beside() && f.roots() && f.folders()
	}
}

// finder is a search under way. Its methods return false when it is to end.
type finder struct {
	Query
	ctx    context.Context
	host   rootfs.Root
	name   string
	mounts []mount
	seen   map[[2]uint64]bool // device and inode of files that were told of
	yield  func(Candidate) bool
}

// offer tells of a file, if it is one.
func (f *finder) offer(path, name string) bool {
	if f.ctx.Err() != nil {
		return false
	}
	info, err := os.Stat(path)
	if err != nil || !info.Mode().IsRegular() {
		return true
	}
	if st, ok := info.Sys().(*syscall.Stat_t); ok {
		id := [2]uint64{uint64(st.Dev), uint64(st.Ino)}
		if f.seen[id] {
			return true
		}
		f.seen[id] = true
	}
	return f.yield(Candidate{Path: path, Name: name})
}

// beside offers what was left of the file in its own folder, such as libc.so.6~ or
// libc.so.6.dpkg-tmp.
func (f *finder) beside() bool {
	return f.list(f.Path[:strings.LastIndexByte(f.Path, '/')+1], func(e fs.DirEntry) bool {
		return e.Name() != f.name && named(e.Name(), f.name)
	})
}

// folders offers files of the same size in the loader's folders.
func (f *finder) folders() bool {
	for _, dir := range append([]string{f.Path[:strings.LastIndexByte(f.Path, '/')+1]}, f.Dirs...) {
		ok := f.list(dir, func(e fs.DirEntry) bool {
			if e.Type()&fs.ModeSymlink != 0 {
				return false
			}
			info, err := e.Info()
			return err == nil && info.Size() == f.Size
		})
		if !ok {
			return false
		}
	}
	return true
}

// list offers the files of a folder inside the root that are wanted.
func (f *finder) list(dir string, wanted func(fs.DirEntry) bool) bool {
	real, err := f.Root.Resolve(dir)
	if err != nil || f.remote(f.Root.Host(real)) {
		return true
	}
	// What could be read of a damaged folder comes with the error.
	entries, _ := f.Root.ReadDir(real)
	for _, e := range entries {
		if !e.IsDir() && wanted(e) && !f.offer(f.Root.Host(strings.TrimSuffix(real, "/")+"/"+e.Name()), e.Name()) {
			return false
		}
	}
	return true
}
