//go:build amd64

package libcheck

import (
	"bytes"
	"compress/gzip"
	"crypto/md5"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"rescuebox/internal/applettest"
	"rescuebox/internal/pkgdb/rpm/rpmtest"
)

// The files of the one package, by their paths in a root: a program that needs the
// library, which are copies of real ones, and a configuration file that is a program,
// too, so that libcheck looks at it.
const (
	ownLibrary = "/usr/lib/x86_64-linux-gnu/libc.so.6"
	ownProgram = "/usr/bin/true"
	ownConfig  = "/etc/profile.sh"
)

// packageRoot makes a root without a database.
func packageRoot(t *testing.T) (root string, content map[string][]byte) {
	t.Helper()
	dir, libc := system(t)
	root = t.TempDir()
	content = map[string][]byte{ownConfig: []byte("#!/usr/bin/true\n")}
	for to, from := range map[string]string{ownLibrary: filepath.Join(dir, libc), ownProgram: "/usr/bin/true"} {
		data, err := os.ReadFile(from)
		if err != nil {
			t.Fatal(err)
		}
		content[to] = data
	}
	for path, data := range content {
		put(t, root, path, data)
	}
	copyFile(t, filepath.Join(dir, "lib64/ld-linux-x86-64.so.2"), filepath.Join(root, "lib64/ld-linux-x86-64.so.2"), 0o755)
	// Packages may record the other name of a merged folder.
	if err := os.Symlink("usr/lib", filepath.Join(root, "lib")); err != nil {
		t.Fatal(err)
	}
	return root, content
}

func put(t *testing.T, root, path string, data []byte) {
	t.Helper()
	path = filepath.Join(root, path)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, data, 0o755); err != nil {
		t.Fatal(err)
	}
}

func md5sum(data []byte) string {
	sum := md5.Sum(data)
	return hex.EncodeToString(sum[:])
}

func sha256sum(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}

// databasesOf write what each package manager would have recorded.
var databasesOf = map[string]func(t *testing.T, root string, content map[string][]byte){
	"dpkg": func(t *testing.T, root string, content map[string][]byte) {
		put(t, root, "/var/lib/dpkg/info/own:amd64.md5sums", []byte(
			md5sum(content[ownLibrary])+"  lib/x86_64-linux-gnu/libc.so.6\n"+md5sum(content[ownProgram])+"  usr/bin/true\n"))
		put(t, root, "/var/lib/dpkg/info/own:amd64.list", []byte("/lib/x86_64-linux-gnu/libc.so.6\n/usr/bin/true\n/etc/profile.sh\n"))
		put(t, root, "/var/lib/dpkg/status", []byte("Package: own\nStatus: install ok installed\nArchitecture: amd64\nMulti-Arch: same\nVersion: 1-2\n"+
			"Conffiles:\n /etc/profile.sh "+md5sum(content[ownConfig])+"\n\n"))
	},
	"apk": func(t *testing.T, root string, content map[string][]byte) {
		q1 := func(path string) string {
			sum := sha1.Sum(content[path])
			return "a:0:0:755\nZ:Q1" + base64.StdEncoding.EncodeToString(sum[:]) + "\n"
		}
		put(t, root, "/lib/apk/db/installed", []byte("C:Q1\nP:own\nV:1-r2\nA:x86_64\nF:lib/x86_64-linux-gnu\nR:libc.so.6\n"+q1(ownLibrary)+
			"F:usr/bin\nR:true\n"+q1(ownProgram)+"F:etc\nR:profile.sh\n"+q1(ownConfig)+"\n"))
	},
	"pacman": func(t *testing.T, root string, content map[string][]byte) {
		var mtree bytes.Buffer
		z := gzip.NewWriter(&mtree)
		fmt.Fprintf(z, "#mtree\n/set type=file uid=0 gid=0 mode=755\n")
		for path, data := range content {
			fmt.Fprintf(z, ".%s time=1.0 size=%d md5digest=%s sha256digest=%s\n", path, len(data), md5sum(data), sha256sum(data))
		}
		if err := z.Close(); err != nil {
			t.Fatal(err)
		}
		const dir = "/var/lib/pacman/local/own-1-2/"
		put(t, root, "/var/lib/pacman/local/ALPM_DB_VERSION", []byte("9\n"))
		put(t, root, dir+"mtree", mtree.Bytes())
		put(t, root, dir+"desc", []byte("%NAME%\nown\n\n%VERSION%\n1-2\n\n"))
		put(t, root, dir+"files", []byte("%FILES%\nusr/bin/true\n\n%BACKUP%\netc/profile.sh\t"+md5sum(content[ownConfig])+"\n\n"))
	},
	"rpm ndb": func(t *testing.T, root string, content map[string][]byte) {
		put(t, root, "/var/lib/rpm/Packages.db", rpmtest.Slots(rpmHeader(content)))
	},
	"rpm bdb": func(t *testing.T, root string, content map[string][]byte) {
		put(t, root, "/var/lib/rpm/x", nil)
		rpmtest.Hash(t, filepath.Join(root, "var/lib/rpm/Packages"), 4096, binary.LittleEndian, rpmHeader(content))
	},
	"rpm sqlite": func(t *testing.T, root string, content map[string][]byte) {
		put(t, root, "/var/lib/rpm/x", nil)
		python := exec.Command("python3", "-c", `import sqlite3, sys
db = sqlite3.connect(sys.argv[1])
db.execute("CREATE TABLE 'Packages' (hnum INTEGER PRIMARY KEY AUTOINCREMENT, blob BLOB NOT NULL)")
db.execute("INSERT INTO Packages (blob) VALUES (?)", (sys.stdin.buffer.read(),))
db.commit()`, filepath.Join(root, "var/lib/rpm/rpmdb.sqlite"))
		python.Stdin = bytes.NewReader(rpmHeader(content))
		if out, err := python.CombinedOutput(); err != nil {
			t.Fatalf("%v (apt-get install python3)\n%s", err, out)
		}
	},
}

