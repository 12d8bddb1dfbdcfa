package elfdep

import (
	"bytes"
	"strings"

	"rescuebox/internal/elffile"
	"rescuebox/internal/ldcache"
)

// loader is what a loader was compiled with.
type loader struct {
	musl     bool
	folders  []string // searched last, in order
	lib      string   // what $LIB stands for
	platform string   // what $PLATFORM stands for
	levels   []string // glibc-hwcaps subfolders that it looks into (since glibc 2.33)
	flags    int32    // of its ABI in the library cache
	path     string   // its own
}

// Files of configuration, and the most that one may hold.
const (
	cacheFile   = "/etc/ld.so.cache"
	preloadFile = "/etc/ld.so.preload"
	maxCache    = 64 << 20
	maxPreload  = 1 << 20
	maxLoader   = 8 << 20
)

// loaderPath is the loader that a program asks for. A library has none of its own;
// the usual one of its machine will load it. A static program, which may have a
// dynamic section too, needs nothing.
func loaderPath(o *elffile.Object) string {
	if o.Interp != "" || len(o.Needed) == 0 {
		return o.Interp
	}
	return abiOf(o).loader
}

// loaderOf returns the rules of a program's loader.
func (r *Resolver) loaderOf(program *elffile.Object) *loader {
	path := loaderPath(program)
	key := path + string(rune(program.Machine)) + string(rune(program.Class))
	if l, known := r.loaders[key]; known {
		return l
	}
	l := &loader{path: path, musl: strings.HasPrefix(base(path), "ld-musl"), platform: platform(program.Machine)}
	l.flags = cacheFlags(program)
	image, err := r.config.Root.ReadFile(path, maxLoader)
	if err == nil {
		l.folders = systemFolders(image)
	}
	if err != nil || bytes.Contains(image, []byte("glibc-hwcaps")) {
		l.levels = levelsFor(program, r.config.Levels)
	}
	if l.folders == nil {
		l.folders = guessedFolders(program)
	}
	l.lib = strings.Trim(l.folders[0], "/")
	r.loaders[key] = l
	return l
}

// systemFolders finds, in the image of a glibc loader, the folders that it was
// compiled with: strings one behind the other that begin and end with a slash
// ("/lib/x86_64-linux-gnu/", "/usr/lib/x86_64-linux-gnu/", "/lib/", "/usr/lib/").
func systemFolders(image []byte) []string {
	var run []string
	for {
		i := bytes.IndexByte(image, 0)
		if i > 2 && i < 256 && image[0] == '/' && image[i-1] == '/' && bytes.Contains(image[:i], []byte("lib")) {
			run = append(run, string(image[:i]))
			image = image[i+1:]
			continue
		}
		if len(run) >= 2 {
			return run
		}
		if i < 0 {
			return nil
		}
		run, image = nil, image[i+1:]
	}
}

// guessedFolders serve when the loader itself cannot be read: those of Debian's
// and of the other distributions' layout.
func guessedFolders(o *elffile.Object) []string {
	var dirs []string
	if t := abiOf(o).triplet; t != "" {
		dirs = append(dirs, "/lib/"+t+"/", "/usr/lib/"+t+"/")
	}
	if o.Class == elffile.Class64 {
		dirs = append(dirs, "/lib64/", "/usr/lib64/")
	}
	return append(dirs, "/lib/", "/usr/lib/")
}

// abi is what differs by machine.
type abi struct {
	machine  elffile.Machine
	class    elffile.Class
	triplet  string // Debian's name of the folder for its libraries
	loader   string
	platform string // AT_PLATFORM; the least where it depends on the processor
	flags    int32  // in the library cache (glibc's ldconfig.h), without FLAG_ELF_LIBC6
}

