//go:build amd64

package mv

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"rescuebox/internal/applettest"
)

// The fixture is moved to another file system by coreutils and by mv.
func TestConfirmAcross(t *testing.T) {
	other := t.TempDir()
	if err := unix.Mount("mv-test", other, "tmpfs", 0, "size=4m"); err != nil {
		t.Fatalf("mount of a tmpfs: %v (run as root)", err)
	}
	t.Cleanup(func() {
		if err := unix.Unmount(other, unix.MNT_DETACH); err != nil {
			t.Error(err)
		}
	})
	clean := func(t testing.TB, dir string) {
		fixture(t, dir)
		for _, name := range []string{"d", "a", "x", "link", "dangling"} {
			if err := os.RemoveAll(filepath.Join(other, name)); err != nil {
				t.Fatal(err)
			}
		}
		if err := os.WriteFile(filepath.Join(other, "x"), []byte("x"), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Symlink(other, filepath.Join(dir, "other")); err != nil {
			t.Fatal(err)
		}
	}
	applettest.Confirmation{
		Applet: &Applet, Fixture: clean, Mutates: true,
		Cases: []applettest.Case{
			{Line: "d a other"}, {Line: "a other/x"}, {Line: "-n a other/x"}, {Line: "d other/x"}, {Line: "link dangling other/"},
			{Line: "other/x b"}, {Line: "nosuch other"}, {Line: "a other/no/such"}, {Line: "-i a other/x", Stdin: "n\n"}, {Line: "other/x d"},
		},
	}.Run(t)

	dir := t.TempDir()
	clean(t, dir)
	got := applettest.Call(&Applet, applettest.Command{Args: []string{"-v", "d", "other"}, Dir: dir})
	if want := "copied 'd' -> 'other/d'\nremoved 'd'\n"; got.Stdout != want || got.Status != 0 || got.Stderr != "" {
		t.Errorf("%+v", got)
	}
	if tree := applettest.Tree(t, filepath.Join(other, "d")); strings.Count(tree, "\n") != 3 {
		t.Error(tree)
	}
}