// rpmHeader is a package's header with the tags of rpm's lib/rpmtag.h.
func rpmHeader(content map[string][]byte) []byte {
	return rpmtest.Header(
		rpmtest.Tag{Tag: 63, Type: 7, Count: 16, Data: make([]byte, 16)},
		rpmtest.Text(1000, "own"), rpmtest.Text(1001, "1"), rpmtest.Text(1002, "2"), rpmtest.Text(1022, "x86_64"),
		rpmtest.Numbers(1028, rpmtest.Int32, uint64(len(content[ownLibrary])), uint64(len(content[ownProgram])), uint64(len(content[ownConfig]))),
		rpmtest.Numbers(1029, rpmtest.Char, 0, 0, 0),
		rpmtest.Numbers(1030, rpmtest.Int16, 0o100755, 0o100755, 0o100755),
		rpmtest.Texts(1035, sha256sum(content[ownLibrary]), sha256sum(content[ownProgram]), sha256sum(content[ownConfig])),
		rpmtest.Numbers(1037, rpmtest.Int32, 0, 0, 1),
		rpmtest.Numbers(1116, rpmtest.Int32, 0, 1, 2),
		rpmtest.Texts(1117, "libc.so.6", "true", "profile.sh"),
		rpmtest.Texts(1118, "/lib/x86_64-linux-gnu/", "/usr/bin/", "/etc/"),
		rpmtest.Numbers(5011, rpmtest.Int32, 8),
	)
}

// digestReport is what matters here of the JSON.
type digestReport struct {
	Damaged []struct {
		Path, Verdict, Effect, Package, Database string
		Saved                                    struct {
			Path     string
			Whole    bool
			Verified string
		}
	}
	Verdicts struct{ Fine, Edited, Unknown int }
}

func digestsOf(t *testing.T, root string, args ...string) (digestReport, applettest.Result) {
	t.Helper()
	got := applettest.Call(&Applet, applettest.Command{Args: append([]string{"--json", "--root", root}, args...), Env: []string{"PATH=/usr/bin:/etc"}})
	var r digestReport
	if err := json.Unmarshal([]byte(got.Stdout), &r); err != nil {
		t.Fatalf("%v: %s%s", err, got.Stdout, got.Stderr)
	}
	return r, got
}

