package libcheck

import (
	"errors"
	"io/fs"
	"os"
	"slices"
	"strings"
	"syscall"

	"rescuebox/internal/rootfs"
)

// Program is a program as it was found or named.
type Program struct {
	Path string // inside the root, as found on PATH or as named
	real string // without symbolic links; empty when it could not be resolved
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
	problems []Problem
}

// absolute puts name below the working directory.
func (f *finder) absolute(name string) string {
	if strings.HasPrefix(name, "/") || f.dir == "" && f.root.IsHost() {
		return name
	}
	return strings.TrimSuffix(f.dir, "/") + "/" + name
}

// all adds every program on PATH. A folder that PATH reaches twice, as /bin of a
// merged /usr, counts by its first name; one that does not exist is usual.
func (f *finder) all() {
	seen := map[string]bool{}
	for _, dir := range f.path {
		if dir == "" {
			dir = "."
		}
		real, err := f.resolve(f.absolute(dir))
		if err == nil && seen[real] {
			continue
		}
		var entries []fs.DirEntry
		if err == nil {
			seen[real] = true
			// What could be read of a damaged folder comes with the error.
			entries, err = f.root.ReadDir(real)
		}
		if err != nil && !errors.Is(err, fs.ErrNotExist) && !errors.Is(err, syscall.ENOTDIR) {
			f.problems = append(f.problems, Problem{Path: dir, Err: err})
		}
		for _, e := range entries {
			f.add(strings.TrimSuffix(f.absolute(dir), "/")+"/"+e.Name(), false)
		}
	}
}

// named adds a program by path, or by name as a shell would find it.
func (f *finder) named(name string) bool {
	if strings.Contains(name, "/") {
		return f.add(f.absolute(name), true)
	}
	if path := f.lookup(name); path != "" {
		return f.add(path, true)
	}
	f.problems = append(f.problems, Problem{Path: name, Err: fs.ErrNotExist})
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
		f.problems = append(f.problems, Problem{Path: path, Err: err})
		return false
	}
	p := Program{Path: path}
	if real, err := f.resolve(path); err == nil {
		p.real = real
	}
	if !slices.ContainsFunc(f.programs, func(q Program) bool { return named && q.Path == path }) {
		f.programs = append(f.programs, p)
	}
	return true
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
