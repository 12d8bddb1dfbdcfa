// Package libcheck finds damage in what programs are made of: it reads every byte
// of programs, of the libraries they need and of their loaders, and says which
// files cannot be read, where on which disk the bad places lie, and which programs
// need them.
package libcheck

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"slices"
	"strings"
	"syscall"

	"rescuebox/internal/elfdep"
	"rescuebox/internal/elffile"
	"rescuebox/internal/order"
	"rescuebox/internal/rootfs"
	"rescuebox/internal/shebang"
)

// Config says what to look at.
type Config struct {
	Root rootfs.Root // the zero Root is the host's /
	Dir  string      // working directory inside Root for relative names
	Path []string    // elements of PATH
	// Names are programs by name or path; nil means all on Path.
	Names []string
	// Closure finds what a program needs; its Root is the same.
	Closure func(ctx context.Context, path string) (*elfdep.Closure, error)
}

// Plan is what is to be read, and, after Read, what came of it.
type Plan struct {
	Programs []Program
	Files    []*File // those that most programs need come first
	Problems []Problem
	// Unknown are operands that were not found.
	Unknown int

	root rootfs.Root
}

// File is one file that programs need, whatever its names.
type File struct {
	Path    string   // without symbolic links, inside the root
	Names   []string // what libraries and the loader are asked for as; sorted
	Size    int64    // bytes
	Library bool     // or loader: not only a program itself
	Users   []int    // indices into Plan.Programs, ascending
	// NoStart reports that a loader cannot read the file's ELF headers.
	NoStart bool
	Outcome
}

// Needs returns the paths of the programs that need the file, sorted.
func (p *Plan) Needs(f *File) []string {
	var list []string
	for _, u := range f.Users {
		list = append(list, p.Programs[u].Path)
	}
	order.Strings(list)
	return slices.Compact(list)
}

// Damaged returns the files that could not be read whole, for reasons of their
// medium; those that most programs need come first.
func (p *Plan) Damaged() []*File {
	var list []*File
	for _, f := range p.Files {
		if f.Damaged() {
			list = append(list, f)
		}
	}
	return list
}

// Find makes the plan. The error is that of ctx; all else is in the plan.
func Find(ctx context.Context, c Config) (*Plan, error) {
	f := &finder{root: c.Root, dir: c.Dir, path: c.Path}
	unknown := 0
	if c.Names == nil {
		f.all()
	}
	for _, name := range c.Names {
		if !f.named(name) {
			unknown++
		}
	}
	b := &builder{config: c, finder: f, files: map[identity]int{}, lost: map[string]int{}, needs: map[string][]int{}, missing: map[string]bool{}}
	b.plan = &Plan{Programs: f.programs, Unknown: unknown, root: c.Root}
	for i, p := range f.programs {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		for _, file := range b.needed(ctx, p.Path, maxScripts) {
			b.use(file, i)
		}
	}
	b.plan.Problems = f.problems
	order.Stable(b.plan.Files, func(x, y **File) bool { return len((*x).Users) > len((*y).Users) })
	return b.plan, ctx.Err()
}

// identity is that of a file: one with several names is read once.
type identity struct{ dev, ino uint64 }

// builder gathers files into a plan.
type builder struct {
	config  Config
	finder  *finder
	plan    *Plan
	files   map[identity]int // indices into plan.Files
	lost    map[string]int   // likewise, of files that cannot be described, by path
	needs   map[string][]int // what a program needs, by its real path
	missing map[string]bool  // libraries that were told of
}

// use records that a program needs a file.
func (b *builder) use(file, program int) {
	f := b.plan.Files[file]
	if n := len(f.Users); n == 0 || f.Users[n-1] != program {
		f.Users = append(f.Users, program)
	}
}

// needed returns the files that the program at path needs, itself included. At
// most depth scripts may interpret one another.
func (b *builder) needed(ctx context.Context, path string, depth int) []int {
	key, err := b.finder.resolve(path)
	if err != nil {
		key = path
	}
	if list, ok := b.needs[key]; ok {
		return list
	}
	b.needs[key] = nil // a script that interprets itself ends here
	list := b.analyse(ctx, path, key, depth)
	order.Stable(list, func(x, y *int) bool { return *x < *y })
	b.needs[key] = slices.Compact(list)
	return b.needs[key]
}

