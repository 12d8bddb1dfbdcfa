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

// A file that asks for more than any real one costs little.
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