// A flipped byte is found by each package manager's record, an edited configuration
// file is no alarm, and a good copy on the host is saved.
func TestDigests(t *testing.T) {
	for name, write := range databasesOf {
		t.Run(name, func(t *testing.T) {
			root, content := packageRoot(t)
			write(t, root, content)
			database, _, _ := strings.Cut(name, " ")

			got, raw := digestsOf(t, root)
			if raw.Status != 0 || raw.Stderr != "" || len(got.Damaged) != 0 || got.Verdicts.Fine != 3 || got.Verdicts.Unknown != 1 {
				t.Fatalf("status %d: %s%s", raw.Status, raw.Stdout, raw.Stderr)
			}
			put(t, root, ownConfig, []byte("#!/usr/bin/true\nedited\n"))
			if got, raw = digestsOf(t, root); raw.Status != 0 || got.Verdicts.Edited != 1 || got.Verdicts.Fine != 2 {
				t.Errorf("edited: status %d: %s%s", raw.Status, raw.Stdout, raw.Stderr)
			}
			broken := bytes.Clone(content[ownLibrary])
			broken[len(broken)/3] ^= 0x20
			put(t, root, ownLibrary, broken)
			got, raw = digestsOf(t, root, "--save", t.TempDir())
			if raw.Status != 1 || len(got.Damaged) != 1 {
				t.Fatalf("changed: status %d: %s%s", raw.Status, raw.Stdout, raw.Stderr)
			}
			d := got.Damaged[0]
			if d.Path != ownLibrary || d.Verdict != "changed" || d.Effect != "wrong-bytes" || d.Database != database || !strings.HasPrefix(d.Package, "own") {
				t.Errorf("%+v", d)
			}
			saved, err := os.ReadFile(d.Saved.Path)
			if err != nil || !d.Saved.Whole || !strings.HasPrefix(d.Saved.Verified, database) || !bytes.Equal(saved, content[ownLibrary]) {
				t.Errorf("saved: %v, %s%s", err, raw.Stdout, raw.Stderr)
			}
			if got, raw = digestsOf(t, root, "--no-digests"); raw.Status != 0 || len(got.Damaged) != 0 {
				t.Errorf("without digests: status %d: %s%s", raw.Status, raw.Stdout, raw.Stderr)
			}
			put(t, root, ownLibrary, content[ownLibrary][:len(broken)-5000])
			if got, raw = digestsOf(t, root); raw.Status != 1 || len(got.Damaged) != 1 || got.Damaged[0].Verdict != "truncated" {
				t.Errorf("truncated: status %d: %s%s", raw.Status, raw.Stdout, raw.Stderr)
			}
		})
	}
}

// A digest that this build cannot compute says nothing against a file.
func TestOtherDigest(t *testing.T) {
	root, content := packageRoot(t)
	put(t, root, "/var/lib/rpm/Packages.db", rpmtest.Slots(rpmtest.Header(
		rpmtest.Tag{Tag: 63, Type: 7, Count: 16, Data: make([]byte, 16)},
		rpmtest.Text(1000, "own"), rpmtest.Text(1001, "1"), rpmtest.Text(1002, "2"), rpmtest.Text(1022, "x86_64"),
		rpmtest.Numbers(1028, rpmtest.Int32, uint64(len(content[ownProgram]))),
		rpmtest.Numbers(1029, rpmtest.Char, 0),
		rpmtest.Numbers(1030, rpmtest.Int16, 0o100755),
		rpmtest.Texts(1035, strings.Repeat("5a", 64)),
		rpmtest.Numbers(1037, rpmtest.Int32, 0),
		rpmtest.Numbers(1116, rpmtest.Int32, 0),
		rpmtest.Texts(1117, "true"),
		rpmtest.Texts(1118, "/usr/bin/"),
		rpmtest.Numbers(5011, rpmtest.Int32, 10), // SHA-512
	)))
	if got, raw := digestsOf(t, root); raw.Status != 0 || len(got.Damaged) != 0 || got.Verdicts.Unknown != 4 {
		t.Errorf("status %d: %s%s", raw.Status, raw.Stdout, raw.Stderr)
	}
}

// Without any record, headers that make no sense and a missing end are found.
func TestNoRecords(t *testing.T) {
	root, content := packageRoot(t)
	if got, raw := digestsOf(t, root); raw.Status != 0 || got.Verdicts.Unknown != 4 {
		t.Fatalf("status %d: %s%s", raw.Status, raw.Stdout, raw.Stderr)
	}
	library := content[ownLibrary]
	put(t, root, ownLibrary, library[:len(library)/2])
	// No copy is made that would be as bad, and none is recommended.
	dir := t.TempDir()
	text := applettest.Call(&Applet, applettest.Command{Args: []string{"--root", root, "--save", dir}, Env: []string{"PATH=/usr/bin"}})
	if left, err := os.ReadDir(dir); err != nil || len(left) > 0 || strings.Contains(text.Stdout, "cp -p") ||
		!strings.Contains(text.Stdout, "not saved: no digest is recorded") || text.Status != 1 {
		t.Errorf("%v, %v: %s%s", err, left, text.Stdout, text.Stderr)
	}
	if got, raw := digestsOf(t, root); raw.Status != 1 || len(got.Damaged) != 1 || got.Damaged[0].Verdict != "truncated" {
		t.Errorf("status %d: %s%s", raw.Status, raw.Stdout, raw.Stderr)
	}
	put(t, root, ownLibrary, append(make([]byte, 4096), library[4096:]...))
	if got, raw := digestsOf(t, root); raw.Status != 1 || len(got.Damaged) != 1 || got.Damaged[0].Verdict != "changed" {
		t.Errorf("status %d: %s%s", raw.Status, raw.Stdout, raw.Stderr)
	}
}
