//go:build amd64

package dpkg

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"rescuebox/internal/pkgdb"
	"rescuebox/internal/rootfs"
	"rescuebox/scripts/faultlab"
)

func TestMain(m *testing.M) {
	faultlab.Main()
	os.Exit(m.Run())
}

// build makes packages of files and dpkg installs them, one after the other.
const build = `umask 022
for p in base libx newx editor; do
	(cd $p && find . -type f ! -path './DEBIAN/*' ! -path './etc/*' -printf '%P\0' | LC_ALL=C sort -z | xargs -r0 md5sum >DEBIAN/md5sums)
	dpkg-deb -b --root-owner-group $p $p.deb
done
dpkg="dpkg --root=$PWD/root --force-unsafe-io --log=$PWD/log"
ln -s usr/lib root/lib
$dpkg -i base.deb libx.deb
dpkg-divert --root "$PWD/root" --no-rename --package editor --divert /usr/bin/edit.base --add /usr/bin/edit
dpkg-divert --root "$PWD/root" --rename --local --divert /usr/bin/tool.orig --add /usr/bin/tool
mv root/usr/bin/edit root/usr/bin/edit.base
$dpkg -i newx.deb editor.deb`

// control returns the text of a package's control file.
func control(name string, more string) string {
	return "Package: " + name + "\nVersion: 1.0\nArchitecture: all\nMaintainer: x <x@example.org>\nDescription: x\n" + more
}

// installed is a root into which dpkg has installed packages that it got from us.
func installed(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	for path, content := range map[string]string{
		"base/DEBIAN/control":        control("base", ""),
		"base/DEBIAN/conffiles":      "/etc/base.conf\n",
		"base/etc/base.conf":         "conf",
		"base/usr/bin/edit":          "base's editor",
		"base/usr/bin/tool":          "a tool",
		"base/usr/share/a b/\xff#é":  "name",
		"libx/DEBIAN/control":        control("libx", ""),
		"libx/lib/libx.so.1":         strings.Repeat("library", 10_000),
		"libx/lib/moved.so.1":        "libx's",
		"newx/DEBIAN/control":        control("newx", "Replaces: libx\n"),
		"newx/lib/moved.so.1":        "newx's",
		"editor/DEBIAN/control":      control("editor", ""),
		"editor/usr/bin/edit":        "a better editor",
		"root/var/lib/dpkg/status":   "",
		"root/var/lib/dpkg/updates/": "",
		"root/usr/lib/":              "",
		"root/var/lib/dpkg/info/":    "",
	} {
		path, folder := strings.CutSuffix(filepath.Join(dir, path)+path[len(path)-1:], "/")
		if folder {
			if err := os.MkdirAll(path, 0o755); err != nil {
				t.Fatal(err)
			}
			continue
		}
		path = path[:len(path)-1]
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	cmd := exec.Command("sh", "-euc", build)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "LC_ALL=C.UTF-8", "PATH="+os.Getenv("PATH")+":/usr/sbin:/sbin")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v (apt-get install dpkg findutils coreutils)\n%s", err, out)
	}
	return filepath.Join(dir, "root")
}

// owners are the wanted files of that root and the package that each is of.
var owners = map[string]string{
	"/etc/base.conf": "base", "/usr/bin/edit": "editor", "/usr/bin/edit.base": "base", "/usr/bin/tool.orig": "base",
	"/usr/share/a b/\xff#é": "base", "/usr/lib/libx.so.1": "libx", "/usr/lib/moved.so.1": "newx",
}

// bad returns the files that no record matches, apart from configuration files, and
// those.
func bad(t *testing.T, dir string) (bad, config []string) {
	t.Helper()
	var paths []string
	for p := range owners {
		paths = append(paths, p)
	}
	root := rootfs.New(dir)
	db, err := Open(root)
	if err != nil || db == nil {
		t.Fatalf("%v, %v", db, err)
	}
	seen := map[string]bool{}
	err = db.Lookup(t.Context(), pkgdb.Want(root, paths), func(i int, r pkgdb.Record) {
		if r.Package != owners[paths[i]] || r.Version != "1.0" {
			t.Errorf("%s: %+v", paths[i], r)
		}
		seen[paths[i]] = true
		data, err := os.ReadFile(dir + paths[i])
		if err != nil {
			t.Fatal(err)
		}
		h := pkgdb.NewHash(r.Digest.Algorithm)
		h.Write(data)
		switch {
		case r.Digest.Matches(h.Digest()):
		case r.Config:
			config = append(config, paths[i])
		default:
			bad = append(bad, paths[i])
		}
	})
	if err != nil || len(seen) != len(paths) {
		t.Errorf("%v, %v", seen, err)
	}
	return bad, config
}

