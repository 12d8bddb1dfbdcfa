package salvage

import (
	"bytes"
	"context"
	"debug/elf"
	"encoding/hex"
	"errors"
	"io"
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
	"testing/iotest"

	"rescuebox/internal/medium"
	"rescuebox/internal/pkgdb"
)

func random(seed byte, n int) []byte {
	b := make([]byte, n)
	rand.NewChaCha8([32]byte{seed}).Read(b)
	return b
}

func write(t *testing.T, path string, content []byte) string {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, content, 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

// digest is a Matches that knows the content.
func digest(want []byte) func(io.Reader) (string, bool) {
	return func(r io.Reader) (string, bool) {
		got, err := io.ReadAll(r)
		return "a package", err == nil && bytes.Equal(got, want)
	}
}

func candidates(paths ...string) func(func(Candidate) bool) {
	return func(yield func(Candidate) bool) {
		for _, p := range paths {
			if !yield(Candidate{Path: p, Name: filepath.Base(p)}) {
				return
			}
		}
	}
}

// save does all of it.
func save(t *testing.T, job Job, copies ...string) Result {
	t.Helper()
	ctx := context.Background()
	s, err := Start(ctx, job)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Fill(ctx, candidates(copies...)); err != nil {
		t.Fatal(err)
	}
	r, err := s.Finish(ctx)
	if err != nil {
		t.Fatal(err)
	}
	total := int64(0)
	for _, p := range r.Parts {
		if p.Offset != total || p.Length <= 0 {
			t.Fatalf("parts %+v", r.Parts)
		}
		total += p.Length
	}
	if info, err := os.Stat(r.Path); err != nil || info.Size() != total {
		t.Fatalf("%v, parts %+v", err, r.Parts)
	}
	left, err := filepath.Glob(filepath.Join(filepath.Dir(r.Path), ".*"+tempMark+"*"))
	if err != nil || left != nil {
		t.Fatalf("left behind: %v, %v", left, err)
	}
	return r
}

// The bad places of these tests are only said to be bad, so that what they hold must
// not be looked at: the files differ from the truth there, and are dropped from the
// cache.
func damaged(t *testing.T, truth []byte, bad ...medium.Range) (path string) {
	t.Helper()
	content := bytes.Clone(truth)
	for i := range bad {
		clear(content[bad[i].Offset : bad[i].Offset+bad[i].Length])
	}
	return write(t, filepath.Join(t.TempDir(), "usr/lib/libx.so.1"), content)
}

// saveDamaged is save of such a file.
func saveDamaged(t *testing.T, job Job, copies ...string) Result {
	t.Helper()
	drop(t, job.Host)
	return save(t, job, copies...)
}

func check(t *testing.T, r Result, want []byte, whole bool) {
	t.Helper()
	got, err := os.ReadFile(r.Path)
	if err != nil || !bytes.Equal(got, want) || r.Whole != whole || strings.HasSuffix(r.Path, Incomplete) == whole {
		t.Errorf("content right: %v, %v, %+v", bytes.Equal(got, want), err, r)
	}
}

var errBad = error(syscall.EIO)

func TestFill(t *testing.T) {
	truth := random(1, 3<<20+100)
	one := medium.Range{Offset: 1 << 20, Length: 4096, Err: errBad}
	two := medium.Range{Offset: 3 << 20, Length: 100, Err: errBad}
	holes := bytes.Clone(truth)
	clear(holes[one.Offset:][:one.Length])
	clear(holes[two.Offset:][:two.Length])
	half := bytes.Clone(holes)
	copy(half[two.Offset:], truth[two.Offset:])
	otherVersion := bytes.Clone(truth)
	otherVersion[77] ^= 1

	dir := t.TempDir()
	good := write(t, filepath.Join(dir, "good/libx.so.1"), truth)
	renamed := write(t, filepath.Join(dir, "good/different"), truth)
	shorter := write(t, filepath.Join(dir, "short/libx.so.1"), truth[:len(truth)-1])
	version := write(t, filepath.Join(dir, "version/libx.so.1.2"), otherVersion)
	zeroed := write(t, filepath.Join(dir, "zeroed/libx.so.1"), half)
	for _, c := range []struct {
		name    string
		matches bool
		copies  []string
		want    []byte
		froms   []From
	}{
		{"none", true, nil, holes, []From{Medium, Missing, Medium, Missing}},
		{"same name", false, []string{good}, truth, []From{Medium, Copy, Medium, Copy}},
		{"same name and digest", true, []string{good}, truth, []From{Medium, Copy, Medium, Copy}},
		{"other name, no digest", false, []string{renamed}, holes, []From{Medium, Missing, Medium, Missing}},
		{"other versions", true, []string{shorter, version}, holes, []From{Medium, Missing, Medium, Missing}},
		{"zeros for lost bytes", false, []string{zeroed, zeroed}, half, []From{Medium, Missing, Medium, Copy}},
		{"two copies", false, []string{zeroed, version, good}, truth, []From{Medium, Copy, Medium, Copy}},
	} {
		job := Job{Host: damaged(t, truth, one, two), Path: "/usr/lib/libx.so.1", Dir: filepath.Join(t.TempDir(), "saved"),
			Bad: []medium.Range{one, two}, Names: []string{"libx.so", "libx.so.1", "../up"}}
		if c.matches {
			job.Matches = digest(truth)
		}
		r := saveDamaged(t, job, c.copies...)
		whole := bytes.Equal(c.want, truth)
		check(t, r, c.want, whole)
		var froms []From
		for _, p := range r.Parts {
			froms = append(froms, p.From)
		}
		if !slices.Equal(froms, c.froms) || (r.Verified != "") != (whole && c.matches) || r.Mismatch != "" {
			t.Errorf("%s: %+v", c.name, r)
		}
		if whole && !slices.Equal(r.Links, []string{"libx.so"}) {
			t.Errorf("%s: links %v", c.name, r.Links)
		}
		if link, err := os.Readlink(filepath.Join(job.Dir, "usr/lib/libx.so")); whole != (link == "libx.so.1") {
			t.Errorf("%s: link %q, %v", c.name, link, err)
		}
		if !r.SameDevice || whole != (r.Missing() == 0) {
			t.Errorf("%s: %+v", c.name, r)
		}
	}
}

// A second run does no worse than the first, whose copies have gone.
func TestAgain(t *testing.T) {
	truth := random(2, 100_000)
	bad := medium.Range{Offset: 8192, Length: 512, Err: errBad}
	good := write(t, filepath.Join(t.TempDir(), "libx.so.1"), truth)
	job := Job{Host: damaged(t, truth, bad), Path: "/usr/lib/libx.so.1", Dir: t.TempDir(), Bad: []medium.Range{bad}}
	check(t, saveDamaged(t, job, good), truth, true)
	check(t, saveDamaged(t, job), truth, true)
	// Nor is an incomplete copy a source.
	job.Dir = t.TempDir()
	for range 2 {
		if r := saveDamaged(t, job, filepath.Join(job.Dir, "usr/lib/libx.so.1"+Incomplete)); r.Whole || r.Missing() != 512 {
			t.Errorf("%+v", r)
		}
	}
}

// Of a file that can be read but is not what was recorded, a copy that is.
func TestChanged(t *testing.T) {
	truth := random(3, 200_000)
	changed := bytes.Clone(truth)
	changed[100_000] ^= 4
	dir := t.TempDir()
	good := write(t, filepath.Join(dir, "good/libx.so.1"), truth)
	for _, content := range [][]byte{changed, truth[:150_000], append(bytes.Clone(truth), 0)} {
		job := Job{Host: write(t, filepath.Join(t.TempDir(), "libx.so.1"), content), Path: "/usr/lib/libx.so.1", Dir: t.TempDir(), Matches: digest(truth)}
		r := save(t, job, good)
		check(t, r, truth, true)
		if r.Verified == "" || len(r.Parts) != 1 || r.Parts[0] != (Part{0, int64(len(truth)), Copy, good}) {
			t.Errorf("%+v", r)
		}
		job.Dir = t.TempDir()
		if r := save(t, job); r.Mismatch != "a package" || r.Verified != "" || !r.Whole {
			t.Errorf("%+v", r)
		}
	}
}

// A copy that only a process has open is not lost when the process ends between the
// two looks at it.
func TestProcessEnds(t *testing.T) {
	truth := random(5, 200_000)
	changed := bytes.Clone(truth)
	changed[100_000] ^= 4
	path := write(t, filepath.Join(t.TempDir(), "libx.so.1"), truth)
	file, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	process := exec.Command("sleep", "60")
	process.ExtraFiles = []*os.File{file}
	if err := errors.Join(process.Start(), file.Close(), os.Remove(path)); err != nil {
		t.Fatal(err)
	}
	ctx := context.Background()
	s, err := Start(ctx, Job{Host: write(t, path+".bad", changed), Path: "/usr/lib/libx.so.1", Dir: t.TempDir(), Matches: digest(truth)})
	if err != nil {
		t.Fatal(err)
	}
	link := "/proc/" + strconv.Itoa(process.Process.Pid) + "/fd/3"
	err = s.Fill(ctx, func(yield func(Candidate) bool) {
		yield(Candidate{Path: link, Name: "libx.so.1"})
		if err := process.Process.Kill(); err != nil {
			t.Error(err)
		}
		process.Wait()
	})
	if err != nil {
		t.Fatal(err)
	}
	r, err := s.Finish(ctx)
	if err != nil || r.Verified == "" || len(r.Parts) != 1 || r.Parts[0].Path != link {
		t.Errorf("%v, %+v", err, r)
	}
}

// An edited file that is damaged is not replaced by the one that was shipped, where a
// copy of the edited one is at hand.
func TestEdited(t *testing.T) {
	shipped := random(4, 100_000)
	edited := bytes.Clone(shipped)
	edited[5000] ^= 1
	bad := medium.Range{Offset: 8192, Length: 512, Err: errBad}
	dir := t.TempDir()
	job := Job{Host: damaged(t, edited, bad), Path: "/usr/lib/libx.so.1", Dir: t.TempDir(), Bad: []medium.Range{bad}, Matches: digest(shipped)}
	r := saveDamaged(t, job, write(t, filepath.Join(dir, "a/libx.so.1"), shipped), write(t, filepath.Join(dir, "b/libx.so.1"), edited))
	check(t, r, edited, true)
	if r.Mismatch != "a package" || r.Verified != "" {
		t.Errorf("%+v", r)
	}
}

// Of several records, one that matches is enough; a configuration file is never wrong.
func TestDigests(t *testing.T) {
	record := func(pkg, sum string, config bool) pkgdb.Record {
		b, err := hex.DecodeString(sum)
		if err != nil {
			t.Fatal(err)
		}
		algorithm := map[int]pkgdb.Algorithm{16: pkgdb.MD5, 20: pkgdb.SHA1, 32: pkgdb.SHA256, 64: pkgdb.SHA512}[len(b)]
		return pkgdb.Record{Database: "dpkg", Package: pkg, Config: config, Digest: pkgdb.Digest{Algorithm: algorithm, Sum: string(b)}}
	}
	// Of "abc": RFC 1321, FIPS 180.
	md5 := record("m", "900150983cd24fb0d6963f7d28e17f72", false)
	sha1 := record("s", "a9993e364706816aba3e25717850c26c9cd0d89d", false)
	sha256 := record("t", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad", false)
	wrong := record("w", "00112233445566778899aabbccddeeff", false)
	config := record("c", "00112233445566778899aabbccddeeff", true)
	for _, c := range []struct {
		list   []pkgdb.Record
		source string
		ok     bool
	}{
		{[]pkgdb.Record{md5}, "dpkg m", true},
		{[]pkgdb.Record{wrong, sha1}, "dpkg s", true},
		{[]pkgdb.Record{config, wrong, sha256, md5}, "dpkg t", true},
		{[]pkgdb.Record{config, wrong}, "dpkg w", false},
		{[]pkgdb.Record{config}, "", false},
	} {
		source, ok := Digests(c.list)(strings.NewReader("abc"))
		if source != c.source || ok != c.ok {
			t.Errorf("%v: %q, %v", c.list, source, ok)
		}
		broken := io.MultiReader(strings.NewReader("abc"), iotest.ErrReader(errBad))
		if source, ok := Digests(c.list)(broken); source != "" || ok {
			t.Errorf("%v: of a broken file %q, %v", c.list, source, ok)
		}
	}
	if Digests(nil) != nil || Digests([]pkgdb.Record{{Package: "p"}}) != nil {
		t.Error("a digest of nothing")
	}
}

// Mode, owner and time are kept, but for the right to run as the owner.
func TestAttributes(t *testing.T) {
	path := write(t, filepath.Join(t.TempDir(), "su"), random(5, 5000))
	if err := os.Chmod(path, 0o750|os.ModeSetuid); err != nil {
		t.Fatal(err)
	}
	before, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	r := save(t, Job{Host: path, Path: "/bin/su", Dir: t.TempDir()})
	after, err := os.Stat(r.Path)
	if err != nil || after.Mode() != 0o750 || !after.ModTime().Equal(before.ModTime()) || !r.SetID {
		t.Errorf("%v, %v, %+v", after, err, r)
	}
}

// No symbolic link below the folder is followed, and no path leads out of it.
func TestTarget(t *testing.T) {
	path := write(t, filepath.Join(t.TempDir(), "file"), []byte("content"))
	dir, outside := t.TempDir(), t.TempDir()
	if err := os.Symlink(outside, filepath.Join(dir, "usr")); err != nil {
		t.Fatal(err)
	}
	for _, p := range []string{"/usr/file", "/../file", "/a/../../file", "/", "/..", "/new/.."} {
		if _, err := Start(context.Background(), Job{Host: path, Path: p, Dir: dir}); err == nil {
			t.Errorf("%s: no error", p)
		}
	}
	if list, err := os.ReadDir(outside); err != nil || len(list) > 0 {
		t.Errorf("%v, %v", list, err)
	}
	// A link in the place of the file is replaced, not written through.
	victim := write(t, filepath.Join(outside, "victim"), []byte("precious"))
	if err := os.Symlink(victim, filepath.Join(dir, "file")); err != nil {
		t.Fatal(err)
	}
	check(t, save(t, Job{Host: path, Path: "/file", Dir: dir}), []byte("content"), true)
	if b, err := os.ReadFile(victim); err != nil || string(b) != "precious" {
		t.Errorf("%q, %v", b, err)
	}
}

func TestEmpty(t *testing.T) {
	path := write(t, filepath.Join(t.TempDir(), "file"), nil)
	check(t, save(t, Job{Host: path, Path: "/file", Dir: t.TempDir(), Matches: digest(nil)}), nil, true)
}

// A cancelled context leaves nothing.
func TestCancelled(t *testing.T) {
	truth := random(6, 100_000)
	path := write(t, filepath.Join(t.TempDir(), "libx.so.1"), truth)
	ctx, cancel := context.WithCancel(context.Background())
	job := Job{Host: path, Path: "/libx.so.1", Dir: t.TempDir(), Bad: []medium.Range{{Offset: 0, Length: 512, Err: errBad}}}
	drop(t, path)
	s, err := Start(ctx, job)
	if err != nil {
		t.Fatal(err)
	}
	cancel()
	if err := s.Fill(ctx, candidates(write(t, filepath.Join(t.TempDir(), "libx.so.1"), truth))); !errors.Is(err, context.Canceled) {
		t.Errorf("Fill: %v", err)
	}
	if _, err := s.Finish(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("Finish: %v", err)
	}
	if _, err := Start(ctx, job); !errors.Is(err, context.Canceled) {
		t.Errorf("Start: %v", err)
	}
	if list, err := os.ReadDir(job.Dir); err != nil || len(list) > 0 {
		t.Errorf("left %v, %v", list, err)
	}
}

// The parts of a file are as if each byte had an origin of its own.
func TestParts(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 300 {
		size := int64(r.IntN(60))
		l, bytewise := newParts(size), make([]From, size)
		for range r.IntN(12) {
			p := Part{Offset: r.Int64N(size + 1), From: From(r.IntN(3))}
			p.Length = r.Int64N(size - p.Offset + 1)
			l.set(p)
			for i := p.Offset; i < p.Offset+p.Length; i++ {
				bytewise[i] = p.From
			}
		}
		at := int64(0)
		for i, p := range l {
			if p.Offset != at || p.Length <= 0 || i > 0 && l[i-1].From == p.From {
				t.Fatalf("%+v", l)
			}
			for ; at < p.Offset+p.Length; at++ {
				if bytewise[at] != p.From {
					t.Fatalf("%+v, want %v", l, bytewise)
				}
			}
		}
		if at != size {
			t.Fatalf("%+v ends at %d of %d", l, at, size)
		}
	}
}

// As debug/elf finds it, in programs and libraries of this machine.
func TestBuildID(t *testing.T) {
	found := 0
	for _, pattern := range []string{"/usr/bin/*", "/lib/*/*.so*", "/lib/ld-*", "/usr/lib/debug/.build-id/*/*"} {
		list, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		for _, path := range list {
			f, err := os.Open(path)
			if err != nil {
				continue
			}
			// Go's linker lets no program header lead to the note.
			if e, err := elf.NewFile(f); err == nil && e.Section(".note.go.buildid") == nil {
				got, want := BuildID(f), sectionBuildID(e)
				if got != want {
					t.Errorf("%s: %x, want %x", path, got, want)
				}
				if want != "" {
					found++
				}
			}
			f.Close()
		}
	}
	if found < 50 {
		t.Errorf("only %d objects with a build-id", found)
	}
}

func sectionBuildID(e *elf.File) string {
	s := e.Section(".note.gnu.build-id")
	if s == nil {
		return ""
	}
	b, err := s.Data()
	if err != nil || len(b) < 16 {
		return ""
	}
	return string(b[16:])
}

func FuzzBuildID(f *testing.F) {
	if b, err := os.ReadFile("/proc/self/exe"); err == nil {
		f.Add(b[:4096])
	}
	for _, wide := range []byte{1, 2} {
		for _, order := range []byte{1, 2} {
			h := make([]byte, 512)
			copy(h, "\x7fELF"+string(wide)+string(order))
			f.Add(h)
		}
	}
	f.Fuzz(func(t *testing.T, b []byte) { BuildID(bytes.NewReader(b)) })
}

// The places where copies are looked for.
func TestCandidates(t *testing.T) {
	host := t.TempDir()
	content := random(9, 5000)
	const path = "/usr/lib/x/libx.so.1"
	want := map[string]bool{}
	for _, place := range []string{
		"/usr/lib/x/libx.so.1~", "/usr/lib/x/.libx.so.1.dpkg-tmp", "/usr/lib/x/same-size", "/usr/local/lib/also-same-size",
		"/.snapshots/7/snapshot/usr/lib/x/libx.so.1", "/var/lib/docker/overlay2/abc/diff/usr/lib/x/libx.so.1",
		"/srv/jail/lib/x/libx.so.1", "/var/lib/flatpak/runtime/org.x/x86_64/1/active/files/lib/x/libx.so.1",
		"/@old/usr/lib/x/libx.so.1", "/mnt/disk/usr/lib/x/libx.so.1",
	} {
		want[write(t, host+place, content)] = true
	}
	want[write(t, host+path, content)] = true
	write(t, host+"/usr/lib/x/other", content[1:])
	write(t, host+"/etc/libx.so.1", content)
	// A root whose links are absolute.
	real := write(t, host+"/var/lib/machines/m/opt/libx.so.1", content)
	want[real] = true
	if err := os.Mkdir(host+"/var/lib/machines/m/usr", 0o755); err != nil {
		t.Fatal(err)
	}
	for link, to := range map[string]string{"usr/lib": "/elsewhere", "elsewhere": "opt/lib"} {
		if err := os.Symlink(to, host+"/var/lib/machines/m/"+link); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.MkdirAll(host+"/var/lib/machines/m/opt/lib/x", 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("/opt/libx.so.1", host+"/var/lib/machines/m/opt/lib/x/libx.so.1"); err != nil {
		t.Fatal(err)
	}
	remote := t.TempDir()
	write(t, remote+path, content)
	seen := t.TempDir()
	want[write(t, seen+path, content)] = true
	proc := t.TempDir()
	write(t, proc+"/self/mountinfo", []byte(
		"36 35 98:0 / "+remote+" rw - nfs4 server:/x rw\n37 35 98:0 / "+seen+" rw - ext4 /dev/sdb1 rw\n38 35 98:0 / /proc rw - proc proc rw\n"))

	got := map[string]bool{}
	q := Query{Path: path, Size: int64(len(content)), Dirs: []string{"/usr/local/lib", "/nosuch"}, Proc: proc, Host: host}
	q.Root = hostRoot(host)
	for c := range Candidates(context.Background(), q) {
		if got[c.Path] || c.Name == "" {
			t.Errorf("twice or nameless: %+v", c)
		}
		got[c.Path] = true
	}
	if !maps.Equal(got, want) {
		t.Errorf("got %v\nwant %v", slices.Sorted(maps.Keys(got)), slices.Sorted(maps.Keys(want)))
	}
	// An end, and one that is asked for.
	n := 0
	for range Candidates(context.Background(), q) {
		n++
		break
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	for range Candidates(ctx, q) {
		n++
	}
	if n != 1 {
		t.Errorf("%d", n)
	}
}
