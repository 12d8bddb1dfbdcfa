package elfdep

import (
	"errors"
	"io/fs"
	"strings"
	"syscall"

	"rescuebox/internal/elffile"
	"rescuebox/internal/ldcache"
)

// candidate is where a library was found, and how. The file is nil when it was not.
type candidate struct {
	path  string
	rule  Rule
	of    int    // Object.PathOf
	level string // Object.Level
	file  *file
}

// find looks for a library that is not loaded yet.
func (s *search) find(name string, requester int) candidate {
	if s.loader.musl {
		return s.findMusl(name, requester)
	}
	if strings.Contains(name, "/") {
		path, _ := s.expand(name, requester)
		if f, _ := s.try(path); f != nil {
			return candidate{path: path, rule: ByPath, file: f}
		}
		return candidate{}
	}
	return s.findGlibc(name, requester)
}

// findGlibc is the order of _dl_map_object of glibc.
func (s *search) findGlibc(name string, requester int) candidate {
	if c := s.inRPaths(name, requester); c.file != nil {
		return c
	}
	if path := s.config.LibraryPath; path != "" && !s.closure.Secure {
		if c := s.inFolders(name, s.list(path, ":;", self)); c.file != nil {
			c.rule = ByLibraryPath
			return c
		}
	}
	o := s.object(requester).File
	if o.RunPath != "" {
		if c := s.inFolders(name, s.list(o.RunPath, ":", requester)); c.file != nil {
			c.rule, c.of = ByRunPath, requester
			return c
		}
	}
	noDefault := o.Flags1&elffile.Flags1NoDefLib != 0
	if c := s.inCache(name, noDefault); c.file != nil {
		return c
	}
	if noDefault {
		return candidate{}
	}
	c := s.inFolders(name, s.loader.folders)
	c.rule = ByDefault
	return c
}

// inRPaths looks into the folders of the DT_RPATH of the requester and of all that
// led to it; into none when the requester has a DT_RUNPATH. An object that has both
// has its DT_RPATH ignored.
func (s *search) inRPaths(name string, requester int) candidate {
	if s.object(requester).File.HasRunPath {
		return candidate{}
	}
	for i := requester; ; i = s.object(i).Requester {
		if o := s.object(i).File; o.RPath != "" && !o.HasRunPath {
			if c := s.inFolders(name, s.list(o.RPath, ":", i)); c.file != nil {
				c.rule, c.of = ByRPath, i
				return c
			}
		}
		if i == self {
			return candidate{}
		}
	}
}

// inFolders looks for name in each folder, and before in the folder's subfolders for
// the processor (open_path). An error at a folder that exists, other than that the
// file does not or may not be read, ends the search of the whole list.
func (s *search) inFolders(name string, dirs []string) candidate {
	for _, dir := range dirs {
		var err error
		exists := false
		for _, level := range s.loader.subfolders {
			// The loader takes a relative folder to exist, as it may change.
			if strings.HasPrefix(dir, "/") && s.folder(dir+level).err != nil {
				continue
			}
			exists = true
			path := dir + level + name
			var f *file
			if f, err = s.try(path); f != nil && s.allowed(f) {
				return candidate{path: path, level: strings.TrimSuffix(level, "/"), file: f}
			}
		}
		if exists && err != nil && !errors.Is(err, syscall.ENOENT) && !errors.Is(err, syscall.EACCES) {
			return candidate{}
		}
	}
	return candidate{}
}

// allowed reports whether a library may be loaded: of the preloads of a program with
// raised rights only those that are setuid themselves.
func (s *search) allowed(f *file) bool {
	return !s.preloading || !s.closure.Secure || f.info.Mode()&fs.ModeSetuid != 0
}

// try opens a candidate. It returns nil for one that is missing or for another
// machine, and the error of opening it. A damaged one is taken: the loader gives up
// at it and does not look for a better one.
func (s *search) try(path string) (*file, error) {
	f := s.open(path)
	switch {
	case f.missing():
		return nil, f.err
	case foreign(f, s.closure.Program.File):
		return nil, nil
	}
	return f, nil
}

// inCache looks name up in the library cache. An object that wants no default
// folders takes nothing out of those by way of the cache either.
func (s *search) inCache(name string, noDefault bool) candidate {
	if s.preloading && s.closure.Secure {
		return candidate{}
	}
	if s.cache == nil {
		s.readCache()
	}
	e, ok := s.cache.Lookup(name, s.loader.cached)
	if !ok || noDefault && s.loader.inSystemFolder(e.Path) {
		return candidate{}
	}
	c := candidate{path: e.Path, rule: ByCache}
	c.file, _ = s.try(e.Path)
	switch {
	case e.Level != "":
		c.level = hwcapsFolder + e.Level
	case e.Legacy != 0:
		c.level = legacyLevel(e.Path)
	}
	return c
}

func (s *search) readCache() {
	s.cache = &ldcache.Cache{}
	data, err := s.config.Root.ReadFile(cacheFile, maxCache)
	if err != nil {
		if !errors.Is(err, syscall.ENOENT) && !errors.Is(err, syscall.ENOTDIR) {
			s.CacheErr = err
		}
		return
	}
	s.cache, s.CacheErr = ldcache.Parse(data, s.closure.Program.File.Order)
}
