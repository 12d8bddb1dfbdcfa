// Package program runs other programs for find and xargs: looked up in the PATH
// that the applet was given, on streams that it names, without /dev/null.
package program

import (
	"context"
	"errors"
	"io"
	"os"
	"os/exec"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"
)

// defaultPath is searched when PATH is not set, as by a shell that was started
// without an environment.
const defaultPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

// Starter starts programs.
type Starter struct {
	Path string // the value of PATH; empty means defaultPath
	Dir  string // folder to run in; empty means the process's own

	// In, Out and Err are the program's streams. Files are handed over as they
	// are; of others a copy is pumped, so Out and Err must bear concurrent writes
	// when several programs run. A nil In reads as empty.
	In       io.Reader
	Out, Err io.Writer
}

// Find returns the file that name stands for: name itself when it has a slash,
// else the first executable of that name in PATH. The error is ENOENT when there
// is none, EACCES when there are only files that may not be executed.
func (s Starter) Find(name string) (string, error) {
	if strings.Contains(name, "/") {
		return name, nil
	}
	if name == "" {
		return "", unix.ENOENT
	}
	path := s.Path
	if path == "" {
		path = defaultPath
	}
	found := error(unix.ENOENT)
	for _, dir := range strings.Split(path, ":") {
		if dir == "" {
			dir = "."
		}
		file := dir + "/" + name
		// A relative entry of PATH is relative to where the program will run.
		at := file
		if s.Dir != "" && !strings.HasPrefix(file, "/") {
			at = s.Dir + "/" + file
		}
		var st unix.Stat_t
		if err := unix.Stat(at, &st); err != nil || uint32(st.Mode)&unix.S_IFMT != unix.S_IFREG {
			continue
		}
		if unix.Access(at, unix.X_OK) == nil {
			return file, nil
		}
		found = unix.EACCES
	}
	return "", found
}

// Exit is how a program ended.
type Exit struct {
	Status int            // its exit status, when no signal ended it
	Signal syscall.Signal // the signal that ended it, or 0
}

// Run runs argv to its end. The error says why it could not be started, or that
// its streams failed; errors.As finds the errno.
func (s Starter) Run(ctx context.Context, argv []string) (Exit, error) {
	file, err := s.Find(argv[0])
	if err != nil {
		return Exit{}, err
	}
	cmd := exec.CommandContext(ctx, file)
	// CommandContext looks names up itself, in the process's PATH.
	cmd.Path, cmd.Err = file, nil
	cmd.Args = argv
	cmd.Dir = s.Dir
	cmd.Stdin, cmd.Stdout, cmd.Stderr = s.In, s.Out, s.Err
	if s.In == nil {
		// os/exec would open /dev/null, which a bare root does not have.
		r, err := emptyPipe()
		if err != nil {
			return Exit{}, err
		}
		defer r.Close()
		cmd.Stdin = r
	}
	err = cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		return Exit{}, err
	}
	status, _ := cmd.ProcessState.Sys().(syscall.WaitStatus)
	if status.Signaled() {
		return Exit{Signal: status.Signal()}, nil
	}
	return Exit{Status: status.ExitStatus()}, nil
}

// emptyPipe returns a file that is at its end.
func emptyPipe() (*os.File, error) {
	r, w, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	return r, w.Close()
}
