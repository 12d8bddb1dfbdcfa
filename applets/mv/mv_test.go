package mv

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"rescuebox/internal/applettest"
)

func TestMain(m *testing.M) { applettest.Main(m, &Applet) }

func TestScripts(t *testing.T) { applettest.Scripts(t) }

func fixture(t testing.TB, dir string) {
	t.Helper()
	for _, name := range []string{"d", "d/sub", "e", "full", "full/d"} {
		if err := os.Mkdir(filepath.Join(dir, name), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	for age, name := range []string{"new", "a", "b", "d/a", "full/d/x", "old", "-x"} {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(name), 0o644); err != nil {
			t.Fatal(err)
		}
		when := time.Unix(1_000_000_000-int64(age), 0)
		if err := os.Chtimes(path, when, when); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Link(filepath.Join(dir, "a"), filepath.Join(dir, "hard")); err != nil {
		t.Fatal(err)
	}
	for link, target := range map[string]string{"link": "a", "dlink": "d", "dangling": "nowhere"} {
		if err := os.Symlink(target, filepath.Join(dir, link)); err != nil {
			t.Fatal(err)
		}
	}
}

func TestConfirm(t *testing.T) {
	const option = "does not know this option; as coreutils"
	const links = "drops one of two names of a file; that may be the wrong one, so as coreutils 9.1"
	const itself = "says nothing of a file that is its own target; as coreutils"
	const twice = "lets the second of two sources replace the first"
	both := func(reason string) map[string]string {
		return map[string]string{"busybox": reason, "toybox": reason}
	}
	toybox := func(reason string) map[string]string { return map[string]string{"toybox": reason} }
	applettest.Confirmation{Applet: &Applet, Fixture: fixture, Mutates: true, Cases: []applettest.Case{
		{}, {Line: "a"}, {Line: "a c"}, {Line: "a b"}, {Line: "a d"}, {Line: "a b d"}, {Line: "a b nosuch"}, {Line: "a b old"},
		{Line: "a nosuch/x"}, {Line: "nosuch b"}, {Line: "nosuch a d"}, {Line: "d e"}, {Line: "d newname"}, {Line: "d/ newname"},
		{Line: "d full"}, {Line: "link d"}, {Line: "a dlink"}, {Line: "a dangling"}, {Line: "dangling c"}, {Line: "dlink e"},
		{Line: "d d/sub"}, {Line: "a d/"}, {Line: "-f a b"}, {Line: "-n a b"}, {Line: "-n a c"}, {Line: "-fn a b"}, {Line: "-nf a b", Differs: toybox("-n wins over a later -f; the last one counts")},
		{Line: "-i a b", Stdin: "y\n"}, {Line: "-i a b", Stdin: "n\n"}, {Line: "-i a b c d", Stdin: "n\n"}, {Line: "-i a c"},
		{Line: "-- -x y"}, {Line: "-Q a b"}, {Line: "d a"}, {Line: "-u new old", Differs: both(option)}, {Line: "-u old new", Differs: both(option)}, {Line: "-u a c", Differs: both(option)},
		{Line: "-t d b old"}, {Line: "-t nosuch a"}, {Line: "-T a c"}, {Line: "-T e d"}, {Line: "-T d e", Differs: toybox("-T refuses an empty folder; as coreutils")}, {Line: "-T a d"},
		{Line: "a hard", Differs: both(links)}, {Line: "a a", Differs: both(itself)}, {Line: "a link"}, {Line: "link a", Differs: both("replaces a file by the link to it, which loses the file")}, {Line: "d/a a e", Differs: both(twice)}, {Line: "-i old d/a d", Stdin: "\n", Differs: both(itself)},
	}}.Run(t)
	applettest.Confirmation{
		Applet: &Applet, Fixture: fixture, Mutates: true, Peers: []applettest.Peer{applettest.Coreutils},
		Cases: []applettest.Case{
			{Line: "-v a c"}, {Line: "-v a b d e"}, {Line: "-v d/ n"}, {Line: "-v a hard"}, {Line: "-vn a b"}, {Line: "-vu old new"},
			{Line: "--target-directory=d --verbose b old"}, {Line: "-T a b c"}, {Line: "-t d -T a"}, {Line: "-t d -t e a"}, {Line: "-t a b"},
			{Line: "--no-target-directory dlink e"}, {Line: "--strip-trailing-slashes dlink/ n", Differs: map[string]string{"coreutils": "9.1 renames the name with its slash, which fails"}}, {Line: "dlink/ n"}, {Line: "a c/"},
			{Line: "--no-clobber --update new old"}, {Line: "--force --interactive a b", Stdin: "yes\n"}, {Line: "./a a"}, {Line: "a d/../a"},
			{Line: "d/. e"}, {Line: "hard e/hard"}, {Args: []string{"", "c"}}, {Args: []string{"a", ""}}, {Line: "-v d/a new e d"},
		},
	}.Run(t)
}
