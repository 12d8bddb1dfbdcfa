//go:build amd64

package rpm

import (
	"context"
	"crypto/md5"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"flag"
	"fmt"
	"hash"
	"maps"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"rescuebox/internal/pkgdb"
	"rescuebox/internal/pkgdb/rpm/blob"
	"rescuebox/internal/pkgdb/rpm/rpmtest"
	"rescuebox/internal/pkgdb/rpm/sqlite"
	"rescuebox/internal/rootfs"
	"rescuebox/scripts/faultlab"
)

func TestMain(m *testing.M) {
	faultlab.Main()
	os.Exit(m.Run())
}

// command runs a program of the host and returns what it printed.
func command(t *testing.T, argv ...string) string {
	t.Helper()
	cmd := exec.Command(argv[0], argv[1:]...)
	var problems strings.Builder
	cmd.Stderr = &problems
	out, err := cmd.Output()
	// rpm -V exits with the number of files that differ.
	if err != nil && !slices.Contains(argv, "-Va") {
		t.Fatalf("%v (apt-get install rpm python3): %v %s", argv, err, problems.String())
	}
	return string(out)
}

// digests are the algorithms as rpm's macro takes them.
var digests = map[string]struct {
	algorithm pkgdb.Algorithm
	hash      func() hash.Hash
}{
	"1": {pkgdb.MD5, md5.New}, "2": {pkgdb.SHA1, sha1.New}, "8": {pkgdb.SHA256, sha256.New},
	"9": {pkgdb.SHA384, sha512.New384}, "10": {pkgdb.SHA512, sha512.New}, "11": {pkgdb.SHA224, sha256.New224},
}

var flipped = flag.Int("rpm.flips", 150, "how many bits of a database to flip")

// host is a root in which rpm installed packages.
type host struct {
	dir     string
	records map[string]pkgdb.Record // by path, of the files that rpm says are installed
}

func (h host) rpm(t *testing.T, args ...string) string {
	t.Helper()
	return command(t, append([]string{"rpm", "--root", h.dir, "--dbpath", "/var/lib/rpm"}, args...)...)
}

// install builds packages, one with each digest algorithm, and installs them.
func install(t *testing.T) host {
	t.Helper()
	h := host{dir: t.TempDir()}
	top := t.TempDir()
	spec, err := filepath.Abs("testdata/test.spec")
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range slices.Sorted(maps.Keys(digests)) {
		count := "3"
		if a == "8" {
			count = "700"
		}
		command(t, "rpmbuild", "-bb", "--quiet", "--nodeps", "--define", "_topdir "+top, "--define", "pkg p"+a,
			"--define", "count "+count, "--define", "_binary_filedigest_algorithm "+a,
			"--define", "_binary_payload w0.gzdio", "--define", "__os_install_post %{nil}", spec)
		packages, err := filepath.Glob(top + "/RPMS/noarch/p" + a + "-*.rpm")
		if err != nil || len(packages) != 2 {
			t.Fatal(packages, err)
		}
		args := []string{"-i", "--nodeps", "--noscripts", "--replacefiles"}
		switch a {
		case "8":
			args = append(args, "--excludedocs")
		case "9":
			args = append(args, "--relocate", "/opt/p9=/srv/elsewhere")
		}
		h.rpm(t, append(args, packages...)...)
	}
	h.rpm(t, "-e", "--nodeps", "p2-many")
	h.query(t)
	return h
}

// query asks rpm what is installed.
func (h *host) query(t *testing.T) {
	t.Helper()
	h.records = map[string]pkgdb.Record{}
	for line := range strings.Lines(h.rpm(t, "-qa", "--qf", `[%{=NAME}.%{=ARCH}\t%{=EVR}\t%{FILENAMES}\t`+
		`%{FILESTATES}\t%{FILEFLAGS}\t%{FILEMODES}\t%{FILEDIGESTS}\t%{=FILEDIGESTALGO}\t%{LONGFILESIZES}\n]`)) {
		f := strings.Split(strings.TrimSuffix(line, "\n"), "\t")
		flags, _ := strconv.Atoi(f[4])
		mode, _ := strconv.Atoi(f[5])
		size, err := strconv.ParseInt(f[8], 10, 64)
		sum, err2 := hex.DecodeString(f[6])
		if err := errors.Join(err, err2); err != nil {
			t.Fatal(err)
		}
		if f[3] != "0" || flags&0x40 != 0 || mode&0o170000 != 0o100000 {
			continue
		}
		algorithm := digests[f[7]].algorithm
		if f[7] == "(none)" { // packages with MD5 digests do not say so
			algorithm = pkgdb.MD5
		}
		h.records[f[2]] = pkgdb.Record{
			Path: f[2], Package: f[0], Version: f[1], Size: size, Config: flags&1 != 0, Database: "rpm",
			Digest: pkgdb.Digest{Algorithm: algorithm, Sum: string(sum)},
		}
	}
	if len(h.records) < 700 {
		t.Fatalf("rpm knows %d files", len(h.records))
	}
}

