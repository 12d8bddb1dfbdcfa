package ls

import (
	"os"
	"runtime"
	"testing"

	"golang.org/x/sys/unix"

	"rescuebox/internal/applettest"
)

// asNobody runs the applet in the working directory as a user without rights: the
// credentials of Linux belong to a thread, and this one ends afterwards.
func asNobody(t *testing.T, args ...string) applettest.Result {
	t.Helper()
	result := make(chan applettest.Result)
	var errno error
	go func() {
		runtime.LockOSThread()
		none := ^uintptr(0)
		if _, _, e := unix.RawSyscall(unix.SYS_SETRESUID, none, 65534, none); e != 0 {
			errno = e
		}
		result <- applettest.Call(&Applet, applettest.Command{Args: args, Env: []string{"TZ=UTC"}})
	}()
	r := <-result
	if errno != nil {
		t.Fatalf("setresuid: %v: run the tests as root (sudo go test)", errno)
	}
	return r
}

// What may not be read is listed all the same.
func TestNoPermission(t *testing.T) {
	dir := t.TempDir()
	t.Chdir(dir)
	check(t, os.Chmod(".", 0o755))
	for _, d := range []string{"closed", "blind", "blind/sub"} {
		check(t, os.Mkdir(d, 0o755))
	}
	check(t, os.WriteFile("blind/file", nil, 0o644))
	check(t, os.Symlink("file", "blind/link"))
	check(t, os.Chmod("closed", 0o711))
	check(t, os.Chmod("blind", 0o744)) // names can be read, inodes cannot
	for _, c := range []struct {
		args []string
		want applettest.Result
	}{
		{[]string{"closed"}, applettest.Result{Stderr: "ls: closed: Permission denied\n", Status: 2}},
		{[]string{"-R"}, applettest.Result{
			Stdout: ".:\nblind\nclosed\n\n./blind:\nfile\nlink\nsub\n",
			Stderr: "ls: ./blind/sub: Permission denied\nls: ./closed: Permission denied\n", Status: 1,
		}},
		{[]string{"-p", "blind"}, applettest.Result{Stdout: "file\nlink\nsub/\n"}},
		{[]string{"-l", "blind"}, applettest.Result{
			Stdout: "total 0\n-????????? ? ? ? ?            ? file\nl????????? ? ? ? ?            ? link\nd????????? ? ? ? ?            ? sub\n",
			Stderr: "ls: blind/file: Permission denied\nls: blind/link: Permission denied\nls: blind/sub: Permission denied\n", Status: 1,
		}},
		{[]string{"-F", "blind"}, applettest.Result{
			Stdout: "file\nlink@\nsub/\n", Stderr: "ls: blind/file: Permission denied\n", Status: 1,
		}},
		{[]string{"-t", "blind"}, applettest.Result{
			Stdout: "file\nlink\nsub\n",
			Stderr: "ls: blind/file: Permission denied\nls: blind/link: Permission denied\nls: blind/sub: Permission denied\n", Status: 1,
		}},
		{[]string{"blind/file", "closed"}, applettest.Result{
			Stderr: "ls: blind/file: Permission denied\nls: closed: Permission denied\n", Status: 2,
		}},
	} {
		got := asNobody(t, c.args...)
		// The order of messages is that of the directory.
		got.Stderr, c.want.Stderr = sorted(got.Stderr), sorted(c.want.Stderr)
		if got != c.want {
			t.Errorf("%q: status %d\n%s%swant status %d\n%s%s", c.args, got.Status, got.Stdout, got.Stderr, c.want.Status, c.want.Stdout, c.want.Stderr)
		}
	}
}
