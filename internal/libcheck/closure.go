package libcheck

import (
	"context"
	"errors"
	"io/fs"
	"path"
	"slices"
	"strings"
	"syscall"

	"rescuebox/internal/elfdep"
	"rescuebox/internal/elffile"
	"rescuebox/internal/order"
)

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
	head, err := b.finder.head(real)
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
		if !b.judge(own, nil, err) && ctx.Err() == nil {
			b.finder.problem(real, err)
		}
		return list
	}
	b.judge(own, c.Program.File, c.Program.Err)
	if !c.Static() {
		loader := b.object(&c.Interp, real)
		for _, i := range loader {
			b.plan.Files[i].loader = true
		}
		list = append(list, loader...)
	}
	for i := range c.Objects {
		list = append(list, b.object(&c.Objects[i], real)...)
	}
	return list
}

// judge takes what reading a file's ELF headers came to, and reports whether err
// says something of the file.
func (b *builder) judge(file int, object *elffile.Object, err error) bool {
	f := b.plan.Files[file]
	if object != nil {
		f.object = object
	}
	var read *elffile.ReadError
	if errors.As(err, &read) {
		f.NoStart = true
		return true
	}
	var format *elffile.FormatError
	if errors.As(err, &format) || errors.Is(err, elffile.ErrNotELF) {
		f.malformed = err
		return true
	}
	return false
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
	b.plan.Files[file].Library = true
	b.judge(file, o.File, o.Err)
	return []int{file}
}

// absent tells of something that is not there, once.
func (b *builder) absent(name, text string) {
	if !b.missing[name] {
		b.missing[name] = true
		b.finder.problems = append(b.finder.problems, Problem{Path: name, Err: errors.New(text), Harmless: true})
	}
}

// data adds a file that is not looked into.
func (b *builder) data(at string, user int) {
	real, err := b.finder.resolve(at)
	if err != nil {
		real = at
	}
	info, err := b.config.Root.Stat(real)
	b.use(b.file(real, info, err, ""), user)
}

// library records that the file at path is one, by its name.
func (b *builder) library(at string) {
	real, err := b.finder.resolve(at)
	if err != nil {
		return
	}
	info, err := b.config.Root.Stat(real)
	b.plan.Files[b.file(real, info, err, path.Base(at))].Library = true
}

// file returns the index of the file at path; info is nil where err is why it
// cannot be described. name is what a library was asked for as.
func (b *builder) file(at string, info fs.FileInfo, err error, name string) int {
	index, known := b.known(at, info)
	if !known {
		f := &File{Path: at, Outcome: Outcome{match: noMatch}}
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
