package libcheck

import (
	"errors"
	"io/fs"
	"os"
	"strings"
	"syscall"

	"rescuebox/internal/rootfs"
)

// Program is something that runs, or is loaded at run time, with all that it needs.
type Program struct {
	Path string // inside the root, as found or as named
	// Plugin is a library that programs load by name while they run, such as a
	// PAM module: nothing lists it as needed.
	Plugin bool
	// Data is a file that nothing suggests is a program: it is not looked into.
	Data bool
	// Library is one that the loader's cache has; it counts as a user of nothing.
	Library bool
	PIDs    []int // processes that run it, when these were asked for
}

// Problem is something that could not be looked at.
type Problem struct {
	Path string
	Err  error
	// Harmless problems are common on sound systems: a library that is missing
	// because what needs it is not in use.
	Harmless bool
}

// finder looks for programs below a root.
type finder struct {
	root     rootfs.Root
	dir      string   // working directory inside the root; "" is the process's own
	path     []string // elements of PATH
	programs []Program
	listed   map[string]bool // paths in programs
	seen     map[string]bool // real paths of folders that were listed
	problems []Problem
}

// absolute puts name below the working directory.
func (f *finder) absolute(name string) string {
	if strings.HasPrefix(name, "/") || f.dir == "" && f.root.IsHost() {
		return name
	}
	return strings.TrimSuffix(f.dir, "/") + "/" + name
}

// all adds every program on PATH.
func (f *finder) all() {
	for _, dir := range f.path {
		if dir == "" {
			dir = "."
		}
		for _, e := range f.list(dir) {
			f.add(strings.TrimSuffix(f.absolute(dir), "/")+"/"+e.Name(), false)
		}
	}
}

// list lists a folder. One that was listed already, as /bin of a merged /usr, is
// empty, and so is one that does not exist, which is usual.
func (f *finder) list(dir string) []fs.DirEntry {
	real, err := f.resolve(f.absolute(dir))
	if err == nil && f.seen[real] {
		return nil
	}
	var entries []fs.DirEntry
	if err == nil {
		f.seen[real] = true
		// What could be read of a damaged folder comes with the error.
		entries, err = f.root.ReadDir(real)
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) && !errors.Is(err, syscall.ENOTDIR) {
		f.problem(dir, err)
	}
	return entries
}

func (f *finder) problem(path string, err error) {
	f.problems = append(f.problems, Problem{Path: path, Err: err})
}

// named adds a program by path, or by name as a shell would find it.
func (f *finder) named(name string) bool {
	if strings.Contains(name, "/") {
		return f.add(f.absolute(name), true)
	}
	if path := f.lookup(name); path != "" {
		return f.add(path, true)
	}
	f.problem(name, fs.ErrNotExist)
	return false
}

// lookup finds a name on PATH.
func (f *finder) lookup(name string) string {
	for _, dir := range f.path {
		if dir == "" {
			dir = "."
		}
		path := strings.TrimSuffix(f.absolute(dir), "/") + "/" + name
		// A program that is there but fails to be described is the one, too.
		if info, err := f.root.Stat(path); err == nil && isProgram(info) || errors.Is(err, syscall.EIO) {
			return path
		}
	}
	return ""
}

func isProgram(info fs.FileInfo) bool {
	return info.Mode().IsRegular() && info.Mode()&0o111 != 0
}

// add adds the program at path. What is found on PATH but is no program, or a link
// to nothing, is passed over; what was named is a problem then.
func (f *finder) add(path string, named bool) bool {
	info, err := f.root.Stat(path)
	switch {
	case err == nil && named && !info.Mode().IsRegular():
		err = syscall.EINVAL
		if info.IsDir() {
			err = syscall.EISDIR
		}
	case err == nil && !named && !isProgram(info):
		return false
	case errors.Is(err, fs.ErrNotExist) && !named:
		return false
	}
	if err != nil && !errors.Is(err, syscall.EIO) {
		f.problem(path, err)
		return false
	}
	f.put(Program{Path: path})
	return true
}

// put adds a program unless its path is listed.
func (f *finder) put(p Program) {
	if !f.listed[p.Path] {
		f.listed[p.Path] = true
		f.programs = append(f.programs, p)
	}
}

// resolve returns the real path inside the root. Relative paths of the host's own
// root start from the process's working directory.
func (f *finder) resolve(path string) (string, error) {
	if !strings.HasPrefix(path, "/") {
		wd, err := os.Getwd()
		if err != nil {
			return "", err
		}
		path = wd + "/" + path
	}
	return f.root.Resolve(path)
}
