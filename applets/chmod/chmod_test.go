package chmod

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"rescuebox/internal/applettest"
)

func TestMain(m *testing.M) { applettest.Main(m, &Applet) }

func TestScripts(t *testing.T) { applettest.Scripts(t) }

func fixture(t testing.TB, dir string) {
	t.Helper()
	for _, name := range []string{"d", "d/sub", "e"} {
		if err := os.Mkdir(filepath.Join(dir, name), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range []string{"f", "x", "d/f", "d/sub/f", "e/target", "-r"} {
		if err := os.WriteFile(filepath.Join(dir, name), nil, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	for path, mode := range map[string]os.FileMode{"x": 0o750 | os.ModeSetuid, "e": 0o2775&0o777 | os.ModeSetgid, "d/sub/f": 0o600} {
		if err := os.Chmod(filepath.Join(dir, path), mode); err != nil {
			t.Fatal(err)
		}
	}
	for link, target := range map[string]string{"link": "f", "d/link": "../e/target", "dangling": "nowhere", "dlink": "d"} {
		if err := os.Symlink(target, filepath.Join(dir, link)); err != nil {
			t.Fatal(err)
		}
	}
}

func TestConfirm(t *testing.T) {
	const octal = "clears the setgid bit of a folder, which the mode does not mention"
	const letters = "does not take this mode; as coreutils"
	const follows = "-R follows no link, even if it is the operand; as coreutils 9.1"
	toybox := func(reason string) map[string]string { return map[string]string{"toybox": reason} }
	both := func(reason string) map[string]string {
		return map[string]string{"busybox": reason, "toybox": reason}
	}
	applettest.Confirmation{Applet: &Applet, Fixture: fixture, Mutates: true, Cases: []applettest.Case{
		{Line: "755 f x d"}, {Line: "0 f"}, {Line: "4755 f"}, {Line: "u+x,g-r f"},
		{Line: "a=rX d f x", Differs: map[string]string{"busybox": "clears x before it looks for X; POSIX looks at the mode as it was"}},
		{Line: "g=u x f", Differs: toybox("clears setuid, which g= does not touch")},
		{Line: "u=rwx,go= f d"}, {Line: "+x f"}, {Line: "-R 700 d"}, {Line: "-R u=rwX,go=rX d e", Differs: both(octal)}, {Line: "-R a-x,a+X d"},
		{Line: "600 nosuch f"}, {Line: "600 link"}, {Line: "600 dangling f"}, {Line: "bad f"}, {Line: "755"}, {},
		{Line: "-- -r f"}, {Line: "u=rw -- -r"}, {Line: "-x x"}, {Line: "-R -v 755 e/target", Differs: both("words it differently; as coreutils")},
		{Line: "u+st f", Differs: toybox("sets the sticky bit for u")},
		{Line: "o+t d", Differs: map[string]string{"busybox": "does not set the sticky bit for o"}},
		{Line: "755 e", Differs: both(octal)}, {Line: "u-s,g-s x e"}, {Line: "00755 e"}, {Line: "-f 755 nosuch f", Differs: both("-f does not silence it; as coreutils")},
		{Line: "u+t f", Differs: toybox(letters)}, {Line: "-R 711 dlink", Differs: both(follows)},
		{Line: "--bad f"}, {Line: "99 f"}, {Line: "77777 f"}, {Line: "u+r+w-x x", Differs: toybox("uses the first operator only")},
	}}.Run(t)

	applettest.Confirmation{
		Applet: &Applet, Fixture: fixture, Mutates: true, Peers: []applettest.Peer{applettest.Coreutils},
		Cases: []applettest.Case{
			{Line: "-v 755 f d x"}, {Line: "-c 644 f x"}, {Line: "-cR u+x d"}, {Line: "--verbose -R go= d/sub"},
			{Line: "--reference=x f d"}, {Line: "--reference nosuch f"}, {Line: "--reference x 755"}, {Line: "--reference=x +x f"},
			{Line: "--reference=x -w f"}, {Line: "--reference=x"},
			{Line: "-w f"}, {Line: "-w,+x f"}, {Line: "-r -x x f"}, {Line: "-rwx x"}, {Line: "-g f"}, {Line: "-7 x"},
			{Line: "=755 e"}, {Line: "+4000 e f"}, {Line: "u=g=o x"}, {Line: "o=u,u=o x"}, {Line: "-Rv 755 d/sub d/link"},
			{Line: "--changes --silent 600 nosuch f"}, {Line: "-vf 600 nosuch"}, {Line: "--recursive --preserve-root 700 d"},
			{Line: "--quiet -- -w f"}, {Line: "a f"}, {Line: "u=q f"}, {Line: ", f"}, {Line: "f -v 755"},
		},
	}.Run(t)
}

// The umask leaves a -w that is not what it says, which is a failure.
func TestSurprise(t *testing.T) {
	dir := t.TempDir()
	fixture(t, dir)
	if err := os.Chmod(filepath.Join(dir, "f"), 0o666); err != nil {
		t.Fatal(err)
	}
	got := applettest.Call(&Applet, applettest.Command{Args: []string{"-w", "f"}, Dir: dir})
	want := "chmod: f: new permissions are r--rw-rw-, not r--r--r--\n"
	if got.Stderr != want || got.Status != 1 {
		t.Errorf("status %d, %q, want %q (with a umask of 022)", got.Status, got.Stderr, want)
	}
}

// A slip must not take the whole system along. The link is what makes it safe to
// try: if the refusal failed, only an empty folder would change.
func TestRoot(t *testing.T) {
	for _, name := range []string{"/", "/.", "//"} {
		if got := isRoot(name); !got {
			t.Errorf("%s is not taken for the root", name)
		}
	}
	link := filepath.Join(t.TempDir(), "link")
	if err := os.Symlink("/", link); err != nil {
		t.Fatal(err)
	}
	if !isRoot(link) || isRoot(filepath.Dir(link)) {
		t.Error("a link to the root is not taken for it")
	}
	// +0 would change nothing.
	got := applettest.Call(&Applet, applettest.Command{Args: []string{"-R", "+0", "/"}})
	if got.Status != 1 || !strings.HasPrefix(got.Stderr, "chmod: /: refusing ") {
		t.Errorf("status %d, %q", got.Status, got.Stderr)
	}
}
