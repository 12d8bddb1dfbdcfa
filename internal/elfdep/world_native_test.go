//go:build amd64

package elfdep

import (
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"rescuebox/internal/elffile"
	"rescuebox/internal/elftest"
)

// world is a random system below a folder: libraries of few names in many folders,
// under a loader of this machine.
type world struct {
	t       *testing.T
	rng     *rand.Rand
	dir     string
	root    *os.Root // all is written through it: links inside lead out, for who is not
	merged  bool     // /lib is a link to /usr/lib
	filters bool     // some libraries have filtees, and there are no links
	class   byte
	machine uint16
	loader  string // path inside
	musl    bool
	folders []string
	search  string // LD_LIBRARY_PATH
	preload string // LD_PRELOAD
	cwd     string
}

func (w *world) chance(percent int) bool { return w.rng.IntN(100) < percent }

func pick[T any](w *world, from ...T) T { return from[w.rng.IntN(len(from))] }

// inside returns a path relative to the root, free of the links to folders.
func (w *world) inside(path string) string {
	path = filepath.Clean("/" + path)
	if w.merged && strings.HasPrefix(path, "/lib/") {
		path = "/usr" + path
	}
	if rest, ok := strings.CutPrefix(path, "/opt/link/"); ok {
		path = "/opt/a/" + rest
	}
	path = path[1:]
	if err := w.root.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		w.t.Fatal(err)
	}
	return path
}

func (w *world) put(path string, data []byte) {
	path = w.inside(path)
	_ = w.root.Remove(path)
	if err := w.root.WriteFile(path, data, 0o755); err != nil {
		w.t.Fatal(err)
	}
}

// link makes a symbolic link unless something is there.
func (w *world) link(target, path string) {
	if err := w.root.Symlink(target, w.inside(path)); err != nil && !os.IsExist(err) {
		w.t.Fatal(err)
	}
}

var libraryNames = []string{"liba.so.1", "libb.so.1", "libc6.so", "libd.so.2", "libe.so", "libf.so.10", "libf.so.9", "libg.so.01"}

// filtersFrom is where the names begin that filtees have.
const filtersFrom = 4

// name is one that a DT_NEEDED, DT_FILTER or preload may have.
func (w *world) name() string {
	n := pick(w, libraryNames...)
	switch w.rng.IntN(24) {
	case 0:
		return "libgone.so"
	case 1:
		return filepath.Join(pick(w, w.folders...), n)
	case 2:
		return "$ORIGIN/" + pick(w, "", "../b/", "c/../") + n
	case 3:
		return pick(w, "opt/a/", "./", "../opt/a/", "../lib/") + n
	case 4:
		return "/$LIB/" + n
	case 5:
		return filepath.Base(w.loader)
	case 6:
		return "alias." + n
	case 7:
		if w.musl {
			return pick(w, "libc.so", "libm.so.6", "libpthread.so.0", "libcrypt.so", w.loader)
		}
	}
	return n
}

// path is a search path.
func (w *world) path(separators ...string) string {
	var parts []string
	for range w.rng.IntN(4) + 1 {
		p := pick(w, w.folders...)
		switch w.rng.IntN(20) {
		case 0:
			p = "$ORIGIN"
		case 1:
			p = "${ORIGIN}/" + pick(w, "..", "../b", "../a/../b", "c", ".")
		case 2:
			p = "/usr/$LIB"
		case 3:
			p = "/opt/${PLATFORM}"
		case 4:
			p = ""
		case 5:
			p += "//"
		case 6:
			p = "/nowhere"
		case 7:
			p = "/opt/file" // a file
		case 8:
			p = pick(w, "opt/a", ".", "../opt/b", "opt/file", "$ORIGINAL", "/opt/$")
		case 9:
			p = "/opt/loop"
		}
		parts = append(parts, p)
	}
	return strings.Join(parts, pick(w, separators...))
}

// object is a random library.
func (w *world) object(name string) elftest.Object {
	o := elftest.Object{Class: w.class, Machine: w.machine}
	switch n := w.rng.IntN(10); {
	case n == 0:
	case w.filters:
		o.Soname = name
	case n == 1:
		o.Soname = pick(w, libraryNames...)
	case n == 2:
		o.Soname = "alias." + name
	default:
		o.Soname = name
	}
	for range w.rng.IntN(4) {
		o.Needed = append(o.Needed, w.name())
	}
	if w.chance(35) {
		o.RPath = w.path(":")
	}
	if w.chance(30) {
		o.RunPath = w.path(":")
	}
	if w.chance(8) {
		o.Flags1 = elffile.Flags1NoDefLib
	}
	// Objects that filter each other make the loader run round and round: only names
	// further on in the list are filtees, and those have none.
	if w.filters && w.chance(15) && slices.Index(libraryNames, name) < filtersFrom {
		o.Auxiliary = []string{pick(w, libraryNames[filtersFrom:]...)}
		if w.chance(50) {
			o.Auxiliary, o.Filters = nil, o.Auxiliary
		}
	}
	return o
}

