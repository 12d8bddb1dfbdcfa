// Package hostroot makes a small root file system out of this machine's own
// programs and the libraries they need. It reads ELF files and runs nothing.
package hostroot

import (
	"debug/elf"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// maxLinks is how many symbolic links one path may lead through, as in the kernel.
const maxLinks = 40

// Root is a root file system that grows in a folder.
type Root struct {
	Dir  string // where it lies on this machine
	done map[string]bool
}

// New makes an empty root in the folder dir, which must exist.
func New(dir string) *Root { return &Root{Dir: dir, done: map[string]bool{}} }

// AddProgram adds a program or library with all it needs, under the paths that
// they have on this machine.
func (r *Root) AddProgram(path string) error {
	real, err := r.AddFile(path)
	if err != nil || r.done[real] {
		return err
	}
	r.done[real] = true
	f, err := elf.Open(real)
	if err != nil {
		var notELF *elf.FormatError
		if errors.As(err, &notELF) {
			return nil // a script
		}
		return err
	}
	defer f.Close()
	if interpreter := interpreterOf(f); interpreter != "" {
		if err := r.AddProgram(interpreter); err != nil {
			return err
		}
	}
	needed, err := f.DynString(elf.DT_NEEDED)
	if err != nil {
		return fmt.Errorf("%s: %w", real, err)
	}
	for _, name := range needed {
		library, err := find(name, f, real)
		if err != nil {
			return err
		}
		if err := r.AddProgram(library); err != nil {
			return err
		}
	}
	return nil
}

// Objects returns the programs and libraries added so far, without symbolic links.
func (r *Root) Objects() []string { return slices.Sorted(maps.Keys(r.done)) }

func interpreterOf(f *elf.File) string {
	for _, p := range f.Progs {
		if p.Type == elf.PT_INTERP {
			b := make([]byte, min(p.Filesz, 4096))
			if _, err := p.ReadAt(b, 0); err != nil {
				return ""
			}
			return strings.TrimRight(string(b), "\x00")
		}
	}
	return ""
}

// find looks for a library in the folders that the object names, then in the
// usual ones. It is no ld.so: the first of the same class and machine is taken.
func find(name string, f *elf.File, object string) (string, error) {
	var dirs []string
	for _, tag := range []elf.DynTag{elf.DT_RPATH, elf.DT_RUNPATH} {
		paths, _ := f.DynString(tag)
		for _, p := range paths {
			for _, dir := range strings.Split(p, ":") {
				origin := filepath.Dir(object)
				dir = strings.NewReplacer("$ORIGIN", origin, "${ORIGIN}", origin).Replace(dir)
				dirs = append(dirs, dir)
			}
		}
	}
	multiarch, _ := filepath.Glob("/usr/lib/*-linux-gnu*")
	dirs = append(dirs, multiarch...)
	dirs = append(dirs, "/usr/lib64", "/usr/lib", "/lib64", "/lib", "/usr/local/lib", filepath.Dir(object))
	for _, dir := range dirs {
		path := filepath.Join(dir, name)
		g, err := elf.Open(path)
		if err != nil {
			continue
		}
		same := g.Class == f.Class && g.Machine == f.Machine
		g.Close()
		if same {
			return path, nil
		}
	}
	return "", fmt.Errorf("%s: %s not found", object, name)
}

// AddFile adds one file of this machine, and the symbolic links on the way to it,
// and returns its path without them.
func (r *Root) AddFile(path string) (real string, err error) {
	rest := strings.Split(strings.Trim(path, "/"), "/")
	at := "/"
	for links := 0; len(rest) > 0; {
		next := filepath.Join(at, rest[0])
		rest = rest[1:]
		info, err := os.Lstat(next)
		if err != nil {
			return "", err
		}
		switch {
		case info.Mode()&fs.ModeSymlink != 0:
			if links++; links > maxLinks {
				return "", fmt.Errorf("%s: too many symbolic links", path)
			}
			target, err := r.addLink(next)
			if err != nil {
				return "", err
			}
			if filepath.IsAbs(target) {
				at = "/"
			}
			rest = append(strings.Split(strings.Trim(target, "/"), "/"), rest...)
			continue
		case info.IsDir():
			if err := r.Mkdir(next, info.Mode().Perm()); err != nil {
				return "", err
			}
		default:
			if err := r.copyFile(next, info); err != nil {
				return "", err
			}
		}
		at = next
	}
	return at, nil
}

// addLink adds the symbolic link and returns its target.
func (r *Root) addLink(path string) (target string, err error) {
	if target, err = os.Readlink(path); err != nil {
		return "", err
	}
	err = os.Symlink(target, r.Path(path))
	if errors.Is(err, fs.ErrExist) {
		err = nil
	}
	return target, err
}

// AddTree adds a folder of this machine with all that is in it, except what skip
// (unless nil) says to leave out.
func (r *Root) AddTree(dir string, skip func(path string) bool) error {
	real, err := r.AddFile(dir)
	if err != nil {
		return err
	}
	return filepath.WalkDir(real, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if skip != nil && skip(path) {
			if entry.IsDir() {
				return filepath.SkipDir
			}
			return nil
		}
		if entry.Type()&fs.ModeSymlink != 0 {
			_, err := r.addLink(path)
			return err
		}
		_, err = r.AddFile(path)
		return err
	})
}

// Mkdir makes a folder and those above it in the root.
func (r *Root) Mkdir(path string, mode fs.FileMode) error {
	return os.MkdirAll(r.Path(path), mode|0o700)
}

// Write makes a file in the root, and the folders above it.
func (r *Root) Write(path, content string, mode fs.FileMode) error {
	if err := r.Mkdir(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	return os.WriteFile(r.Path(path), []byte(content), mode)
}

// Path is where a path of the root lies on this machine. It does not follow links.
func (r *Root) Path(path string) string { return filepath.Join(r.Dir, path) }

func (r *Root) copyFile(path string, info fs.FileInfo) error {
	if !info.Mode().IsRegular() {
		return fmt.Errorf("%s: not a regular file", path)
	}
	to := r.Path(path)
	if _, err := os.Lstat(to); err == nil {
		return nil
	}
	in, err := os.Open(path)
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = io.Copy(out, in)
	return errors.Join(err, out.Chmod(info.Mode().Perm()), out.Close())
}
