package elfdep

import (
	"bytes"
	"slices"
	"strconv"
	"strings"

	"rescuebox/internal/elffile"
	"rescuebox/internal/ldcache"
)

// loader is what a loader was compiled with.
type loader struct {
	path       string // its own
	musl       bool
	folders    []string // searched last, in order
	lib        string   // what $LIB stands for
	platform   string   // what $PLATFORM stands for; empty for nothing
	subfolders []string // of every folder that it tries, in order; the last is empty
	cached     ldcache.Query
	listed     bool    // it is among the objects even if none asks for it
	pathFile   string  // musl's file with the folders to search
	system     *string // what that file says, once it was read
}

// Files of the loader, and the most that one may hold.
const (
	cacheFile    = "/etc/ld.so.cache"
	maxCache     = 16 << 20
	maxLoader    = 8 << 20
	hwcapsFolder = "glibc-hwcaps/"
)

// loaderPath is the loader that a program asks for. A library has none of its own;
// the usual one of its machine will load it. A static program, which may have a
// dynamic section too, needs nothing.
func (r *Resolver) loaderPath(o *elffile.Object) string {
	if o.Interp != "" || len(o.Needed) == 0 {
		return o.Interp
	}
	a := abiOf(o)
	if a.musl == "" {
		return a.loader
	}
	// A library tells by the C library that it names, or by what the system has.
	muslOnly := r.open(a.loader).missing()
	for _, name := range o.Needed {
		muslOnly = muslOnly || name == "libc.so" || strings.HasPrefix(name, "libc.musl-")
	}
	if path := "/lib/ld-musl-" + a.musl + ".so.1"; muslOnly && !r.open(path).missing() {
		return path
	}
	return a.loader
}

// loaderOf returns the rules of the loader at a path for a program.
func (r *Resolver) loaderOf(program *elffile.Object, path string) *loader {
	key := path + " " + strconv.Itoa(int(program.Machine)) + " " + strconv.Itoa(int(program.Class))
	if l, known := r.loaders[key]; known {
		return l
	}
	image, err := r.config.Root.ReadFile(path, maxLoader)
	l := &loader{path: path}
	r.loaders[key] = l
	l.pathFile, l.musl = muslPathFile(image)
	if name, ok := strings.CutPrefix(base(path), "ld-musl-"); ok && !l.musl {
		l.musl, l.pathFile = true, "/etc/ld-musl-"+strings.TrimSuffix(name, ".so.1")+".path"
	}
	if l.folders = systemFolders(image); l.folders == nil {
		l.folders = guessedFolders(program)
	}
	l.lib = libToken(l.folders[0])
	levels := r.config.Levels
	if err == nil {
		levels = knownLevels(image, levelNames[program.Machine])
	}
	p := processorOf(program, r.config.Capabilities, image)
	l.platform = p.platform
	l.cached = ldcache.Query{Flags: cacheFlags(program), Other: abiOf(program).other, Levels: levelsFor(program, r.config.Levels, levels)}
	for _, level := range l.cached.Levels {
		l.subfolders = append(l.subfolders, hwcapsFolder+level+"/")
	}
	if err == nil && searchesLegacy(image) {
		l.cached.Legacy, l.cached.Capabilities, l.cached.Platform = true, p.bits, p.platformBit
		l.subfolders = append(l.subfolders, p.legacyFolders()...)
	}
	l.subfolders = append(l.subfolders, "")
	l.listed = release(image) >= firstListed
	return l
}

// systemFolders finds, in the image of a glibc loader, the folders that it was
// compiled with: strings one behind the other that begin and end with a slash
// ("/lib/x86_64-linux-gnu/", "/usr/lib/x86_64-linux-gnu/", "/lib/", "/usr/lib/").
// The first longest run is taken.
func systemFolders(image []byte) []string {
	var best, run []string
	for {
		i := bytes.IndexByte(image, 0)
		if i > 2 && i < 256 && image[0] == '/' && image[i-1] == '/' && bytes.Contains(image[:i], []byte("lib")) {
			run = append(run, string(image[:i]))
			image = image[i+1:]
			continue
		}
		if len(run) > len(best) {
			best = run
		}
		if i < 0 {
			return best
		}
		run, image = nil, image[i+1:]
	}
}

// libToken returns what $LIB stands for, given the first of the loader's folders:
// its end, from the last "/lib" on.
func libToken(folder string) string {
	return strings.Trim(folder[max(0, strings.LastIndex(folder, "/lib")):], "/")
}

func (l *loader) inSystemFolder(path string) bool {
	for _, dir := range l.folders {
		if strings.HasPrefix(path, dir) {
			return true
		}
	}
	return false
}

// levelNames are how the names of the glibc-hwcaps levels of a machine begin.
var levelNames = map[elffile.Machine]string{
	elffile.MachineX86_64: "x86-64-",
	elffile.MachinePPC64:  "power",
	elffile.MachineS390:   "z",
}

// knownLevels finds, in the image of a loader, the glibc-hwcaps levels that it looks
// for, best first, such as in "x86-64-v4:x86-64-v3:x86-64-v2".
func knownLevels(image []byte, begin string) []string {
	if begin == "" {
		return nil
	}
next:
	for {
		i := bytes.Index(image, []byte("\x00"+begin))
		if i < 0 {
			return nil
		}
		image = image[i+1:]
		text, _, _ := bytes.Cut(image[:min(len(image), 256)], []byte{0})
		names := strings.Split(string(text), ":")
		if len(names) < 2 {
			continue
		}
		for _, name := range names {
			if !strings.HasPrefix(name, begin) {
				continue next
			}
		}
		return names
	}
}

// levelsFor returns the levels that the loader knows and the processor has. A 32-bit
// loader knows none.
func levelsFor(program *elffile.Object, processor, known []string) []string {
	begin := levelNames[program.Machine]
	if begin == "" || program.Class != elffile.Class64 {
		return nil
	}
	var levels []string
	for _, name := range known {
		if strings.HasPrefix(name, begin) && slices.Contains(processor, name) {
			levels = append(levels, name)
		}
	}
	return levels
}

// Releases of glibc at which the rules changed, as the number behind "2.".
const (
	lastLegacy  = 36 // looks into the old subfolders for hardware
	firstListed = 41 // has itself among the objects even if none asks for it (rtld.c)
)

// release returns what the image of a loader tells of its release, which glibc does
// since 2.33, as the number behind "2."; 0 when it tells none.
func release(image []byte) int {
	_, version, _ := bytes.Cut(image, []byte(" release version 2."))
	n := 0
	for i := 0; i < min(len(version), 3) && version[i] >= '0' && version[i] <= '9'; i++ {
		n = n*10 + int(version[i]-'0')
	}
	return n
}

// searchesLegacy reports whether a glibc loader looks into the old subfolders for
// hardware: those before glibc-hwcaps do, and some that have both.
func searchesLegacy(image []byte) bool {
	if !bytes.Contains(image, []byte("glibc-hwcaps")) {
		return true
	}
	n := release(image)
	return n > 0 && n <= lastLegacy
}
