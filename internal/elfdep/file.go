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

// open returns the file at a path inside the root, read at the first request.
func (r *Resolver) open(path string) *file {
	if f, known := r.files[path]; known {
		return f
	}
	f := &file{}
	f.err = r.read(path, f)
	r.files[path] = f
	return f
}

func (r *Resolver) read(path string, f *file) error {
	if r.config.Dir != "" && !strings.HasPrefix(path, "/") {
		path = strings.TrimSuffix(r.config.Dir, "/") + "/" + path
	}
	h, err := r.config.Root.Open(path)
	if err != nil {
		return err
	}
	defer h.Close()
	if f.real, err = r.config.Root.Resolve(path); err != nil {
		return err
	}
	info, err := h.Stat()
	if err != nil {
		return err
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
	var path *fs.PathError
	if errors.As(err, &path) {
		err = path.Err
	}
	return n, err
}

// passedOver reports whether the loader goes on to the next folder after it failed
// to open a file (open_path of elf/dl-load.c). Any other error ends the list.
func passedOver(err error) bool {
	return errors.Is(err, syscall.ENOENT) || errors.Is(err, syscall.EACCES) || errors.Is(err, syscall.ENOTDIR)
}

// foreign reports whether an object is for another machine than the program: the
// loader passes over it, so that libraries of several ABIs can share a search path.
func foreign(o, program *elffile.Object) bool {
	return o.Class != program.Class || o.Machine != program.Machine
}

// unfit returns why the loader gives up at an object of the right machine.
func unfit(o, program *elffile.Object) error {
	const (
		osabiSysV = 0
		osabiGNU  = 3
	)
	switch {
	case o.Order != program.Order:
		return &elffile.FormatError{Offset: 5, What: "ELF header: other byte order than the program"}
	case o.OSABI != osabiSysV && o.OSABI != osabiGNU:
		return &elffile.FormatError{Offset: 7, What: "ELF header: unknown OS ABI"}
	case o.Type != elffile.Dyn && o.Type != elffile.Exec:
		return &elffile.FormatError{Offset: 16, What: "ELF header: neither program nor library"}
	}
	return nil
}
