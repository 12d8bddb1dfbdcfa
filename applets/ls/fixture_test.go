package ls

import (
	"io/fs"
	"os"
	"path/filepath"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"rescuebox/internal/applettest"
)

func TestMain(m *testing.M) { applettest.Main(m, &Applet) }

func check(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// fixture fills dir with every kind of file, and with names and times of every
// kind. It needs root, for devices and owners.
func fixture(t testing.TB, dir string) {
	in := func(name string) string { return filepath.Join(dir, name) }
	for _, d := range []string{"dir", "dir/sub", "dir/sub/deep", "empty", "names", "versions", "many", "kinds", "sizes", "times", "owners", "utf8", "plain"} {
		check(t, os.Mkdir(in(d), 0o755))
	}
	write := func(name string, size int) {
		f, err := os.Create(in(name))
		check(t, err)
		_, err = f.Write(make([]byte, size))
		check(t, err)
		check(t, f.Sync()) // blocks are allocated now, not while it is listed
		check(t, f.Close())
	}
	for _, name := range []string{
		"file", "a.c", "b.c", "b.h", "c", ".hidden", "backup~", "-dash", "dir/x", "dir/y.tar.gz", "dir/.z", "dir/sub/q", "dir/sub/deep/bottom",
		"names/a b", "names/it's", "names/new\nline", "names/tab\t", "names/\x01\x7f", "names/back\\slash", "names/\"q\"", "names/#hash", "names/a#b",
		"names/~", "names/{", "names/{x}", "names/$x", "names/colon:", "names/at@", "names/it's $5", "names/q?*", "names/\xff", "names/caf\xc3\xa9", "names/-", "names/=x", "names/'\n'", "names/it's #1", "names/^x", "names/[x]", "names/!y", "names/%y", "names/it's{a}",
		"utf8/\xe6\x97\xa5\xe6\x9c\xac", "utf8/caf\xc3\xa9", "utf8/cafe\xcc\x81", "utf8/bad\xc3", "utf8/zero\xe2\x80\x8bwidth", "utf8/plain",
	} {
		write(name, len(name))
	}
	for _, name := range []string{"file-1.2.tar.gz", "file-1.10.tar.gz", "file-1.2~rc1", "file1", "file01", "file001", "file10", "file9", "a", "A", "_", "1", "01.txt", ".b", "x.1.y", "x.1.10", "lib.so.6", "lib.so.10", "z~", "z", "a.0", "a.b", "12345678901234567890", "12345678901234567891"} {
		write("versions/"+name, 0)
	}
	for i := range 40 {
		name := "n" + string(rune('a'+i%26)) + "0123456789abcdefghijklmnopqrstuvwxyz"[:i*7%23]
		write("many/"+name+string(rune('0'+i%10)), i)
	}
	for name, size := range map[string]int{"zero": 0, "one": 1, "k": 1024, "k1": 1025, "under10k": 10189, "over10k": 10200, "m": 1 << 20, "thousand": 1000, "same": 1} {
		write("sizes/"+name, size)
	}
	check(t, os.Truncate(in("sizes/one"), 1))
	write("sizes/sparse", 4096)
	check(t, os.Truncate(in("sizes/sparse"), 3<<30))
	write("sizes/almost1m", 1)
	check(t, os.Truncate(in("sizes/almost1m"), 1<<20-1))

	for name, mode := range map[string]uint32{
		"plain": 0o644, "exec": 0o755, "setuid": 0o4755, "setuid-noexec": 0o4644, "setgid": 0o2755, "setgid-noexec": 0o2644, "sticky": 0o1644, "all": 0o7777, "none": 0,
	} {
		write("kinds/"+name, 3)
		check(t, unix.Chmod(in("kinds/"+name), mode))
	}
	for name, mode := range map[string]uint32{"d": 0o755, "tmp": 0o1777, "world": 0o777, "d-sticky": 0o1755} {
		check(t, os.Mkdir(in("kinds/"+name), 0o755))
		check(t, unix.Chmod(in("kinds/"+name), mode))
	}
	check(t, unix.Mkfifo(in("kinds/fifo"), 0o644))
	check(t, unix.Mknod(in("kinds/socket"), unix.S_IFSOCK|0o755, 0))
	for name, dev := range map[string]uint64{"null": unix.Mkdev(1, 3), "loop": unix.Mkdev(7, 200)} {
		kind := uint32(unix.S_IFCHR)
		if name == "loop" {
			kind = unix.S_IFBLK
		}
		if err := unix.Mknod(in("kinds/"+name), kind|0o660, int(dev)); err != nil {
			t.Fatalf("mknod: %v: run the tests as root (sudo go test), with CAP_MKNOD", err)
		}
	}
	for name, target := range map[string]string{
		"link": "file", "link-dir": "dir", "link-broken": "nowhere", "link-loop": "link-loop", "link-link": "link", "kinds/l": "exec", "kinds/ld": "tmp", "kinds/lbroken": "no where", "dir/up": "..", "names/l'": "a b",
	} {
		check(t, os.Symlink(target, in(name)))
	}
	check(t, os.Link(in("file"), in("hard")))
	check(t, os.Link(in("file"), in("plain/file")))
	write("plain/other", 5000)
	owners(t, in)
	stamps(t, in)
	settle(t, dir)
}

// owners gives names, numbers and lengths of both kinds.
func owners(t testing.TB, in func(string) string) {
	for name, id := range map[string][2]int{"root": {0, 0}, "daemon": {1, 1}, "number": {54321, 987654}, "mixed": {0, 65000}, "long": {2000000000, 2}} {
		check(t, os.WriteFile(in("owners/"+name), nil, 0o640))
		check(t, os.Chown(in("owners/"+name), id[0], id[1]))
	}
}

// stamps sets the times of every file: of a day in the past unless it is about
// times.
func stamps(t testing.TB, in func(string) string) {
	day := 24 * time.Hour
	now := time.Now()
	for name, age := range map[string]time.Duration{"old": 400 * day, "half": 183 * day, "recent": 3 * day, "now": time.Minute, "future": -40 * day, "ancient": 40 * 365 * day} {
		check(t, os.WriteFile(in("times/"+name), nil, 0o644))
		check(t, os.Chtimes(in("times/"+name), now.Add(-age/2), now.Add(-age)))
	}
	for _, name := range []string{"tie2", "tie1"} {
		check(t, os.WriteFile(in("times/"+name), nil, 0o644))
		check(t, os.Chtimes(in("times/"+name), time.Unix(1234567890, 123456789), time.Unix(1234567890, 123456789)))
	}
	check(t, os.WriteFile(in("times/tie3"), nil, 0o644))
	check(t, os.Chtimes(in("times/tie3"), time.Unix(1234567890, 123456788), time.Unix(1234567890, 123456788)))
	check(t, os.WriteFile(in("times/before1970"), nil, 0o644))
	check(t, os.Chtimes(in("times/before1970"), time.Unix(-1000, 0), time.Unix(-1000, 0)))
	for i, name := range []string{"a.c", "b.c", "b.h", "c", "file", "backup~", "-dash"} {
		at := time.Date(2024, 2, 10+i, 3, 4, 5, 0, time.UTC)
		check(t, os.Chtimes(in(name), at.Add(-time.Duration(i*i)*time.Hour), at))
	}
}

// settle reads every directory and link once: the first read sets the time of
// access (relatime), which must not happen between two listings.
func settle(t testing.TB, dir string) {
	check(t, filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err == nil && d.Type() == fs.ModeSymlink {
			_, err = os.Readlink(path)
		}
		return err
	}))
}
