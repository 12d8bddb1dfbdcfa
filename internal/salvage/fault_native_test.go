//go:build amd64

package salvage

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"rescuebox/internal/medium"
	"rescuebox/scripts/faultlab"
	"rescuebox/scripts/faultlab/fsimage"
)

// The test program is also a process that holds files, and one of another user.
const (
	holder = "salvage-holder"
	asUser = "salvage-as-user"
)

func TestMain(m *testing.M) {
	faultlab.Main()
	switch os.Args[0] {
	case holder:
		hold(os.Args[1], os.Args[2] == "map")
	case asUser:
		saveAsUser(os.Args[1], os.Args[2])
	}
	os.Exit(m.Run())
}

// hold maps or opens a file until standard input ends.
func hold(path string, mapped bool) {
	f, err := os.Open(path)
	if err == nil && mapped {
		if _, err = unix.Mmap(int(f.Fd()), 0, 4096, unix.PROT_READ, unix.MAP_PRIVATE); err == nil {
			f.Close()
		}
	}
	fmt.Println(err)
	io.Copy(io.Discard, os.Stdin)
	os.Exit(0)
}

const (
	libc   = "/usr/lib/x86_64-linux-gnu/libc.so.6"
	loader = "/usr/lib/x86_64-linux-gnu/ld-linux-x86-64.so.2"
)

// changedByte is where the other version of libc differs.
const changedByte = 900_009

// lab is a mounted disk with a libc, its loader, and copies of it.
type lab struct {
	*faultlab.Image
	dir    string
	truth  []byte // content of libc
	disk   []byte // content of the disk
	broken []int64
}

// Where copies of libc are on the disk.
const (
	copyA       = "/opt/a/libc.so.6"
	copyB       = "/opt/b/libc.so.6"
	renamedCopy = "/opt/lib/libold.so"
	version     = "/opt/version/libc.so.6" // of another version
)

func newLab(t *testing.T, kind string) *lab {
	t.Helper()
	dir, image := t.TempDir(), filepath.Join(t.TempDir(), "image")
	truth, err := os.ReadFile(libc)
	if err != nil {
		t.Fatal(err)
	}
	ld, err := os.ReadFile(loader)
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{libc, copyA, copyB, renamedCopy} {
		write(t, dir+path, truth)
	}
	if err := os.Chmod(write(t, dir+loader, ld), 0o755); err != nil {
		t.Fatal(err)
	}
	other := bytes.Clone(truth)
	other[changedByte] ^= 8
	write(t, dir+version, other)
	if err := fsimage.New(kind, dir, image); err != nil {
		t.Fatal(err)
	}
	img, err := faultlab.NewImage(image)
	if err != nil {
		t.Fatalf("%v (this test needs root)", err)
	}
	t.Cleanup(func() {
		if err := img.Close(); err != nil {
			t.Error(err)
		}
	})
	l := &lab{Image: img, truth: truth}
	if l.dir, err = img.Mount(fsimage.Type(kind)); err != nil {
		t.Fatal(err)
	}
	if l.disk, err = os.ReadFile(image); err != nil {
		t.Fatal(err)
	}
	return l
}

// fail breaks the sectors of bytes of a file.
func (l *lab) fail(t *testing.T, path string, offsets ...int64) {
	t.Helper()
	for _, off := range offsets {
		l.broken = append(l.broken, l.sector(t, path, off))
		if err := l.FailAlways(l.broken...); err != nil {
			t.Fatal(err)
		}
	}
}

