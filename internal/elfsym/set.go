package elfsym

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"strings"

	"rescuebox/internal/elfdep"
	"rescuebox/internal/elffile"
	"rescuebox/internal/rootfs"
)

// Set is a program and its libraries with their symbols, in the order in which the
// loader looks into them. Where files are damaged it says of nothing that it is
// missing which may be in what cannot be read. It is not for concurrent use.
type Set struct {
	// Damage has one entry for each object that could not be read in full.
	Damage []Damage

	ctx     context.Context
	root    rootfs.Root
	closure *elfdep.Closure
	names   map[string]int // the object that answers to a name
	musl    bool           // its loader takes no notice of versions
	loaded  bool           // all symbols are read
	steps   int            // of lookups, see maxSteps
	objects []object       // of Closure.Objects, behind the program
}

// Damage is the first thing that is wrong with an object: a *elffile.ReadError, a
// *elffile.FormatError, or that of opening it.
type Damage struct {
	Object int // index into Closure.Objects; -1 is the program
	Err    error
}

// object is one object of a set.
type object struct {
	image
	index    int // into Closure.Objects; -1 is the program
	versions []version
	needs    []need
	defines  bool // has a DT_VERDEF

	symbols, names  []byte // .dynsym and .dynstr
	versym          []byte
	hash            *gnuHash
	buckets, chains []byte // of DT_HASH
	states          []byte // of each symbol, see references
	used            bool
	damaged         bool // what it has is not known in full
}

// Reader makes sets of closures that one elfdep.Resolver found. It remembers the
// versions of files between them, as that does of the files. It is not for concurrent
// use.
type Reader struct {
	Root  rootfs.Root
	known map[*elffile.Object]*object
}

// New returns the set of one closure that was found in a root, see Reader.New.
func New(ctx context.Context, root rootfs.Root, c *elfdep.Closure) (*Set, error) {
	r := Reader{Root: root}
	return r.New(ctx, c)
}

// New returns the set of a closure. It reads the versions that the objects need and
// define. The error is ctx's.
func (r *Reader) New(ctx context.Context, c *elfdep.Closure) (*Set, error) {
	s := &Set{ctx: ctx, root: r.Root, closure: c, objects: make([]object, 1+len(c.Objects))}
	s.musl = strings.HasPrefix(base(c.Interp.Name), "ld-musl")
	s.answer()
	for i := range s.objects {
		o := &s.objects[i]
		o.index = i - 1
		if s.musl {
			continue
		}
		if err := r.versions(s, o); err != nil {
			return nil, err
		}
	}
	return s, nil
}

// versions reads those of an object, or takes them from a set before. What could not
// be read is read again, so that the damage is told of in each set.
func (r *Reader) versions(s *Set, o *object) error {
	d := s.dep(o.index)
	if known := r.known[d.File]; known != nil && d.Err == nil {
		o.image, o.versions, o.needs, o.defines = known.image, known.versions, known.needs, known.defines
		return s.ctx.Err()
	}
	err := s.read(o, o.readVersions)
	if err == nil && d.File != nil && !o.damaged {
		if r.known == nil {
			r.known = map[*elffile.Object]*object{}
		}
		r.known[d.File] = &object{image: o.image, versions: o.versions, needs: o.needs, defines: o.defines}
	}
	return err
}

// dep returns an object of the closure; -1 is the program.
func (s *Set) dep(i int) *elfdep.Object {
	if i < 0 {
		return &s.closure.Program
	}
	return &s.closure.Objects[i]
}

// Path returns where an object was found, which is how the loader names it.
func (s *Set) Path(i int) string {
	if d := s.dep(i); !d.Missing() {
		return d.Path
	}
	return s.dep(i).Name
}

// read calls what reads parts of the object, with its file open.
func (s *Set) read(o *object, parts func()) error {
	d := s.dep(o.index)
	o.damaged = o.damaged || d.Err != nil && !d.Missing()
	if d.Missing() || d.File == nil {
		return s.ctx.Err()
	}
	path := d.Real
	if path == "" {
		path = d.Path
	}
	f, err := s.root.Open(path)
	if err == nil {
		o.image = newImage(reader{f}, d.File)
		parts()
		err = o.err
		o.r = nil
		f.Close()
	}
	if err != nil {
		s.damage(o, err)
	}
	return s.ctx.Err()
}

