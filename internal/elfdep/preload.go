package elfdep

import (
	"strings"
	"syscall"
)

// preloads starts the search: the program, then what LD_PRELOAD and
// /etc/ld.so.preload name.
func (s *search) preloads() {
	s.order = []int{self}
	s.listed.set(self, true)
	s.answers = map[string]int{}
	program := s.closure.Program.File
	if program.Soname != "" && !s.loader.musl {
		s.answers[program.Soname] = self
	}
	names := strings.FieldsFunc(s.config.Preload, s.loader.separatesPreloads)
	for _, name := range names {
		switch {
		case !s.closure.Secure:
			s.preloadOne(name)
		case s.loader.musl: // it does not look at the variable
		case len(name) >= secureName || strings.Contains(name, "/"):
			s.notPreloaded(name, errSecurePath)
		default:
			s.preloadOne(name)
		}
	}
	if s.loader.musl {
		return
	}
	for _, name := range s.preloadFile() {
		s.preloadOne(name)
	}
}

// separatesPreloads reports whether a character parts the names of LD_PRELOAD.
func (l *loader) separatesPreloads(c rune) bool {
	return c == ' ' || c == ':' || l.musl && c >= '\t' && c <= '\r'
}

// preloadOne loads one preload; one that cannot be loaded the loader goes without.
func (s *search) preloadOne(name string) {
	if _, known := s.known(name, self); known {
		return
	}
	s.preloading = true
	found := s.find(name, self)
	s.preloading = false
	err := s.refused(found.file)
	if err != nil {
		s.notPreloaded(name, err)
		return
	}
	if i := s.load(name, self, found); !s.listed.has(i) {
		s.object(i).Preload = true
		s.listed.set(i, true)
		s.order = append(s.order, i)
	}
}

// refused returns why a file, or none, is not preloaded.
func (s *search) refused(f *file) error {
	switch {
	case f == nil && s.closure.Secure:
		return errSecurePreload
	case f == nil:
		return syscall.ENOENT
	case f.obj == nil:
		return f.err
	}
	return unfit(f.obj, s.closure.Program.File)
}

func (s *search) notPreloaded(name string, err error) {
	s.closure.NotPreloaded = append(s.closure.NotPreloaded, name)
	s.closure.NotPreloadedErrs = append(s.closure.NotPreloadedErrs, err)
}

// Files of configuration, and the most that one may hold.
const (
	preloadFile = "/etc/ld.so.preload"
	maxPreload  = 1 << 20
)

// preloadFile returns the names in /etc/ld.so.preload.
func (r *Resolver) preloadFile() []string {
	if r.preload == nil {
		data, _ := r.config.Root.ReadFile(preloadFile, maxPreload)
		r.preload = append([]string{}, parsePreload(string(data))...)
	}
	return r.preload
}

// parsePreload returns the names in /etc/ld.so.preload: separated by white space or
// colons, with comments from '#' to the end of the line.
func parsePreload(text string) []string {
	var names []string
	for line := range strings.Lines(text) {
		line, _, _ = strings.Cut(line, "#")
		names = append(names, strings.FieldsFunc(line, func(c rune) bool { return strings.ContainsRune(" \t\n:", c) })...)
	}
	return names
}