// lookup returns what the database in root says of the files that rpm knows.
func (h host) lookup(t *testing.T, root string) (map[string]pkgdb.Record, error) {
	t.Helper()
	r := rootfs.New(root)
	db, err := Open(r)
	if err != nil || db == nil {
		t.Fatal(db, err)
	}
	paths := slices.Sorted(maps.Keys(h.records))
	got := map[string]pkgdb.Record{}
	err = db.Lookup(context.Background(), pkgdb.Want(r, paths), func(i int, r pkgdb.Record) {
		if _, twice := got[paths[i]]; twice {
			t.Errorf("%s is found twice", paths[i])
		}
		got[paths[i]] = r
	})
	return got, err
}

// changed returns the files whose contents are not as recorded; of configuration
// files the path has "c " in front.
func (h host) changed(t *testing.T, records map[string]pkgdb.Record) []string {
	t.Helper()
	var list []string
	for path, r := range records {
		data, err := os.ReadFile(h.dir + path)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range digests {
			if d.algorithm == r.Digest.Algorithm {
				sum := d.hash()
				sum.Write(data)
				if !r.Digest.Matches(string(sum.Sum(nil))) {
					list = append(list, map[bool]string{true: "c "}[r.Config]+path)
				}
			}
		}
	}
	slices.Sort(list)
	return list
}

// verify returns the same as changed, from rpm -Va.
func (h host) verify(t *testing.T) []string {
	t.Helper()
	var list []string
	for line := range strings.Lines(h.rpm(t, "-Va", "--nodeps")) {
		if len(line) > 13 && line[2] == '5' {
			mark := strings.TrimLeft(line[11:13], " ")
			list = append(list, mark+strings.TrimSpace(line[13:]))
		}
	}
	slices.Sort(list)
	return list
}

// blobs returns the headers in the database that rpm made.
func (h host) blobs(t *testing.T) [][]byte {
	t.Helper()
	f, err := os.Open(h.dir + "/var/lib/rpm/rpmdb.sqlite")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		t.Fatal(err)
	}
	var list [][]byte
	eachRow(source{f, info.Size()}, sqlite.Log{}, func(_ blob.Place, value []byte, d *blob.Damage) bool {
		if d != nil {
			t.Fatal(d)
		}
		list = append(list, slices.Clone(value))
		return true
	})
	return list
}

// replace puts another database in the place of rpm's.
func (h host) replace(t *testing.T, name string, write func(path string)) {
	t.Helper()
	dir := h.dir + "/var/lib/rpm"
	if err := errors.Join(os.RemoveAll(dir), os.Mkdir(dir, 0o755)); err != nil {
		t.Fatal(err)
	}
	write(filepath.Join(dir, name))
}

// A root in which rpm installed packages, looked at in several ways.
func TestHost(t *testing.T) {
	h := install(t)
	saved := t.TempDir()
	command(t, "cp", "-a", h.dir+"/var/lib/rpm", saved)
	t.Run("BadSectors", h.badSectors)
	t.Run("Flips", h.flips)
	t.Run("Installed", h.installed)
	h.replace(t, "", func(dir string) { command(t, "cp", "-a", saved+"/rpm/.", dir) })
	t.Run("TransactionInLog", h.transactionInLog)
}

