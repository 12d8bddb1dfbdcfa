//go:build amd64

package relocate

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"rescuebox/internal/applettest"
)

// elsewhere mounts a file system of the test's own.
func elsewhere(t *testing.T, options string) string {
	t.Helper()
	dir := t.TempDir()
	if err := unix.Mount("relocate-test", dir, "tmpfs", 0, options); err != nil {
		t.Fatalf("mount of a tmpfs: %v (run as root)", err)
	}
	t.Cleanup(func() {
		if err := unix.Unmount(dir, unix.MNT_DETACH); err != nil {
			t.Error(err)
		}
	})
	return dir
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// everything fills dir with each type of file and attribute.
func everything(t *testing.T, dir string) {
	t.Helper()
	must(t, os.MkdirAll(dir+"/sub/deep", 0o755))
	must(t, os.WriteFile(dir+"/file", []byte("data"), 0o640))
	must(t, os.Link(dir+"/file", dir+"/sub/link"))
	must(t, os.WriteFile(dir+"/suid", nil, 0o755))
	must(t, os.Symlink("nowhere", dir+"/symlink"))
	must(t, unix.Mknod(dir+"/fifo", unix.S_IFIFO|0o600, 0))
	must(t, unix.Mknod(dir+"/null", unix.S_IFCHR|0o666, int(unix.Mkdev(1, 3))))
	must(t, unix.Mknod(dir+"/socket", unix.S_IFSOCK|0o600, 0))
	must(t, os.Lchown(dir+"/suid", 1234, 5678))
	must(t, os.Lchown(dir+"/symlink", 77, 88))
	must(t, unix.Chmod(dir+"/suid", 0o6755))
	must(t, unix.Lsetxattr(dir+"/file", "trusted.note", []byte("kept\x00kept"), 0))
	must(t, unix.Lsetxattr(dir+"/sub", "trusted.note", nil, 0))
	sparse, err := os.Create(dir + "/sparse")
	must(t, err)
	_, err = sparse.WriteAt([]byte("middle"), 5<<20)
	must(t, err)
	must(t, sparse.Truncate(20<<20))
	must(t, sparse.Close())
	must(t, unix.Chmod(dir+"/sub", 0o1711))
	old := []unix.Timespec{{Sec: 1000, Nsec: 5}, {Sec: 2000, Nsec: 6}}
	for _, name := range []string{"file", "symlink", "sub/deep", "sub", "fifo", "."} {
		must(t, unix.UtimesNanoAt(unix.AT_FDCWD, dir+"/"+name, old, unix.AT_SYMLINK_NOFOLLOW))
	}
}

// attributesOf renders what applettest.Tree leaves out.
func attributesOf(t *testing.T, dir string) string {
	t.Helper()
	var b strings.Builder
	must(t, filepath.WalkDir(dir, func(path string, _ fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		var st unix.Stat_t
		if err := unix.Lstat(path, &st); err != nil {
			return err
		}
		value := make([]byte, 100)
		n, _ := unix.Lgetxattr(path, "trusted.note", value)
		size := st.Size
		if st.Mode&unix.S_IFMT == unix.S_IFDIR {
			size = 0
		}
		b.WriteString(strings.TrimPrefix(path, dir) + " " + strings.Join([]string{
			itoa(int64(st.Mode)), itoa(int64(st.Uid)), itoa(int64(st.Gid)), itoa(int64(st.Rdev)), itoa(size),
			itoa(st.Mtim.Nano()), string(value[:max(n, 0)]), itoa(int64(n)),
		}, ",") + "\n")
		return nil
	}))
	return b.String()
}

func itoa(n int64) string { return string(big(n)) }

func big(n int64) []byte {
	if n < 0 {
		return append([]byte{'-'}, big(-n)...)
	}
	if n < 10 {
		return []byte{byte('0' + n)}
	}
	return append(big(n/10), byte('0'+n%10))
}

func TestMoveEverything(t *testing.T) {
	source, other := filepath.Join(t.TempDir(), "tree"), elsewhere(t, "size=32m")
	everything(t, source)
	tree, attributes := applettest.Tree(t, source), attributesOf(t, source)
	m := Mover{Lost: func(path, what string, err error) { t.Errorf("lost %s of %s: %v", what, path, err) }}
	must(t, m.Move(context.Background(), source, other+"/new"))
	if got := applettest.Tree(t, other+"/new"); got != tree {
		t.Errorf("got %s\nwant %s", got, tree)
	}
	if got := attributesOf(t, other+"/new"); got != attributes {
		t.Errorf("got %s\nwant %s", got, attributes)
	}
	if _, err := os.Lstat(source); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("source: %v", err)
	}
	var a, b, sparse unix.Stat_t
	must(t, unix.Lstat(other+"/new/file", &a))
	must(t, unix.Lstat(other+"/new/sub/link", &b))
	must(t, unix.Lstat(other+"/new/sparse", &sparse))
	if a.Ino != b.Ino || a.Nlink != 2 {
		t.Error("links were not kept")
	}
	if sparse.Blocks*512 > 1<<20 {
		t.Errorf("20 MiB with one block of data take %d KiB", sparse.Blocks/2)
	}
	only(t, other, "new")
}