// odd is what may lie where a library is looked for.
func (w *world) odd(name string) []byte {
	o := w.object(name)
	if w.musl { // it takes whatever it finds for its own
		return elftest.Image(o)
	}
	switch w.rng.IntN(60) {
	case 0:
		return []byte("not a library")
	case 1:
		return nil
	case 2:
		o.Flags1 |= flags1PIE
	case 3:
		image := elftest.Image(o)
		image[osabiOffset] = 9
		return image
	case 4, 5, 6:
		o.Machine = 183
	case 7, 8, 9, 10:
		o.Class = 3 - w.class
	case 11:
		image := elftest.Image(o)
		image[classOffset] = 7
		return image
	}
	return elftest.Image(o)
}

// subfolders are those for a processor, of which this one may not have all.
var subfolders = []string{
	"glibc-hwcaps/x86-64-v2", "glibc-hwcaps/x86-64-v3", "glibc-hwcaps/x86-64-v4", "tls", "x86_64", "tls/x86_64",
	"tls/x86_64/x86_64", "haswell", "tls/i686", "sse2", "i686/sse2", "avx512_1", "glibc-hwcaps/other",
}

func newWorld(t *testing.T, seed int, class byte, loader, image string) *world {
	dir := t.TempDir()
	root, err := os.OpenRoot(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { root.Close() })
	w := &world{
		t: t, root: root, rng: rand.New(rand.NewPCG(uint64(seed), uint64(class))), dir: dir, class: class, machine: 62, loader: loader,
		musl: strings.Contains(loader, "musl"),
	}
	triplet := "x86_64-linux-gnu"
	if class == 1 {
		w.machine, triplet = 3, "i386-linux-gnu"
	}
	w.folders = []string{"/opt/a", "/opt/b", "/opt/b/c", "/srv", "/lib", "/usr/lib", "/lib/" + triplet, "/usr/lib/" + triplet, "/opt/link", "/bin"}
	if w.chance(50) {
		w.link(pick(w, "usr/lib", "/usr/lib"), "lib")
		w.merged = true
	}
	data, err := os.ReadFile(image)
	if err != nil {
		t.Fatalf("%v (apt-get install gcc-multilib libc6-dev musl-tools)", err)
	}
	w.put(loader, data)
	w.link(pick(w, "a", "/opt/a", "../opt/a"), "opt/link")
	w.link("loop", "opt/loop")
	w.put("opt/file", []byte("x"))
	w.put("etc/ld.so.conf", []byte("/srv\n/opt/b/c\n"))
	w.filters = w.chance(30)
	for range w.rng.IntN(60) + 20 {
		w.library1()
	}
	w.surroundings()
	return w
}

// library1 puts one file where a library may be looked for.
func (w *world) library1() {
	folder, name := pick(w, w.folders...), pick(w, libraryNames...)
	if w.chance(20) {
		folder += "/" + pick(w, subfolders...)
	}
	path := folder + "/" + name
	kind := w.rng.IntN(30)
	if w.filters {
		kind += 30
	}
	switch kind {
	case 0, 1:
		w.link(pick(w, w.folders...)+"/"+pick(w, libraryNames...), path)
	case 2:
		w.link(pick(w, libraryNames...), path)
	case 3:
		// A second name of a file, if there is one.
		from := w.inside(pick(w, w.folders...) + "/" + pick(w, libraryNames...))
		if info, err := w.root.Lstat(from); err == nil && info.Mode().IsRegular() {
			_ = w.root.Link(from, w.inside(path)) // a path that is taken stays
		}
	case 4:
		if w.chance(20) {
			_ = w.root.MkdirAll(w.inside(path), 0o755)
		}
	default:
		if info, err := w.root.Lstat(w.inside(path)); err != nil || info.Mode().IsRegular() {
			w.put(path, w.odd(name))
		}
	}
}

// surroundings are the cache, the environment and the program.
func (w *world) surroundings() {
	if w.chance(60) && !w.musl {
		cmd := exec.Command("ldconfig", "-r", w.dir)
		cmd.Env = []string{"PATH=/usr/sbin:/sbin"}
		if out, err := cmd.CombinedOutput(); err != nil {
			w.t.Fatalf("ldconfig: %v\n%s", err, out)
		}
		// A cache gets out of date.
		for range w.rng.IntN(4) {
			switch path := pick(w, w.folders...) + "/" + pick(w, libraryNames...); w.rng.IntN(2) {
			case 0:
				_ = w.root.Remove(w.inside(path))
			case 1:
				w.library1()
			}
		}
	}
	if w.musl && w.chance(50) {
		w.put("etc/ld-musl-x86_64.path", []byte(strings.ReplaceAll(w.path(":", "\n"), "$", "")+pick(w, "", "\n")))
	}
	if w.chance(40) {
		w.search = w.path(":", ";")
	}
	if w.chance(25) {
		w.preload = w.name() + pick(w, " ", ":") + w.name()
	}
	if w.chance(15) {
		w.put("etc/ld.so.preload", []byte("# "+w.name()+"\n"+w.name()+pick(w, " ", "\n", ":", "\t")+w.name()+pick(w, "", "\n")))
	}
	w.cwd = pick(w, "/", "/opt/a", "/opt/b/c", "/opt/link")
	w.inside(w.cwd + "/x")
	o := w.object("prog")
	o.Interp, o.Filters, o.Auxiliary = w.loader, nil, nil
	for len(o.Needed) < 5 {
		o.Needed = append(o.Needed, w.name())
	}
	w.put("/bin/prog", elftest.Image(o))
}
