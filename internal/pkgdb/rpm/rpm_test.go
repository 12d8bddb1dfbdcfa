package rpm

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"rescuebox/internal/pkgdb"
	"rescuebox/internal/pkgdb/rpm/rpmtest"
	"rescuebox/internal/rootfs"
)

// Digests of nothing, in hexadecimal.
const (
	noMD5    = "d41d8cd98f00b204e9800998ecf8427e"
	noSHA256 = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
)

// identity is what every header has.
func identity(name string) []rpmtest.Tag {
	return []rpmtest.Tag{
		{Tag: 63, Type: 7, Count: 16, Data: make([]byte, 16)}, // the region of what is signed
		rpmtest.Text(tagName, name), rpmtest.Text(tagVersion, "1.0"), rpmtest.Text(tagRelease, "2.fc9"), rpmtest.Text(tagArch, "s390x"),
	}
}

// modern is a package in the form of the last twenty years, with one file of each
// kind.
func modern() []rpmtest.Tag {
	return append(identity("modern"),
		rpmtest.Numbers(tagEpoch, rpmtest.Int32, 7),
		rpmtest.Texts(tagBaseNames, "lib.so", "folder", "link", "conf", "ghost", "replaced", "color", "left out"),
		rpmtest.Texts(tagDirNames, "/usr/lib/", "/etc/"),
		rpmtest.Numbers(tagDirIndexes, rpmtest.Int32, 0, 0, 0, 1, 0, 0, 0, 1),
		rpmtest.Texts(tagFileDigests, noSHA256, "", "", strings.ToUpper(noSHA256), noSHA256, noSHA256, noSHA256, noSHA256),
		rpmtest.Numbers(tagFileDigestAlgo, rpmtest.Int32, 8),
		rpmtest.Numbers(tagFileModes, rpmtest.Int16, 0o100755, 0o40755, 0o120777, 0o100644, 0o100644, 0o100644, 0o100644, 0o100644),
		rpmtest.Numbers(tagFileFlags, rpmtest.Int32, 0, 0, 0, 17, 64, 0, 0, 2),
		rpmtest.Numbers(tagFileStates, rpmtest.Char, 0, 0, 0, 0, 0, 1, 4, 2),
		rpmtest.Numbers(tagFileSizes, rpmtest.Int32, 5, 4096, 6, 7, 8, 9, 10, 11),
	)
}

// wanted are the files that the tests look for.
var wanted = []string{
	"/usr/lib/lib.so", "/usr/lib/folder", "/usr/lib/link", "/etc/conf", "/usr/lib/ghost", "/usr/lib/replaced",
	"/usr/lib/color", "/etc/left out", "/usr/bin/old",
}

