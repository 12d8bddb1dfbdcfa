// Package libcheck finds damage in what programs are made of: it reads every byte
// of programs, of the libraries they need and of their loaders, past the page cache;
// compares them with what package managers have recorded; and says which files are
// damaged, where on which disk the bad places lie, what lies there, and which
// programs need them.
package libcheck

import (
	"context"
	"slices"

	"rescuebox/internal/elfdep"
	"rescuebox/internal/elffile"
	"rescuebox/internal/order"
	"rescuebox/internal/pkgdb"
	"rescuebox/internal/rootfs"
)

// Config says what to look at. With no Names, Trees and Running it is the system:
// all programs on Path, those that other programs start, what the loader's cache
// has, and PAM's modules.
type Config struct {
	Root    rootfs.Root // the zero Root is the host's /
	Dir     string      // working directory inside Root for relative names
	Path    []string    // elements of PATH
	Names   []string    // programs by name or path
	Trees   []string    // folders whose programs and libraries are to be looked at
	AllOf   bool        // every regular file of Trees
	Running string      // proc(5)'s folder, for what live processes have mapped; empty for none
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

	root   rootfs.Root
	wanted *pkgdb.Wanted
}

// File is one file that programs need, whatever its names.
type File struct {
	Path    string   // without symbolic links, inside the root
	Names   []string // what libraries and the loader are asked for as; sorted
	Size    int64    // bytes
	Library bool     // or loader: not only a program itself
	Deleted bool     // only processes that have it mapped still hold it
	Users   []int    // indices into Plan.Programs, ascending
	// NoStart reports that a loader cannot read the file's ELF headers.
	NoStart bool
	Outcome

	object    *elffile.Object // nil for other files, and for ones that cannot be read
	via       string          // where the kernel finds it, when that is not Path
	loader    bool            // a program's PT_INTERP
	malformed error           // what is wrong with its ELF headers
}

// Needs returns the paths of the programs that need the file, and those of the
// plugins, both sorted.
func (p *Plan) Needs(f *File) (programs, plugins []string) {
	for _, u := range f.Users {
		switch user := &p.Programs[u]; {
		case user.Library || user.Data:
		case user.Plugin:
			plugins = append(plugins, user.Path)
		default:
			programs = append(programs, user.Path)
		}
	}
	order.Strings(programs)
	order.Strings(plugins)
	return slices.Compact(programs), slices.Compact(plugins)
}

// Damaged returns the files that are not what they should be; those that most
// programs need come first.
func (p *Plan) Damaged() []*File {
	var list []*File
	for _, f := range p.Files {
		if f.Verdict().Damage() {
			list = append(list, f)
		}
	}
	return list
}

// Find makes the plan. The error is that of ctx; all else is in the plan.
func Find(ctx context.Context, c Config) (*Plan, error) {
	f := &finder{root: c.Root, dir: c.Dir, path: c.Path, listed: map[string]bool{}, seen: map[string]bool{}}
	b := &builder{config: c, finder: f, files: map[identity]int{}, lost: map[string]int{}, needs: map[string][]int{}, missing: map[string]bool{}}
	b.plan = &Plan{root: c.Root}
	f.choose(ctx, c, b.plan)
	b.plan.Programs = f.programs
	for i, p := range f.programs {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		if p.Data {
			b.data(p.Path, i)
			continue
		}
		files := b.needed(ctx, p.Path, maxScripts)
		for _, file := range files {
			if !p.Library {
				b.use(file, i)
			}
		}
		if p.Library || p.Plugin {
			b.library(p.Path)
		}
	}
	if c.Running != "" {
		if err := b.running(ctx, c.Running); err != nil && ctx.Err() == nil {
			f.problem(c.Running, err)
		}
	}
	b.plan.Problems = f.problems
	order.Stable(b.plan.Files, func(x, y **File) bool { return len((*x).Users) > len((*y).Users) })
	return b.plan, ctx.Err()
}

// choose lists the programs.
func (f *finder) choose(ctx context.Context, c Config, plan *Plan) {
	if c.Names == nil && c.Trees == nil && c.Running == "" {
		f.all()
		f.system(ctx)
	}
	for _, name := range c.Names {
		if !f.named(name) {
			plan.Unknown++
		}
	}
	what := objects
	if c.AllOf {
		what = everything
	}
	for _, dir := range c.Trees {
		if _, err := f.root.Stat(f.absolute(dir)); err != nil {
			f.problem(dir, err)
			plan.Unknown++
			continue
		}
		f.tree(ctx, dir, what)
	}
}
