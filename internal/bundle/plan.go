// Package bundle packs a dynamic program with its loader and libraries into one file
// that runs where no library can be read. The file is a small runner (see package
// runner) and a payload; the runner unpacks the payload into memory and starts the
// loader on it, which is told to preload every library in load order: each name that
// the program then asks for is loaded already, and nothing is searched for.
//
// Packing reads files and runs none, so it works from a mounted disk, of another
// processor too.
package bundle

import (
	"context"
	"errors"
	"io/fs"
	"path/filepath"
	"strings"

	"rescuebox/internal/bundle/runner"
	"rescuebox/internal/elfdep"
	"rescuebox/internal/elffile"
	"rescuebox/internal/rootfs"
	"rescuebox/internal/shebang"
)

// Input is what to pack.
type Input struct {
	Root        rootfs.Root
	Dir         string   // where relative paths start, as in elfdep.Config
	LibraryPath string   // value of LD_LIBRARY_PATH
	Program     string   // path inside the root
	Include     []string // shared objects that the program will ask for itself
	Env         []string // NAME=VALUE, set when it runs
	Called      string   // name of the file that is made
}

// Role is why a file is packed.
type Role int

// The roles, in the order of the payload.
const (
	Loader   Role = iota
	Program       // the program itself
	Library       // needed by the program
	Opened        // opened by the C library, by name
	Included      // asked for, or needed by what was
	Finisher      // tidies what the runner leaves
)

// File is one file to pack.
type File struct {
	Role Role
	Path string // inside the root, without symbolic links
	Size int64
	// Stored is its size in the packed file once that was written.
	Stored int64
	data   []byte // instead of the file's
}

// Plan is what a packed file consists of.
type Plan struct {
	Name     string // what the program is called
	Interp   string // the loader's path, as the program has it
	Files    []File
	Warnings []string // files that the program will look for
	Notes    []string // what it may do that needs other files
	// Argv0 and Preload say whether the loader knows these options; without them
	// the same is done by way of the environment.
	Argv0, Preload bool

	input Input
	code  runner.Code
}

// Refusal is why a program cannot be packed.
type Refusal struct{ Reason string }

func (r *Refusal) Error() string { return r.Reason }

// NewPlan finds what goes into the packed file. It fails with a *Refusal, a
// *MissingError, or an error of reading that has the path and offset.
func NewPlan(ctx context.Context, in Input) (*Plan, error) {
	// No hardware levels: the file must run on any processor of its kind.
	config := elfdep.Config{Root: in.Root, Dir: in.Dir, LibraryPath: in.LibraryPath}
	resolver := elfdep.New(config)
	c, err := resolver.Closure(ctx, in.Program)
	if errors.Is(err, elffile.ErrNotELF) {
		return nil, notELF(in)
	}
	if err != nil {
		return nil, err
	}
	p := &Plan{Name: filepath.Base(in.Program), Interp: c.Interp.Name, input: in}
	if err := p.check(c); err != nil {
		return nil, err
	}
	p.add(Loader, &c.Interp)
	p.add(Program, &c.Program)
	if err := p.addAll(Library, c); err != nil {
		return nil, err
	}
	if err := answered(c); err != nil {
		return nil, err
	}
	for _, path := range in.Include {
		if err := p.include(ctx, resolver, path); err != nil {
			return nil, err
		}
	}
	if err := p.inspect(ctx); err != nil {
		return nil, err
	}
	p.Files = append(p.Files, File{Role: Finisher, Path: "statify", Size: int64(len(p.code.Finish)), data: p.code.Finish})
	return p, nil
}

// notELF is the refusal of a script or of some other file.
func notELF(in Input) error {
	f, err := in.Root.Open(in.Program)
	if err != nil {
		return err
	}
	defer f.Close()
	head := make([]byte, shebang.Size)
	n, _ := f.ReadAt(head, 0)
	if interpreter, _, ok := shebang.Parse(head[:n]); ok {
		return &Refusal{"a script: pack its interpreter, " + interpreter}
	}
	return &Refusal{"not an ELF program"}
}