var abis = []abi{
	{elffile.MachineX86_64, elffile.Class64, "x86_64-linux-gnu", "/lib64/ld-linux-x86-64.so.2", "x86_64", 0x0300},
	{elffile.MachineX86_64, elffile.Class32, "x86_64-linux-gnux32", "/libx32/ld-linux-x32.so.2", "x86_64", 0x0800},
	{elffile.Machine386, elffile.Class32, "i386-linux-gnu", "/lib/ld-linux.so.2", "i686", 0},
	{elffile.MachineARM64, elffile.Class64, "aarch64-linux-gnu", "/lib/ld-linux-aarch64.so.1", "aarch64", 0x0a00},
	{elffile.MachineARM, elffile.Class32, "arm-linux-gnueabihf", "/lib/ld-linux-armhf.so.3", "v7l", 0x0900},
	{elffile.MachinePPC64, elffile.Class64, "powerpc64le-linux-gnu", "/lib64/ld64.so.2", "power8", 0x0500},
	{elffile.MachineS390, elffile.Class64, "s390x-linux-gnu", "/lib/ld64.so.1", "z900", 0x0400},
	{elffile.MachineRISCV, elffile.Class64, "riscv64-linux-gnu", "/lib/ld-linux-riscv64-lp64d.so.1", "", 0x1000},
	{elffile.MachineLoong, elffile.Class64, "loongarch64-linux-gnu", "/lib64/ld-linux-loongarch-lp64d.so.1", "", 0x1200},
	{elffile.MachineMIPS, elffile.Class32, "mipsel-linux-gnu", "/lib/ld.so.1", "mips", 0},
}

// armSoftFloat is EF_ARM_ABI_FLOAT_SOFT of e_flags: the other ABI of its machine.
const armSoftFloat = 0x200

func abiOf(o *elffile.Object) abi {
	for _, a := range abis {
		if a.machine == o.Machine && a.class == o.Class {
			if a.machine == elffile.MachineARM && o.Flags&armSoftFloat != 0 {
				a.triplet, a.loader, a.flags = "arm-linux-gnueabi", "/lib/ld-linux.so.3", 0x0b00
			}
			return a
		}
	}
	return abi{}
}

func platform(m elffile.Machine) string {
	for _, a := range abis {
		if a.machine == m {
			return a.platform
		}
	}
	return ""
}

// cacheFlags are the flags that entries of the program's ABI have in the cache.
func cacheFlags(o *elffile.Object) int32 {
	const elfLibc6 = 3 // FLAG_ELF_LIBC6
	return abiOf(o).flags | elfLibc6
}

func (l *loader) inSystemFolder(path string) bool {
	for _, dir := range l.folders {
		if strings.HasPrefix(path, dir) {
			return true
		}
	}
	return false
}

// levelNames are the glibc-hwcaps levels that loaders of a machine know, by the
// beginning of their names.
var levelNames = map[elffile.Machine]string{
	elffile.MachineX86_64: "x86-64-",
	elffile.MachinePPC64:  "power",
	elffile.MachineS390:   "z1",
}

// levelsFor returns those of the levels that a loader of the program's machine
// looks for: a 32-bit one of the same processor knows none.
func levelsFor(o *elffile.Object, levels []string) []string {
	prefix := levelNames[o.Machine]
	if prefix == "" || o.Class != elffile.Class64 {
		return nil
	}
	var known []string
	for _, l := range levels {
		if strings.HasPrefix(l, prefix) {
			known = append(known, l)
		}
	}
	return known
}

// cached looks name up in the library cache.
func (s *search) cached(name string) (string, bool) {
	if s.cache == nil {
		s.readCache()
	}
	e, ok := s.cache.Lookup(name, ldcache.Query{Flags: s.loader.flags, Levels: s.loader.levels})
	return e.Path, ok
}

func (s *search) readCache() {
	s.cache = &ldcache.Cache{}
	data, err := s.config.Root.ReadFile(cacheFile, maxCache)
	if err != nil {
		if !passedOver(err) {
			s.CacheErr = err
		}
		return
	}
	s.cache, s.CacheErr = ldcache.Parse(data, s.closure.Program.File.Order)
}

// preloads returns the names of LD_PRELOAD and of /etc/ld.so.preload.
func (s *search) preloads() []string {
	names := strings.FieldsFunc(s.config.Preload, func(c rune) bool { return c == ' ' || c == ':' })
	if s.loader.musl {
		return names
	}
	if s.preload == nil {
		data, _ := s.config.Root.ReadFile(preloadFile, maxPreload)
		s.preload = append([]string{}, parsePreload(string(data))...)
	}
	return append(names, s.preload...)
}

// parsePreload returns the names in /etc/ld.so.preload: separated by white space or
// colons, with comments from '#' to the end of the line.
func parsePreload(text string) []string {
	var names []string
	for line := range strings.Lines(text) {
		line, _, _ = strings.Cut(line, "#")
		names = append(names, strings.FieldsFunc(line, func(c rune) bool { return strings.ContainsRune(" \t\r\n:", c) })...)
	}
	return names
}
