package elfdep

import (
	"context"
	"slices"
	"strings"
	"syscall"

	"rescuebox/internal/elffile"
)

// search is the search for the libraries of one program. While it lasts, objects
// are known by their place in Closure.Objects, in the order in which they were
// found; order is the one that counts.
type search struct {
	*Resolver
	closure *Closure
	loader  *loader

	order      []int          // of objects; -1 is the program
	listed     marks          // which objects order has
	done       marks          // whose requests were answered
	answers    map[string]int // the object that answers to a name
	moves      int            // of filtees
	preloading bool           // what is looked for is a preload
}

// maxMoves bounds how often objects that filter each other are moved.
const maxMoves = 1000

// marks are for some of the objects and the program.
type marks []bool

func (m marks) has(i int) bool { return i-self < len(m) && m[i-self] }

func (m *marks) set(i int, to bool) {
	for len(*m) <= i-self {
		*m = append(*m, false)
	}
	(*m)[i-self] = to
}

// self is the place of the program where those of objects are told.
const self = -1

// object returns an object of the closure. It moves when one is added.
func (s *search) object(i int) *Object {
	if i == self {
		return &s.closure.Program
	}
	return &s.closure.Objects[i]
}

// walk answers the requests of every object, breadth first, and puts the objects
// into load order (_dl_map_object_deps of glibc, load_deps of musl).
func (s *search) walk(ctx context.Context) error {
	for at := 0; at < len(s.order); {
		if err := ctx.Err(); err != nil {
			return err
		}
		if len(s.closure.Objects) > maxObjects {
			s.closure.Program.Err = errTooMany
			break
		}
		i := s.order[at]
		if s.done.has(i) {
			at++
			continue
		}
		s.done.set(i, true)
		if f := s.object(i).File; f != nil {
			s.dependencies(i, at, f)
		}
	}
	s.arrange()
	return nil
}

// dependencies answers the requests of the object that order has at a place.
func (s *search) dependencies(i, at int, f *elffile.Object) {
	filtees := f.Filtees
	if s.loader.musl {
		filtees = nil // it knows none
	}
	s.object(i).Answers = nil
	for n := 0; ; n++ {
		for ; len(filtees) > 0 && filtees[0].After == n; filtees = filtees[1:] {
			at = s.filtee(filtees[0], i, at)
		}
		if n == len(f.Needed) || n == maxObjects || len(s.closure.Objects) > maxObjects {
			return
		}
		j, ok := s.need(f.Needed[n], i)
		o := s.object(i)
		o.Answers = append(o.Answers, j)
		if ok && !s.listed.has(j) {
			s.listed.set(j, true)
			s.order = append(s.order, j)
		}
	}
}

// filtee answers a DT_FILTER or DT_AUXILIARY of the object i, which order has at a
// place, and returns its place afterwards: the filtee goes before it.
func (s *search) filtee(f elffile.Filtee, i, at int) int {
	name, err := s.needed(f.Name, i)
	if err == nil && f.Optional {
		if _, known := s.known(name, i); !known {
			err = s.refused(s.find(name, i).file)
		}
	}
	if err != nil && f.Optional {
		if name == "" {
			name = f.Name
		}
		s.closure.NotFiltering = append(s.closure.NotFiltering, name)
		return at
	}
	j, _ := s.need(f.Name, i)
	s.object(j).Filtee = true
	if s.listed.has(j) {
		late := at
		for late < len(s.order) && s.order[late] != j {
			late++
		}
		if late == len(s.order) || late == at {
			return at // it comes early enough
		}
		s.order = append(s.order[:late], s.order[late+1:]...)
		// Its own filtees move before it in turn. Where objects filter each other
		// the real loader moves them for ever.
		s.moves++
		s.done.set(j, s.done.has(j) && s.moves > maxMoves)
	}
	s.listed.set(j, true)
	s.order = append(s.order, j)
	copy(s.order[at+1:], s.order[at:])
	s.order[at] = j
	return at + 1
}

// need is one DT_NEEDED: it returns the object that answers it, which is added to the
// closure unless it is loaded already. What musl loads twice is the same object.
func (s *search) need(name string, requester int) (int, bool) {
	expanded, err := s.needed(name, requester)
	if err != nil {
		return s.add(Object{Name: name, Requester: requester, Err: err}), true
	}
	if i, known := s.known(expanded, requester); known {
		return i, true
	}
	return s.load(expanded, requester, s.find(expanded, requester)), true
}

// needed replaces the tokens of a DT_NEEDED, as glibc does before it looks for it.
func (s *search) needed(name string, requester int) (string, error) {
	if s.loader.musl || !strings.Contains(name, "$") {
		return name, nil
	}
	expanded, tokens := s.expand(name, requester)
	switch {
	case tokens && s.closure.Secure:
		return "", errSecureToken
	case expanded == "":
		return "", syscall.ENOENT
	}
	return expanded, nil
}