func (b *builder) analyse(ctx context.Context, path, real string, depth int) []int {
	info, err := b.config.Root.Stat(real)
	own := b.file(real, info, err, "")
	head, err := b.head(real)
	kind, interpreter, command := identify(head)
	switch {
	case err != nil && errors.Is(err, syscall.EIO):
		b.plan.Files[own].NoStart = true
		return []int{own}
	case kind == script && depth > 0:
		return b.interpreted(ctx, own, path, interpreter, command, depth-1)
	case kind == elf:
		return b.linked(ctx, own, real)
	}
	return []int{own}
}

// head reads the beginning of a file, or what can be read of it.
func (b *builder) head(real string) ([]byte, error) {
	f, err := b.config.Root.Open(real)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	head := make([]byte, shebang.Size)
	n, err := io.ReadFull(f, head)
	if err == io.EOF || err == io.ErrUnexpectedEOF {
		err = nil
	}
	return head[:n], err
}

// interpreted returns a script and what its interpreters need.
func (b *builder) interpreted(ctx context.Context, own int, path, interpreter, command string, depth int) []int {
	list := []int{own}
	for _, name := range []string{interpreter, command} {
		if name == "" {
			continue
		}
		found := b.finder.absolute(name)
		if name == command && !strings.Contains(name, "/") {
			found = b.finder.lookup(name)
		}
		_, err := b.config.Root.Stat(found)
		if found == "" || err != nil && !errors.Is(err, syscall.EIO) {
			b.absent(name, "interpreter not found, needed by "+path)
			continue
		}
		list = append(list, b.needed(ctx, found, depth)...)
	}
	return list
}

// linked returns an ELF program and what is loaded with it.
func (b *builder) linked(ctx context.Context, own int, real string) []int {
	list := []int{own}
	c, err := b.config.Closure(ctx, real)
	if err != nil {
		var read *elffile.ReadError
		if errors.As(err, &read) {
			b.plan.Files[own].NoStart = true
		} else if ctx.Err() == nil {
			b.finder.problems = append(b.finder.problems, Problem{Path: real, Err: err})
		}
		return list
	}
	var read *elffile.ReadError
	if errors.As(c.Program.Err, &read) {
		b.plan.Files[own].NoStart = true
	}
	if !c.Static() {
		list = append(list, b.object(&c.Interp, real)...)
	}
	for i := range c.Objects {
		list = append(list, b.object(&c.Objects[i], real)...)
	}
	return list
}

// object returns the file of a library or loader, or nothing and a problem.
func (b *builder) object(o *elfdep.Object, program string) []int {
	if o.Path == "" || o.Missing() {
		b.absent(o.Name, "not found, needed by "+program)
		return nil
	}
	path := o.Real
	if path == "" {
		path = o.Path
	}
	info, err := o.Info, o.Err
	if info == nil {
		if info, err = b.config.Root.Stat(path); err != nil && !errors.Is(err, syscall.EIO) {
			b.absent(o.Name, "needed by "+program+": "+err.Error())
			return nil
		}
	}
	file := b.file(path, info, err, o.Name)
	f := b.plan.Files[file]
	f.Library = true
	var read *elffile.ReadError
	f.NoStart = f.NoStart || errors.As(o.Err, &read)
	return []int{file}
}

// absent tells of something that is not there, once.
func (b *builder) absent(name, text string) {
	if !b.missing[name] {
		b.missing[name] = true
		b.finder.problems = append(b.finder.problems, Problem{Path: name, Err: errors.New(text), Harmless: true})
	}
}

// file returns the index of the file at path; info is nil where err is why it
// cannot be described. name is what a library was asked for as.
func (b *builder) file(path string, info fs.FileInfo, err error, name string) int {
	index, known := b.known(path, info)
	if !known {
		f := &File{Path: path}
		if info != nil {
			f.Size = info.Size()
		} else {
			f.Err = err
		}
		b.plan.Files = append(b.plan.Files, f)
	}
	f := b.plan.Files[index]
	if at, found := slices.BinarySearch(f.Names, name); name != "" && !found {
		f.Names = slices.Insert(f.Names, at, name)
	}
	return index
}

// known looks a file up and, when it is new, records that it will be the next.
func (b *builder) known(path string, info fs.FileInfo) (index int, known bool) {
	next := len(b.plan.Files)
	st := status(info)
	if st == nil {
		if index, known = b.lost[path]; !known {
			b.lost[path] = next
			return next, false
		}
		return index, true
	}
	id := identity{uint64(st.Dev), uint64(st.Ino)}
	if index, known = b.files[id]; !known {
		b.files[id] = next
		return next, false
	}
	return index, true
}

func status(info fs.FileInfo) *syscall.Stat_t {
	if info == nil {
		return nil
	}
	st, _ := info.Sys().(*syscall.Stat_t)
	return st
}