// Packages that rpm built and installed: each file's record as rpm prints it, in
// all three formats; and a flipped byte and an edited configuration file are found
// as rpm -V finds them.
func (h host) installed(t *testing.T) {
	values := h.blobs(t)
	var damaged []string
	check := func(format string) {
		t.Helper()
		got, err := h.lookup(t, h.dir)
		if err != nil {
			t.Errorf("%s: %v", format, err)
		}
		if !maps.Equal(got, h.records) {
			t.Errorf("%s: %d records, want %d", format, len(got), len(h.records))
			for path, want := range h.records {
				if got[path] != want {
					t.Fatalf("%s: %+v, want %+v", path, got[path], want)
				}
			}
		}
		if c := h.changed(t, got); !slices.Equal(c, damaged) {
			t.Errorf("%s: changed are %q, want %q", format, c, damaged)
		}
	}
	check("sqlite")
	for _, f := range []string{"/usr/lib/p1/liba.so", "/usr/lib/p10/large", "/usr/share/p8/a-file-with-a-long-name-and-number-77", "/etc/p11.conf", "/srv/elsewhere/moved"} {
		data, err := os.ReadFile(h.dir + f)
		if err != nil {
			t.Fatal(err)
		}
		data[len(data)/2] ^= 1
		if err := os.WriteFile(h.dir+f, data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	damaged = h.verify(t)
	if len(damaged) != 6 || damaged[2] != "/usr/lib/p1/libhard.so" || damaged[5] != "c /etc/p11.conf" {
		t.Errorf("rpm -Va says %q", damaged)
	}
	check("sqlite")
	h.replace(t, "Packages.db", func(path string) {
		if err := os.WriteFile(path, rpmtest.Slots(values...), 0o644); err != nil {
			t.Fatal(err)
		}
	})
	check("ndb")
	for _, order := range []binary.ByteOrder{binary.LittleEndian, binary.BigEndian} {
		h.replace(t, "Packages", func(path string) { rpmtest.Hash(t, path, 4096, order, values...) })
		check("bdb " + order.String())
	}
}

// A transaction that is only in the log of SQLite counts.
func (h host) transactionInLog(t *testing.T) {
	dir := h.dir + "/var/lib/rpm/"
	out := t.TempDir() + "/"
	command(t, "python3", "-c", `
import shutil, sqlite3, sys
d, out = sys.argv[1:]
c = sqlite3.connect(d + "rpmdb.sqlite")
c.execute("PRAGMA journal_mode=WAL")
c.execute("DELETE FROM Packages WHERE hnum = (SELECT hnum FROM Name WHERE key = 'p10')")
c.commit()
for name in "rpmdb.sqlite", "rpmdb.sqlite-wal":
    shutil.copyfile(d + name, out + name)
`, dir, out)
	h.replace(t, "", func(dir string) { command(t, "cp", out+"rpmdb.sqlite", out+"rpmdb.sqlite-wal", dir) })
	got, err := h.lookup(t, h.dir)
	if err != nil {
		t.Error(err)
	}
	maps.DeleteFunc(h.records, func(_ string, r pkgdb.Record) bool { return r.Package == "p10.noarch" })
	if !maps.Equal(got, h.records) {
		t.Errorf("%d records, want %d", len(got), len(h.records))
	}
	// And rpm, which copies the log into the database, says the same.
	want := len(h.records)
	if h.query(t); len(h.records) != want {
		t.Errorf("rpm knows %d files, want %d", len(h.records), want)
	}
}

// The kernel's own I/O errors, page by page through the database: what is not found
// is told of, by name where the header's beginning could be read.
func (h host) badSectors(t *testing.T) {
	tree, err := faultlab.NewTree(h.dir, "/dev/fuse")
	if err != nil {
		t.Fatalf("%v (this test needs root and /dev/fuse)", err)
	}
	defer tree.Close()
	const db = "var/lib/rpm/rpmdb.sqlite"
	info, err := os.Stat(filepath.Join(h.dir, db))
	if err != nil {
		t.Fatal(err)
	}
	named := 0
	for at := int64(0); at < info.Size(); at += 4096 {
		if err := errors.Join(tree.Clear(), tree.Fail(db, at, 512)); err != nil {
			t.Fatal(err)
		}
		got, err := h.lookup(t, tree.Dir())
		var lost *LostError
		var where *pkgdb.Error
		if err != nil && (!errors.As(err, &where) || !errors.Is(err, syscall.EIO) || where.Path != "/"+db ||
			where.Offset/4096 != at/4096 || fmt.Sprint(err) == "") {
			t.Errorf("page at %d: %v", at, err)
		}
		if err == nil && len(got) != len(h.records) {
			t.Errorf("page at %d: %d records of %d are lost without a word", at, len(h.records)-len(got), len(h.records))
		}
		if !errors.As(err, &lost) {
			continue
		}
		named++
		for path, r := range h.records {
			name, _, _ := strings.Cut(r.Package, ".")
			if _, found := got[path]; found == (lost.Package == name+"-1.2-4") {
				t.Fatalf("page at %d: %v, and %s of %s is found: %v", at, err, path, r.Package, found)
			}
		}
	}
	if named < 5 {
		t.Errorf("%d times a package was named", named)
	}
}

// Bits that flipped in the database never make a record say something else.
func (h host) flips(t *testing.T) {
	path := h.dir + "/var/lib/rpm/rpmdb.sqlite"
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		t.Fatal(err)
	}
	random := rand.New(rand.NewPCG(7, 8))
	told := 0
	// That another package's file came in the place of one is among what no digest is
	// over.
	h.records = maps.Clone(h.records)
	delete(h.records, "/usr/lib/shared")
	for range *flipped {
		at, b := random.Int64N(info.Size()), []byte{0}
		bit := byte(1) << random.IntN(8)
		flip := func() {
			_, err := f.ReadAt(b, at)
			b[0] ^= bit
			_, err2 := f.WriteAt(b, at)
			if err := errors.Join(err, err2); err != nil {
				t.Fatal(err)
			}
		}
		flip()
		got, err := h.lookup(t, h.dir)
		flip()
		if err != nil {
			told++
		}
		for path, r := range got {
			if r != h.records[path] {
				t.Fatalf("bit %#x of byte %d: %+v, want %+v, %v", bit, at, r, h.records[path], err)
			}
		}
	}
	t.Logf("%d of %d flips were noticed", told, *flipped)
	if told == 0 {
		t.Error("no flip was noticed")
	}
}
