package mktemp

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"rescuebox/internal/applettest"
)

func TestMain(m *testing.M) { applettest.Main(m, &Applet) }

func TestScripts(t *testing.T) { applettest.Scripts(t) }

func fixture(t testing.TB, dir string) {
	t.Helper()
	if err := os.Mkdir(filepath.Join(dir, "d"), 0o755); err != nil {
		t.Fatal(err)
	}
}

// normalize puts X in place of what was chosen: runs of the length of a template.
func normalize(stdout string) string {
	return regexp.MustCompile(`(tmp|t|u|[.])[.](XXX/)?[-_A-Za-z0-9]{3,}`).ReplaceAllString(stdout, "$1.XXX")
}

// normalizeAny also knows toybox's other letters.
func normalizeAny(stdout string) string {
	return regexp.MustCompile(`(tmp|t)[.][-._A-Za-z0-9]{3,}`).ReplaceAllString(stdout, "$1.XXX")
}

// The names differ with each run, so the trees are not compared: nothing is made.
func TestConfirm(t *testing.T) {
	const own = "does not know this template or option; as coreutils"
	busybox := map[string]string{"busybox": own}
	both := map[string]string{"busybox": own, "toybox": own}
	tmp := []string{"TMPDIR=d"}
	applettest.Confirmation{Applet: &Applet, Fixture: fixture, Normalize: normalizeAny, Cases: []applettest.Case{
		{Line: "-u t.XXXXXX"}, {Line: "-u"}, {Line: "-u", Env: tmp}, {Line: "-ud t.XXXXXX"}, {Line: "-u -p d t.XXXXXX"},
		{Line: "-u -t t.XXXXXX"}, {Line: "-u -t t.XXXXXX", Env: tmp}, {Line: "-u a b"}, {Line: "-p nosuch"}, {Line: "-q nosuch/t.XXXXXX"},
		{Line: "nosuch/t.XXXXXX"}, {Line: "-d nosuch/t.XXXXXX"}, {Line: "-Z"}, {Line: "-u d/t.XXXXXXXXX"}, {Line: "-q -d -p nosuch"},
		{Line: "t"}, {Line: "-u t.XX"}, {Line: "-u t.XXX", Differs: busybox}, {Line: "-u t.XXXXXX.log", Differs: both},
		{Line: "-u --suffix=.log t.XXXXXX", Differs: both},
	}}.Run(t)
	applettest.Confirmation{
		Applet: &Applet, Fixture: fixture, Normalize: normalize, Peers: []applettest.Peer{applettest.Coreutils},
		Cases: []applettest.Case{
			{Line: "-u --tmpdir t.XXX", Env: tmp}, {Line: "-u --tmpdir=d t.XXX"}, {Line: "-u --tmpdir=d/ t.XXX"}, {Line: "-u --tmpdir= t.XXX", Env: tmp},
			{Line: "-u -p d /t.XXX"}, {Line: "-u -p d sub/t.XXX"}, {Line: "-u -t sub/t.XXX"}, {Line: "-u -t -p d t.XXX"},
			{Line: "-u -t -p d t.XXX", Env: []string{"TMPDIR=/e"}}, {Line: "-u -p d t.XXX", Env: []string{"TMPDIR=/e"}},
			{Line: "-u --suffix=log t.XXX.txt"}, {Line: "-u --suffix=/log t.XXX"}, {Line: "-u --suffix= t.XXX"}, {Line: "-u t.XXX/f"},
			{Line: "-u t.XXXX.X"}, {Line: "-u --suffix XXX t.XX"}, {Line: "-u t.XXX/XXXX"}, {Line: "-q t.X"}, {Line: "--quiet --directory nosuch/t.XXX"},
			{Line: "-u --tmpdir"}, {Line: "-u --tmpdir nosuch/t.XXX"}, {Args: []string{"-u", ""}},
		},
	}.Run(t)
}

// What is made is new, private and where the name says; and no run makes it twice.
func TestCreate(t *testing.T) {
	dir := t.TempDir()
	seen := map[string]bool{}
	for _, args := range []string{"t.XXXXXX", "-d t.XXXXXX", "-p . --suffix=.log t.XXXXXX"} {
		for range 50 {
			got := applettest.Call(&Applet, applettest.Command{Args: strings.Fields(args), Dir: dir})
			name, _ := strings.CutSuffix(got.Stdout, "\n")
			if got.Status != 0 || seen[name] {
				t.Fatalf("%s: status %d, %q, %s", args, got.Status, got.Stdout, got.Stderr)
			}
			seen[name] = true
			info, err := os.Lstat(filepath.Join(dir, name))
			if err != nil {
				t.Fatal(err)
			}
			want := os.FileMode(0o600)
			if strings.HasPrefix(args, "-d") {
				want = 0o700 | os.ModeDir
			}
			if info.Mode() != want {
				t.Errorf("%s: %v", args, info.Mode())
			}
		}
	}
}
