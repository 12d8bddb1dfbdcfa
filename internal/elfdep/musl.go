package elfdep

import (
	"bytes"
	"errors"
	"strings"
	"syscall"
)

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

// isMuslSelf reports whether the loader would take itself instead of a file, so that
// no second C library gets into the program. It tells one, glibc's too, by the symbols
// __libc_start_main and stdin; their sonames serve here, which a musl may lack.
func (s *search) isMuslSelf(f *file) bool {
	if l := &s.closure.Interp; !l.Missing() && l.id == f.id {
		return true
	}
	return f.obj != nil && (f.obj.Soname == "libc.so" || f.obj.Soname == "libc.so.6" || strings.HasPrefix(f.obj.Soname, "libc.musl-"))
}

const muslName = 255 // NAME_MAX

// findMusl is load_library of musl: LD_LIBRARY_PATH, then the rpath of the requester
// and of all that led to it, where DT_RPATH and DT_RUNPATH are the same, then the
// system's path. A preload was asked for by nobody.
func (s *search) findMusl(name string, requester int) candidate {
	if name == "" || !strings.Contains(name, "/") && len(name) > muslName {
		return candidate{}
	}
	if strings.Contains(name, "/") {
		if f := s.open(name); !f.missing() {
			return candidate{path: name, rule: ByPath, file: f}
		}
		return candidate{}
	}
	if !s.closure.Secure {
		if c, end := s.onPath(name, s.config.LibraryPath, ByLibraryPath); end {
			return c
		}
	}
	for i := requester; !s.preloading; i = s.object(i).Requester {
		if c, end := s.onPath(name, s.muslRPath(i), ByRPath); end {
			c.of = i
			return c
		}
		if i == self || s.object(i).Preload {
			break
		}
	}
	c, _ := s.onPath(name, s.muslSystem(), ByDefault)
	return c
}

// onPath looks for name in each folder of a path, which colons and newlines part
// (path_open). It reports whether the search is at its end: at the first file that
// can be opened, whatever that is, and at most errors.
func (s *search) onPath(name, path string, rule Rule) (c candidate, end bool) {
	for _, dir := range strings.FieldsFunc(path, func(c rune) bool { return c == ':' || c == '\n' }) {
		path := dir + "/" + name
		f := s.open(path)
		if !f.missing() {
			return candidate{path: path, rule: rule, file: f}, true
		}
		if !muslPasses(f.err) {
			return candidate{}, true
		}
	}
	return candidate{}, false
}

// muslPasses reports whether musl tries the next folder after an error.
func muslPasses(err error) bool {
	for _, e := range []error{syscall.ENOENT, syscall.ENOTDIR, syscall.EACCES, syscall.ENAMETOOLONG} {
		if errors.Is(err, e) {
			return true
		}
	}
	return false
}

// muslRPath returns the search path of one object (fixup_rpath). DT_RUNPATH wins
// where it has both. A '$' that begins no $ORIGIN makes it void.
func (s *search) muslRPath(i int) string {
	o := s.object(i)
	if o.File == nil {
		return ""
	}
	path := o.File.RPath
	if o.File.HasRunPath {
		path = o.File.RunPath
	}
	origin := parent(o.Path)
	if i == self {
		origin = o.origin
	}
	if strings.Contains(path, "$") && s.closure.Secure && (i == self || !strings.HasPrefix(origin, "/")) {
		return ""
	}
	return muslOrigin(path, origin)
}

func muslOrigin(path, origin string) string {
	if origin == "/" {
		origin = "" // musl takes what is before the last slash
	}
	var b strings.Builder
	for {
		before, after, found := strings.Cut(path, "$")
		b.WriteString(before)
		if !found {
			return b.String()
		}
		if path, found = strings.CutPrefix(after, "ORIGIN"); !found {
			if path, found = strings.CutPrefix(after, "{ORIGIN}"); !found {
				return ""
			}
		}
		b.WriteString(origin)
	}
}

// muslSystem returns the path in /etc/ld-musl-ARCH.path, or musl's own where that
// does not exist. The file lies in /etc below the folder two levels above the
// loader.
func (s *search) muslSystem() string {
	l := s.loader
	if l.system == nil {
		path, err := s.config.Root.ReadFile(parentOf(l.path)+l.pathFile, maxPreload)
		switch {
		case errors.Is(err, syscall.ENOENT):
			path = []byte("/lib:/usr/local/lib:/usr/lib")
		case err != nil: // musl takes a file that it cannot read for an empty one
			path = nil
		}
		text, _, _ := bytes.Cut(path, []byte{0})
		s := string(text)
		l.system = &s
	}
	return *l.system
}

// parentOf returns the folder two levels above an absolute path, empty for the root.
func parentOf(loader string) string {
	if !strings.HasPrefix(loader, "/") {
		return ""
	}
	return strings.TrimSuffix(parent(parent(loader)), "/")
}

// muslPathFile returns the name that a loader has for the file with its search path,
// out of the loader's image.
func muslPathFile(image []byte) (string, bool) {
	const begin, end = "/etc/ld-musl-", ".path\x00"
	i := bytes.Index(image, []byte(begin))
	if i < 0 {
		return "", false
	}
	image = image[i:]
	j := bytes.Index(image[:min(len(image), 128)], []byte(end))
	if j < 0 {
		return "", false
	}
	return string(image[:j+len(end)-1]), true
}
