package apk

import (
	"context"
	"crypto/md5"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
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

// find returns the records of files in lines of path, package, version, recorded
// path, algorithm and digest, sorted.
func find(t testing.TB, dir string, paths ...string) ([]string, error) {
	t.Helper()
	root := rootfs.New(dir)
	db, err := Open(root)
	if err != nil || db == nil {
		t.Fatalf("Open: %v, %v", db, err)
	}
	var list []string
	err = db.Lookup(context.Background(), pkgdb.Want(root, paths), func(i int, r pkgdb.Record) {
		if r.Database != db.Name() || r.Size != -1 {
			t.Errorf("%+v", r)
		}
		line := paths[i] + " " + r.Package + " " + r.Version + " " + r.Path + " " + r.Digest.Algorithm.String() + " " + hex.EncodeToString([]byte(r.Digest.Sum))
		if r.Config {
			line += " config"
		}
		list = append(list, line)
	})
	slices.Sort(list)
	return list, err
}

func q1(content string) string {
	s := sha1.Sum([]byte(content))
	return "Q1" + base64.StdEncoding.EncodeToString(s[:])
}

// musl and hostname are of the database of Alpine 3.14's root for armv7. The hostname
// there is "localhost".
const (
	musl = `C:Q1CpjMpFo3UY/Tn4CshBpA+PXMf04=
P:musl
V:1.2.2-r3
A:armv7
S:360760
I:516096
T:the musl c library (libc) implementation
U:https://musl.libc.org/
L:MIT
o:musl
m:Timo Teräs <timo.teras@iki.fi>
t:1620570927
c:1e9cba35059e3bb4635f12ee7e10dfe687df31ad
p:so:libc.musl-armv7.so.1=1
F:lib
R:ld-musl-armhf.so.1
a:0:0:755
Z:Q1OR21cpf2INrOZXtXeMnWdqhkld4=
R:libc.musl-armv7.so.1
a:0:0:777
Z:Q1nIC5KDc++AsuZFnKQtw6GsOp7eQ=

`
	hostname = `C:Q1fnpB/J3/KY1H4woPVzsv7mR02/k=
P:alpine-baselayout
V:3.2.0-r16
A:armv7
p:cmd:mkmntdirs
F:dev
F:dev/pts
F:etc
R:fstab
Z:Q11Q7hNe8QpDS531guqCdrXBzoA/o=
R:hostname
Z:Q16nVwYVXP/tChvUPdukVD2ifXOmc=
R:mtab
a:0:0:777
Z:Q1kiljhXXH1LlQroHsEJIkPZg2eiw=
F:root
M:0:0:700
F:tmp
M:0:0:1777
F:var
R:run
a:0:0:777
Z:Q11/SNZz/8cK2dSKK+cJpVrZIuF4Q=

`
)

func TestLookup(t *testing.T) {
	const a, b = "aaa", "bbb"
	hexSum := func(content string) string { s := sha1.Sum([]byte(content)); return hex.EncodeToString(s[:]) }
	sum256 := sha256.Sum256([]byte(a))
	hex256 := hex.EncodeToString(sum256[:])
	sum5 := md5.Sum([]byte(a))
	for _, test := range []struct {
		name  string
		files map[string]string
		paths []string
		want  []string
		wrong string // part of the error
	}{
		{
			name: "a package",
			files: map[string]string{
				"lib": "-> usr/lib", "usr/lib/ld-musl-armhf.so.1": "", "top": "", "usr/lib/libx.so": "", "usr/lib/none": "", "etc/hostname": "",
				"usr/lib/apk/db/installed": musl + hostname +
					"P:libx\nV:2-r0\nF:\nM:0:0:1777\nR:top\nZ:" + q1(b) + "\nF:usr/lib\nR:libx.so\nR:none\nZ:" + q1(b),
			},
			paths: []string{"/usr/lib/ld-musl-armhf.so.1", "/top", "/usr/lib/libx.so", "/usr/lib/none", "/nosuch", "/etc/hostname"},
			want: []string{
				"/etc/hostname alpine-baselayout 3.2.0-r16 /etc/hostname SHA1 " + hexSum("localhost\n") + " config",
				"/top libx 2-r0 /top SHA1 " + hexSum(b),
				"/usr/lib/ld-musl-armhf.so.1 musl 1.2.2-r3 /lib/ld-musl-armhf.so.1 SHA1 391db5729" + "7f620dace657b5778c9d676a86495de",
				"/usr/lib/libx.so libx 2-r0 /usr/lib/libx.so none ",
				"/usr/lib/none libx 2-r0 /usr/lib/none SHA1 " + hexSum(b),
			},
		},
		{
			name: "digests of all kinds",
			files: map[string]string{
				"a/1": "", "a/2": "", "a/3": "", "a/4": "", "a/5": "", "a/6": "",
				"lib/apk/db/installed": "P:p\nV:1\nF:a\nR:1\nZ:" + hex.EncodeToString(sum5[:]) +
					"\nR:2\nZ:Q2" + base64.StdEncoding.EncodeToString(sum256[:]) +
					"\nR:3\nZ:X1" + hex256 +
					"\nR:4\nZ:Q1" + base64.StdEncoding.EncodeToString(sum256[:20]) + base64.StdEncoding.EncodeToString(sum256[20:]) +
					"\n\nP:s\nV:2\nf:S\nF:a\nR:5\nZ:Q1" + base64.StdEncoding.EncodeToString(sum256[:20]) +
					"\n\nP:t\nV:3\nF:a\nR:6\nZ:X1" + hexSum(a) + "\n\n",
			},
			paths: []string{"/a/1", "/a/2", "/a/3", "/a/4", "/a/5", "/a/6"},
			want: []string{
				"/a/1 p 1 /a/1 MD5 " + hex.EncodeToString(sum5[:]),
				"/a/2 p 1 /a/2 SHA256 " + hex256,
				"/a/3 p 1 /a/3 SHA256 " + hex256,
				"/a/4 p 1 /a/4 SHA256 " + hex256,
				"/a/5 s 2 /a/5 SHA256 " + hex256[:40],
				"/a/6 t 3 /a/6 SHA1 " + hexSum(a),
			},
		},
		{
			name: "protected paths",
			files: map[string]string{
				"etc/passwd": "", "etc/init.d/x": "", "etc/apk/arch": "", "etc/ssl/certs/ca-cert-x.pem": "", "opt/conf/x": "", "usr/x": "",
				"etc/apk/protected_paths.d/a.list": "# comment\n\n-etc/ssl/certs/ca-cert-*.pem\n+/opt/c*/\n",
				"etc/apk/protected_paths.d/b":      "usr\n",
				"lib/apk/db/installed": "P:p\nV:1\nF:etc\nR:passwd\nF:etc/init.d\nR:x\nF:etc/apk\nR:arch\nF:etc/ssl/certs\nR:ca-cert-x.pem\n" +
					"F:opt/conf\nR:x\nF:usr\nR:x\n\n",
			},
			paths: []string{"/etc/passwd", "/etc/init.d/x", "/etc/apk/arch", "/etc/ssl/certs/ca-cert-x.pem", "/opt/conf/x", "/usr/x"},
			want: []string{
				"/etc/apk/arch p 1 /etc/apk/arch none  config",
				"/etc/init.d/x p 1 /etc/init.d/x none ",
				"/etc/passwd p 1 /etc/passwd none  config",
				"/etc/ssl/certs/ca-cert-x.pem p 1 /etc/ssl/certs/ca-cert-x.pem none ",
				"/opt/conf/x p 1 /opt/conf/x none  config",
				"/usr/x p 1 /usr/x none ",
			},
		},
		{
			name: "lines that make no sense",
			files: map[string]string{
				"a/x": "", "a/y": "",
				"lib/apk/db/installed": "P:p\nV:1\nR:x\nrubbish\nF:a\nR:x\nZ:Q1rubbish\nR:../a/y\nR:y\nZ:" + q1(a) + "\n",
			},
			paths: []string{"/a/x", "/a/y"},
			want:  []string{"/a/x p 1 /a/x none ", "/a/y p 1 /a/y SHA1 " + hexSum(a)},
			wrong: "/lib/apk/db/installed: at byte 12: a line that is no field",
		},
		{
			name: "a hole loses its package and the next when it may have held the seam",
			files: map[string]string{
				"a/x": "", "a/y": "", "b/x": "", "c/x": "",
				"lib/apk/db/installed": "P:p\nV:1\nF:a\nR:x\nZ:" + q1(a) + "\nR:y\x00\x00\x00\n\x00\x00F:b\nR:x\nZ:" + q1(a) +
					"\n\nP:q\nV:2\nF:c\nR:x\nZ:" + q1(b) + "\n",
			},
			paths: []string{"/a/x", "/a/y", "/b/x", "/c/x"},
			want:  []string{"/a/x p 1 /a/x SHA1 " + hexSum(a), "/c/x q 2 /c/x SHA1 " + hexSum(b)},
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

// One flipped byte is seen.
func TestFlipped(t *testing.T) {
	dir := tree(t, map[string]string{"etc/hostname": "", "lib/apk/db/installed": hostname})
	root := rootfs.New(dir)
	db, err := Open(root)
	if err != nil || db == nil {
		t.Fatalf("%v, %v", db, err)
	}
	for content, want := range map[string]bool{"localhost\n": true, "localhosu\n": false} {
		err := db.Lookup(context.Background(), pkgdb.Want(root, []string{"/etc/hostname"}), func(_ int, r pkgdb.Record) {
			h := pkgdb.NewHash(r.Digest.Algorithm)
			h.Write([]byte(content))
			if r.Digest.Matches(h.Digest()) != want || !r.Config {
				t.Errorf("%q: not %v: %+v", content, want, r)
			}
		})
		if err != nil {
			t.Error(err)
		}
	}
}

func TestOpen(t *testing.T) {
	if db, err := Open(rootfs.New(t.TempDir())); db != nil || err != nil {
		t.Errorf("of an empty root: %v, %v", db, err)
	}
	dir := tree(t, map[string]string{"lib": "-> lib"})
	if db, err := Open(rootfs.New(dir)); db != nil || err == nil {
		t.Errorf("of one that cannot be looked into: %v, %v", db, err)
	}
	dir = tree(t, map[string]string{"usr/lib/apk/db/installed": "", "lib": "-> usr/lib"})
	if db, err := Open(rootfs.New(dir)); db == nil || err != nil {
		t.Errorf("of a merged /usr: %v, %v", db, err)
	}
}

// Whatever the database holds, there is no panic, and a record is of what was wanted.
func FuzzLookup(f *testing.F) {
	f.Add(musl+hostname+"P:q\nF:a\nR:x\nZ:"+q1("b")+"\nR:y\n", "-etc\n@x\n!a/*\n")
	f.Add("f:S\nF:a\nR:x\nZ:Q1\x00\nF:\nR:x\nZ:X2\n", "+a/[\n")
	f.Add("P:p\nF:a\nR:x\nZ:d41d8cd98f00b204e9800998ecf8427e\n", "")
	dir := tree(f, map[string]string{"a/x": "", "lib/ld-musl-armhf.so.1": "", "lib/apk/db/installed": "", "etc/apk/protected_paths.d/x.list": ""})
	root := rootfs.New(dir)
	paths := []string{"/a/x", "/lib/ld-musl-armhf.so.1"}
	f.Fuzz(func(t *testing.T, installed, protected string) {
		for name, text := range map[string]string{"lib/apk/db/installed": installed, "etc/apk/protected_paths.d/x.list": protected} {
			if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		err := database{root, places[0]}.Lookup(context.Background(), pkgdb.Want(root, paths), func(i int, r pkgdb.Record) {
			if filepath.Clean(r.Path) != paths[i] {
				t.Errorf("%+v for %s", r, paths[i])
			}
			if n := len(r.Digest.Sum); n != 0 && n != 16 && n != 20 && n != 32 {
				t.Errorf("%+v", r)
			}
		})
		if err != nil && err.Error() == "" {
			t.Error("an error without words")
		}
	})
}
