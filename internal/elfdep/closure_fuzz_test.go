package elfdep

import (
	"context"
	"os"
	"path/filepath"
	"testing"

	"rescuebox/internal/elftest"
	"rescuebox/internal/rootfs"
)

// Whatever program, library, loader, cache and path are, the closure is consistent.
func FuzzClosure(f *testing.F) {
	program := elftest.Image(elftest.Object{
		Machine: 62, Interp: "/lib/ld.so", RPath: "/r:$ORIGIN/$LIB", Needed: []string{"a.so", "$ORIGIN/../r/b.so", "ld.so"}, Filters: []string{"a.so"},
	})
	library := elftest.Image(elftest.Object{Machine: 62, Soname: "b.so", RunPath: "${ORIGIN}", Needed: []string{"b.so", "a.so"}, Auxiliary: []string{"p"}})
	loader := append(elftest.Image(elftest.Object{Machine: 62}),
		"\x00/lib/x/\x00/lib/\x00\x00x86-64-v3:x86-64-v2\x00glibc-hwcaps\x00ld.so stable release version 2.36.\n"...)
	f.Add(program, library, loader, []byte("ld.so-1.7.0\x00\x00\x00\x00\x00"), "/r:$PLATFORM;", uint8(0))
	f.Add(library, program, []byte("%s/etc/ld-musl-x86_64.path\x00"), []byte("glibc-ld.so.cache1.1"), "::", uint8(1))
	f.Add(library, library, []byte{}, []byte{}, "", uint8(2))
	dir := f.TempDir()
	for _, d := range []string{"bin", "lib", "r", "etc", "tls"} {
		if err := os.Mkdir(filepath.Join(dir, d), 0o755); err != nil {
			f.Fatal(err)
		}
	}
	if err := os.Symlink("/r", filepath.Join(dir, "lib/x")); err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, program, library, loader, cache []byte, path string, secure uint8) {
		for name, data := range map[string][]byte{"bin/p": program, "r/a.so": library, "lib/b.so": library, "lib/ld.so": loader, "etc/ld.so.cache": cache} {
			if err := os.WriteFile(filepath.Join(dir, name), data, 0o755); err != nil {
				t.Fatal(err)
			}
		}
		c, err := New(Config{
			Root: rootfs.New(dir), LibraryPath: path, Preload: path, Levels: []string{"x86-64-v2"}, Secure: Secure(secure % 3),
		}).Closure(context.Background(), "/bin/p")
		if err != nil {
			return
		}
		if len(c.Objects) > maxObjects+1 {
			t.Fatalf("%d objects", len(c.Objects))
		}
		for i := range c.Objects {
			o := &c.Objects[i]
			if o.Requester < self || o.Requester >= len(c.Objects) || o.PathOf < self || o.PathOf >= len(c.Objects) {
				t.Fatalf("object %d: asked for by %d, path of %d", i, o.Requester, o.PathOf)
			}
			if o.Missing() != (o.Rule == NotFound) && o.Rule != ByLoader || o.Missing() && o.Err == nil {
				t.Fatalf("object %d: %q by rule %d, %v", i, o.Path, o.Rule, o.Err)
			}
			for _, j := range o.Answers {
				if j < self || j >= len(c.Objects) {
					t.Fatalf("object %d: answered by %d", i, j)
				}
			}
		}
	})
}
