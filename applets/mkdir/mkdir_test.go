package mkdir

import (
	"os"
	"path/filepath"
	"testing"

	"rescuebox/internal/applettest"
)

func TestMain(m *testing.M) { applettest.Main(m, &Applet) }

func TestScripts(t *testing.T) { applettest.Scripts(t) }

func fixture(t testing.TB, dir string) {
	t.Helper()
	for _, name := range []string{"d", "gid"} {
		if err := os.Mkdir(filepath.Join(dir, name), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Chmod(filepath.Join(dir, "gid"), 0o755|os.ModeSetgid); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "f"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	for link, target := range map[string]string{"link": "d", "dangling": "nowhere"} {
		if err := os.Symlink(target, filepath.Join(dir, link)); err != nil {
			t.Fatal(err)
		}
	}
}

func TestConfirm(t *testing.T) {
	const posix = "lets the umask into a mode that sets special bits only; POSIX starts from a=rwx"
	differs := func(peer, reason string) map[string]string { return map[string]string{peer: reason} }
	applettest.Confirmation{Applet: &Applet, Fixture: fixture, Mutates: true, Cases: []applettest.Case{
		{}, {Line: "a"}, {Line: "a b d c"}, {Line: "d"}, {Line: "f"}, {Line: "a/b/c x"}, {Line: "-p a/b/c"}, {Line: "-p a//b///c/"},
		{Line: "-p d d/x d/x"}, {Line: "-p f"}, {Line: "-p f/x y"}, {Line: "-p link/x"}, {Line: "-p dangling/x"}, {Line: "dangling"},
		{Line: "a/"}, {Line: "-p ./a/../b"}, {Line: "-m 700 a"}, {Line: "-m700 a b"}, {Line: "-m 1777 a"}, {Line: "-p -m 700 a/b"},
		{Line: "-m u=rwx,go= a"}, {Line: "-m go-w,o+t a", Differs: differs("busybox", "does not set the sticky bit for o")},
		{Line: "-m a-x,+X a", Differs: map[string]string{
			"busybox": "a new folder is none to X; as coreutils", "toybox": "a new folder is none to X; as coreutils",
		}},
		{Line: "-p -m 700 d"}, {Line: "gid/a"},
		{Line: "-- -p"}, {Line: "-Q a"}, {Line: "-m bad a"}, {Line: "-m 2755 a", Differs: differs("toybox", "ignores the setgid bit of the mode")}, {Line: "-m"},
	}}.Run(t)
	applettest.Confirmation{
		Applet: &Applet, Fixture: fixture, Mutates: true, Peers: []applettest.Peer{applettest.Coreutils},
		Cases: []applettest.Case{
			{Line: "-v a b"}, {Line: "-pv a/b/c d/e"}, {Line: "-pv a//b/"}, {Line: "--parents --verbose --mode=711 a/b"},
			{Line: "-m 755 gid/a"}, {Line: "-m 00755 gid/a"}, {Line: "-m g-s gid/a"}, {Line: "-m u=rwx,go= gid/a"}, {Line: "-m +t gid/a", Differs: differs("coreutils", posix)},
			{Line: "-p gid/a/b"}, {Line: "-m =rwX a"}, {Line: "-m o=u-w a"}, {Line: "-m 0 a"}, {Line: "-m -w a"}, {Line: "--mode a"},
		},
	}.Run(t)
}
