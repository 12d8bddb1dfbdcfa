package rootfs

import (
	"errors"
	"os"
	"path/filepath"
	"syscall"
	"testing"
)

// tree makes a root with links that lead everywhere.
func tree(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	for _, d := range []string{"usr/lib/x", "opt/y", "etc"} {
		if err := os.MkdirAll(filepath.Join(dir, d), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	for link, target := range map[string]string{
		"lib":          "usr/lib",
		"lib64":        "/usr/lib",
		"usr/lib/abs":  "/opt/y/file",
		"usr/lib/rel":  "../../opt/y/file",
		"usr/lib/out":  "../../../../../../etc/mark",
		"loop":         "loop2",
		"loop2":        "/loop",
		"dangling":     "/nowhere",
		"opt/y/chain":  "/lib64/abs",
		"usr/lib/x/up": "..",
	} {
		if err := os.Symlink(target, filepath.Join(dir, link)); err != nil {
			t.Fatal(err)
		}
	}
	for _, f := range []string{"opt/y/file", "etc/mark"} {
		if err := os.WriteFile(filepath.Join(dir, f), []byte(f), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func TestResolve(t *testing.T) {
	r := New(tree(t) + "/")
	for _, c := range []struct {
		path, want string
		err        error
	}{
		{"/", "/", nil},
		{"/lib", "/usr/lib", nil},
		{"lib64/", "/usr/lib", nil},
		{"/lib64/abs", "/opt/y/file", nil},
		{"/lib/rel", "/opt/y/file", nil},
		{"/lib/out", "/etc/mark", nil},
		{"/../../etc/./mark", "/etc/mark", nil},
		{"/opt/y/chain", "/opt/y/file", nil},
		{"/usr/lib/x/up/x/../abs", "/opt/y/file", nil},
		{"/loop", "", syscall.ELOOP},
		{"/dangling", "", syscall.ENOENT},
		{"/etc/mark/x", "", syscall.ENOTDIR},
		{"", "", syscall.ENOENT},
	} {
		got, err := r.Resolve(c.path)
		if got != c.want || !errors.Is(err, c.err) {
			t.Errorf("Resolve(%q) = %q, %v, want %q, %v", c.path, got, err, c.want, c.err)
		}
	}
}

func TestOpenInside(t *testing.T) {
	r := New(tree(t))
	data, err := r.ReadFile("/lib64/abs", 100)
	if err != nil || string(data) != "opt/y/file" {
		t.Errorf("ReadFile: %q, %v", data, err)
	}
	if _, err := r.ReadFile("/lib64/abs", 3); !errors.Is(err, syscall.EFBIG) {
		t.Errorf("a file over the limit: %v", err)
	}
	if info, err := r.Stat("/lib64"); err != nil || !info.IsDir() {
		t.Errorf("Stat: %v, %v", info, err)
	}
	if list, err := r.ReadDir("/lib64/x"); err != nil || len(list) != 1 {
		t.Errorf("ReadDir: %v, %v", list, err)
	}
}

func TestCheck(t *testing.T) {
	dir := tree(t)
	for path, want := range map[string]error{
		dir: nil, "/": nil, dir + "/nosuch": syscall.ENOENT, dir + "/etc/mark": syscall.ENOTDIR,
	} {
		if err := New(path).Check(); !errors.Is(err, want) {
			t.Errorf("%s: %v, want %v", path, err, want)
		}
	}
}

func TestHostRoot(t *testing.T) {
	for _, r := range []Root{{}, New("/")} {
		if !r.IsHost() {
			t.Fatal("not the host's root")
		}
		dir, err := filepath.EvalSymlinks(tree(t))
		if err != nil {
			t.Fatal(err)
		}
		if got, err := r.Resolve(dir + "/lib/x/../x/up"); err != nil || got != dir+"/usr/lib" {
			t.Errorf("Resolve = %q, %v", got, err)
		}
		wd, err := os.Getwd()
		if err != nil {
			t.Fatal(err)
		}
		if got, err := r.Resolve("."); err != nil || r.Host(got) != wd {
			t.Errorf("Resolve(.) = %q, %v, want %q", got, err, wd)
		}
	}
}
