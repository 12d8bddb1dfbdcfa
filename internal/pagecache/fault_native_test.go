//go:build amd64

package pagecache

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"rescuebox/internal/blockdev"
	"rescuebox/scripts/faultlab"
	"rescuebox/scripts/faultlab/fsimage"
)

// asUser is argv[0] of the process that looks at files as another user.
const asUser = "pagecache-as-user"

func TestMain(m *testing.M) {
	faultlab.Main()
	if os.Args[0] == asUser {
		for _, path := range os.Args[1:] {
			_, err := Open(path)
			fmt.Println(err)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// lab is a mounted disk with a few files of random bytes, none of them cached.
type lab struct {
	*faultlab.Image
	dir  string
	disk []byte // its content, once it is wanted
	back string // the file that is under the disk, and has no faults
}

// file is one of them.
type file struct {
	*lab
	path    string
	content []byte
	at      int // place on the disk, where that is one
}

const fileSize = 2<<20 + 777

func newLab(t *testing.T, kind string, files int) []*file {
	t.Helper()
	dir := t.TempDir()
	l := &lab{back: filepath.Join(t.TempDir(), "image")}
	var list []*file
	for i := range files {
		f := &file{lab: l, path: fmt.Sprint(i), content: random(fileSize + i*4096)[i*4096:]}
		if err := os.WriteFile(filepath.Join(dir, f.path), f.content, 0o644); err != nil {
			t.Fatal(err)
		}
		list = append(list, f)
	}
	if err := fsimage.New(kind, dir, l.back); err != nil {
		t.Fatal(err)
	}
	img, err := faultlab.NewImage(l.back)
	if err != nil {
		t.Fatalf("%v (this test needs root)", err)
	}
	t.Cleanup(func() {
		if err := img.Close(); err != nil {
			t.Error(err)
		}
	})
	l.Image = img
	if l.dir, err = img.Mount(fsimage.Type(kind)); err != nil {
		t.Fatal(err)
	}
	if l.disk, err = os.ReadFile(l.back); err != nil {
		t.Fatal(err)
	}
	for _, f := range list {
		f.path = filepath.Join(l.dir, f.path)
		f.at = bytes.Index(l.disk, f.content[:4096])
	}
	return list
}

// fail breaks the sector of a byte of the file.
func (f *file) fail(t *testing.T, offset int64) {
	t.Helper()
	offset = offset / 512 * 512
	want := f.content[offset:min(offset+512, fileSize)]
	at := f.at + int(offset)
	if f.at < 0 || !bytes.HasPrefix(f.disk[at:], want) {
		if at = bytes.Index(f.disk, want); at < 0 {
			t.Fatal("the file is not on the disk")
		}
	}
	if err := f.FailAlways(int64(at) / blockdev.SectorSize); err != nil {
		t.Fatal(err)
	}
}

// load reads a part of the file into the cache, the way a program would.
func (l *file) load(t *testing.T, offset, length int64) {
	t.Helper()
	f, err := os.Open(l.path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if _, err := io.Copy(io.Discard, io.NewSectionReader(f, offset, length)); err != nil {
		t.Fatal(err)
	}
}

// settled waits until no read is under way, and returns how many there were.
func (l *lab) settled(t *testing.T) int {
	t.Helper()
	for last := -1; ; time.Sleep(100 * time.Millisecond) {
		list, err := l.Reads()
		if err != nil {
			t.Fatal(err)
		}
		if len(list) == last {
			return last
		}
		last = len(list)
	}
}

func (l *file) open(t *testing.T) *Cache {
	t.Helper()
	c, err := Open(l.path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

// readAll reads all that the cache has, which must be right, and returns how much.
func (l *file) readAll(t *testing.T, c *Cache) int64 {
	t.Helper()
	list, err := c.Resident(0, fileSize)
	if err != nil {
		t.Fatal(err)
	}
	var total int64
	for _, r := range list {
		got := make([]byte, r.Length)
		n, err := c.ReadAt(got, r.Offset)
		if int64(n) != r.Length || err != nil || !bytes.Equal(got, l.content[r.Offset:r.Offset+r.Length]) {
			t.Fatalf("%+v: %d, %v", r, n, err)
		}
		total += r.Length
	}
	return total
}

// Whatever part of a file is cached, it is read right and the disk is not touched,
// with the places around it bad: the ones that readahead has marked included.
func TestNoReads(t *testing.T) {
	parts := [][2]int64{{0, 4096}, {0, 20_000}, {0, 300_000}, {100_000, 9000}, {600_000, 700_000}, {fileSize - 5000, 5000}}
	for _, kind := range fsimage.Kinds {
		list := newLab(t, kind, len(parts))
		for i, f := range list {
			f.load(t, parts[i][0], parts[i][1])
		}
		list[0].settled(t)
		for _, f := range list {
			f.breakEdges(t)
		}
		before := list[0].settled(t)
		for i, f := range list {
			f.checkParts(t, parts[i][1])
		}
		if after := list[0].settled(t); after != before {
			reads, _ := list[0].ReadsSince(before)
			t.Errorf("%s: the disk was read: %+v", kind, reads)
		}
	}
}

// breakEdges breaks the blocks next to what is cached.
func (f *file) breakEdges(t *testing.T) {
	list, err := f.open(t).Resident(0, fileSize)
	if err != nil || len(list) == 0 {
		t.Fatal(list, err)
	}
	for _, r := range list {
		for _, at := range []int64{r.Offset - 1, r.Offset + r.Length} {
			if at >= 0 && at < fileSize {
				f.fail(t, at)
			}
		}
	}
}

// checkParts reads what is cached, at least so many bytes, and beyond.
func (f *file) checkParts(t *testing.T, atLeast int64) {
	c := f.open(t)
	if total := f.readAll(t, c); total < atLeast {
		t.Errorf("%s: only %d bytes", f.path, total)
	}
	list, err := c.Resident(0, fileSize)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range list {
		p := make([]byte, 5000)
		end := r.Offset + r.Length
		if n, err := c.ReadAt(p, end); end < fileSize && (n != 0 || err != ErrNotCached) {
			t.Errorf("%s: behind %+v %d, %v", f.path, r, n, err)
		}
		if n, err := c.ReadAt(p, end-10); n != 10 || end < fileSize && err != ErrNotCached {
			t.Errorf("%s: across the end of %+v %d, %v", f.path, r, n, err)
		}
	}
}

// All is cached when the disk dies.
func TestAllCached(t *testing.T) {
	l := newLab(t, "ext4-4k", 1)[0]
	l.load(t, 0, fileSize)
	for at := int64(0); at < fileSize; at += 64 << 10 {
		l.fail(t, at)
	}
	before := l.settled(t)
	if total := l.readAll(t, l.open(t)); total != fileSize || l.settled(t) != before {
		t.Errorf("%d bytes", total)
	}
}

// What was read in vain is in the cache, but is not valid: pages, and parts of
// larger folios, whose read failed.
func TestFailedReads(t *testing.T) {
	for _, kind := range []string{"ext4-1k", "xfs"} {
		l := newLab(t, kind, 1)[0]
		for _, at := range []int64{70_000, 400_000, 1 << 20} {
			l.fail(t, at)
		}
		f, err := os.Open(l.path)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		p := make([]byte, 128<<10)
		failed := 0
		for at := int64(0); at < fileSize; at += int64(len(p)) {
			if _, err := f.ReadAt(p, at); errors.Is(err, syscall.EIO) {
				failed++
			}
		}
		before := l.settled(t)
		total := l.readAll(t, l.open(t))
		if failed < 3 || total == 0 || total > fileSize-3*512 {
			t.Errorf("%s: %d failed, %d bytes of %d are cached", kind, failed, total, fileSize)
		}
		if after := l.settled(t); after != before {
			reads, _ := l.ReadsSince(before)
			t.Errorf("%s: the disk was read: %+v", kind, reads)
		}
	}
}

// To whom the kernel does not tell the truth, that is said.
func TestOtherUser(t *testing.T) {
	dir := t.TempDir()
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	mine, theirs := filepath.Join(dir, "mine"), filepath.Join(dir, "theirs")
	for _, path := range []string{mine, theirs} {
		if err := os.WriteFile(path, random(10_000), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	const uid = 65534
	if err := os.Chown(mine, uid, uid); err != nil {
		t.Fatalf("%v (this test needs root)", err)
	}
	for at := dir; at != "/"; at = filepath.Dir(at) {
		if strings.HasPrefix(at, os.TempDir()+"/") {
			if err := os.Chmod(at, 0o755); err != nil {
				t.Fatal(err)
			}
		}
	}
	cmd := exec.Command("/proc/self/exe")
	cmd.Args = []string{asUser, theirs, mine}
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: uid, Gid: uid}}
	out, err := cmd.CombinedOutput()
	if want := ErrUnknown.Error() + "\n<nil>\n"; string(out) != want || err != nil {
		t.Errorf("%q, %v, want %q", out, err, want)
	}
}