// damage records the first thing that is wrong with an object.
func (s *Set) damage(o *object, err error) {
	o.damaged = true
	for _, d := range s.Damage {
		if d.Object == o.index {
			return
		}
	}
	s.Damage = append(s.Damage, Damage{o.index, err})
}

// reader is a file whose errors carry no path: it is known.
type reader struct{ f *os.File }

func (r reader) ReadAt(p []byte, off int64) (int, error) {
	n, err := r.f.ReadAt(p, off)
	var path *fs.PathError
	if errors.As(err, &path) {
		err = path.Err
	}
	return n, err
}

// find returns the object that answers to a name of DT_VERNEED, and whether there is
// one. It may be one that is missing.
func (s *Set) find(name string) (int, bool) {
	i, ok := s.names[name]
	return i, ok
}

// answer gives objects their names. The first one to have a name keeps it, but no
// missing one before those that are there.
func (s *Set) answer() {
	s.names = map[string]int{}
	name := func(name string, i int) {
		if _, taken := s.names[name]; !taken && name != "" {
			s.names[name] = i
		}
	}
	for i := range s.objects {
		if d := s.dep(i - 1); !d.Missing() {
			name(d.Name, i-1)
			name(d.Path, i-1)
			if d.File != nil {
				name(d.File.Soname, i-1)
			}
		}
	}
	for i := range s.objects {
		d := s.dep(i - 1)
		name(base(d.Path), i-1)
		name(d.Name, i-1)
	}
}

func base(path string) string { return path[strings.LastIndexByte(path, '/')+1:] }

// readVersions reads the tables of versions and numbers what they hold, as
// _dl_check_map_versions of glibc's elf/dl-version.c.
func (o *object) readVersions() {
	if !o.has(dtVerneed) && !o.has(dtVerdef) {
		return
	}
	names := o.table(dtStrtab)
	o.needs = o.image.needs(names)
	for _, n := range o.needs {
		o.versions = set(o.versions, n.number, n.version)
	}
	defined, ok := o.definitions(names)
	o.defines = ok
	for number, v := range defined {
		if v.hash != 0 || v.name != "" {
			o.versions = set(o.versions, uint16(number), v)
		}
	}
}

func (m *image) has(tag uint64) bool {
	_, ok := m.Value(tag)
	return ok
}

// readSymbols reads what lookups need.
func (o *object) readSymbols() {
	o.symbols, o.names = o.table(dtSymtab), o.table(dtStrtab)
	if n := o.symbolCount(); n > 0 {
		o.symbols = o.symbols[:min(uint64(len(o.symbols)), min(n, maxTable)*symbolSize(o.Object))]
	}
	if len(o.versions) > 0 {
		o.versym = o.table(dtVersym)
	}
	if o.hash = o.gnuHash(); o.hash == nil {
		if b, word := o.table(dtHash), o.hashWord(); uint64(len(b)) >= 2*word {
			n := o.hashEntry(b) // buckets
			if n <= uint64(len(b))/word-2 {
				o.buckets, o.chains = b[2*word:(2+n)*word], b[(2+n)*word:]
			}
		}
	}
	o.states = make([]byte, uint64(len(o.symbols))/symbolSize(o.Object))
}

// at returns a symbol, and false when its number is too high.
func (o *object) at(number uint64) (symbol, bool) {
	size := symbolSize(o.Object)
	if number >= uint64(len(o.symbols))/size {
		return symbol{}, false
	}
	return decode(o.Object, o.symbols[number*size:]), true
}

// versionNumber returns the number of a symbol's version, with the mark of hidden
// ones.
func (o *object) versionNumber(symbol uint64) uint16 {
	if symbol >= uint64(len(o.versym))/2 {
		return 0
	}
	return o.Order.Uint16(o.versym[2*symbol:])
}