// sector is where on the disk a byte of a file is: one of the places with its content,
// the one without which it cannot be read. No other way is there for btrfs, which has
// addresses of its own.
func (l *lab) sector(t *testing.T, path string, offset int64) int64 {
	t.Helper()
	offset = offset / 512 * 512
	want := l.truth[offset:min(offset+512, int64(len(l.truth)))]
	file, err := medium.Open(l.dir + path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	block := int64(file.Block())
	buffer := medium.AlignedBuffer(int(block))
	for at := 0; at < len(l.disk); {
		i := bytes.Index(l.disk[at:], want)
		if i < 0 {
			break
		}
		at += i
		sector := int64(at / 512)
		at++
		if (at-1)%512 != 0 {
			continue
		}
		if err := l.FailAlways(sector); err != nil {
			t.Fatal(err)
		}
		_, readError := file.ReadAt(buffer, offset/block*block)
		if err := errors.Join(l.Clear(), l.FailAlways(l.broken...)); err != nil {
			t.Fatal(err)
		}
		if errors.Is(readError, syscall.EIO) {
			return sector
		}
	}
	t.Fatalf("byte %d of %s is not on the disk", offset, path)
	return 0
}

// noBadReads fails the test if a bad place was read since the n-th read.
func (l *lab) noBadReads(t *testing.T, n int) {
	t.Helper()
	list, err := l.ReadsSince(n)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range list {
		if r.Err != 0 {
			t.Errorf("the bad place was read: %+v", r)
		}
	}
}

func (l *lab) count(t *testing.T) int {
	t.Helper()
	list, err := l.Reads()
	if err != nil {
		t.Fatal(err)
	}
	return len(list)
}

// load reads a part of a file into the cache, as a program would.
func (l *lab) load(t *testing.T, path string, offset, length int64) {
	t.Helper()
	f, err := os.Open(l.dir + path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	// No more than that, and the kernel must not take the pages back meanwhile.
	within := offset % int64(os.Getpagesize())
	pages, err := unix.Mmap(int(f.Fd()), offset-within, int(length+within), unix.PROT_READ, unix.MAP_SHARED)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := unix.Munmap(pages); err != nil {
			t.Error(err)
		}
	})
	if err := errors.Join(unix.Madvise(pages, unix.MADV_RANDOM), unix.Mlock(pages)); err != nil {
		t.Fatal(err)
	}
}

// job saves libc.
func (l *lab) job(t *testing.T) Job {
	return Job{Host: l.dir + libc, Path: libc, Dir: t.TempDir(), Bad: bad(t, l.dir+libc), Matches: digest(l.truth)}
}

// bad scans a file and returns its bad places.
func bad(t *testing.T, path string) []medium.Range {
	t.Helper()
	var file *medium.File
	var list []medium.Range
	opened := false
	scan := medium.Scan{
		Open: func(int) (medium.Source, error) {
			if opened {
				return nil, io.EOF
			}
			opened = true
			var err error
			file, err = medium.Open(path)
			return file, err
		},
		Done: func(_ medium.Source, r medium.Result) {
			list = r.Bad
			if r.Err != nil {
				t.Fatal(r.Err)
			}
		},
	}
	if err := scan.Run(context.Background()); err != nil {
		t.Fatal(err)
	}
	file.Close()
	return list
}

// every runs all tests on every file system.
var every = flag.Bool("salvage.every", false, "run all tests on every file system")

// perKind runs a test on file systems of these kinds.
func perKind(t *testing.T, kinds []string, test func(*testing.T, *lab)) {
	if *every {
		kinds = fsimage.Kinds
	}
	for _, kind := range kinds {
		t.Run(kind, func(t *testing.T) { test(t, newLab(t, kind)) })
	}
}

// How many bytes come from where.
func origins(r Result) map[From]int64 {
	m := map[From]int64{}
	for _, p := range r.Parts {
		m[p.From] += p.Length
	}
	return m
}

// All was cached before the sectors failed: the file is as it was, without a read of a
// bad sector.
func TestFromCache(t *testing.T) {
	perKind(t, fsimage.Kinds, func(t *testing.T, l *lab) {
		size := int64(len(l.truth))
		l.load(t, libc, 0, size)
		l.fail(t, libc, 0, 70_000, 70_600, 1_000_000, 1_004_000, size-1)
		job := l.job(t)
		if len(job.Bad) < 4 {
			t.Fatalf("%+v", job.Bad)
		}
		before := l.count(t)
		r := save(t, job)
		check(t, r, l.truth, true)
		o := origins(r)
		if r.Verified == "" || o[Medium] == 0 || o[Cache] < 5*512 || o[Medium]+o[Cache] != size || r.SameDevice {
			t.Errorf("%+v", r)
		}
		l.noBadReads(t, before)
	})
}

