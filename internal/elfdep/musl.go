package elfdep

import "strings"

// muslLibc are the libraries that musl's loader is itself, whatever follows the
// name (reserved of load_library).
var muslLibc = []string{"libc.", "libpthread.", "librt.", "libm.", "libdl.", "libutil.", "libxnet."}

// isLibc reports whether a name is one that the loader answers for itself.
func (l *loader) isLibc(name string) bool {
	if !l.musl {
		return false
	}
	for _, prefix := range muslLibc {
		if strings.HasPrefix(name, prefix) {
			return true
		}
	}
	return false
}

// findMusl is the order of load_library of musl: LD_LIBRARY_PATH, then the rpath
// of the requester and of all that led to it, where DT_RPATH and DT_RUNPATH are
// the same, then the system's path.
func (s *search) findMusl(name string, requester int) (string, Rule, *file) {
	if path, f := s.inFolders(name, muslList(s.config.LibraryPath)); f != nil {
		return path, ByLibraryPath, f
	}
	for i := requester; ; i = s.object(i).Requester {
		o := s.object(i)
		if path, f := s.inFolders(name, s.muslRPath(o)); f != nil {
			return path, ByRPath, f
		}
		if i < 0 {
			break
		}
	}
	if path, f := s.inFolders(name, s.muslSystem()); f != nil {
		return path, ByDefault, f
	}
	return "", NotFound, nil
}

// muslRPath returns the search path of one object. DT_RUNPATH wins where it has
// both.
func (s *search) muslRPath(o *Object) []string {
	switch {
	case o.File == nil:
		return nil
	case o.File.HasRunPath:
		return muslList(s.loader.expand(o.File.RunPath, o.origin))
	case o.File.HasRPath:
		return muslList(s.loader.expand(o.File.RPath, o.origin))
	}
	return nil
}

// muslSystem returns the folders of /etc/ld-musl-ARCH.path, or musl's own where
// that does not exist. The file lies in /etc below the folder two levels above the
// loader.
func (s *search) muslSystem() []string {
	prefix := strings.TrimSuffix(folder(folder(s.loader.path)), "/")
	arch := strings.TrimSuffix(strings.TrimPrefix(base(s.loader.path), "ld-musl-"), ".so.1")
	data, err := s.config.Root.ReadFile(prefix+"/etc/ld-musl-"+arch+".path", maxPreload)
	if err != nil {
		if !passedOver(err) {
			return nil // musl takes a file that it cannot read for an empty one
		}
		return []string{"/lib", "/usr/local/lib", "/usr/lib"}
	}
	return muslList(string(data))
}

// muslList splits a search path at colons and newlines; empty elements are skipped.
func muslList(path string) []string {
	return strings.FieldsFunc(path, func(c rune) bool { return c == ':' || c == '\n' })
}
