// Package rootfs looks at a folder as if it were /: absolute symbolic links
// inside it resolve inside it, and ".." does not lead out. os.Root refuses such
// links and openat2's RESOLVE_IN_ROOT needs Linux 5.6, hence a walker.
package rootfs

import (
	"io"
	"io/fs"
	"os"
	"strings"
	"syscall"

	"rescuebox/internal/order"
)

// maxLinks is how many symbolic links one path may hold, as in the kernel
// (path_resolution(7)).
const maxLinks = 40

// Root is a folder taken as /. The zero Root is the host's own /.
//
// The tree is expected to lie still: who renames folders while it is walked can
// lead a path out.
type Root struct {
	dir string // without a slash at the end; empty for the host's /
}

// New returns the root that dir is. Relative dirs start from the process's
// working directory.
func New(dir string) Root {
	return Root{dir: strings.TrimRight(dir, "/")}
}

// Check returns why the root cannot be looked into: an error of stat(2), ENOTDIR, or
// nil. A tree that is not mounted would otherwise look like one with nothing in it.
func (r Root) Check() error {
	if r.IsHost() {
		return nil
	}
	info, err := os.Stat(r.dir)
	if err == nil && !info.IsDir() {
		err = &fs.PathError{Op: "open", Path: r.dir, Err: syscall.ENOTDIR}
	}
	return err
}

// IsHost reports whether the root is the host's own /.
func (r Root) IsHost() bool { return r.dir == "" }

// Host returns where a path inside the root lies for the kernel. It resolves
// nothing: only a path that Resolve returned is sure to be inside.
func (r Root) Host(path string) string {
	if r.dir == "" {
		return path
	}
	if !strings.HasPrefix(path, "/") {
		path = "/" + path
	}
	return r.dir + path
}

// Resolve returns the real path inside the root that path leads to: absolute,
// without symbolic links, "." and "..". A relative path starts from the root, and
// for the host's / from the process's working directory. The empty path does not
// exist, as for the kernel. The error is a *fs.PathError whose Path is the one
// inside the root.
func (r Root) Resolve(path string) (string, error) {
	w := walk{root: r, rest: path}
	switch {
	case path == "":
		return "", &fs.PathError{Op: "resolve", Path: path, Err: syscall.ENOENT}
	case r.IsHost() && path[0] != '/':
		dir, err := os.Getwd()
		if err != nil {
			return "", &fs.PathError{Op: "resolve", Path: path, Err: reason(err)}
		}
		w.rest = dir + "/" + path
	}
	for {
		done, err := w.step()
		if err != nil {
			return "", &fs.PathError{Op: "resolve", Path: path, Err: err}
		}
		if done {
			break
		}
	}
	if w.real == "" {
		return "/", nil
	}
	return w.real, nil
}

// walk is a resolution under way.
type walk struct {
	root  Root
	real  string // resolved so far, without a slash at the end; empty is the root
	rest  string // what is left of the path
	links int
}

// step resolves one component.
func (w *walk) step() (done bool, err error) {
	rest := strings.TrimLeft(w.rest, "/")
	if rest == "" {
		return true, nil
	}
	name, tail, more := strings.Cut(rest, "/")
	w.rest = tail
	switch name {
	case ".":
		return false, nil
	case "..":
		w.real = w.real[:max(0, strings.LastIndexByte(w.real, '/'))]
		return false, nil
	}
	next := w.real + "/" + name
	host := w.root.Host(next)
	info, err := os.Lstat(host)
	if err != nil {
		return false, reason(err)
	}
	switch {
	case info.Mode()&fs.ModeSymlink != 0:
		return false, w.follow(host, more)
	case more && !info.IsDir():
		return false, syscall.ENOTDIR
	}
	w.real = next
	return false, nil
}

// follow puts the link's target before what is left, which more says there is: a
// slash behind the name of a file is an error, so none may be added.
func (w *walk) follow(host string, more bool) error {
	w.links++
	if w.links > maxLinks {
		return syscall.ELOOP
	}
	target, err := os.Readlink(host)
	if err != nil {
		return reason(err)
	}
	if strings.HasPrefix(target, "/") {
		w.real = ""
	}
	if more {
		target += "/" + w.rest
	}
	w.rest = target
	if len(w.rest) > 1<<16 {
		return syscall.ENAMETOOLONG
	}
	return nil
}

// reason is the bare errno: the host's path in a *fs.PathError would not be the
// one that was asked for.
func reason(err error) error {
	if e, ok := err.(*fs.PathError); ok {
		return e.Err
	}
	return err
}

// Open opens a file for reading. Opening a FIFO does not wait for its writer.
func (r Root) Open(path string) (*os.File, error) {
	host, err := r.locate(path)
	if err != nil {
		return nil, err
	}
	f, err := os.OpenFile(host, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return nil, &fs.PathError{Op: "open", Path: path, Err: reason(err)}
	}
	return f, nil
}

// Stat describes the file that path leads to, following symbolic links.
func (r Root) Stat(path string) (fs.FileInfo, error) {
	host, err := r.locate(path)
	if err != nil {
		return nil, err
	}
	info, err := os.Stat(host)
	if err != nil {
		return nil, &fs.PathError{Op: "stat", Path: path, Err: reason(err)}
	}
	return info, nil
}

// ReadDir lists the folder that path leads to, sorted by name. What came before a
// read error is returned with it.
func (r Root) ReadDir(path string) ([]fs.DirEntry, error) {
	f, err := r.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	list, err := f.ReadDir(-1)
	order.Stable(list, func(a, b *fs.DirEntry) bool { return (*a).Name() < (*b).Name() })
	if err != nil {
		return list, &fs.PathError{Op: "readdir", Path: path, Err: reason(err)}
	}
	return list, nil
}

// locate returns the host path to hand to the kernel, which resolves paths of its
// own / itself.
func (r Root) locate(path string) (string, error) {
	if r.IsHost() {
		return path, nil
	}
	real, err := r.Resolve(path)
	if err != nil {
		return "", err
	}
	return r.Host(real), nil
}

// ReadFile reads a regular file of at most limit bytes. A longer one is
// syscall.EFBIG, another kind of file syscall.EINVAL, both in a *fs.PathError.
// What came before a read error is returned with it.
func (r Root) ReadFile(path string, limit int64) ([]byte, error) {
	f, err := r.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	info, err := f.Stat()
	switch {
	case err != nil:
		return nil, &fs.PathError{Op: "stat", Path: path, Err: reason(err)}
	case !info.Mode().IsRegular():
		return nil, &fs.PathError{Op: "read", Path: path, Err: syscall.EINVAL}
	}
	data, err := io.ReadAll(io.LimitReader(f, limit+1))
	switch {
	case err != nil:
		return data, &fs.PathError{Op: "read", Path: path, Err: reason(err)}
	case int64(len(data)) > limit:
		return nil, &fs.PathError{Op: "read", Path: path, Err: syscall.EFBIG}
	}
	return data, nil
}