// The disk is dead: every sector of the file fails.
func TestDeadDisk(t *testing.T) {
	l := newLab(t, "ext4-4k")
	l.load(t, libc, 0, int64(len(l.truth)))
	if err := l.Add(faultlab.Fault{Offset: 0, Length: 1 << 40, Times: faultlab.Always}); err != nil {
		t.Fatal(err)
	}
	job := l.job(t)
	before := l.count(t)
	r := save(t, job)
	check(t, r, l.truth, true)
	if r.Verified == "" || origins(r)[Cache] != int64(len(l.truth)) {
		t.Errorf("%+v", r)
	}
	l.noBadReads(t, before)
	// So it is when nobody knows yet that it is.
	job.Bad, job.Dir = nil, t.TempDir()
	check(t, save(t, job), l.truth, true)
}

// The disk says something else than what it was given, without an error: the cache
// has it right. Where the cache has what the medium has, nothing changes.
func TestLyingDisk(t *testing.T) {
	l := newLab(t, "ext4-4k")
	l.load(t, libc, 0, int64(len(l.truth)))
	sector := l.sector(t, libc, 500_000)
	disk, err := os.OpenFile(l.Path(), os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer disk.Close()
	if _, err := disk.WriteAt(make([]byte, 512), sector*512); err != nil {
		t.Fatal(err)
	}
	r := save(t, l.job(t))
	check(t, r, l.truth, true)
	if o := origins(r); r.Verified == "" || o[Cache] != 4096 {
		t.Errorf("%+v", r)
	}
	job := l.job(t)
	job.Matches = digest(l.truth[1:])
	lie := bytes.Clone(l.truth)
	clear(lie[500_000/512*512:][:512])
	r = save(t, job)
	check(t, r, lie, true)
	if r.Mismatch == "" || r.Verified != "" || origins(r)[Cache] != 0 {
		t.Errorf("%+v", r)
	}
}

// Nothing is cached: the hole is filled from a copy with the same build-id, whatever
// its name, found in the loader's folders; another version is not used.
func TestFromCopy(t *testing.T) {
	perKind(t, []string{"ext4-1k", "btrfs"}, func(t *testing.T, l *lab) {
		l.fail(t, libc, 300_000, 1_200_000)
		job := l.job(t)
		job.Matches = nil
		r := save(t, job, l.dir+version)
		holes := bytes.Clone(l.truth)
		for _, b := range job.Bad {
			clear(holes[b.Offset:][:b.Length])
		}
		check(t, r, holes, false)
		q := Query{Root: hostRoot(l.dir), Path: libc, Size: int64(len(l.truth)), Dirs: []string{"/opt/version", "/opt/lib"}, Proc: t.TempDir(), Host: t.TempDir()}
		before := l.count(t)
		s, err := Start(context.Background(), job)
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Fill(context.Background(), Candidates(context.Background(), q)); err != nil {
			t.Fatal(err)
		}
		if r, err = s.Finish(context.Background()); err != nil {
			t.Fatal(err)
		}
		check(t, r, l.truth, true)
		for _, p := range r.Parts {
			if p.From == Copy && p.Path != l.dir+renamedCopy || p.From == Cache {
				t.Errorf("%+v", p)
			}
		}
		l.noBadReads(t, before)
	})
}

// Several holes: one from the cache, one from each of two copies that are damaged
// elsewhere.
func TestMixed(t *testing.T) {
	perKind(t, []string{"ext4-1k", "btrfs"}, func(t *testing.T, l *lab) {
		l.load(t, libc, 200_000, 10_000)
		l.fail(t, libc, 205_000, 700_000, 1_500_000)
		l.fail(t, copyA, 700_000, 100)
		l.fail(t, copyB, 1_500_000, 1_600_000)
		for _, matches := range []bool{false, true} {
			job := l.job(t)
			if !matches {
				job.Matches = nil
			}
			r := save(t, job, l.dir+version, l.dir+copyA, l.dir+copyB)
			check(t, r, l.truth, true)
			var froms []string
			for _, p := range r.Parts {
				if p.From != Medium {
					froms = append(froms, fmt.Sprint(p.From, strings.TrimPrefix(p.Path, l.dir)))
				}
			}
			// The build-id is unreadable in copy A, which is known by its name.
			want := []string{fmt.Sprint(Cache), fmt.Sprint(Copy, copyB), fmt.Sprint(Copy, copyA)}
			if !slices.Equal(froms, want) || (r.Verified != "") != matches {
				t.Errorf("%v, %+v", froms, r)
			}
		}
	})
}

// A file that has no name any more, but that a process has mapped or open, is found
// and fills the hole.
func TestLiveProcess(t *testing.T) {
	l := newLab(t, "ext4-4k")
	l.fail(t, libc, 400_000)
	for _, how := range []string{"map", "open"} {
		gone := write(t, filepath.Join(t.TempDir(), "libc.so.6"), l.truth)
		cmd := exec.Command("/proc/self/exe")
		cmd.Args = []string{holder, gone, how}
		stdin, err := cmd.StdinPipe()
		if err != nil {
			t.Fatal(err)
		}
		stdout, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			stdin.Close()
			if err := cmd.Wait(); err != nil {
				t.Error(err)
			}
		})
		line := make([]byte, 100)
		if n, err := stdout.Read(line); string(line[:n]) != "<nil>\n" {
			t.Fatalf("%q, %v", line[:n], err)
		}
		if err := os.Remove(gone); err != nil {
			t.Fatal(err)
		}
		s, err := Start(context.Background(), l.job(t))
		if err != nil {
			t.Fatal(err)
		}
		q := Query{Path: libc, Size: int64(len(l.truth)), Host: t.TempDir(), Root: hostRoot(t.TempDir())}
		mine := func(yield func(Candidate) bool) {
			for c := range Candidates(context.Background(), q) {
				if strings.HasPrefix(c.Path, fmt.Sprintf("/proc/%d/", cmd.Process.Pid)) && !strings.Contains(c.Path, "/root/") && !yield(c) {
					return
				}
			}
		}
		if err := s.Fill(context.Background(), mine); err != nil {
			t.Fatal(err)
		}
		r, err := s.Finish(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		check(t, r, l.truth, true)
		if r.Verified == "" || origins(r)[Copy] != 512 {
			t.Errorf("%s: %+v", how, r)
		}
		// It can itself be saved.
		for c := range mine {
			check(t, save(t, Job{Host: c.Path, Path: libc, Dir: t.TempDir()}), l.truth, true)
		}
	}
}

