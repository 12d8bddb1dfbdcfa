//go:build amd64

package libcheck

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"rescuebox/internal/applet"
	"rescuebox/internal/applettest"
	"rescuebox/internal/blockdev"
	"rescuebox/internal/libcheck"
	"rescuebox/scripts/faultlab"
	"rescuebox/scripts/faultlab/fsimage"
)

// startLab lets this program be the process that serves a damaged disk.
func startLab() { faultlab.Main() }

// install says which package has what a test lacks.
const install = "apt-get install e2fsprogs xfsprogs btrfs-progs squashfs-tools"

func tool(t *testing.T, argv ...string) {
	t.Helper()
	path, err := exec.LookPath(argv[0])
	if err != nil {
		path = filepath.Join("/usr/sbin", argv[0])
	}
	if out, err := exec.Command(path, argv[1:]...).CombinedOutput(); err != nil {
		t.Fatalf("%v: %v (%s)\n%s", argv, err, install, out)
	}
}

// system makes a small root: true and ls with their libraries, and returns its
// folder and the path of libc in it.
func system(t *testing.T) (dir, libc string) {
	t.Helper()
	dir = t.TempDir()
	out, err := exec.Command("/usr/bin/ldd", "/usr/bin/true", "/usr/bin/ls").Output()
	if err != nil {
		t.Fatal(err)
	}
	files := []string{"/usr/bin/true", "/usr/bin/ls"}
	for _, word := range strings.Fields(string(out)) {
		if strings.HasPrefix(word, "/") && !strings.HasSuffix(word, ":") && !slices.Contains(files, word) {
			files = append(files, word)
		}
	}
	for _, f := range files {
		copyFile(t, f, filepath.Join(dir, f), 0o755)
		if filepath.Base(f) == "libc.so.6" {
			libc = f
		}
	}
	if err := os.WriteFile(filepath.Join(dir, "usr/bin/script"), []byte("#!/usr/bin/env true\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	copyFile(t, "/usr/bin/env", filepath.Join(dir, "usr/bin/env"), 0o755)
	return dir, libc
}

func copyFile(t *testing.T, from, to string, mode os.FileMode) {
	t.Helper()
	data, err := os.ReadFile(from)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(to, data, mode); err != nil {
		t.Fatal(err)
	}
}

// makeFS makes an image of a file system that holds dir.
func makeFS(t *testing.T, kind, dir string) string {
	t.Helper()
	image := filepath.Join(t.TempDir(), "image")
	if kind == "squashfs" {
		tool(t, "mksquashfs", dir, image, "-quiet", "-no-progress")
		return image
	}
	if err := fsimage.New(kind, dir, image); err != nil {
		t.Fatal(err)
	}
	return image
}

// lab is a mounted image.
type lab struct {
	*faultlab.Image
	dir, device string
}

func mountLab(t *testing.T, kind, dir string) *lab {
	t.Helper()
	return attachLab(t, kind, makeFS(t, kind, dir))
}

func attachLab(t *testing.T, kind, image string) *lab {
	t.Helper()
	img, err := faultlab.NewImage(image)
	if err != nil {
		t.Fatalf("%v (this test needs root)", err)
	}
	t.Cleanup(func() {
		if err := img.Close(); err != nil {
			t.Error(err)
		}
	})
	device, err := img.Attach()
	if err != nil {
		t.Fatal(err)
	}
	root, err := img.Mount(fsimage.Type(kind))
	if err != nil {
		t.Fatal(err)
	}
	return &lab{img, root, device}
}

// sectorOf finds a byte of a file on the image by its content: the sector that
// holds the same 512 bytes, which occur once.
func sectorOf(t *testing.T, l *lab, path string, offset int64) int64 {
	t.Helper()
	f, err := os.Open(filepath.Join(l.dir, path))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	list, err := blockdev.Extents(int(f.Fd()), offset, 512)
	if err != nil || !list[0].Mapped {
		t.Fatal(list, err)
	}
	want, got := make([]byte, 512), make([]byte, 512)
	n, err := f.ReadAt(want, offset)
	if n == 0 {
		t.Fatal(err)
	}
	disk, err := os.Open(l.Path())
	if err != nil {
		t.Fatal(err)
	}
	defer disk.Close()
	if _, err := disk.ReadAt(got, list[0].Physical); err != nil && err != io.EOF || string(got[:n]) != string(want[:n]) {
		t.Fatalf("%s byte %d is not at %d of the image: %v", path, offset, list[0].Physical, err)
	}
	return list[0].Physical / 512
}

func check(t *testing.T, l *lab, args ...string) (report, applettest.Result) {
	t.Helper()
	got := applettest.Call(&Applet, applettest.Command{
		Args: append([]string{"--json", "--root", l.dir}, args...), Env: []string{"PATH=/bin:/usr/bin"},
	})
	var r report
	if err := json.Unmarshal([]byte(got.Stdout), &r); err != nil {
		t.Fatalf("%v: %s%s", err, got.Stdout, got.Stderr)
	}
	return r, got
}

func TestBadSectors(t *testing.T) {
	dir, libc := system(t)
	info, err := os.Stat(filepath.Join(dir, libc))
	if err != nil {
		t.Fatal(err)
	}
	last := (info.Size() - 1) / 512 * 512
	for _, kind := range []string{"ext4-1k", "ext4-4k", "xfs"} {
		t.Run(kind, func(t *testing.T) {
			for _, c := range []struct {
				name    string
				offsets []int64
			}{
				{"none", nil}, {"header", []int64{0}}, {"text", []int64{0x100000 + 512}}, {"end", []int64{last}},
				{"several", []int64{0x2000, 0x80000, last}},
			} {
				// A mount of its own each: the page cache of the last would
				// answer for the next.
				t.Run(c.name, func(t *testing.T) { one(t, mountLab(t, kind, dir), libc, info.Size(), c.offsets) })
			}
		})
	}
}

func one(t *testing.T, l *lab, libc string, size int64, offsets []int64) {
	var want []jsonRange
	for _, off := range offsets {
		sector := sectorOf(t, l, libc, off)
		if err := l.FailAlways(sector); err != nil {
			t.Fatal(err)
		}
		want = append(want, jsonRange{Offset: off, Length: min(512, size-off), Error: "Input/output error", Device: l.device, Sector: &sector})
	}
	got, raw := check(t, l)
	if len(want) == 0 {
		if raw.Status != 0 || len(got.Damaged) != 0 || !got.Direct || got.Checked.Programs != 4 {
			t.Fatalf("status %d: %s%s", raw.Status, raw.Stdout, raw.Stderr)
		}
		return
	}
	if raw.Status != 1 || len(got.Damaged) != 1 {
		t.Fatalf("status %d: %s%s", raw.Status, raw.Stdout, raw.Stderr)
	}
	d := got.Damaged[0]
	needed := []string{"/usr/bin/env", "/usr/bin/ls", "/usr/bin/script", "/usr/bin/true"}
	if filepath.Base(d.Path) != "libc.so.6" || !slices.Equal(d.Names, []string{"libc.so.6"}) || !slices.Equal(d.NeededBy, needed) {
		t.Errorf("%+v", d)
	}
	if !slices.EqualFunc(d.Ranges, want, sameRange) {
		t.Errorf("ranges in %s, want %+v at %v", raw.Stdout, want, offsets)
	}
	text := applettest.Call(&Applet, applettest.Command{Args: []string{"--root", l.dir, "ls"}, Env: []string{"PATH=/usr/bin"}})
	if text.Status != 1 || !strings.Contains(text.Stdout, "DAMAGED "+libc+"\n") || !strings.Contains(text.Stdout, "/usr/bin/ls") {
		t.Errorf("%s%s", text.Stdout, text.Stderr)
	}
}

func sameRange(a, b jsonRange) bool {
	return a.Offset == b.Offset && a.Length == b.Length && a.Error == b.Error && a.Device == b.Device &&
		a.Disk == "" && a.Sector != nil && *a.Sector == *b.Sector
}

// btrfs has addresses of its own: damage is found, and no sector is claimed.
func TestBtrfs(t *testing.T) {
	dir, libc := system(t)
	data, err := os.ReadFile(filepath.Join(dir, libc))
	if err != nil {
		t.Fatal(err)
	}
	l := mountLab(t, "btrfs", dir)
	disk, err := os.ReadFile(l.Path())
	if err != nil {
		t.Fatal(err)
	}
	const offset = 0x100000
	at := strings.Index(string(disk), string(data[offset:offset+4096]))
	if at < 0 {
		t.Fatal("libc is not on the image")
	}
	if err := l.FailAlways(int64(at) / 512); err != nil {
		t.Fatal(err)
	}
	got, raw := check(t, l, "ls")
	if raw.Status != 1 || len(got.Damaged) != 1 || len(got.Damaged[0].Ranges) != 1 {
		t.Fatalf("status %d: %s%s", raw.Status, raw.Stdout, raw.Stderr)
	}
	r := got.Damaged[0].Ranges[0]
	if r.Sector != nil || r.DiskSector != nil || r.Offset > offset || r.Offset+r.Length < offset+512 {
		t.Errorf("%s", raw.Stdout)
	}
}

// squashfs has no direct reads: the files are read all the same, and it is said.
func TestNoDirectReads(t *testing.T) {
	dir, _ := system(t)
	l := mountLab(t, "squashfs", dir)
	got, raw := check(t, l, "ls")
	if raw.Status != 0 || got.Direct || got.Checked.Libraries < 2 {
		t.Errorf("status %d: %s%s", raw.Status, raw.Stdout, raw.Stderr)
	}
	text := applettest.Call(&Applet, applettest.Command{Args: []string{"--root", l.dir, "ls"}, Env: []string{"PATH=/bin:/usr/bin"}})
	if !strings.Contains(text.Stdout, "page cache") || text.Status != 0 {
		t.Errorf("%s%s", text.Stdout, text.Stderr)
	}
}

// A name with a newline stays on one line, and the damage of a program itself is
// told of.
func TestStrangeName(t *testing.T) {
	dir, _ := system(t)
	const name = "/usr/bin/new\nline"
	copyFile(t, "/usr/bin/true", filepath.Join(dir, name), 0o755)
	l := mountLab(t, "ext4-4k", dir)
	if err := l.FailAlways(sectorOf(t, l, name, 0)); err != nil {
		t.Fatal(err)
	}
	text := applettest.Call(&Applet, applettest.Command{Args: []string{"--root", l.dir}, Env: []string{"PATH=/usr/bin"}})
	for _, want := range []string{
		"DAMAGED /usr/bin/new\\nline\n", "the program does not start", "bytes 0-511 (512 bytes): Input/output error, " + l.device + " sector ",
		"  in ELF headers", "--save /dev/shm/saved --root " + l.dir + " $'/usr/bin/new\\nline'\n", "1 damaged file. Read ",
	} {
		if !strings.Contains(text.Stdout, want) {
			t.Errorf("no %q in:\n%s%s", want, text.Stdout, text.Stderr)
		}
	}
	quiet := applettest.Call(&Applet, applettest.Command{Args: []string{"-q", "--root", l.dir}, Env: []string{"PATH=/usr/bin"}})
	if quiet.Stdout != "/usr/bin/new\\nline\n" || quiet.Status != 1 {
		t.Errorf("%+v", quiet)
	}
}

// An interrupted run says what it found, and that the rest was not read.
func TestInterrupted(t *testing.T) {
	dir, libc := system(t)
	// A program that takes for ever to read: a terabyte of holes.
	endless := filepath.Join(dir, "usr/bin/endless")
	if err := os.WriteFile(endless, nil, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(endless, 1<<40); err != nil {
		t.Fatal(err)
	}
	l := mountLab(t, "ext4-4k", dir)
	if err := l.FailAlways(sectorOf(t, l, libc, 0x40000)); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	plan, err := libcheck.Find(ctx, configure(applet.Streams{LookupEnv: func(string) (string, bool) { return "/usr/bin", true }},
		settings{root: l.dir}))
	if err != nil {
		t.Fatal(err)
	}
	stopped := plan.Read(ctx, libcheck.Reading{Progress: func(int64) {
		if len(plan.Damaged()) > 0 {
			cancel()
		}
	}})
	var stdout, stderr bytes.Buffer
	r := result{plan: plan, stopped: stopped != nil}
	if err := r.writeText(&stdout); err != nil {
		t.Fatal(err)
	}
	report := applet.Streams{Name: "libcheck", Err: &stderr}.Reporter()
	tell(report, plan, settings{}, stopped != nil)
	if !strings.Contains(stdout.String(), "INTERRUPTED: ") || !strings.Contains(stdout.String(), "DAMAGED "+libc) ||
		!strings.Contains(stderr.String(), "not read") || applet.Status(report.Err()) != 2 {
		t.Errorf("%v: %s%s", stopped, stdout.String(), stderr.String())
	}
}
