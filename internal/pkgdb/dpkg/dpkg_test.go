package dpkg

import (
	"context"
	"crypto/md5"
	"encoding/hex"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"rescuebox/internal/pkgdb"
	"rescuebox/internal/rootfs"
)

// tree makes a root of files; a content that begins with "-> " is a symbolic link.
func tree(t testing.TB, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, content := range files {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		var err error
		if target, is := strings.CutPrefix(content, "-> "); is {
			err = os.Symlink(target, path)
		} else {
			err = os.WriteFile(path, []byte(content), 0o644)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func sum(content string) string {
	s := md5.Sum([]byte(content))
	return hex.EncodeToString(s[:])
}

// lookup returns the records of files in lines of index, package, version, path and
// the first digits of the sum, sorted.
func find(t testing.TB, dir string, paths ...string) ([]string, error) {
	t.Helper()
	root := rootfs.New(dir)
	db, err := Open(root)
	if err != nil || db == nil {
		t.Fatalf("Open: %v, %v", db, err)
	}
	var list []string
	err = db.Lookup(context.Background(), pkgdb.Want(root, paths), func(i int, r pkgdb.Record) {
		if r.Database != "dpkg" || r.Digest.Algorithm != pkgdb.MD5 || r.Size != -1 {
			t.Errorf("%+v", r)
		}
		line := paths[i] + " " + r.Package + " " + r.Version + " " + r.Path + " " + hex.EncodeToString([]byte(r.Digest.Sum))
		if r.Config {
			line += " config"
		}
		list = append(list, line)
	})
	slices.Sort(list)
	return list, err
}

func stanzaText(name, state string, more ...string) string {
	return "Package: " + name + "\nStatus: install ok " + state + "\nArchitecture: amd64\nVersion: 1\n" +
		strings.Join(more, "\n") + "\n\n"
}

func TestLookup(t *testing.T) {
	const a, b, c = "aaa", "bbb", "ccc"
	for _, test := range []struct {
		name  string
		files map[string]string
		paths []string
		want  []string
		wrong string // part of the error
	}{
		{
			name: "merged /usr, several architectures, and paths as old packages wrote them",
			files: map[string]string{
				"lib": "-> usr/lib", "usr/lib/x.so": "", "usr/lib/y.so": "", "usr/bin/p": "", `usr/bin/p\x`: "",
				status:                                 stanzaText("libx", "installed", "Multi-Arch: same") + stanzaText("p", "triggers-pending"),
				"var/lib/dpkg/info/libx:amd64.md5sums": sum(a) + "  lib/x.so\n" + sum(b) + "  /usr/lib/y.so\n",
				"var/lib/dpkg/info/p.md5sums":          strings.ToUpper(sum(c)) + " *./usr/bin/p\n\\" + sum(a) + `  usr/bin/p\\x`,
			},
			paths: []string{"/usr/lib/x.so", "/usr/lib/y.so", "/usr/bin/p", "/usr/bin/other", `/usr/bin/p\x`},
			want: []string{
				"/usr/bin/p p 1 /usr/bin/p " + sum(c),
				`/usr/bin/p\x p 1 /usr/bin/p\x ` + sum(a),
				"/usr/lib/x.so libx:amd64 1 /lib/x.so " + sum(a),
				"/usr/lib/y.so libx:amd64 1 /usr/lib/y.so " + sum(b),
			},
		},
		{
			name: "names of before architectures",
			files: map[string]string{
				"lib/x": "", status: stanzaText("libx", "installed", "Multi-Arch: same"),
				"var/lib/dpkg/info/libx.md5sums": sum(a) + "  lib/x\n",
			},
			paths: []string{"/lib/x"},
			want:  []string{"/lib/x libx:amd64 1 /lib/x " + sum(a)},
		},
		{
			name: "only what is installed",
			files: map[string]string{
				"a": "", "etc/c": "",
				status: stanzaText("gone", "config-files", "Conffiles:", " /etc/c "+sum(c)) +
					stanzaText("half", "half-installed") + stanzaText("new", "unpacked"),
				"var/lib/dpkg/info/gone.md5sums":   sum(a) + "  a\n",
				"var/lib/dpkg/info/half.md5sums":   sum(b) + "  a\n",
				"var/lib/dpkg/info/new.md5sums":    sum(c) + "  a\n",
				"var/lib/dpkg/info/absent.md5sums": sum(a) + "  a\n",
			},
			paths: []string{"/a", "/etc/c"},
			want:  []string{"/a new 1 /a " + sum(c)},
		},
		{
			name: "configuration files",
			files: map[string]string{
				"etc/a": "", "etc/b": "", "etc/c d": "", "etc/e": "", "etc/f": "",
				status: stanzaText("p", "installed", "Conffiles:", " /etc/a "+sum(a), " /etc/b "+sum(b)+" obsolete",
					" /etc/c d "+sum(c), " /etc/e newconffile", " /etc/f "+sum(a)+" remove-on-upgrade", "Description: x"),
				// A package that lists them here too.
				"var/lib/dpkg/info/p.md5sums": sum("other") + "  etc/a\n",
			},
			paths: []string{"/etc/a", "/etc/b", "/etc/c d", "/etc/e", "/etc/f"},
			want: []string{
				"/etc/a p 1 /etc/a " + sum(a) + " config",
				"/etc/b p 1 /etc/b " + sum(b) + " config",
				"/etc/c d p 1 /etc/c d " + sum(c) + " config",
				"/etc/e p 1 /etc/e  config",
			},
		},
		{
			name: "diversions",
			files: map[string]string{
				"bin/sh": "", "bin/sh.distrib": "", "bin/l": "", "bin/l.local": "", "etc/c": "", "etc/c.old": "",
				"var/lib/dpkg/diversions": "/bin/sh\n/bin/sh.distrib\ndash\n/bin/l\n/bin/l.local\n:\n/etc/c\n/etc/c.old\ndash\n",
				status: stanzaText("dash", "installed", "Multi-Arch: same", "Conffiles:", " /etc/c "+sum(a)) +
					stanzaText("bash", "installed", "Conffiles:", " /etc/c "+sum(b)),
				"var/lib/dpkg/info/dash:amd64.md5sums": sum(a) + "  bin/sh\n",
				"var/lib/dpkg/info/bash.md5sums":       sum(b) + "  bin/sh\n" + sum(c) + "  bin/l\n",
				"var/lib/dpkg/info/bash.list":          "/.\n/bin\n/bin/sh\n/bin/l\n",
			},
			paths: []string{"/bin/sh", "/bin/sh.distrib", "/bin/l", "/bin/l.local", "/etc/c", "/etc/c.old"},
			want: []string{
				"/bin/l.local bash 1 /bin/l.local " + sum(c),
				"/bin/sh dash:amd64 1 /bin/sh " + sum(a),
				"/bin/sh.distrib bash 1 /bin/sh.distrib " + sum(b),
				"/etc/c dash:amd64 1 /etc/c " + sum(a) + " config",
				"/etc/c.old bash 1 /etc/c.old " + sum(b) + " config",
			},
		},
		{
			name: "taken over by another package",
			files: map[string]string{
				"lib": "-> usr/lib", "usr/lib/x": "", "usr/lib/y": "",
				status:                          stanzaText("old", "installed") + stanzaText("new", "installed"),
				"var/lib/dpkg/info/old.md5sums": sum(a) + "  lib/x\n" + sum(b) + "  lib/y\n",
				"var/lib/dpkg/info/old.list":    "/.\n/lib\n/lib/y\n",
				"var/lib/dpkg/info/new.md5sums": sum(c) + "  usr/lib/x\n",
				"var/lib/dpkg/info/new.list":    "/.\n/usr/lib\n/usr/lib/x\n",
			},
			paths: []string{"/usr/lib/x", "/usr/lib/y"},
			want:  []string{"/usr/lib/x new 1 /usr/lib/x " + sum(c), "/usr/lib/y old 1 /lib/y " + sum(b)},
		},
		{
			name: "an empty list says nothing",
			files: map[string]string{
				"a": "", status: stanzaText("p", "installed"),
				"var/lib/dpkg/info/p.md5sums": sum(a) + "  a\n", "var/lib/dpkg/info/p.list": "",
			},
			paths: []string{"/a"},
			want:  []string{"/a p 1 /a " + sum(a)},
		},
		{
			name: "dpkg was interrupted",
			files: map[string]string{
				"a": "", "b": "", "etc/c": "",
				status:                        stanzaText("p", "installed", "Conffiles:", " /etc/c "+sum(a)) + stanzaText("q", "installed"),
				"var/lib/dpkg/updates/0000":   stanzaText("p", "unpacked", "Conffiles:", " /etc/c "+sum(b)),
				"var/lib/dpkg/updates/0001":   "Package: q\nStatus: install ok half-installed\n",
				"var/lib/dpkg/updates/tmp.i":  "Package: p\n",
				"var/lib/dpkg/info/p.md5sums": sum(c) + "  a\n", "var/lib/dpkg/info/q.md5sums": sum(c) + "  b\n",
			},
			paths: []string{"/a", "/b", "/etc/c"},
			want:  []string{"/a p 1 /a " + sum(c), "/etc/c p 1 /etc/c " + sum(b) + " config"},
		},
		{
			name: "an image made without dpkg",
			files: map[string]string{
				"usr/lib/x":                          "",
				"var/lib/dpkg/status.d/libx":         "Package: libx\nVersion: 2\nArchitecture: amd64\nMulti-Arch: foreign\n",
				"var/lib/dpkg/status.d/libx.md5sums": sum(a) + "  usr/lib/x\n",
			},
			paths: []string{"/usr/lib/x"},
			want:  []string{"/usr/lib/x libx 2 /usr/lib/x " + sum(a)},
		},
		{
			name: "without a status file the sums are good enough",
			files: map[string]string{
				"a": "", "b": "", status + "/x": "",
				"var/lib/dpkg/diversions":             "/a\n/b\nlibx\n",
				"var/lib/dpkg/info/libx:i386.md5sums": sum(a) + "  a\n",
				"var/lib/dpkg/info/y.md5sums":         sum(b) + "  a\n",
			},
			paths: []string{"/a", "/b"},
			want:  []string{"/a libx:i386  /a " + sum(a), "/b y  /b " + sum(b)},
			wrong: "status",
		},
		{
			name: "lines that make no sense",
			files: map[string]string{
				"a": "", "etc/c": "",
				status: stanzaText("p", "installed", "rubbish", "Conffiles:", " rubbish", " /etc/c "+sum(c)) +
					"Version: 1\n\n",
				"var/lib/dpkg/diversions":     "/x\n/y\n",
				"var/lib/dpkg/info/p.md5sums": "rubbish\n\n" + strings.Repeat("z", 32) + "  a\n" + sum(a) + "  a\n",
			},
			paths: []string{"/a", "/etc/c"},
			want:  []string{"/a p 1 /a " + sum(a), "/etc/c p 1 /etc/c " + sum(c) + " config"},
			wrong: "/var/lib/dpkg/info/p.md5sums: at byte 9: not an MD5 sum",
		},
	} {
		got, err := find(t, tree(t, test.files), test.paths...)
		if !slices.Equal(got, test.want) {
			t.Errorf("%s:\n%s\nwant\n%s", test.name, strings.Join(got, "\n"), strings.Join(test.want, "\n"))
		}
		if (err != nil) != (test.wrong != "") || err != nil && !strings.Contains(err.Error(), test.wrong) {
			t.Errorf("%s: %v, want %q", test.name, err, test.wrong)
		}
	}
}

// status is a key of tree.
const status = "var/lib/dpkg/status"

func TestOpen(t *testing.T) {
	if db, err := Open(rootfs.New(t.TempDir())); db != nil || err != nil {
		t.Errorf("of an empty root: %v, %v", db, err)
	}
	loop := tree(t, map[string]string{"var/lib/dpkg": "-> dpkg"})
	if db, err := Open(rootfs.New(loop)); db != nil || err == nil {
		t.Errorf("of one that cannot be looked into: %v, %v", db, err)
	}
}

func TestCancel(t *testing.T) {
	dir := tree(t, map[string]string{"a": "", status: stanzaText("p", "installed"), "var/lib/dpkg/info/p.md5sums": sum("a") + "  a\n"})
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	root := rootfs.New(dir)
	db, err := Open(root)
	if err != nil {
		t.Fatal(err)
	}
	err = db.Lookup(ctx, pkgdb.Want(root, []string{"/a"}), func(int, pkgdb.Record) { t.Error("found") })
	if !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

// Whatever the files hold, there is no panic, and a record is of what was wanted.
func FuzzLookup(f *testing.F) {
	f.Add(stanzaText("p", "installed", "Conffiles:", " /etc/c "+sum("c"))+stanzaText("q", "unpacked", "Multi-Arch: same"),
		sum("a")+"  a\n"+sum("b")+" *./etc/c\n", "/.\n/a\n/etc/c\n", "/a\n/a.old\nq\n/etc/c\n/x\n:\n")
	f.Add("Package: p\n\x00", `\`+sum("a")+`  a\\`, "\x00", "/a\n")
	dir := tree(f, map[string]string{"a": "", "a.old": "", "etc/c": ""})
	if err := os.MkdirAll(filepath.Join(dir, info), 0o755); err != nil {
		f.Fatal(err)
	}
	root := rootfs.New(dir)
	paths := []string{"/a", "/etc/c", "/a.old"}
	f.Fuzz(func(t *testing.T, status, sums, list, divert string) {
		for name, text := range map[string]string{
			statusAll: status, info + "p.md5sums": sums, info + "q.md5sums": list, info + "p.list": list, diverted: divert,
		} {
			if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		n := 0
		err := database{root}.Lookup(context.Background(), pkgdb.Want(root, paths), func(i int, r pkgdb.Record) {
			n++
			if !slices.Contains(paths, r.Path) && !strings.Contains(r.Path, "/.") && !strings.Contains(r.Path, "//") {
				t.Errorf("%+v", r)
			}
			if len(r.Digest.Sum) != 16 && !(r.Config && r.Digest.Sum == "") {
				t.Errorf("%+v", r)
			}
		})
		if n > 0 && err != nil && err.Error() == "" {
			t.Error("an error without words")
		}
	})
}
