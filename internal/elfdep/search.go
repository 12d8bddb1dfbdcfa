package elfdep

import (
	"slices"
	"strings"
	"syscall"

	"rescuebox/internal/elffile"
)

// search is the search for the libraries of one program.
type search struct {
	*Resolver
	closure *Closure
	loader  *loader
}

// object returns an object of the closure; -1 is the program.
func (s *search) object(i int) *Object {
	if i < 0 {
		return &s.closure.Program
	}
	return &s.closure.Objects[i]
}

// request is one DT_NEEDED or preload: it adds the object to the closure unless it
// is loaded already (_dl_map_object of glibc, load_library of musl).
func (s *search) request(name string, requester int, preload bool) {
	if s.loaded(name, requester) {
		return
	}
	path, rule, f := s.find(name, requester)
	o := Object{Name: name, Path: path, Rule: rule, Requester: requester, Preload: preload, names: []string{name}}
	if f == nil && preload {
		s.closure.NotPreloaded = append(s.closure.NotPreloaded, name)
		return
	}
	if f == nil {
		o.Err = syscall.ENOENT
		s.closure.Objects = append(s.closure.Objects, o)
		return
	}
	if s.sameFile(f, name, requester) {
		return
	}
	o.Real, o.File, o.Info, o.Err, o.id = f.real, f.obj, f.info, f.err, f.id
	if o.Err == nil {
		o.Err = unfit(f.obj, s.closure.Program.File)
	}
	o.names = append(o.names, path)
	// Symbolic links are not resolved: $ORIGIN is the folder it was found in.
	o.origin = folder(path)
	if o.origin == "." || !strings.HasPrefix(o.origin, "/") {
		o.origin = s.absolute(o.origin)
	}
	s.closure.Objects = append(s.closure.Objects, o)
}

// absolute returns a relative folder's path from the root.
func (s *search) absolute(dir string) string {
	if real, err := s.config.Root.Resolve(dir); err == nil {
		return real
	}
	return dir
}

// loaded reports whether name is a name or the DT_SONAME of an object that is
// loaded, and adds the loader to the list when it is the one.
func (s *search) loaded(name string, requester int) bool {
	if slices.Contains(s.closure.Program.names, name) {
		return true
	}
	for i := range s.closure.Objects {
		if o := &s.closure.Objects[i]; !o.Missing() && o.answers(name) {
			return true
		}
	}
	if i := &s.closure.Interp; i.Name != "" && (i.answers(name) || s.loader.isLibc(name)) {
		s.addLoader(name, requester)
		return true
	}
	return false
}

func (o *Object) answers(name string) bool {
	return slices.Contains(o.names, name) || o.File != nil && o.File.Soname == name
}

// addLoader puts the loader into the load order, at the first request for it: behind
// the last object that was found. What is missing has a place in glibc's list of
// objects but none in its search order, by which it inserts itself.
func (s *search) addLoader(name string, requester int) {
	for i := range s.closure.Objects {
		if o := &s.closure.Objects[i]; o.Rule == ByLoader {
			o.names = append(o.names, name)
			return
		}
	}
	o := s.closure.Interp
	o.Requester = requester
	o.names = append(slices.Clone(o.names), name)
	at := len(s.closure.Objects)
	for at > 0 && s.closure.Objects[at-1].Missing() {
		at--
	}
	s.closure.Objects = slices.Insert(s.closure.Objects, at, o)
}

// sameFile reports whether f is loaded already, under another name; name becomes
// one more name of it.
func (s *search) sameFile(f *file, name string, requester int) bool {
	if f.id == s.closure.Program.id {
		return true
	}
	for i := range s.closure.Objects {
		if o := &s.closure.Objects[i]; !o.Missing() && o.id == f.id {
			o.names = append(o.names, name)
			return true
		}
	}
	if i := &s.closure.Interp; i.Name != "" && i.id == f.id && !i.Missing() && s.loader.musl {
		s.addLoader(name, requester)
		return true
	}
	return false
}

// find looks for a library. The file is nil when there is none.
func (s *search) find(name string, requester int) (string, Rule, *file) {
	if strings.Contains(name, "/") {
		path := s.loader.expand(name, s.object(requester).origin)
		if f, _ := s.try(path); f != nil {
			return path, ByPath, f
		}
		return "", NotFound, nil
	}
	if s.loader.musl {
		return s.findMusl(name, requester)
	}
	return s.findGlibc(name, requester)
}

// findGlibc is the order of _dl_map_new_object of glibc.
func (s *search) findGlibc(name string, requester int) (string, Rule, *file) {
	for _, dirs := range s.rpaths(requester) {
		if path, f := s.inFolders(name, dirs); f != nil {
			return path, ByRPath, f
		}
	}
	if path, f := s.inFolders(name, s.libraryPath()); f != nil {
		return path, ByLibraryPath, f
	}
	if path, f := s.inFolders(name, s.runpath(requester)); f != nil {
		return path, ByRunPath, f
	}
	noDefault := s.object(requester).File.Flags1&elffile.Flags1NoDefLib != 0
	if path, ok := s.cached(name); ok && !(noDefault && s.loader.inSystemFolder(path)) {
		if f, _ := s.try(path); f != nil {
			return path, ByCache, f
		}
	}
	if noDefault {
		return "", NotFound, nil
	}
	if path, f := s.inFolders(name, s.loader.folders); f != nil {
		return path, ByDefault, f
	}
	return "", NotFound, nil
}

// rpaths returns the folders of the DT_RPATH of the requester and of all that led
// to it, a list an object; none when the requester has a DT_RUNPATH.
func (s *search) rpaths(requester int) [][]string {
	if s.object(requester).File.HasRunPath {
		return nil
	}
	var lists [][]string
	for i := requester; ; i = s.object(i).Requester {
		o := s.object(i)
		// An object that has both has its DT_RPATH ignored.
		if o.File.HasRPath && !o.File.HasRunPath {
			lists = append(lists, s.loader.list(o.File.RPath, ":", o.origin))
		}
		if i < 0 {
			return lists
		}
	}
}

func (s *search) runpath(requester int) []string {
	o := s.object(requester)
	if !o.File.HasRunPath {
		return nil
	}
	return s.loader.list(o.File.RunPath, ":", o.origin)
}

func (s *search) libraryPath() []string {
	if s.config.LibraryPath == "" {
		return nil
	}
	return s.loader.list(s.config.LibraryPath, ":;", s.closure.Program.origin)
}

// inFolders looks for name in each folder, and before in the folder's subfolders
// for the levels of the processor. An error other than those that are passed over
// ends the search of the whole list.
func (s *search) inFolders(name string, dirs []string) (string, *file) {
	for _, dir := range dirs {
		if dir != "" && !strings.HasSuffix(dir, "/") {
			dir += "/"
		}
		for _, level := range s.loader.levels {
			path := dir + "glibc-hwcaps/" + level + "/" + name
			if f, _ := s.try(path); f != nil {
				return path, f
			}
		}
		f, goOn := s.try(dir + name)
		if f != nil {
			return dir + name, f
		}
		if !goOn {
			return "", nil
		}
	}
	return "", nil
}

// try opens a candidate. It returns nil for one that is missing or for another
// machine, and whether the search may go on. A damaged one is taken: the loader
// gives up at it and does not look for a better one.
func (s *search) try(path string) (f *file, goOn bool) {
	f = s.open(path)
	switch {
	case f.missing():
		return nil, passedOver(f.err)
	case f.obj != nil && foreign(f.obj, s.closure.Program.File):
		return nil, true
	}
	return f, false
}