// What is saved runs.
func TestRuns(t *testing.T) {
	l := newLab(t, "ext4-1k")
	l.load(t, libc, 0, int64(len(l.truth)))
	l.fail(t, libc, 0x28000+100, 0x30000)
	job := l.job(t)
	job.Names = []string{"libc.so"}
	dir := job.Dir
	check(t, save(t, job), l.truth, true)
	save(t, Job{Host: l.dir + loader, Path: loader, Dir: dir})
	out, err := exec.Command(dir+loader, "--library-path", dir+filepath.Dir(libc)+":"+filepath.Dir(libc), "/usr/bin/cat", "/proc/self/maps").CombinedOutput()
	if err != nil || !strings.Contains(string(out), dir+libc) {
		t.Errorf("%v: %s", err, out)
	}
	cmd := exec.Command("/usr/bin/cat", "/proc/self/maps")
	cmd.Env = []string{"LD_LIBRARY_PATH=" + dir + filepath.Dir(libc)}
	if out, err := cmd.CombinedOutput(); err != nil || !strings.Contains(string(out), dir+libc) {
		t.Errorf("%v: %s", err, out)
	}
}

// A disk that is full leaves nothing behind.
func TestNoSpace(t *testing.T) {
	l := newLab(t, "ext4-1k")
	for _, size := range []string{"256k", "1500k"} {
		config, err := unix.Fsopen("tmpfs", unix.FSOPEN_CLOEXEC)
		if err != nil {
			t.Fatal(err)
		}
		defer unix.Close(config)
		err = errors.Join(unix.FsconfigSetString(config, "size", size), unix.FsconfigCreate(config))
		if err != nil {
			t.Fatal(err)
		}
		mount, err := unix.Fsmount(config, unix.FSMOUNT_CLOEXEC, 0)
		if err != nil {
			t.Fatal(err)
		}
		defer unix.Close(mount)
		job := Job{Host: l.dir + libc, Path: "/libc.so.6", Dir: fmt.Sprintf("/proc/self/fd/%d", mount)}
		if _, err := Start(context.Background(), job); !errors.Is(err, syscall.ENOSPC) {
			t.Errorf("%s: %v", size, err)
		}
		if list, err := os.ReadDir(job.Dir); err != nil || len(list) > 0 {
			t.Errorf("%s: left %v, %v", size, list, err)
		}
	}
}

