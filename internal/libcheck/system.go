package libcheck

import (
	"context"
	"encoding/binary"
	"errors"
	"io"
	"io/fs"
	"path"
	"strings"

	"rescuebox/internal/ldcache"
)

// A system is more than its PATH: what the service manager starts, programs that
// others start, and the libraries that no program lists because they are loaded by
// name. The folders are those of systemd (file-hierarchy(7)), of the Filesystem
// Hierarchy Standard 3.0, 4.7 (libexec), and of Linux-PAM.
var (
	programTrees = [...]string{"/lib/systemd", "/usr/lib/systemd", "/usr/libexec", "/usr/lib/openssh", "/usr/lib/apt", "/usr/lib/dpkg"}
	pamFolders   = [...]string{"/lib/security", "/lib64/security", "/usr/lib/security", "/usr/lib64/security"}
	multiarch    = [...]string{"/lib", "/usr/lib"} // Debian's have security below one more folder
)

// system adds programs and libraries beyond PATH.
func (f *finder) system(ctx context.Context) {
	for _, dir := range programTrees {
		f.tree(ctx, dir, programsOnly)
	}
	for _, dir := range pamFolders {
		f.tree(ctx, dir, objects)
	}
	for _, dir := range multiarch {
		entries, _ := f.root.ReadDir(dir)
		for _, e := range entries {
			if e.IsDir() && strings.Contains(e.Name(), "-linux-") {
				f.tree(ctx, dir+"/"+e.Name()+"/security", objects)
			}
		}
	}
	f.cached()
}

const (
	cacheFile = "/etc/ld.so.cache"
	maxCache  = 64 << 20 // bytes
)

// cached adds the libraries in the loader's cache. The closures say what is wrong
// with a cache.
func (f *finder) cached() {
	data, err := f.root.ReadFile(cacheFile, maxCache)
	if err != nil {
		if !errors.Is(err, fs.ErrNotExist) {
			f.problem(cacheFile, err)
		}
		return
	}
	cache, err := ldcache.Parse(data, binary.NativeEndian)
	if err != nil {
		f.problem(cacheFile, err)
	}
	for _, e := range cache.Entries() {
		if info, err := f.root.Stat(e.Path); err == nil && info.Mode().IsRegular() {
			f.put(Program{Path: e.Path, Library: true})
		}
	}
}

// selection is what of a tree counts.
type selection int

const (
	programsOnly selection = iota // executable files
	objects                       // these, and libraries and kernel modules
	everything                    // every regular file
)

// maxDepth bounds a tree whose folders a damaged file system nests for ever.
const maxDepth = 128

// tree adds what lies below a folder. Symbolic links below it are not followed.
func (f *finder) tree(ctx context.Context, dir string, what selection) {
	f.walk(ctx, dir, what, maxDepth)
}

func (f *finder) walk(ctx context.Context, dir string, what selection, depth int) {
	for _, e := range f.list(dir) {
		name := strings.TrimSuffix(f.absolute(dir), "/") + "/" + e.Name()
		switch {
		case ctx.Err() != nil:
			return
		case e.IsDir() && depth > 0 && !virtual(name):
			f.walk(ctx, name, what, depth-1)
		case e.Type().IsRegular():
			f.consider(e, name, what)
		}
	}
}

// virtual reports whether a folder holds what the kernel makes up.
func virtual(name string) bool { return name == "/proc" || name == "/sys" || name == "/dev" }

// consider adds a file of a tree if it is of the kind that is wanted.
func (f *finder) consider(e fs.DirEntry, name string, what selection) {
	info, err := e.Info()
	if err != nil {
		if !errors.Is(err, fs.ErrNotExist) {
			f.problem(name, err)
		}
		return
	}
	library := strings.Contains(path.Base(name), ".so")
	p := Program{Path: name, Plugin: !isProgram(info) || library, Data: !isProgram(info) && !library}
	switch {
	case what == everything:
		f.put(p)
		return
	case what == programsOnly && !isProgram(info):
		return
	}
	head, err := f.head(name)
	if k, _, _ := identify(head); err == nil && k == other || k == script && !isProgram(info) {
		return
	}
	p.Data = false
	f.put(p)
}

// headSize is enough to tell what a file is.
const headSize = 256

// head reads the beginning of a file, or what can be read of it.
func (f *finder) head(name string) ([]byte, error) {
	file, err := f.root.Open(name)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	head := make([]byte, headSize)
	n, err := io.ReadFull(file, head)
	if err == io.EOF || err == io.ErrUnexpectedEOF {
		err = nil
	}
	return head[:n], err
}
