package tarball

import (
	"archive/tar"
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// member is a member of a crafted archive.
type member struct {
	name, link, text string
	kind             byte
}

func archive(t testing.TB, members ...member) []byte {
	t.Helper()
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	for _, m := range members {
		h := &tar.Header{Name: m.name, Linkname: m.link, Typeflag: m.kind, Mode: 0o755, Size: int64(len(m.text)), Format: tar.FormatGNU}
		if err := w.WriteHeader(h); err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(w, m.text); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// extractAll extracts into dir as the applet does and returns the errors by name.
func extractAll(t testing.TB, data []byte, dir string) map[string]error {
	t.Helper()
	x, err := NewExtractor(dir, ExtractOptions{Mode: true})
	if err != nil {
		t.Fatal(err)
	}
	failed := map[string]error{}
	defer x.Close(func(name string, err error) { failed[name] = err })
	r := NewReader(bytes.NewReader(data))
	for {
		h, err := r.Next()
		if err != nil {
			return failed
		}
		name, _ := Relative(h.Name)
		if Climbs(h.Name) {
			continue
		}
		if err := x.Extract(h, name, r); err != nil {
			failed[h.Name] = err
		}
	}
}

// TestNeverOutside: whatever an archive does with links, nothing outside changes.
func TestNeverOutside(t *testing.T) {
	const link, hard, dir, file = tar.TypeSymlink, tar.TypeLink, tar.TypeDir, tar.TypeReg
	for _, c := range []struct {
		name    string
		members []member
		refused string // the member that must fail with ErrLink
	}{
		{"a link to a folder outside", []member{{"l", "OUT", "", link}, {"l/victim", "", "bad", file}}, "l/victim"},
		{"a relative link", []member{{"l", "../out", "", link}, {"l/victim", "", "bad", file}}, "l/victim"},
		{"a link in a folder", []member{{"d/l", "../../out", "", link}, {"d/l/victim", "", "bad", file}}, "d/l/victim"},
		{"links in a row", []member{{"a", "..", "", link}, {"b", "a/out", "", link}, {"b/victim", "", "bad", file}}, "b/victim"},
		{"a hard link to a link", []member{{"l", "OUT", "", link}, {"h", "l", "", hard}, {"h/victim", "", "bad", file}}, "h/victim"},
		{"through a link that was there", []member{{"inner", "OUT", "", link}, {"there/victim", "", "bad", file}}, "there/victim"},
		{"a folder through a link", []member{{"l", "OUT", "", link}, {"l/new/", "", "", dir}}, "l/new/"},
		{"a hard link's target through a link", []member{{"l", "OUT", "", link}, {"h", "l/victim", "", hard}, {"h", "", "bad", file}}, ""},
		{"a file in place of a link", []member{{"l", "OUT/victim", "", link}, {"l", "", "bad", file}}, ""},
		{"a name that climbs", []member{{"../out/victim", "", "bad", file}}, ""},
		{"an absolute name", []member{{"OUT/victim", "", "bad", file}}, ""},
		{"a link replaced by a folder", []member{{"l", "OUT", "", link}, {"l/", "", "", dir}, {"l/victim", "", "good", file}}, ""},
		{"a folder replaced by a link", []member{{"d/", "", "", dir}, {"d", "OUT", "", link}, {"d/victim", "", "bad", file}}, "d/victim"},
	} {
		t.Run(c.name, func(t *testing.T) {
			base := t.TempDir()
			in, out := filepath.Join(base, "in"), filepath.Join(base, "out")
			for _, d := range []string{in, out} {
				if err := os.Mkdir(d, 0o755); err != nil {
					t.Fatal(err)
				}
			}
			if err := os.WriteFile(filepath.Join(out, "victim"), []byte("unharmed"), 0o600); err != nil {
				t.Fatal(err)
			}
			if err := os.Symlink("inner", filepath.Join(in, "there")); err != nil {
				t.Fatal(err)
			}
			for i, m := range c.members {
				c.members[i].link = strings.Replace(m.link, "OUT", out, 1)
				c.members[i].name = strings.Replace(m.name, "OUT", out, 1)
			}
			failed := extractAll(t, archive(t, c.members...), in)
			if c.refused != "" && !errors.Is(failed[c.refused], ErrLink) {
				t.Errorf("%s: %v", c.refused, failed[c.refused])
			}
			unharmed(t, out)
		})
	}
}

func unharmed(t testing.TB, out string) {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(out, "victim"))
	if err != nil || string(data) != "unharmed" {
		t.Errorf("victim is %q, %v", data, err)
	}
	info, err := os.Stat(filepath.Join(out, "victim"))
	if err != nil || info.Mode() != 0o600 {
		t.Errorf("victim has mode %v, %v", info.Mode(), err)
	}
	if entries, _ := os.ReadDir(out); len(entries) != 1 {
		t.Errorf("outside there are now %v", entries)
	}
}

// TestLinkThatWasThere: the user's own links are followed, and kept for folders.
func TestLinkThatWasThere(t *testing.T) {
	dir := t.TempDir()
	if err := os.MkdirAll(filepath.Join(dir, "usr/lib"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("usr/lib", filepath.Join(dir, "lib")); err != nil {
		t.Fatal(err)
	}
	failed := extractAll(t, archive(t, member{"lib/", "", "", tar.TypeDir}, member{"lib/libc.so", "", "x", tar.TypeReg}), dir)
	if len(failed) > 0 {
		t.Error(failed)
	}
	if _, err := os.Stat(filepath.Join(dir, "usr/lib/libc.so")); err != nil {
		t.Error(err)
	}
	if target, err := os.Readlink(filepath.Join(dir, "lib")); target != "usr/lib" {
		t.Errorf("lib is %q, %v", target, err)
	}
}

// TestDamage destroys one header and expects the members behind it.
func TestDamage(t *testing.T) {
	good := archive(t, member{"a", "", "1", tar.TypeReg}, member{"b", "", "2", tar.TypeReg}, member{"c", "", "3", tar.TypeReg})
	names := func(data []byte, ignore bool) (got string, damage []Damage, last error) {
		r := NewReader(bytes.NewReader(data))
		r.IgnoreZeros = ignore
		r.Damaged = func(d *Damage) { damage = append(damage, *d) }
		for {
			h, err := r.Next()
			if err != nil {
				return got, damage, err
			}
			got += h.Name
		}
	}
	broken := func(edit func(b []byte) []byte) []byte { return edit(append([]byte(nil), good...)) }
	for _, c := range []struct {
		name, want string
		data       []byte
		ignore     bool
		damage     []Damage
		last       error
	}{
		{"whole", "abc", good, false, nil, io.EOF},
		{"bad checksum", "ac", broken(func(b []byte) []byte { b[1024] ^= 1; return b }), false, []Damage{{1024, 2048, ErrHeader}}, io.EOF},
		{"first header", "bc", broken(func(b []byte) []byte { clear(b[10:400]); return b }), false, []Damage{{0, 1024, ErrNoTar}}, io.EOF},
		{"zeroed header", "ac", broken(func(b []byte) []byte { clear(b[1024:1536]); return b }), false, []Damage{{1536, 2048, ErrHeader}}, io.EOF},
		{"zeroed sectors", "a", broken(func(b []byte) []byte { clear(b[1024:2048]); return b }), false, []Damage{{1024, 2048, errTrailer}}, io.EOF},
		{"zeroed sectors, going on", "ac", broken(func(b []byte) []byte { clear(b[1024:2048]); return b }), true, nil, io.EOF},
		{"a lone zero block", "abc", broken(func(b []byte) []byte {
			return append(append(append([]byte(nil), b[:1024]...), make([]byte, 512)...), b[1024:]...)
		}), false, []Damage{{1024, 1536, ErrHeader}}, io.EOF},
		{"cut off in a header", "a", good[:1300], false, nil, ErrEnds},
		{"empty", "", nil, false, nil, io.EOF},
		{"no archive", "", []byte(strings.Repeat("text", 1000)), false, nil, ErrNoTar},
	} {
		got, damage, last := names(c.data, c.ignore)
		if got != c.want || !errors.Is(last, c.last) {
			t.Errorf("%s: got %q, %v", c.name, got, last)
		}
		if len(damage) != len(c.damage) || len(damage) > 0 && damage[0] != c.damage[0] {
			t.Errorf("%s: damage %v", c.name, damage)
		}
	}
}

// TestMedium: errors of the medium are handed on as they are.
func TestMediumError(t *testing.T) {
	good := archive(t, member{"a", "", "1", tar.TypeReg}, member{"b", "", "2", tar.TypeReg})
	r := NewReader(io.MultiReader(bytes.NewReader(good[:1024]), badReader{}))
	if _, err := r.Next(); err != nil {
		t.Fatal(err)
	}
	if _, err := r.Next(); !errors.Is(err, syscall.EIO) {
		t.Error(err)
	}
}

type badReader struct{}

func (badReader) Read([]byte) (int, error) { return 0, syscall.EIO }

func TestNames(t *testing.T) {
	for _, c := range [][3]string{
		{"a/b", "a/b", ""}, {"/a", "a", "/"}, {"//a//b", "a//b", "//"}, {"../a", "a", "../"}, {"a/../../b", "b", "a/../../"},
		{"/", ".", "/"}, {"..", ".", ".."}, {"a..b/..c", "a..b/..c", ""}, {"", "", ""},
	} {
		if rest, prefix := Relative(c[0]); rest != c[1] || prefix != c[2] {
			t.Errorf("Relative(%q) = %q, %q", c[0], rest, prefix)
		}
	}
	for _, c := range []struct {
		name string
		n    int
		want string
		ok   bool
	}{{"a/b/c", 1, "b/c", true}, {"a/", 1, "", false}, {"a", 1, "", false}, {"/a/b", 1, "b", true}, {"a//b", 1, "b", true}} {
		if got, ok := Strip(c.name, c.n); got != c.want || ok != c.ok {
			t.Errorf("Strip(%q, %d) = %q, %v", c.name, c.n, got, ok)
		}
	}
}

// TestShrunk: a file that is shorter than it was keeps the archive readable.
func TestShrunk(t *testing.T) {
	// /proc gives sizes of 0, /sys sizes of a page for files of a few bytes.
	var problems []error
	var b bytes.Buffer
	c := NewCreator(&b, CreateOptions{Format: tar.FormatGNU, Problem: func(_ string, err error, _ bool) { problems = append(problems, err) }})
	for _, err := range []error{c.Add("/sys/class/net/lo/mtu", "f"), c.Add("/nonexistent", "g"), c.Add("/etc/passwd", "p"), c.Close(0)} {
		if err != nil {
			t.Fatal(err)
		}
	}
	var shrank *ShrankError
	if len(problems) != 2 || !errors.As(problems[0], &shrank) || !errors.Is(problems[1], syscall.ENOENT) {
		t.Errorf("problems %v", problems)
	}
	r := NewReader(&b)
	names := ""
	for {
		h, err := r.Next()
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		names += h.Name
	}
	if names != "fp" {
		t.Errorf("members %q", names)
	}
}

// FuzzExtract: no archive, however damaged, changes anything outside.
func FuzzExtract(f *testing.F) {
	f.Add(archive(f, member{"l", "../out", "", tar.TypeSymlink}, member{"l/victim", "", "bad", tar.TypeReg}))
	f.Add(archive(f, member{"a/b", "", "text", tar.TypeReg}, member{"c", "a/b", "", tar.TypeLink}, member{"a/", "", "", tar.TypeDir}))
	f.Fuzz(func(t *testing.T, data []byte) {
		base := t.TempDir()
		in, out := filepath.Join(base, "in"), filepath.Join(base, "out")
		_ = os.Mkdir(in, 0o755)
		_ = os.Mkdir(out, 0o755)
		_ = os.WriteFile(filepath.Join(out, "victim"), []byte("unharmed"), 0o600)
		extractAll(t, data, in)
		unharmed(t, out)
	})
}

// FuzzNames: what Relative leaves stays below the folder.
func FuzzNames(f *testing.F) {
	for _, s := range []string{"/a/../b", "../..", "a/./b", "..a/.."} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, name string) {
		rest, prefix := Relative(name)
		if strings.HasPrefix(rest, "/") || Climbs(rest) {
			t.Fatalf("Relative(%q) = %q", name, rest)
		}
		if prefix+rest != name && rest != "." {
			t.Fatalf("Relative(%q) = %q, %q", name, rest, prefix)
		}
	})
}