// An interrupted save of a slow disk ends, and leaves nothing behind.
func TestInterrupted(t *testing.T) {
	l := newLab(t, "ext4-4k")
	sector := l.sector(t, libc, 1_100_000)
	if err := l.Slow(sector, 300*time.Millisecond); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	before := l.count(t)
	go func() {
		defer cancel()
		for deadline := time.Now().Add(time.Minute); time.Now().Before(deadline); time.Sleep(5 * time.Millisecond) {
			list, err := l.ReadsSince(before)
			for _, r := range list {
				if err != nil || r.Offset <= sector*512 && sector*512 < r.Offset+int64(r.Length) {
					return
				}
			}
		}
	}()
	job := Job{Host: l.dir + libc, Path: libc, Dir: t.TempDir()}
	if _, err := Start(ctx, job); !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
	list, err := os.ReadDir(filepath.Join(job.Dir, filepath.Dir(libc)))
	if err != nil || len(list) > 0 {
		t.Errorf("left %v, %v", list, err)
	}
}

// saveAsUser saves one file into a folder, with a hole from the other, and prints the
// result.
func saveAsUser(path, dir string) {
	job := Job{Host: path, Path: "/libc.so.6", Dir: dir, Bad: []medium.Range{{Offset: 8192, Length: 4096, Err: errBad}}}
	s, err := Start(context.Background(), job)
	if err == nil && s.CacheLooked() {
		err = errors.New("the cache told its secrets")
	}
	if err == nil {
		err = s.Fill(context.Background(), candidates(path+".copy"))
	}
	if err == nil {
		var r Result
		if r, err = s.Finish(context.Background()); err == nil {
			err = json.NewEncoder(os.Stdout).Encode(r)
		}
	}
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	os.Exit(0)
}

// Another user than root or the owner gets on without the cache.
func TestOtherUser(t *testing.T) {
	truth := random(8, 50_000)
	theirs := write(t, filepath.Join(t.TempDir(), "libc.so.6"), truth)
	write(t, theirs+".copy", truth)
	dir := t.TempDir()
	const uid = 65534
	if err := os.Chown(dir, uid, uid); err != nil {
		t.Fatalf("%v (this test needs root)", err)
	}
	for _, at := range []string{filepath.Dir(theirs), filepath.Dir(filepath.Dir(theirs)), dir} {
		if err := os.Chmod(at, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	cmd := exec.Command("/proc/self/exe")
	cmd.Args = []string{asUser, theirs, dir}
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: uid, Gid: uid}}
	out, err := cmd.Output()
	var r Result
	if err != nil || json.Unmarshal(out, &r) != nil {
		t.Fatalf("%v: %s", err, out)
	}
	check(t, r, truth, true)
	if o := origins(r); o[Copy] != 4096 || o[Cache] != 0 {
		t.Errorf("%+v", r)
	}
}
