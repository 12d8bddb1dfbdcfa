// Package elfdep finds the libraries that an ELF program needs, by the rules of the
// loader that will run it: ld.so of the GNU C library or of musl. It executes
// nothing and tolerates damage: an object that cannot be read stays in the closure
// with its error, and the rest is still looked for.
//
// The rules are those of glibc's elf/dl-load.c, dl-deps.c, dl-hwcaps.c, dl-cache.c
// and rtld.c, and of musl's ldso/dynlink.c. What the loader was compiled with is read
// out of its file. Left out: audit modules, and of the hardware subfolders of glibc
// up to 2.36 those of POWER and z processors.
package elfdep

import (
	"context"
	"errors"
	"io/fs"
	"strconv"
	"strings"

	"rescuebox/internal/elffile"
	"rescuebox/internal/ldcache"
	"rescuebox/internal/rootfs"
)

// Rule is how an object was found.
type Rule int

// The rules, in the order in which glibc tries them.
const (
	NotFound Rule = iota
	ByPath        // its name has a slash
	ByRPath
	ByLibraryPath // LD_LIBRARY_PATH
	ByRunPath
	ByCache   // /etc/ld.so.cache
	ByDefault // the loader's own folders
	ByLoader  // it is the loader itself
)

// Config is the environment that the program would start in.
type Config struct {
	Root        rootfs.Root
	Dir         string   // where relative paths start, inside Root; empty: as Root has it
	LibraryPath string   // value of LD_LIBRARY_PATH
	Preload     string   // value of LD_PRELOAD
	Levels      []string // glibc-hwcaps levels of the processor, best first
	// Capabilities are what else of the processor names a folder: see
	// HostCapabilities.
	Capabilities []string
	Secure       Secure
}

// Object is one file of a closure.
type Object struct {
	Name      string // what was asked for; for glibc with its tokens replaced
	Path      string // where it was found, inside the root; empty if it was not
	Real      string // Path without symbolic links
	Rule      Rule
	Requester int             // index into Closure.Objects; -1 is the program
	File      *elffile.Object // nil when nothing of it could be read
	Info      fs.FileInfo     // nil when it was not found
	Err       error           // why it is missing or damaged
	Preload   bool            // from LD_PRELOAD or /etc/ld.so.preload
	Filtee    bool            // asked for by DT_FILTER or DT_AUXILIARY
	// PathOf is the object whose DT_RPATH or DT_RUNPATH named the folder, where Rule
	// is ByRPath or ByRunPath: an index as Requester is.
	PathOf int
	// Level is the subfolder for the processor's sake that it was found in below the
	// folder that was searched, such as "glibc-hwcaps/x86-64-v3" or "tls".
	Level string
	// Answers are the objects that answer File.Needed, in its order: indices as
	// Requester is. It ends where the search did.
	Answers []int

	id     fileID
	names  []string // by which later requests match
	origin string   // what $ORIGIN stands for
}

// Missing reports whether no file was found for the object.
func (o *Object) Missing() bool { return o.Path == "" }

// Closure is a program with all it needs.
type Closure struct {
	Program Object
	// Interp is the loader: PT_INTERP, for a library the usual one of its machine.
	// Its Name is empty for a static program.
	Interp Object
	// Objects are the libraries in load order, without the program. A name that
	// is not found is there each time it is asked for, as ldd prints it.
	Objects []Object
	// NotPreloaded are preloads that are not found or are no libraries. The loader
	// goes on without. NotPreloadedErrs says why, for each.
	NotPreloaded     []string
	NotPreloadedErrs []error
	// NotFiltering are the names of DT_AUXILIARY that are not found, which changes
	// nothing for the program.
	NotFiltering []string
	// Secure reports whether the program was taken for one that runs with more
	// rights than who starts it.
	Secure bool
}

// maxObjects bounds what a hostile file can ask for; the most that was met in
// real systems is about 200.
const maxObjects = 4096

var errTooMany = errors.New("needs more than " + strconv.Itoa(maxObjects) + " libraries: the rest is not looked for")

// Static reports whether the program runs without a loader.
func (c *Closure) Static() bool { return c.Interp.Name == "" }

// Resolver finds closures. It remembers files between programs, so it should live
// only as long as files stay as they are. It is not for concurrent use.
type Resolver struct {
	config  Config
	files   map[string]*file   // by path inside the root
	real    map[string]*file   // the same by path without symbolic links
	folders map[string]*folder // by path inside the root
	loaders map[string]*loader
	cache   *ldcache.Cache
	// CacheErr is what was wrong with /etc/ld.so.cache, after the first closure
	// of a glibc program. A cache that does not exist is no error.
	CacheErr error
	preload  []string
	dir      string // where relative paths start, once it is known
}

// New returns a resolver for programs under a configuration.
func New(config Config) *Resolver {
	return &Resolver{
		config: config, loaders: map[string]*loader{},
		files: map[string]*file{}, real: map[string]*file{}, folders: map[string]*folder{},
	}
}

// Closure returns what the program at path needs. The error is that of opening the
// program, or elffile.ErrNotELF, or ctx's; damage further on is in the closure.
func (r *Resolver) Closure(ctx context.Context, path string) (*Closure, error) {
	f := r.open(path)
	if f.obj == nil {
		return nil, f.err
	}
	c := &Closure{Program: Object{Name: path, Path: path, Real: f.real, Rule: ByPath, Requester: -1, File: f.obj, Info: f.info, Err: f.err}}
	// What /proc/self/exe would name.
	c.Program.origin = parent(f.real)
	loader := r.loaderPath(f.obj)
	if loader != "" {
		c.Interp = r.interp(loader)
	}
	if !f.obj.Dynamic {
		return c, nil
	}
	c.Secure = r.secure(f)
	s := &search{Resolver: r, closure: c, loader: r.loaderOf(f.obj, loader)}
	s.preloads()
	if err := s.walk(ctx); err != nil {
		return nil, err
	}
	return c, nil
}

// interp returns the loader as an object.
func (r *Resolver) interp(path string) Object {
	f := r.open(path)
	o := Object{Name: path, Rule: ByLoader, Requester: -1, File: f.obj, Info: f.info, Err: f.err, id: f.id, names: []string{path}}
	if !f.missing() {
		o.Path, o.Real = path, f.real
	}
	if f.obj != nil && f.obj.Soname != "" {
		o.names = append(o.names, f.obj.Soname)
	} else {
		// An unreadable loader still answers to its name.
		o.names = append(o.names, base(path))
	}
	return o
}

// parent returns the path of the folder that a path lies in, without trailing slash
// unless it is the root.
func parent(path string) string {
	i := strings.LastIndexByte(path, '/')
	switch {
	case i < 0:
		return "."
	case i == 0:
		return "/"
	}
	return path[:i]
}

func base(path string) string { return path[strings.LastIndexByte(path, '/')+1:] }
