package elfdep

import (
	"context"
	"encoding/binary"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"rescuebox/internal/elffile"
	"rescuebox/internal/elftest"
	"rescuebox/internal/rootfs"
)

// system is a root full of objects, by path; loaders and text files are strings.
type system struct {
	objects map[string]elftest.Object
	files   map[string]string
}

// write puts the system below a folder, for a machine.
func (s system) write(t *testing.T, class byte, order binary.ByteOrder, machine uint16) rootfs.Root {
	t.Helper()
	dir := t.TempDir()
	put := func(path string, data []byte) {
		path = filepath.Join(dir, path)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, data, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	for path, o := range s.objects {
		o.Class, o.Order = class, order
		if o.Machine == 0 {
			o.Machine = machine
		}
		image := elftest.Image(o)
		if strings.HasPrefix(filepath.Base(path), "ld-") {
			// What a real loader has among its strings.
			image = append(image, "\x00/lib/own/\x00/usr/lib/own/\x00/lib/\x00/usr/lib/\x00glibc-hwcaps\x00"...)
		}
		put(path, image)
	}
	for path, text := range s.files {
		put(path, []byte(text))
	}
	return rootfs.New(dir)
}

// The order of the search, on every class and byte order, on whatever machine the
// test runs.
func TestClosureOfEveryMachine(t *testing.T) {
	glibc := func(more map[string]elftest.Object) map[string]elftest.Object {
		more["/lib/ld-test.so.1"] = elftest.Object{Soname: "ld-test.so.1"}
		return more
	}
	for _, c := range []struct {
		name   string
		system system
		config Config
		want   string
	}{
		{
			name: "the loader's own folders, in its order",
			system: system{objects: glibc(map[string]elftest.Object{
				"/bin/p":                {Interp: "/lib/ld-test.so.1", Needed: []string{"a.so", "b.so", "ld-test.so.1"}},
				"/usr/lib/own/a.so":     {Needed: []string{"c.so"}},
				"/usr/lib/a.so":         {},
				"/lib/own/b.so":         {Needed: []string{"c.so"}},
				"/usr/lib/c.so":         {},
				"/usr/lib/own/sub/c.so": {},
			})},
			want: "a.so => /usr/lib/own/a.so, b.so => /lib/own/b.so, /lib/ld-test.so.1 => /lib/ld-test.so.1, c.so => /usr/lib/c.so",
		},
		{
			name: "an RPATH reaches down, a RUNPATH does not",
			system: system{objects: glibc(map[string]elftest.Object{
				"/bin/p":      {Interp: "/lib/ld-test.so.1", RPath: "/r", Needed: []string{"a.so", "b.so"}},
				"/r/a.so":     {Needed: []string{"deep.so"}},
				"/r/b.so":     {RunPath: "$ORIGIN/own", Needed: []string{"other.so"}},
				"/r/deep.so":  {},
				"/r/other.so": {},
			})},
			want: "a.so => /r/a.so, b.so => /r/b.so, deep.so => /r/deep.so, other.so => not found",
		},
		{
			name: "LD_LIBRARY_PATH between RPATH and RUNPATH; preloads first",
			system: system{
				objects: glibc(map[string]elftest.Object{
					"/bin/p":          {Interp: "/lib/ld-test.so.1", RunPath: "/run", Needed: []string{"a.so"}},
					"/run/a.so":       {},
					"/env/a.so":       {},
					"/usr/lib/pre.so": {},
				}),
				files: map[string]string{"/etc/ld.so.preload": "# why\npre.so\n"},
			},
			config: Config{LibraryPath: "/nowhere:/env"},
			want:   "pre.so => /usr/lib/pre.so, a.so => /env/a.so",
		},
		{
			name: "NODEFLIB of the one that asks",
			system: system{objects: glibc(map[string]elftest.Object{
				"/bin/p":        {Interp: "/lib/ld-test.so.1", RunPath: "/run", Flags1: elffile.Flags1NoDefLib, Needed: []string{"a.so", "b.so"}},
				"/run/a.so":     {Needed: []string{"b.so"}},
				"/usr/lib/b.so": {},
			})},
			want: "a.so => /run/a.so, b.so => not found, b.so => /usr/lib/b.so",
		},
		{
			name: "an object of another machine is passed over, a damaged one is not",
			system: system{
				objects: glibc(map[string]elftest.Object{
					"/bin/p":            {Interp: "/lib/ld-test.so.1", Needed: []string{"a.so", "b.so"}},
					"/lib/own/a.so":     {Machine: 1},
					"/usr/lib/own/a.so": {},
					"/usr/lib/b.so":     {},
				}),
				files: map[string]string{"/lib/own/b.so": "rubbish"},
			},
			want: "a.so => /usr/lib/own/a.so, b.so => /lib/own/b.so (not an ELF file)",
		},
		{
			name: "musl",
			system: system{
				objects: map[string]elftest.Object{
					"/lib/ld-musl-test.so.1": {Soname: "libc.so"},
					"/bin/p":                 {Interp: "/lib/ld-musl-test.so.1", RunPath: "/run", Needed: []string{"a.so", "libc.so"}},
					"/run/a.so":              {Needed: []string{"deep.so", "libm.so.6"}},
					"/run/deep.so":           {},
					"/path/a.so":             {},
				},
				files: map[string]string{"/etc/ld-musl-test.path": "/path\n"},
			},
			want: "a.so => /run/a.so, /lib/ld-musl-test.so.1 => /lib/ld-musl-test.so.1, deep.so => /run/deep.so",
		},
	} {
		for _, m := range []struct {
			class byte
			order binary.ByteOrder
		}{{1, binary.LittleEndian}, {1, binary.BigEndian}, {2, binary.LittleEndian}, {2, binary.BigEndian}} {
			c.config.Root = c.system.write(t, m.class, m.order, 999)
			closure, err := New(c.config).Closure(context.Background(), "/bin/p")
			if err != nil {
				t.Fatalf("%s: %v", c.name, err)
			}
			var got []string
			for _, o := range closure.Objects {
				line := o.Name + " => " + o.Path
				if o.Missing() {
					line += "not found"
				} else if o.Err != nil {
					line += " (" + o.Err.Error() + ")"
				}
				got = append(got, line)
			}
			if s := strings.Join(got, ", "); s != c.want {
				t.Errorf("%s, class %d, %v:\n got %s\nwant %s", c.name, m.class, m.order, s, c.want)
			}
		}
	}
}

// Who asked for what, whose path named the folder, and which subfolder it was.
func TestHowItWasFound(t *testing.T) {
	const amd64, loader = 62, "/lib/ld-new.so.1"
	root := system{objects: map[string]elftest.Object{
		loader:                             {},
		"/bin/p":                           {Interp: loader, RPath: "/r", Needed: []string{"a.so", "b.so", "c.so", "gone.so"}},
		"/r/glibc-hwcaps/x86-64-v3/a.so":   {Needed: []string{"deep.so"}, Filters: []string{"filtee.so"}, Auxiliary: []string{"none.so"}},
		"/r/tls/x86_64/b.so":               {RunPath: "/run", Needed: []string{"own.so", "a.so"}},
		"/r/deep.so":                       {},
		"/run/haswell/own.so":              {},
		"/r/filtee.so":                     {Needed: []string{"a.so", "late.so"}},
		"/lib/own/c.so":                    {},
		"/r/glibc-hwcaps/x86-64-v4/c.so":   {},
		"/usr/lib/glibc-hwcaps/other/c.so": {},
		"/usr/lib/late.so":                 {},
	}}.write(t, 2, binary.LittleEndian, amd64)
	const strings = "\x00glibc-hwcaps\x00x86-64-v4:x86-64-v3:x86-64-v2\x00haswell\x00ld.so (GNU libc) stable release version 2.36.\n"
	image, err := os.ReadFile(root.Host(loader))
	if err == nil {
		err = os.WriteFile(root.Host(loader), append(image, strings...), 0o755)
	}
	if err != nil {
		t.Fatal(err)
	}
	levels, err := Levels("x86-64-v3")
	if err != nil {
		t.Fatal(err)
	}
	c, err := New(Config{Root: root, Levels: levels, Capabilities: []string{"haswell"}}).Closure(context.Background(), "/bin/p")
	if err != nil {
		t.Fatal(err)
	}
	want := []Object{
		{Path: "/r/filtee.so", Rule: ByRPath, Requester: 1, PathOf: -1, Filtee: true},
		{Path: "/r/glibc-hwcaps/x86-64-v3/a.so", Rule: ByRPath, Requester: -1, PathOf: -1, Level: "glibc-hwcaps/x86-64-v3"},
		{Path: "/r/tls/x86_64/b.so", Rule: ByRPath, Requester: -1, PathOf: -1, Level: "tls/x86_64"},
		{Path: "/lib/own/c.so", Rule: ByDefault, Requester: -1},
		{Path: "", Rule: NotFound, Requester: -1},
		{Path: "/r/deep.so", Rule: ByRPath, Requester: 1, PathOf: -1},
		{Path: "/usr/lib/late.so", Rule: ByDefault, Requester: 0},
		{Path: "/run/haswell/own.so", Rule: ByRunPath, Requester: 2, PathOf: 2, Level: "haswell"},
	}
	for i, o := range c.Objects {
		if i >= len(want) {
			t.Fatalf("one more: %s", o.Name)
		}
		w := want[i]
		if o.Path != w.Path || o.Rule != w.Rule || o.Requester != w.Requester || o.PathOf != w.PathOf || o.Level != w.Level || o.Filtee != w.Filtee {
			t.Errorf("%d, %s: %q by %d, asked for by %d, path of %d, level %q, filtee %v", i, o.Name, o.Path, o.Rule, o.Requester, o.PathOf, o.Level, o.Filtee)
		}
	}
	if len(c.Objects) != len(want) || len(c.NotFiltering) != 1 {
		t.Errorf("%d objects, not filtering %q", len(c.Objects), c.NotFiltering)
	}
}

// A file that asks for more than any real one costs little.
func TestMutualFilters(t *testing.T) {
	root := system{objects: map[string]elftest.Object{
		"/bin/p":  {RunPath: "/r", Needed: []string{"a.so"}},
		"/r/a.so": {Filters: []string{"b.so"}, RunPath: "/r"},
		"/r/b.so": {Filters: []string{"c.so"}, RunPath: "/r"},
		"/r/c.so": {Filters: []string{"a.so", "c.so"}, RunPath: "/r"},
		// A program is not known by its file: it is loaded once more.
		"/bin/self": {RunPath: "/bin", Filters: []string{"self", "gone"}},
	}}.write(t, 2, binary.LittleEndian, 62)
	r := New(Config{Root: root})
	for path, n := range map[string]int{"/bin/p": 3, "/bin/self": 3} {
		if c, err := r.Closure(context.Background(), path); err != nil || len(c.Objects) != n {
			t.Errorf("%s: %v, %+v", path, err, c)
		}
	}
}

func TestHostileClosure(t *testing.T) {
	many := make([]string, 400)
	for i := range many {
		many[i] = "l" + string(rune('a'+i/26%26)) + string(rune('a'+i%26))
	}
	objects := map[string]elftest.Object{"/bin/p": {Needed: many, RunPath: "/r"}}
	for _, n := range many {
		objects["/r/"+n] = elftest.Object{Needed: []string{"x1" + n, "x2" + n}, RunPath: "/r"}
	}
	root := system{objects: objects}.write(t, 2, binary.LittleEndian, 62)
	closure, err := New(Config{Root: root}).Closure(context.Background(), "/bin/p")
	if err != nil || len(closure.Objects) > 3*len(many) {
		t.Errorf("%v, %d objects", err, len(closure.Objects))
	}
	if _, err := New(Config{Root: root}).Closure(context.Background(), "/bin/none"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a program that is not there: %v", err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := New(Config{Root: root}).Closure(ctx, "/bin/p"); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
}