func TestRealPackages(t *testing.T) {
	dir := installed(t)
	if b, c := bad(t, dir); len(b)+len(c) > 0 {
		t.Errorf("as installed: %q, %q", b, c)
	}
	for path := range owners {
		flip(t, dir+path)
		b, c := bad(t, dir)
		if path == "/etc/base.conf" {
			b, c = c, b
		}
		if !slices.Equal(b, []string{path}) || len(c) > 0 {
			t.Errorf("%s flipped: %q, %q", path, b, c)
		}
		flip(t, dir+path)
	}
	// What debsums(1) finds is found. It takes diverted files for fine, whatever is in
	// them, because it does not understand what dpkg-query -S says of them.
	for path := range owners {
		flip(t, dir+path)
	}
	out, _ := exec.Command("debsums", "-c", "-a", "-r", dir).CombinedOutput()
	for path := range owners {
		blind := strings.Contains(path, "/bin/")
		if strings.Contains(string(out), filepath.Base(path)+"\n") == blind {
			t.Errorf("%s: debsums says (apt-get install debsums): %s", path, out)
		}
	}
	if b, c := bad(t, dir); len(b)+len(c) != len(owners) {
		t.Errorf("all flipped: %q, %q", b, c)
	}
}

// flip changes a bit of a file.
func flip(t *testing.T, path string) {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	data[2] ^= 1
	if err := os.WriteFile(path, data, 0o644); err != nil {
		t.Fatal(err)
	}
}

// Bad sectors lose the records that lie in them, and a message says so.
func TestBadSectors(t *testing.T) {
	root := installed(t)
	for _, c := range []struct {
		file           string
		offset, length int64
		lost           []string
	}{
		{"info/libx.md5sums", 0, 1, []string{"/usr/lib/libx.so.1"}},
		{"info/libx.list", 0, 1, nil}, // the sums are enough
		{"status", 0, 1, []string{"/etc/base.conf"}},
		{"diversions", 0, 1, []string{"/usr/bin/edit.base", "/usr/bin/tool.orig"}},
	} {
		lab, err := faultlab.NewTree(root, "/dev/fuse")
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { lab.Close() })
		if err := lab.Fail("var/lib/dpkg/"+c.file, c.offset, c.length); err != nil {
			t.Fatal(err)
		}
		var paths []string
		for p := range owners {
			paths = append(paths, p)
		}
		got, err := find(t, lab.Dir(), paths...)
		var e *pkgdb.Error
		if !errors.Is(err, syscall.EIO) || !errors.As(err, &e) || e.Path != admin+c.file || e.Offset != 0 {
			t.Errorf("%s: %v", c.file, err)
		}
		for _, p := range paths {
			has := slices.ContainsFunc(got, func(line string) bool { return strings.HasPrefix(line, p+" ") })
			if has == slices.Contains(c.lost, p) {
				t.Errorf("%s: %s: found %v", c.file, p, has)
			}
		}
	}
}

// A bad sector in a large status file loses what is in it and no more.
func TestBadStatus(t *testing.T) {
	var status strings.Builder
	files := map[string]string{"a": ""}
	for i := range 500 {
		name := "p" + string(rune('a'+i%26)) + strings.Repeat("x", i/26)
		status.WriteString(stanzaText(name, "installed", "Description: "+strings.Repeat("words ", 20), "Conffiles:", " /a "+sum(name)))
	}
	files["var/lib/dpkg/status"] = status.String()
	files["var/lib/dpkg/info/x"] = ""
	dir := tree(t, files)
	whole, err := find(t, dir, "/a")
	if err != nil || len(whole) != 500 {
		t.Fatalf("%d, %v", len(whole), err)
	}
	lab, err := faultlab.NewTree(dir, "/dev/fuse")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { lab.Close() })
	if err := lab.Fail("var/lib/dpkg/status", 70_000, 1); err != nil {
		t.Fatal(err)
	}
	got, err := find(t, lab.Dir(), "/a")
	if !errors.Is(err, syscall.EIO) || len(got) < 480 || len(got) == 500 {
		t.Errorf("%d, %v", len(got), err)
	}
	for _, line := range got {
		if !slices.Contains(whole, line) {
			t.Errorf("not in the whole file: %s", line)
		}
	}
}
