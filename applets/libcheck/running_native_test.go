//go:build amd64

package libcheck

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"rescuebox/internal/applettest"
)

// start starts a program that lives until the test ends and returns its process.
func start(t *testing.T, root string, argv ...string) int {
	t.Helper()
	cmd := exec.Command(argv[0], argv[1:]...)
	cmd.Dir = "/"
	cmd.SysProcAttr = &syscall.SysProcAttr{Chroot: root, Pdeathsig: syscall.SIGKILL}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	// Its first word says that all its libraries are mapped.
	var word [1]byte
	if _, err := out.Read(word[:]); err != nil {
		t.Fatal(err)
	}
	return cmd.Process.Pid
}

// What live processes have mapped is read by the mapping where the path leads to
// another file or to none: here in a root that only the process has, and of a
// program that was deleted.
func TestRunning(t *testing.T) {
	dir, libc := system(t)
	copyFile(t, "/usr/bin/yes", filepath.Join(dir, "usr/bin/yes"), 0o755)
	l := mountLab(t, "ext4-4k", dir)
	deleted := filepath.Join(t.TempDir(), "deleted")
	copyFile(t, "/usr/bin/yes", deleted, 0o755)
	pid, gone := start(t, l.dir, "/usr/bin/yes"), start(t, "", deleted)
	if err := os.Remove(deleted); err != nil {
		t.Fatal(err)
	}
	const offset = 0x160000
	if err := l.FailAlways(sectorOf(t, l, libc, offset)); err != nil {
		t.Fatal(err)
	}
	got := applettest.Call(&Applet, applettest.Command{Args: []string{"--running", "--json", "-v", "--no-digests"}})
	var r struct {
		Damaged []struct {
			Path      string
			Ranges    []jsonRange
			Processes []int
		}
		Errors []struct{ Path string }
	}
	if err := json.Unmarshal([]byte(got.Stdout), &r); err != nil {
		t.Fatal(err, got.Stdout)
	}
	for _, e := range r.Errors {
		if e.Path == deleted {
			t.Errorf("%s could not be looked at", deleted)
		}
	}
	if len(r.Damaged) != 1 || got.Status != 1 {
		t.Fatalf("status %d: %s%s", got.Status, got.Stdout, got.Stderr)
	}
	d := r.Damaged[0]
	if filepath.Base(d.Path) != "libc.so.6" || !slices.Contains(d.Processes, pid) || slices.Contains(d.Processes, gone) ||
		len(d.Ranges) != 1 || d.Ranges[0].Offset != offset {
		t.Errorf("%+v, want process %d", d, pid)
	}
	text := applettest.Call(&Applet, applettest.Command{Args: []string{"--running", "--no-digests"}})
	if !strings.Contains(text.Stdout, "Mapped by 1 process: ") {
		t.Errorf("%s%s", text.Stdout, text.Stderr)
	}
}
