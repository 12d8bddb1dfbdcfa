package elfdep

import (
	"errors"
	"io/fs"
	"os"
	"strings"
	"syscall"

	"rescuebox/internal/elffile"
)

// fileID tells files apart whatever their names.
type fileID struct {
	dev, ino uint64
}

// file is what is known of the file at one path.
type file struct {
	obj  *elffile.Object
	id   fileID
	info fs.FileInfo
	real string // its path without symbolic links
	err  error  // of opening or reading it
}

// missing reports whether no file could be opened.
func (f *file) missing() bool { return f.obj == nil && f.id == fileID{} }

// folder is what is known of the folder at one path.
type folder struct {
	real string // without symbolic links, and without a slash at the end
	err  error  // why it cannot be searched
}

// folder returns the folder at an absolute path inside the root. Most folders that
// a loader tries do not exist: it is asked once for each.
func (r *Resolver) folder(path string) *folder {
	if d, known := r.folders[path]; known {
		return d
	}
	d := &folder{}
	// The dot makes a file of that name an error.
	d.real, d.err = r.config.Root.Resolve(strings.TrimSuffix(path, "/") + "/.")
	d.real = strings.TrimSuffix(d.real, "/")
	r.folders[path] = d
	return d
}

// absolute returns a path as seen from the root, without resolving anything.
func (r *Resolver) absolute(path string) string {
	if strings.HasPrefix(path, "/") {
		return path
	}
	if r.dir == "" {
		start := r.config.Dir
		if start == "" {
			start = "."
		}
		dir, err := r.config.Root.Resolve(start)
		if err != nil {
			dir = start
		}
		r.dir = strings.TrimSuffix(dir, "/")
	}
	return r.dir + "/" + path
}

// open returns the file at a path inside the root, read at the first request.
func (r *Resolver) open(path string) *file {
	if f, known := r.files[path]; known {
		return f
	}
	real, h, err := r.find(path)
	f := r.real[real]
	switch {
	case err != nil:
		f = &file{err: err}
	case f == nil:
		f = &file{real: real}
		f.err = f.read(h, path)
		r.real[real] = f
	}
	if h != nil {
		h.Close()
	}
	r.files[path] = f
	return f
}

// maxLinks is how many symbolic links one path may hold, as in the kernel
// (path_resolution(7)).
const maxLinks = 40

// find opens the file at a path inside the root and returns its real path. It asks
// the kernel for each folder but once, where rootfs walks the whole path each time.
func (r *Resolver) find(path string) (real string, h *os.File, err error) {
	at := r.absolute(path)
	for range maxLinks {
		i := strings.LastIndexByte(at, '/')
		name := at[i+1:]
		if name == "" || name == "." || name == ".." || path == "" {
			return r.findFolder(path)
		}
		d := r.folder(at[:i+1])
		if d.err != nil {
			return "", nil, &fs.PathError{Op: "open", Path: path, Err: reason(d.err)}
		}
		real = d.real + "/" + name
		host := r.config.Root.Host(real)
		h, err = os.OpenFile(host, os.O_RDONLY|syscall.O_NONBLOCK|syscall.O_NOFOLLOW, 0)
		if err == nil {
			return real, h, nil
		}
		target, notLink := os.Readlink(host)
		if !errors.Is(err, syscall.ELOOP) || notLink != nil {
			return "", nil, &fs.PathError{Op: "open", Path: path, Err: reason(err)}
		}
		at = target
		if !strings.HasPrefix(target, "/") {
			at = d.real + "/" + target
		}
	}
	return "", nil, &fs.PathError{Op: "open", Path: path, Err: syscall.ELOOP}
}

// findFolder is find for a path that can only be a folder.
func (r *Resolver) findFolder(path string) (real string, h *os.File, err error) {
	if path != "" {
		path = r.absolute(path)
	}
	if real, err = r.config.Root.Resolve(path); err != nil {
		return "", nil, err
	}
	h, err = r.config.Root.Open(real)
	return real, h, err
}

// reason is the bare error number of an error that carries another path.
func reason(err error) error {
	if path, ok := err.(*fs.PathError); ok {
		return path.Err
	}
	return err
}

// read describes an open file and parses it.
func (f *file) read(h *os.File, path string) error {
	info, err := h.Stat()
	if err != nil {
		return &fs.PathError{Op: "stat", Path: path, Err: reason(err)}
	}
	f.info = info
	if stat, ok := info.Sys().(*syscall.Stat_t); ok {
		f.id = fileID{uint64(stat.Dev), stat.Ino}
	}
	switch {
	case info.IsDir():
		return &fs.PathError{Op: "read", Path: path, Err: syscall.EISDIR}
	case !info.Mode().IsRegular():
		return errors.New("not a regular file")
	}
	f.obj, err = elffile.Read(readerAt{h})
	return err
}

// readerAt is an *os.File whose errors carry no path: the object's is known.
type readerAt struct{ f *os.File }

func (r readerAt) ReadAt(p []byte, off int64) (int, error) {
	n, err := r.f.ReadAt(p, off)
	return n, reason(err)
}