// known returns the object that is loaded and answers to name: by a name that it was
// asked for by, its path or its DT_SONAME; for musl by the last part of its path.
func (s *search) known(name string, requester int) (int, bool) {
	if i, ok := s.answers[name]; ok {
		return i, true
	}
	l := &s.closure.Interp
	if s.loader.musl && (name == l.Name || s.loader.isLibc(name)) ||
		!s.loader.musl && l.Name != "" && slices.Contains(l.names, name) {
		return s.addLoader(requester), true
	}
	return 0, false
}

// add puts an object behind the others.
func (s *search) add(o Object) int {
	s.closure.Objects = append(s.closure.Objects, o)
	return len(s.closure.Objects) - 1
}

// addLoader makes the loader an object, at the first request for it.
func (s *search) addLoader(requester int) int {
	for i := range s.closure.Objects {
		if s.closure.Objects[i].Rule == ByLoader {
			return i
		}
	}
	o := s.closure.Interp
	o.Requester = requester
	return s.add(o)
}

// load returns the object of a file that was found, a new one unless it is loaded
// under another name.
func (s *search) load(name string, requester int, found candidate) int {
	f := found.file
	if f == nil {
		return s.add(Object{Name: name, Requester: requester, Err: syscall.ENOENT})
	}
	if i := s.byFile(f.id); i != self {
		if !s.loader.musl {
			s.answers[name] = i
		} else if found.rule != ByPath {
			s.answers[base(s.object(i).Path)] = i
		}
		return i
	}
	if s.loader.musl && s.isMuslSelf(f) {
		return s.addLoader(requester)
	}
	o := Object{
		Name: name, Path: found.path, Real: f.real, Rule: found.rule, Requester: requester, File: f.obj, Info: f.info, Err: f.err,
		PathOf: found.of, Level: found.level, id: f.id,
	}
	if o.Err == nil {
		o.Err = unfit(f.obj, s.closure.Program.File)
	}
	// Symbolic links are not resolved: $ORIGIN is the folder it was found in.
	o.origin = parent(s.absolute(found.path))
	i := s.add(o)
	if s.loader.musl && f.obj == nil {
		return i // which cannot be loaded, and is tried again for who asks again
	}
	s.answer(i)
	return i
}

// byFile returns the object of a file, self when there is none. Neither the program
// nor the loader is known by its file.
func (s *search) byFile(id fileID) int {
	for i := range s.closure.Objects {
		o := &s.closure.Objects[i]
		if o.id == id && o.Rule != ByLoader && !o.Missing() && !(s.loader.musl && o.File == nil) {
			return i
		}
	}
	return self
}

// answer notes the names by which later requests find an object.
func (s *search) answer(i int) {
	o := s.object(i)
	if s.loader.musl {
		if o.Rule != ByPath {
			s.answers[base(o.Path)] = i
		}
		return
	}
	s.answers[o.Name], s.answers[o.Path] = i, i
	if o.File != nil && o.File.Soname != "" {
		s.answers[o.File.Soname] = i
	}
}

// arrange puts the objects into load order.
func (s *search) arrange() {
	order := s.order
	if s.loader.listed && len(s.closure.Program.File.Needed) > 0 {
		if i := s.addLoader(self); !s.listed.has(i) {
			order = append(order, i)
		}
	}
	for i := range order {
		if order[i] == self {
			order = append(order[:i], order[i+1:]...)
			break
		}
	}
	s.placeLoader(order)
	at := make([]int, len(s.closure.Objects))
	sorted := len(order) == len(at)
	for new, old := range order {
		at[old] = new
		sorted = sorted && new == old
	}
	if sorted {
		return
	}
	renumber := func(answers []int) {
		for i, a := range answers {
			if a != self {
				answers[i] = at[a]
			}
		}
	}
	renumber(s.closure.Program.Answers)
	objects := make([]Object, 0, len(order))
	for _, old := range order {
		o := s.closure.Objects[old]
		renumber(o.Answers)
		if o.Requester >= 0 {
			o.Requester = at[o.Requester]
		}
		if o.PathOf > 0 || o.PathOf == 0 && (o.Rule == ByRPath || o.Rule == ByRunPath) {
			o.PathOf = at[o.PathOf]
		}
		objects = append(objects, o)
	}
	s.closure.Objects = objects
}

// placeLoader moves the loader to behind the last object before it that was found.
// What is missing has a place in glibc's list of objects but none in its search
// order, by which it inserts itself.
func (s *search) placeLoader(order []int) {
	if s.loader.musl {
		return
	}
	for at, i := range order {
		if s.closure.Objects[i].Rule != ByLoader {
			continue
		}
		for ; at > 0 && s.closure.Objects[order[at-1]].Missing(); at-- {
			order[at], order[at-1] = order[at-1], order[at]
		}
		return
	}
}