// only checks that a folder holds these names and no leftovers.
func only(t *testing.T, dir string, want ...string) {
	t.Helper()
	names, err := list(dir)
	must(t, err)
	if strings.Join(names, " ") != strings.Join(want, " ") {
		t.Errorf("%s holds %q, want %q", dir, names, want)
	}
}

// A move that cannot finish leaves the source, what stood at the target, and
// nothing else.
func TestFailureLeavesBoth(t *testing.T) {
	full := elsewhere(t, "size=1m")
	must(t, os.WriteFile(full+"/old", []byte("old"), 0o644))
	must(t, os.MkdirAll(full+"/busy/x", 0o755))
	source := filepath.Join(t.TempDir(), "tree")
	must(t, os.Mkdir(source, 0o755))
	must(t, os.WriteFile(source+"/a", []byte("a"), 0o644))
	must(t, os.WriteFile(source+"/big", bytes.Repeat([]byte("x"), 3<<20), 0o644))
	before, target := applettest.Tree(t, source), applettest.Tree(t, full)

	cancelled, cancel := context.WithCancel(context.Background())
	cancel()
	for _, c := range []struct {
		ctx            context.Context
		source, target string
		want           error
	}{
		{context.Background(), source, full + "/new", syscall.ENOSPC},
		{context.Background(), source + "/big", full + "/old", syscall.ENOSPC},
		{context.Background(), source, full + "/old", syscall.ENOTDIR},
		{context.Background(), source + "/a", full + "/busy", syscall.EISDIR},
		{context.Background(), source, full + "/busy", syscall.ENOTEMPTY},
		{context.Background(), source + "/nosuch", full + "/new", syscall.ENOENT},
		{context.Background(), source, full + "/no/such", syscall.ENOENT},
		// Page 0 of a process is never mapped: a read of it is an I/O error.
		{context.Background(), "/proc/self/mem", full + "/old", syscall.EIO},
		{cancelled, source + "/a", full + "/old", context.Canceled},
	} {
		if err := (&Mover{}).Move(c.ctx, c.source, c.target); !errors.Is(err, c.want) {
			t.Errorf("%s to %s: %v, want %v", c.source, c.target, err, c.want)
		}
		if got := applettest.Tree(t, source); got != before {
			t.Errorf("source is now %s", got)
		}
		if got := applettest.Tree(t, full); got != target {
			t.Errorf("target is now %s", got)
		}
	}
}

// A folder is not copied into a file system that is mounted below it.
func TestIntoItself(t *testing.T) {
	source := t.TempDir()
	must(t, os.Mkdir(source+"/mnt", 0o755))
	must(t, unix.Mount("relocate-test", source+"/mnt", "tmpfs", 0, "size=1m"))
	t.Cleanup(func() {
		if err := unix.Unmount(source+"/mnt", unix.MNT_DETACH); err != nil {
			t.Error(err)
		}
	})
	must(t, os.WriteFile(source+"/a", []byte("a"), 0o644))
	if err := (&Mover{}).Move(context.Background(), source, source+"/mnt/x"); !errors.Is(err, ErrInside) {
		t.Errorf("%v, want %v", err, ErrInside)
	}
	only(t, source, "a", "mnt")
	only(t, source+"/mnt")
}

// What changed or came while the copy was made is not removed.
func TestRemovesOnlyWhatWasCopied(t *testing.T) {
	source := t.TempDir()
	must(t, os.WriteFile(source+"/same", []byte("x"), 0o644))
	must(t, os.WriteFile(source+"/changed", []byte("x"), 0o644))
	r := run{Mover: &Mover{}, ctx: context.Background(), links: map[[2]uint64]string{}}
	must(t, r.copy(source, filepath.Join(t.TempDir(), "copy")))
	must(t, os.WriteFile(source+"/changed", []byte("longer"), 0o644))
	must(t, os.WriteFile(source+"/came", nil, 0o644))
	if err := r.remove(); !errors.Is(err, ErrChanged) {
		t.Error(err)
	}
	only(t, source, "came", "changed")
}