// look writes a database of headers and returns what it says of the wanted files.
func look(t *testing.T, headers ...[]byte) (map[string]pkgdb.Record, error) {
	t.Helper()
	dir := t.TempDir()
	for _, d := range []string{"/usr/lib", "/usr/bin", "/etc", "/var/lib/rpm"} {
		if err := os.MkdirAll(dir+d, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(dir+"/var/lib/rpm/Packages.db", rpmtest.Slots(headers...), 0o644); err != nil {
		t.Fatal(err)
	}
	return lookIn(t, context.Background(), dir)
}

func lookIn(t *testing.T, ctx context.Context, dir string) (map[string]pkgdb.Record, error) {
	t.Helper()
	root := rootfs.New(dir)
	db, err := Open(root)
	if err != nil || db == nil || db.Name() != "rpm" {
		t.Fatal(db, err)
	}
	got := map[string]pkgdb.Record{}
	err = db.Lookup(ctx, pkgdb.Want(root, wanted), func(i int, r pkgdb.Record) {
		if r.Database != "rpm" {
			t.Errorf("%+v", r)
		}
		r.Database = ""
		r.Digest.Sum = hex.EncodeToString([]byte(r.Digest.Sum))
		got[wanted[i]] = r
	})
	return got, err
}

func TestModern(t *testing.T) {
	got, err := look(t, rpmtest.Header(modern()...))
	want := map[string]pkgdb.Record{
		"/usr/lib/lib.so": {
			Path: "/usr/lib/lib.so", Package: "modern.s390x", Version: "7:1.0-2.fc9", Size: 5,
			Digest: pkgdb.Digest{Algorithm: pkgdb.SHA256, Sum: noSHA256},
		},
		"/etc/conf": {
			Path: "/etc/conf", Package: "modern.s390x", Version: "7:1.0-2.fc9", Size: 7, Config: true,
			Digest: pkgdb.Digest{Algorithm: pkgdb.SHA256, Sum: noSHA256},
		},
	}
	if err != nil || !maps.Equal(got, want) {
		t.Errorf("%v\n%+v\n%+v", err, got, want)
	}
}

// Packages of rpm 3 have whole paths, MD5 and no states; sizes may be of 64 bits.
func TestOld(t *testing.T) {
	got, err := look(t, rpmtest.Header(
		rpmtest.Text(tagName, "old"), rpmtest.Text(tagVersion, "1"), rpmtest.Text(tagRelease, "2"),
		rpmtest.Texts(tagOldFileNames, "/usr/bin/old", "/usr/lib/lib.so"),
		rpmtest.Texts(tagFileDigests, noMD5, noMD5),
		rpmtest.Numbers(tagFileModes, rpmtest.Int16, 0o100755, 0o100644),
		rpmtest.Numbers(tagLongFileSizes, rpmtest.Int64, 5<<32, 1),
	))
	want := pkgdb.Record{
		Path: "/usr/bin/old", Package: "old", Version: "1-2", Size: 5 << 32,
		Digest: pkgdb.Digest{Algorithm: pkgdb.MD5, Sum: noMD5},
	}
	if err != nil || len(got) != 2 || got["/usr/bin/old"] != want {
		t.Errorf("%v %+v", err, got)
	}
}

// What was changed at installation is behind what was signed, and counts.
func TestChangedAtInstallation(t *testing.T) {
	got, err := look(t, rpmtest.Header(append(modern(),
		rpmtest.Texts(tagDirNames, "/usr/bin/", "/etc/"), rpmtest.Texts(tagBaseNames, "old", "b", "c", "d", "e", "f", "g", "h"))...))
	if err != nil || len(got) != 1 || got["/usr/bin/old"].Path != "/usr/bin/old" {
		t.Errorf("%v %+v", err, got)
	}
}

// Packages without files, such as the keys of signatures, are no damage.
func TestNoFiles(t *testing.T) {
	got, err := look(t, rpmtest.Header(identity("gpg-pubkey")...), rpmtest.Header(modern()...))
	if err != nil || len(got) != 2 {
		t.Errorf("%v %+v", err, got)
	}
}

// A header that is damaged is named, and the next one is looked at.
func TestDamagedHeader(t *testing.T) {
	change := func(tag uint32, with rpmtest.Tag) []byte {
		tags := modern()
		i := slices.IndexFunc(tags, func(x rpmtest.Tag) bool { return x.Tag == tag })
		with.Tag = tag
		tags[i] = with
		return rpmtest.Header(tags...)
	}
	good := rpmtest.Header(append(identity("good"),
		rpmtest.Texts(tagOldFileNames, "/usr/bin/old"), rpmtest.Texts(tagFileDigests, noMD5),
		rpmtest.Numbers(tagFileModes, rpmtest.Int16, 0o100755))...)
	for name, bad := range map[string][]byte{
		"folder out of range":   change(tagDirIndexes, rpmtest.Numbers(0, rpmtest.Int32, 9, 9, 9, 9, 9, 9, 9, 9)),
		"too few folders":       change(tagDirIndexes, rpmtest.Numbers(0, rpmtest.Int32, 0)),
		"too few digests":       change(tagFileDigests, rpmtest.Texts(0, noSHA256)),
		"digest of another set": change(tagFileDigests, rpmtest.Texts(0, noSHA256+"x", "", "", "", "", "", "", "")),
		"modes of another type": change(tagFileModes, rpmtest.Texts(0, "a", "b", "c", "d", "e", "f", "g", "h")),
		"more states":           change(tagFileStates, rpmtest.Numbers(0, rpmtest.Char, 0, 0)),
		"endless names":         change(tagBaseNames, rpmtest.Tag{Type: rpmtest.StringArray, Count: 8, Data: []byte("lib.so\x00")}),
		"more than there is":    change(tagDirNames, rpmtest.Tag{Type: rpmtest.StringArray, Count: 1 << 31, Data: []byte("/\x00")}),
	} {
		got, err := look(t, bad, good)
		var lost *LostError
		var where *pkgdb.Error
		if !errors.As(err, &lost) || lost.Package != "modern-1.0-2.fc9" || !errors.As(err, &where) ||
			where.Path != "/var/lib/rpm/Packages.db" || where.Offset < 4096 {
			t.Errorf("%s: %v", name, err)
		}
		if got["/usr/bin/old"].Package != "good.s390x" {
			t.Errorf("%s: %+v", name, got)
		}
	}
	for name, bad := range map[string][]byte{
		"nothing":      {1},
		"no entries":   make([]byte, 8),
		"many entries": append(bytes.Repeat([]byte{0xff}, 8), make([]byte, 100)...),
		"cut off":      rpmtest.Header(modern()...)[:200],
		"longer":       append(rpmtest.Header(modern()...), 0),
	} {
		got, err := look(t, bad, good)
		if err == nil || !strings.Contains(err.Error(), "not the header of a package") || got["/usr/bin/old"].Package == "" {
			t.Errorf("%s: %v, %+v", name, err, got)
		}
	}
}

// signed returns the header of a package as it is once installed: an entry for what
// the digest is over comes first and ends that part, the digest comes behind.
func signed(sum func([]byte) string, tags ...rpmtest.Tag) []byte {
	be := binary.BigEndian
	region := func(offset int) []byte {
		b := be.AppendUint64(nil, tagImmutable<<32|7)
		return be.AppendUint32(be.AppendUint32(b, uint32(offset)), 16)
	}
	body := rpmtest.Header(tags...)
	index, store := body[8:8+16*len(tags)], body[8+16*len(tags):]
	index = append(region(len(store)), index...)
	store = append(bytes.Clone(store), region(-len(index))...)
	counts := func() []byte {
		return be.AppendUint32(be.AppendUint32(nil, uint32(len(index)/16)), uint32(len(store)))
	}
	text := sum(slices.Concat([]byte("\x8e\xad\xe8\x01\x00\x00\x00\x00"), counts(), index, store))
	index = be.AppendUint64(index, tagSHA256Header<<32|rpmtest.String)
	index = be.AppendUint32(be.AppendUint32(index, uint32(len(store))), 1)
	store = append(store, text+"\x00"...)
	return slices.Concat(counts(), index, store)
}

// A header that is not the one of its package is passed over.
func TestChecksum(t *testing.T) {
	right := func(b []byte) string {
		sum := sha256.Sum256(b)
		return hex.EncodeToString(sum[:])
	}
	if got, err := look(t, signed(right, modern()[1:]...)); err != nil || len(got) != 2 {
		t.Errorf("%v, %+v", err, got)
	}
	for name, sum := range map[string]string{"of something else": right(nil), "cut off": "e3b0", "rubbish": "x"} {
		got, err := look(t, signed(func([]byte) string { return sum }, modern()[1:]...))
		var lost *LostError
		if !errors.As(err, &lost) || lost.Err != errChecksum || lost.Package != "modern-1.0-2.fc9" || len(got) != 0 {
			t.Errorf("%s: %v, %+v", name, err, got)
		}
	}
}

func TestPlaces(t *testing.T) {
	data := rpmtest.Slots(rpmtest.Header(modern()...))
	for _, place := range []string{"var/lib/rpm", "usr/lib/sysimage/rpm", "usr/share/rpm"} {
		dir := t.TempDir()
		for _, d := range []string{"usr/lib", place} {
			if err := os.MkdirAll(filepath.Join(dir, d), 0o755); err != nil {
				t.Fatal(err)
			}
		}
		// An empty file is left by programs that look for a database.
		if err := errors.Join(os.WriteFile(filepath.Join(dir, place, "rpmdb.sqlite"), nil, 0o644),
			os.WriteFile(filepath.Join(dir, place, "Packages.db"), data, 0o644)); err != nil {
			t.Fatal(err)
		}
		if got, err := lookIn(t, context.Background(), dir); err != nil || len(got) != 1 {
			t.Errorf("%s: %v %+v", place, err, got)
		}
	}
	dir := t.TempDir()
	if db, err := Open(rootfs.New(dir)); db != nil || err != nil {
		t.Errorf("an empty root: %v, %v", db, err)
	}
	if err := os.MkdirAll(dir+"/var/lib", 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("rpm", dir+"/var/lib/rpm"); err != nil {
		t.Fatal(err)
	}
	var where *fs.PathError
	if db, err := Open(rootfs.New(dir)); db != nil || !errors.Is(err, syscall.ELOOP) || !errors.As(err, &where) {
		t.Errorf("a loop: %v, %v", db, err)
	}
}

func TestCancelled(t *testing.T) {
	dir := t.TempDir()
	if err := os.MkdirAll(dir+"/var/lib/rpm", 0o755); err != nil {
		t.Fatal(err)
	}
	data := rpmtest.Slots(rpmtest.Values(50, 100)...)
	if err := os.WriteFile(dir+"/var/lib/rpm/Packages.db", data, 0o644); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := lookIn(t, ctx, dir); !errors.Is(err, context.Canceled) || strings.Contains(err.Error(), "\n") {
		t.Errorf("%v", err)
	}
}

func FuzzHeader(f *testing.F) {
	f.Add(rpmtest.Header(modern()...))
	f.Add(signed(func([]byte) string { return noSHA256 }, modern()[1:]...))
	f.Add(rpmtest.Header(rpmtest.Text(tagName, "old"), rpmtest.Texts(tagOldFileNames, "/usr/bin/old"),
		rpmtest.Texts(tagFileDigests, noMD5), rpmtest.Numbers(tagFileModes, rpmtest.Int16, 0o100755)))
	dir := f.TempDir()
	if err := errors.Join(os.MkdirAll(dir+"/usr/lib", 0o755), os.MkdirAll(dir+"/usr/bin", 0o755)); err != nil {
		f.Fatal(err)
	}
	want := pkgdb.Want(rootfs.New(dir), wanted)
	f.Fuzz(func(t *testing.T, data []byte) {
		rpmtest.Bounded(t, 4*len(data), func() {
			h, err := parseHeader(data, true)
			if err != nil {
				return
			}
			if n := len(h.label()); n > 3*len(data)+2 {
				t.Fatal(n)
			}
			l := &lookup{want: want, found: func(_ int, r pkgdb.Record) {
				if len(r.Path) > len(data) || len(r.Digest.Sum) > len(data) {
					t.Fatal(r)
				}
			}}
			l.header(h)
		})
	})
}
