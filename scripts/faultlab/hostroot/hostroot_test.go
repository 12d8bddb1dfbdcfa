package hostroot

import (
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
)

// What was added runs in the root alone.
func TestChroot(t *testing.T) {
	r := New(t.TempDir())
	for _, p := range []string{"/bin/bash", "/bin/ls"} {
		if err := r.AddProgram(p); err != nil {
			t.Fatal(err)
		}
	}
	if err := r.Write("/etc/motd", "hello\n", 0o644); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("/bin/bash", "-c", "ls /etc && [ -e /bin/ls ]")
	cmd.SysProcAttr = &syscall.SysProcAttr{Chroot: r.Dir} // needs root
	cmd.Dir, cmd.Env = "/", []string{"PATH=/bin"}
	out, err := cmd.CombinedOutput()
	if err != nil || string(out) != "motd\n" {
		t.Errorf("%v: %s", err, out)
	}
}

func TestAddTree(t *testing.T) {
	host := t.TempDir()
	for _, name := range []string{"a/b/one", "a/two", "a/left/out"} {
		if err := os.MkdirAll(filepath.Dir(filepath.Join(host, name)), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(host, name), []byte(name), 0o640); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink("a/b", filepath.Join(host, "link")); err != nil {
		t.Fatal(err)
	}
	r := New(t.TempDir())
	if err := r.AddTree(host, func(path string) bool { return filepath.Base(path) == "left" }); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{"a/b/one": "a/b/one", "a/two": "a/two", "link/one": "a/b/one"} {
		got, err := os.ReadFile(r.Path(filepath.Join(host, name)))
		if err != nil || string(got) != want {
			t.Errorf("%s: %q, %v", name, got, err)
		}
	}
	if _, err := os.Lstat(r.Path(filepath.Join(host, "a/left"))); err == nil {
		t.Error("a/left was to be left out")
	}
}
