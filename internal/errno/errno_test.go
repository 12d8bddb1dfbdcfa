package errno

import (
	"errors"
	"io/fs"
	"os"
	"syscall"
	"testing"
)

func TestReason(t *testing.T) {
	_, missing := os.Open("/nonexistent/file")
	link := os.Link("/nonexistent/a", "/nonexistent/b")
	for _, c := range []struct {
		err  error
		want string
	}{
		{nil, "Success"},
		{missing, "No such file or directory"},
		{link, "No such file or directory"},
		{os.NewSyscallError("read", syscall.EIO), "Input/output error"},
		{syscall.EISDIR, "Is a directory"},
		{syscall.ELOOP, "Too many levels of symbolic links"},
		{fs.ErrPermission, "Operation not permitted"},
		{errors.New("bad magic"), "bad magic"},
	} {
		if got := Reason(c.err); got != c.want {
			t.Errorf("Reason(%v) = %q, want %q", c.err, got, c.want)
		}
	}
}

func TestOf(t *testing.T) {
	_, err := os.Open("/nonexistent/file")
	if got := Of(err); got != syscall.ENOENT {
		t.Errorf("Of(%v) = %v, want ENOENT", err, got)
	}
	if got := Of(errors.New("x")); got != 0 {
		t.Errorf("Of(plain error) = %v, want 0", got)
	}
}
