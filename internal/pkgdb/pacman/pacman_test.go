package pacman

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/hex"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"rescuebox/internal/pkgdb"
	"rescuebox/internal/rootfs"
)

// tree makes a root of files; a content that begins with "-> " is a symbolic link,
// and what is named mtree is packed.
func tree(t testing.TB, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, content := range files {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if strings.HasSuffix(name, "/mtree") {
			content = string(pack(t, content))
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

func pack(t testing.TB, text string) []byte {
	t.Helper()
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	if _, err := w.Write([]byte(text)); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// find returns the records of files in lines of path, package, version, recorded
// path, size, algorithm and the first digits of the digest, sorted.
func find(t testing.TB, dir string, paths ...string) ([]string, error) {
	t.Helper()
	root := rootfs.New(dir)
	db, err := Open(root)
	if err != nil || db == nil {
		t.Fatalf("Open: %v, %v", db, err)
	}
	var list []string
	err = db.Lookup(context.Background(), pkgdb.Want(root, paths), func(i int, r pkgdb.Record) {
		if r.Database != db.Name() || r.Digest.Sum != "" && len(r.Digest.Sum) != r.Digest.Algorithm.Size() {
			t.Errorf("%+v", r)
		}
		line := strings.Join([]string{paths[i], r.Package, r.Version, r.Path, strconv.FormatInt(r.Size, 10),
			r.Digest.Algorithm.String(), hex.EncodeToString([]byte(r.Digest.Sum))[:min(4, 2*len(r.Digest.Sum))]}, " ")
		if r.Config {
			line += " config"
		}
		list = append(list, line)
	})
	slices.Sort(list)
	return list, err
}

var (
	md5    = strings.Repeat("5a", 16)
	sha256 = strings.Repeat("25", 32)
	sha512 = strings.Repeat("51", 64)
)

const libx = "var/lib/pacman/local/libx-1:2.0-3/"

func TestLookup(t *testing.T) {
	for _, test := range []struct {
		name  string
		files map[string]string
		paths []string
		want  []string
		wrong string // part of the error
	}{
		{
			name: "packages",
			files: map[string]string{
				"lib": "-> usr/lib", "usr/lib/libx.so.1": "", "etc/x.conf": "", "usr/share/a b/ü#é": "", "top": "",
				"var/lib/pacman/local/ALPM_DB_VERSION": "9\n",
				libx + "files":                         "%FILES%\nusr/\nlib/libx.so.1\netc/x.conf\nusr/share/a b/ü#é\n\n%BACKUP%\netc/x.conf\t" + md5 + "\n",
				libx + "mtree": "#mtree\n/set type=file uid=0 mode=644\n./.PKGINFO size=1 md5digest=" + md5 + "\n" +
					"./usr time=1.5 type=dir\n./lib/libx.so type=link link=libx.so.1\n" +
					"./lib/libx.so.1 time=1.5 size=4 md5digest=" + md5 + " sha256digest=" + sha256 + "\n" +
					"./etc/x.conf sha256digest=" + sha256 + " size=5 md5digest=" + md5 + "\n" +
					`./usr/share/a\040b/\303\274\043\303\251 size=3 sha256digest=` + sha256 + "\n",
				"var/lib/pacman/local/a-b-c-1-1/files": "%FILES%\ntop\n",
				"var/lib/pacman/local/a-b-c-1-1/mtree": "./top size=0",
				"var/lib/pacman/local/old-1-1/files":   "%FILES%\ntop\n", // as before pacman 4.1
			},
			paths: []string{"/usr/lib/libx.so.1", "/etc/x.conf", "/usr/share/a b/ü#é", "/top"},
			want: []string{
				"/etc/x.conf libx 1:2.0-3 /etc/x.conf 5 MD5 5a5a config",
				"/top a-b-c 1-1 /top 0 none ",
				"/usr/lib/libx.so.1 libx 1:2.0-3 /lib/libx.so.1 4 MD5 5a5a",
				"/usr/share/a b/ü#é libx 1:2.0-3 /usr/share/a b/ü#é 3 SHA256 2525",
			},
		},
		{
			name: "all that mtree(5) has",
			files: map[string]string{
				"usr/a": "", "usr/b": "", "usr/s/c": "", "d": "", "e": "", "usr/f": "",
				libx + "mtree": "# comment\n\n/set type=file size=7\nusr type=dir\n  a sha512=" + sha512 + "\n" +
					"  b \\\n\tmd5=" + md5 + " \\\n size=8\n s type=dir\n c sha1=" + md5 + "55555555\n..\n f type=fifo\n..\n" +
					"..\n/unset size\nd sha384digest=" + sha512[:96] + "\n/unset all\n/set md5=" + md5 + "\n/unset md5digest\ne\n",
			},
			paths: []string{"/usr/a", "/usr/b", "/usr/s/c", "/d", "/e", "/usr/f"},
			want: []string{
				"/d libx 1:2.0-3 /d -1 SHA384 5151",
				"/e libx 1:2.0-3 /e -1 none ",
				"/usr/a libx 1:2.0-3 /usr/a 7 SHA512 5151",
				"/usr/b libx 1:2.0-3 /usr/b 8 MD5 5a5a",
				"/usr/s/c libx 1:2.0-3 /usr/s/c 7 SHA1 5a5a",
			},
		},
		{
			name: "lines that make no sense",
			files: map[string]string{
				"a": "", "b": "",
				libx + "mtree":              "./\\8 size=1\n./a size=x md5=xx sha256=" + md5 + "\n./b size=-1 md5digest=" + md5 + "\n",
				"var/lib/pacman/local/junk": "", "var/lib/pacman/local/-1-1/files": "", "var/lib/pacman/local/x-1-1": "",
			},
			paths: []string{"/a", "/b"},
			want:  []string{"/a libx 1:2.0-3 /a -1 none ", "/b libx 1:2.0-3 /b -1 MD5 5a5a"},
			wrong: "/var/lib/pacman/local/libx-1:2.0-3/mtree: at byte 0: a path that is not escaped right",
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

// Packed data that is damaged says nothing, as it may be wrong from its start on;
// what came before the end of a short one is right.
func TestDamage(t *testing.T) {
	var text strings.Builder
	for i := range 3000 {
		text.WriteString("./usr/" + strconv.Itoa(i*i) + " size=" + strconv.Itoa(i) + " md5digest=" + md5 + "\n")
	}
	packed := pack(t, text.String())
	for _, c := range []struct {
		name  string
		data  []byte
		found bool
		wrong string
	}{
		{"whole", packed, true, ""},
		{"short", packed[:len(packed)/2], true, "mtree: unexpected end of file"},
		{"bad sum", append(bytes.Clone(packed[:len(packed)-5]), 0, 0, 0, 0, 0), false, "mtree: at byte"},
		{"flipped", func() []byte { b := bytes.Clone(packed); b[len(b)/2] ^= 4; return b }(), false, "mtree: at byte"},
		{"not packed", []byte(text.String()), false, "not in gzip format"},
	} {
		dir := tree(t, map[string]string{"usr/0": "", "usr/1": "", libx + "files": "%FILES%\nusr/0\nusr/1\n"})
		if err := os.WriteFile(filepath.Join(dir, libx, "mtree"), c.data, 0o644); err != nil {
			t.Fatal(err)
		}
		got, err := find(t, dir, "/usr/0", "/usr/1")
		if (len(got) == 2) != c.found || !c.found && len(got) > 0 {
			t.Errorf("%s: %q", c.name, got)
		}
		if (err != nil) != (c.wrong != "") || err != nil && !strings.Contains(err.Error(), c.wrong) {
			t.Errorf("%s: %v", c.name, err)
		}
	}
}

func TestOpen(t *testing.T) {
	if db, err := Open(rootfs.New(t.TempDir())); db != nil || err != nil {
		t.Errorf("of an empty root: %v, %v", db, err)
	}
	dir := tree(t, map[string]string{"var/lib/pacman": "-> pacman"})
	if db, err := Open(rootfs.New(dir)); db != nil || err == nil {
		t.Errorf("of one that cannot be looked into: %v, %v", db, err)
	}
}

// Whatever a description holds, there is no panic, and a record is of what was wanted.
func FuzzMtree(f *testing.F) {
	f.Add("/set type=file size=1\n./a size=3 md5digest=" + md5 + "\nb\\\n sha256=" + sha256 + "\n")
	f.Add("d type=dir\n c type=file sha1=00\n..\n..\n/unset all\n./\\141 sha512=" + sha512)
	root := rootfs.New(tree(f, map[string]string{"a": "", "b": "", "d/c": ""}))
	paths := []string{"/a", "/b", "/d/c"}
	want := pkgdb.Want(root, paths)
	f.Fuzz(func(t *testing.T, text string) {
		l := &lookup{root: root, want: want, backup: pkgdb.NewMarks(want), name: "p"}
		l.lines = pkgdb.NewLines(context.Background(), root, &l.problems)
		l.lines.From("/mtree", strings.NewReader(text))
		m := mtree{lookup: l}
		m.read()
		for _, w := range m.wanted {
			r := w.record
			if filepath.Clean(r.Path) != paths[w.index] || r.Size < -1 || len(r.Digest.Sum) != r.Digest.Algorithm.Size() {
				t.Errorf("%+v for %s", r, paths[w.index])
			}
		}
		if len(m.folder) > maxEntry || len(m.wanted) > len(paths) {
			t.Errorf("%d bytes of folder, %d wanted", len(m.folder), len(m.wanted))
		}
	})
}

// The same of the list of files and of packed data.
func FuzzLookup(f *testing.F) {
	f.Add("%FILES%\na\n\n%BACKUP%\na\tx\n", pack(f, "./a size=1\n"))
	f.Add("\x00", []byte{0x1f, 0x8b, 8})
	dir := tree(f, map[string]string{"a": "", libx + "files": "", libx + "mtree": ""})
	root := rootfs.New(dir)
	f.Fuzz(func(t *testing.T, files string, packed []byte) {
		for name, text := range map[string]string{"files": files, "mtree": string(packed)} {
			if err := os.WriteFile(filepath.Join(dir, libx, name), []byte(text), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		err := database{root}.Lookup(context.Background(), pkgdb.Want(root, []string{"/a"}), func(i int, r pkgdb.Record) {
			if i != 0 || filepath.Clean(r.Path) != "/a" {
				t.Errorf("%+v", r)
			}
		})
		if err != nil && err.Error() == "" {
			t.Error("an error without words")
		}
	})
}
