package elfsym

import "errors"

// Undefined is a symbol that an object wants and no object has.
type Undefined struct {
	Requester int // index into Closure.Objects; -1 is the program
	Name      string
	Version   string // empty for any
	Call      bool   // bound at the first call of a function, unless all are at start
}

// Tags and flags that ask for all functions to be bound at start.
const (
	dtBindNow   = 24
	flagBindNow = 8 // DF_BIND_NOW of DT_FLAGS
	flag1Now    = 1 // DF_1_NOW of DT_FLAGS_1
)

// maxSteps is how many entries of hash tables are looked at for one program. The
// biggest real ones, of 200 libraries, take some ten million; damaged tables could keep
// a processor busy for days.
const maxSteps = 1 << 29

// maxUndefined is how long the names of undefined symbols may be together, in bytes.
const maxUndefined = 16 << 20

var errEndless = errors.New("tables of symbols too long: the rest is not looked up")

// Unresolved returns the symbols for which the loader would fail, in the order in
// which it relocates the objects: those that data need and, with calls, those of
// functions that are bound at their first call. The same symbol comes again where
// the loader would complain again. The error is ctx's.
func (s *Set) Unresolved(calls bool) ([]Undefined, error) {
	if err := s.load(); err != nil {
		return nil, err
	}
	var list []Undefined
	told := 0
	order := s.relocationOrder()
	for i := len(order) - 1; i >= 0; i-- {
		o := &s.objects[order[i]+1]
		// The loader's own relocations are done before all others.
		if o.Object == nil || s.isLoader(o.index) {
			continue
		}
		err := s.read(o, func() {
			s.references(o, calls, func(ref *reference, call bool) {
				if told >= maxUndefined || s.doubtful(o, ref) {
					return
				}
				told += 1 + len(ref.name)
				u := Undefined{Requester: o.index, Name: string(ref.name), Call: call}
				if ref.version != nil {
					u.Version = ref.version.name
				}
				list = append(list, u)
			})
		})
		if err != nil {
			return nil, err
		}
	}
	return list, nil
}

// doubtful reports whether what o does not find may be where nothing can be read.
func (s *Set) doubtful(o *object, ref *reference) bool {
	if o.damaged || o.err != nil {
		return true
	}
	for i := range s.objects {
		// A version tells who should have it.
		if p := &s.objects[i]; p.damaged && (ref.version == nil || s.asked(o, ref.version) == i-1) {
			return true
		}
	}
	return false
}

// asked returns whom an object asks for a version; -2 for nobody that is there.
func (s *Set) asked(o *object, v *version) int {
	for _, n := range o.needs {
		if n.hash == v.hash && n.name == v.name {
			if i, ok := s.find(n.file); ok {
				return i
			}
		}
	}
	return -2
}

// Unused returns the libraries that the program asks for itself and takes no symbol
// from, as indices into Closure.Objects. The error is ctx's.
func (s *Set) Unused() ([]int, error) {
	program := &s.objects[0]
	if err := s.load(); err != nil || program.Object == nil {
		return nil, err
	}
	if err := s.read(program, func() { s.references(program, true, nil) }); err != nil {
		return nil, err
	}
	var list []int
	for _, i := range s.closure.Program.Answers {
		if o := &s.objects[i+1]; !o.used && !o.damaged && !program.damaged {
			list = append(list, i)
		}
	}
	return list, nil
}

// load reads the symbols of all objects, once.
func (s *Set) load() error {
	if s.loaded {
		return nil
	}
	s.loaded = true
	for i := range s.objects {
		o := &s.objects[i]
		if err := s.read(o, o.readSymbols); err != nil {
			return err
		}
	}
	return nil
}

func (s *Set) isLoader(i int) bool {
	return i >= 0 && s.closure.Interp.Path != "" && s.dep(i).Path == s.closure.Interp.Path
}

// What states has of a symbol, shifted by twice the class.
const (
	stateFound  = 1
	stateAbsent = 2
)

// references looks up what the relocations of an object want, and calls absent for
// each that is nowhere.
func (s *Set) references(o *object, calls bool, absent func(ref *reference, call bool)) {
	last, lastClass := uint32(0), byte(0)
	one := func(r relocation, call bool) bool {
		class := byte(classPlain)
		number := uint64(r.symbol)
		sym, ok := o.at(number)
		switch {
		case !ok || number == 0 || sym.local():
			return true
		case call || sym.kind() == typeTLS:
			class = classCall
		case r.kind == copyKind(o.Machine):
			class = classCopy
		}
		// The loader remembers one lookup.
		again := r.symbol == last && class == lastClass
		last, lastClass = r.symbol, class
		state := o.states[number] >> (2 * class) & 3
		if again || state == stateFound {
			return true
		}
		ref := o.reference(number, &sym, class)
		if state == 0 {
			state = stateAbsent
			if found := s.search(o, ref); found != nil {
				state = stateFound
				found.used = true
			}
			o.states[number] |= state << (2 * class)
		}
		if state == stateAbsent && sym.bind() != bindWeak && absent != nil {
			absent(ref, call)
		}
		if s.steps > maxSteps {
			o.note(errEndless)
			return false
		}
		return s.ctx.Err() == nil
	}
	o.data(func(r relocation) bool { return one(r, false) })
	if calls || o.bindsNow() {
		o.plt(func(r relocation) bool { return one(r, true) })
	}
}

func (o *object) bindsNow() bool {
	flags, _ := o.Value(dtFlags)
	return o.has(dtBindNow) || flags&flagBindNow != 0 || o.Flags1&flag1Now != 0
}

// reference describes what is wanted by a symbol of the object.
func (o *object) reference(number uint64, sym *symbol, class byte) *reference {
	name, _ := cString(o.names, sym.name)
	return &reference{
		name: name, gnu: gnuHashOf(name), sysv: sysvHashOf(name), class: class,
		version: o.versionAt(int(o.versionNumber(number) &^ hiddenBit)),
	}
}

// relocationOrder returns the objects with those that need others before these,
// the program first: the order of _dl_sort_maps of glibc's elf/dl-sort-maps.c (since
// 2.35; a depth-first search from the last loaded object to the first), which
// relocates in reverse.
func (s *Set) relocationOrder() []int {
	visited := make([]bool, len(s.objects))
	var reverse []int
	var visit func(i int)
	visit = func(i int) {
		o := &s.objects[i]
		if visited[i] || s.dep(o.index).Missing() {
			return
		}
		visited[i] = true
		// The program's own list is not made yet when glibc sorts.
		if i != 0 {
			for _, d := range s.dep(o.index).Answers {
				visit(d + 1)
			}
		}
		reverse = append(reverse, o.index)
	}
	for i := len(s.objects) - 1; i > 0; i-- {
		visit(i)
	}
	order := []int{-1}
	for i := len(reverse) - 1; i >= 0; i-- {
		if reverse[i] >= 0 {
			order = append(order, reverse[i])
		}
	}
	return order
}
