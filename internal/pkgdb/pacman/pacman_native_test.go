//go:build amd64

package pacman

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

const install = "apt-get install pacman-package-manager libarchive-tools gzip"

func run(t *testing.T, dir, script string, args ...string) string {
	t.Helper()
	cmd := exec.Command("sh", append([]string{"-euc", script, "sh"}, args...)...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "LC_ALL=C.UTF-8")
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%s: %v (%s)\n%s", script, err, install, out)
	}
	return string(out)
}

// description makes .MTREE as makepkg(8) does.
const description = `find . -mindepth 1 ! -name .MTREE | cut -c3- | LC_ALL=C sort >../list
bsdtar -cnf - --format=mtree --options="$1" --files-from ../list | gzip -cfn >.MTREE
(echo .MTREE; cat ../list) | bsdtar --no-recursion -cnf - --files-from - | gzip -c >../"$2"`

const pacmanRun = `pacman --config pacman.conf --root root --dbpath root/var/lib/pacman --cachedir cache --hookdir hooks --logfile log --gpgdir gpg`

// installed is a root into which pacman has installed packages that it got from us.
func installed(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	for path, content := range map[string]string{
		"pacman.conf":                  "[options]\nArchitecture = auto\nLocalFileSigLevel = Never\n",
		"libx/usr/lib/libx.so.1":       strings.Repeat("library", 10_000),
		"libx/etc/x.conf":              "conf",
		"libx/usr/share/a b/\xff#é\\n": "name",
		"liby/usr/lib/liby.so.1":       "library y",
	} {
		path = filepath.Join(dir, path)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	for _, d := range []string{"root/var/lib/pacman", "root/usr/lib", "cache", "hooks", "gpg"} {
		if err := os.MkdirAll(filepath.Join(dir, d), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	for pkg, options := range map[string]string{
		"libx": "!all,use-set,type,uid,gid,mode,time,size,md5,sha256,link",
		"liby": "!all,use-set,type,uid,gid,mode,time,size,sha256,link", // since pacman 6.1
	} {
		text := "pkgname = " + pkg + "\npkgver = 1:2.0-3\npkgdesc = x\nbuilddate = 1700000000\npackager = x\nsize = 1\narch = any\nbackup = etc/x.conf\n"
		if err := os.WriteFile(filepath.Join(dir, pkg, ".PKGINFO"), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		run(t, filepath.Join(dir, pkg), "umask 022; "+description, options, pkg+".pkg.tar.gz")
	}
	run(t, dir, "umask 022; "+pacmanRun+` -U --noconfirm --noscriptlet libx.pkg.tar.gz liby.pkg.tar.gz`)
	return dir
}

// fine reports which of the paths have the content that pacman recorded.
func fine(t *testing.T, dir string, paths ...string) (list []bool, config int) {
	t.Helper()
	root := rootfs.New(dir)
	db, err := Open(root)
	if err != nil || db == nil {
		t.Fatalf("%v, %v", db, err)
	}
	list = make([]bool, len(paths))
	seen := make([]bool, len(paths))
	err = db.Lookup(t.Context(), pkgdb.Want(root, paths), func(i int, r pkgdb.Record) {
		data, err := os.ReadFile(filepath.Join(dir, paths[i]))
		if err != nil {
			t.Fatal(err)
		}
		h := pkgdb.NewHash(r.Digest.Algorithm)
		h.Write(data)
		seen[i] = true
		list[i] = r.Digest.Matches(h.Digest()) && r.Size == int64(len(data))
		if r.Config {
			config++
		}
	})
	if err != nil || slices.Contains(seen, false) {
		t.Errorf("%v, %v", seen, err)
	}
	return list, config
}

func TestRealPackages(t *testing.T) {
	dir := installed(t)
	root := filepath.Join(dir, "root")
	paths := []string{"/usr/lib/libx.so.1", "/etc/x.conf", "/usr/share/a b/\xff#é\\n", "/usr/lib/liby.so.1"}
	if got, config := fine(t, root, paths...); !slices.Equal(got, []bool{true, true, true, true}) || config != 1 {
		t.Errorf("as installed: %v, %d configuration files", got, config)
	}
	for _, p := range paths {
		f, err := os.OpenFile(root+p, os.O_RDWR, 0)
		if err != nil {
			t.Fatal(err)
		}
		b := make([]byte, 1)
		if _, err := f.ReadAt(b, 3); err != nil {
			t.Fatal(err)
		}
		b[0] ^= 1
		if _, err := f.WriteAt(b, 3); err != nil {
			t.Fatal(err)
		}
		if err := f.Close(); err != nil {
			t.Fatal(err)
		}
		want := make([]bool, len(paths))
		for i := range want {
			want[i] = paths[i] != p
		}
		if got, _ := fine(t, root, paths...); !slices.Equal(got, want) {
			t.Errorf("%s flipped: %v", p, got)
		}
		b[0] ^= 1
		if err := os.WriteFile(root+p, flipBack(t, root+p), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	// A merged /usr: the packages are as they were.
	run(t, root, "mkdir m; mv usr/lib m/lib; rmdir usr/share 2>/dev/null || :; ln -s ../m/lib usr/lib")
	if got, _ := fine(t, root, "/m/lib/libx.so.1", "/etc/x.conf"); !slices.Equal(got, []bool{true, true}) {
		t.Errorf("moved: %v", got)
	}
}

func flipBack(t *testing.T, path string) []byte {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	data[3] ^= 1
	return data
}

// A bad sector in one package's records does not touch another's.
func TestBadSector(t *testing.T) {
	root := filepath.Join(installed(t), "root")
	for _, file := range []string{"mtree", "files"} {
		lab, err := faultlab.NewTree(root, "/dev/fuse")
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { lab.Close() })
		if err := lab.Fail(libx+file, 0, 1); err != nil {
			t.Fatal(err)
		}
		got, err := find(t, lab.Dir(), "/usr/lib/libx.so.1", "/usr/lib/liby.so.1")
		var e *pkgdb.Error
		if !errors.Is(err, syscall.EIO) || !errors.As(err, &e) || e.Path != "/"+libx+file || e.Offset != 0 {
			t.Errorf("%s: %v", file, err)
		}
		want := 1
		if file == "files" {
			want = 2 // the description is enough
		}
		if len(got) != want || !strings.Contains(got[len(got)-1], "liby 1:2.0-3") {
			t.Errorf("%s: %q", file, got)
		}
	}
}
