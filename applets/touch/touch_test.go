package touch

import (
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"rescuebox/internal/applettest"
)

func TestMain(m *testing.M) { applettest.Main(m, &Applet) }

func TestScripts(t *testing.T) { applettest.Scripts(t) }

func fixture(t testing.TB, dir string) {
	t.Helper()
	if err := os.Mkdir(filepath.Join(dir, "d"), 0o755); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"f", "ref"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte("x"), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	for link, target := range map[string]string{"link": "f", "dangling": "made", "lost": "no/where"} {
		if err := os.Symlink(target, filepath.Join(dir, link)); err != nil {
			t.Fatal(err)
		}
	}
	old := time.Unix(1_000_000_000, 123_456_789)
	if err := os.Chtimes(filepath.Join(dir, "ref"), old.Add(-time.Hour), old); err != nil {
		t.Fatal(err)
	}
}

// What is made, and what is refused.
func TestConfirm(t *testing.T) {
	const option = "does not know this option or date; as coreutils"
	both := map[string]string{"busybox": option, "toybox": option}
	applettest.Confirmation{Applet: &Applet, Fixture: fixture, Mutates: true, Cases: []applettest.Case{
		{}, {Line: "new"}, {Line: "f new d"}, {Line: "-c new"}, {Line: "-c nosuch f"}, {Line: "no/such new"}, {Line: "dangling"}, {Line: "lost"},
		{Line: "-h link"}, {Line: "-h dangling"}, {Line: "-r ref new"}, {Line: "-r nosuch new"}, {Line: "-d 2001-02-03 new"}, {Line: "-d @5 new"},
		{Line: "-t 200102030405 new"}, {Line: "-t 0102030405.06 new"}, {Line: "-t 13010000 new"}, {Line: "-t x new"}, {Line: "-d never new"},
		{Line: "-a new"}, {Line: "-m new"}, {Line: "-- -f"}, {Line: "-Q new"}, {Line: "f/x"}, {Line: "d/"}, {Line: "-amc new"},
		{Args: []string{"-d", "3 days ago", "new"}, Differs: both},
	}}.Run(t)
	applettest.Confirmation{
		Applet: &Applet, Fixture: fixture, Mutates: true, Peers: []applettest.Peer{applettest.Coreutils},
		Cases: []applettest.Case{
			{Line: "-h nosuch"}, {Line: "-ch nosuch"}, {Line: "--no-create new"}, {Line: "--time=atime new"}, {Line: "--time=never new"},
			{Line: "--reference=ref --date=now new"}, {Line: "-r ref -t 01010101 new"}, {Line: "-d now -t 01010101 new"}, {Line: "-t 01010101.60 new"},
			{Line: "-t 02300000 new"}, {Line: "-t 200102032405 new"}, {Line: "-t 1.2 new"}, {Line: "-f new"}, {Args: []string{""}}, {Args: []string{"-d", "", "new"}},
		},
	}.Run(t)
}

// The times that are set are coreutils' to the nanosecond.
func TestTimes(t *testing.T) {
	for _, args := range [][]string{
		{"-d", "2001-02-03 04:05:06.789"}, {"-d", "@1000000000.5"}, {"-t", "200102030405.06"}, {"-t", "6902030405"}, {"-t", "6802030405"},
		{"-r", "ref"}, {"-r", "ref", "-a"}, {"-m", "-d", "2001-02-03"}, {"-a", "-d", "2001-02-03 UTC"}, {"--time=use", "-d", "2001-02-03"},
		{"-r", "ref", "-d", "1 day"}, {"-r", "ref", "-d", "-1 hour", "-m"}, {"-h", "-d", "2001-02-03"}, {"-d", "1969-12-31 23:59:59.25"},
		{"-d", "2037-01-01"}, {"-d", "2001-07-01 12:00", "-a", "-m"},
	} {
		for _, zone := range []string{"UTC", "EST5EDT"} {
			ours, theirs := t.TempDir(), t.TempDir()
			for _, dir := range []string{ours, theirs} {
				fixture(t, dir)
				for _, name := range []string{"f", "link"} {
					old := []unix.Timespec{{Sec: 100}, {Sec: 200}}
					if err := unix.UtimesNanoAt(unix.AT_FDCWD, filepath.Join(dir, name), old, unix.AT_SYMLINK_NOFOLLOW); err != nil {
						t.Fatal(err)
					}
				}
			}
			args := append(args[:len(args):len(args)], "link", "new")
			got := applettest.Call(&Applet, applettest.Command{Args: args, Dir: ours, Env: []string{"TZ=" + zone}})
			if strconv.IntSize == 32 && strings.Contains(got.Stderr, "date is out of range") && args[1] == "6802030405" {
				continue // 2068 is beyond the 32-bit times of such a system
			}
			path, err := exec.LookPath("/usr/bin/touch")
			if err != nil {
				t.Fatal("apt-get install coreutils")
			}
			cmd := exec.Command(path, args...)
			cmd.Dir, cmd.Env = theirs, []string{"LC_ALL=C", "TZ=" + zone}
			_ = cmd.Run() // -h fails for new
			if want := cmd.ProcessState.ExitCode(); got.Status != want {
				t.Errorf("%q: status %d, want %d: %s", args, got.Status, want, got.Stderr)
			}
			for _, name := range []string{"f", "link", "new"} {
				var a, b unix.Stat_t
				errA, errB := unix.Lstat(filepath.Join(ours, name), &a), unix.Lstat(filepath.Join(theirs, name), &b)
				if errA != errB || !same(a.Atim, b.Atim) || !same(a.Mtim, b.Mtim) {
					t.Errorf("TZ=%s %q: %s: %v %v, want %v %v", zone, args, name, a.Atim, a.Mtim, b.Atim, b.Mtim)
				}
			}
		}
	}
}

// same takes two times of this minute for the same now.
func same(a, b unix.Timespec) bool {
	now := time.Now().Unix()
	if int64(a.Sec) > now-600 && int64(a.Sec) <= now+5 && int64(b.Sec) > now-600 && int64(b.Sec) <= now+5 {
		return true
	}
	return a == b
}

func FuzzStamp(f *testing.F) {
	for _, s := range []string{"200102030405.06", "0102030405", "01020304", "13320000", "x"} {
		f.Add(s)
	}
	now := time.Unix(1_000_000_000, 0)
	f.Fuzz(func(t *testing.T, text string) {
		got, err := parseStamp(text, now, time.UTC)
		if err != nil {
			return
		}
		want := got.Format("200601021504.05")
		if digits, sec, _ := strings.Cut(text, "."); sec != "60" && !strings.Contains(want, digits) {
			t.Fatalf("%q: %s", text, want)
		}
	})
}