// check refuses what would not run, or not as it did.
func (p *Plan) check(c *elfdep.Closure) error {
	f := c.Program.File
	if c.Program.Err != nil {
		return &FileError{c.Program.Path, c.Program.Err}
	}
	switch mode := c.Program.Info.Mode(); {
	case mode&(fs.ModeSetuid|fs.ModeSetgid) != 0:
		return &Refusal{"setuid or setgid, which a packed file must not be; for root alone, pack a copy without that bit (made by cp)"}
	case p.hasCapabilities(c.Program.Real):
		return &Refusal{"has file capabilities, which the packed file would lose"}
	case f.Interp == "":
		return &Refusal{"needs no loader: static already (copy it as it is), or a library (see --include)"}
	case strings.HasPrefix(filepath.Base(f.Interp), "ld-musl-"):
		return &Refusal{"linked with musl, whose loader is the C library itself: link it statically, or copy both with their paths"}
	}
	var ok bool
	if p.code, ok = runner.For(f.Machine, f.Class); !ok {
		return &Refusal{"of a processor for which there is no runner: only amd64, 386 and arm64"}
	}
	if c.Interp.Missing() {
		return &MissingError{Names: []string{c.Interp.Name}}
	}
	return nil
}

// MissingError says which libraries are missing.
type MissingError struct{ Names []string }

func (e *MissingError) Error() string { return "missing: " + strings.Join(e.Names, ", ") }

// FileError is an error of a file that should be packed.
type FileError struct {
	Path string
	Err  error
}

func (e *FileError) Error() string { return e.Path + ": " + e.Err.Error() }
func (e *FileError) Unwrap() error { return e.Err }

func (p *Plan) has(real string) bool {
	for i := range p.Files {
		if p.Files[i].Path == real {
			return true
		}
	}
	return false
}

func (p *Plan) add(role Role, o *elfdep.Object) {
	p.Files = append(p.Files, File{Role: role, Path: o.Real, Size: o.Info.Size()})
}

// addAll adds the libraries of a closure that are not there yet.
func (p *Plan) addAll(role Role, c *elfdep.Closure) error {
	var missing []string
	for i := range c.Objects {
		o := &c.Objects[i]
		switch {
		case o.Missing():
			missing = append(missing, o.Name)
		case o.Rule == elfdep.ByLoader || p.has(o.Real):
		case o.Err != nil:
			return &FileError{o.Path, o.Err}
		default:
			p.add(role, o)
		}
	}
	if len(missing) > 0 {
		return &MissingError{missing}
	}
	return nil
}

// answered refuses names of libraries that the loader would not recognize: of what
// it has preloaded it knows the DT_SONAME alone.
func answered(c *elfdep.Closure) error {
	known := func(name string) bool {
		if c.Interp.File != nil && c.Interp.File.Soname == name {
			return true
		}
		for i := range c.Objects {
			if f := c.Objects[i].File; f != nil && f.Soname == name {
				return true
			}
		}
		return false
	}
	check := func(o *elfdep.Object) error {
		if o.File == nil {
			return nil
		}
		for _, name := range o.File.Needed {
			if !known(name) {
				return &Refusal{o.Path + " needs " + name + ", which calls itself otherwise (DT_SONAME): only a snapshot can hold it"}
			}
		}
		return nil
	}
	err := check(&c.Program)
	for i := range c.Objects {
		if err == nil {
			err = check(&c.Objects[i])
		}
	}
	return err
}

// include adds a shared object and what it needs.
func (p *Plan) include(ctx context.Context, resolver *elfdep.Resolver, path string) error {
	c, err := resolver.Closure(ctx, path)
	switch {
	case errors.Is(err, elffile.ErrNotELF):
		return &FileError{path, &Refusal{"only shared objects can be included: the program would look for other files in the file system"}}
	case err != nil:
		return &FileError{path, err}
	case c.Program.Err != nil:
		return &FileError{path, c.Program.Err}
	case c.Program.File.Type != elffile.Dyn || c.Program.File.Interp != "":
		return &FileError{path, &Refusal{"a program, not a shared object"}}
	}
	if !p.has(c.Program.Real) {
		p.add(Included, &c.Program)
	}
	err = p.addAll(Included, c)
	if err == nil {
		err = answered(c)
	}
	if err != nil {
		return &FileError{path, err}
	}
	return nil
}
