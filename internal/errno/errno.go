// Package errno words system errors as the C library does, so that messages of
// this toolbox read like those of the tools it stands in for.
package errno

import (
	"errors"
	"io/fs"
	"os"
	"syscall"
)

// Reason returns what went wrong without the operation and path that Go's error
// types carry: the wording of strerror(3) for an errno anywhere in err's chain
// of *fs.PathError, *os.LinkError and *os.SyscallError, and err.Error() for
// every other error. Reason of nil is "Success".
func Reason(err error) string {
	if err == nil {
		return "Success"
	}
	switch e := err.(type) {
	case *fs.PathError:
		return Reason(e.Err)
	case *os.LinkError:
		return Reason(e.Err)
	case *os.SyscallError:
		return Reason(e.Err)
	case syscall.Errno:
		return text(e)
	}
	// The os package has errors of its own that stand for an errno.
	switch err {
	case fs.ErrNotExist:
		return text(syscall.ENOENT)
	case fs.ErrExist:
		return text(syscall.EEXIST)
	case fs.ErrPermission:
		return text(syscall.EPERM)
	}
	return err.Error()
}

// Of returns the errno in err's chain, or 0 when there is none.
func Of(err error) syscall.Errno {
	var e syscall.Errno
	if errors.As(err, &e) {
		return e
	}
	return 0
}

// text is Go's table, which is strerror's with the first letter in lower case.
func text(e syscall.Errno) string {
	s := e.Error()
	if s != "" && 'a' <= s[0] && s[0] <= 'z' {
		return string(s[0]-'a'+'A') + s[1:]
	}
	return s
}
