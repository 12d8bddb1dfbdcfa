// Package emptyroot runs a file in a root in which nothing else is, to prove that
// it needs nothing else.
package emptyroot

import (
	"context"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
)

// maxOutput bounds what is kept of each stream, in bytes.
const maxOutput = 1 << 20

// Outcome is what a program did.
type Outcome struct {
	Stdout, Stderr []byte // the first MiB
	Status         int    // 128 plus its number for a signal, as shells have it
}

// Run runs the file with args in a new folder beside it that is its root, with
// namespaces of its own and no network. It needs root: the error is EPERM without.
func Run(ctx context.Context, file string, argv, env []string) (Outcome, error) {
	root, err := os.MkdirTemp(filepath.Dir(file), ".statify-")
	if err != nil {
		return Outcome{}, err
	}
	defer os.RemoveAll(root)
	inside := filepath.Join(root, filepath.Base(file))
	if err := os.Link(file, inside); err != nil {
		if err := duplicate(file, inside); err != nil {
			return Outcome{}, err
		}
	}
	cmd := command(ctx, "/"+filepath.Base(file), argv, env)
	cmd.SysProcAttr = &syscall.SysProcAttr{
		Chroot:     root,
		Cloneflags: syscall.CLONE_NEWNS | syscall.CLONE_NEWPID | syscall.CLONE_NEWNET | syscall.CLONE_NEWIPC,
	}
	return collect(cmd)
}

// Installed runs an installed program; root is the folder taken as /, empty for the
// host's own.
func Installed(ctx context.Context, root, path string, argv, env []string) (Outcome, error) {
	cmd := command(ctx, path, argv, env)
	cmd.SysProcAttr = &syscall.SysProcAttr{Chroot: root}
	return collect(cmd)
}

func command(ctx context.Context, path string, argv, env []string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, path)
	cmd.Args, cmd.Env, cmd.Dir = argv, env, "/"
	// Not /dev/null, which a broken host may lack.
	cmd.Stdin = strings.NewReader("")
	return cmd
}

func collect(cmd *exec.Cmd) (Outcome, error) {
	var out, errs limited
	cmd.Stdout, cmd.Stderr = &out, &errs
	err := cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		return Outcome{}, err
	}
	o := Outcome{Stdout: out.kept, Stderr: errs.kept, Status: cmd.ProcessState.ExitCode()}
	if ws, ok := cmd.ProcessState.Sys().(syscall.WaitStatus); ok && ws.Signaled() {
		o.Status = 128 + int(ws.Signal())
	}
	return o, nil
}

// limited keeps the beginning of what is written to it.
type limited struct{ kept []byte }

func (l *limited) Write(p []byte) (int, error) {
	l.kept = append(l.kept, p[:min(len(p), maxOutput-len(l.kept))]...)
	return len(p), nil
}

func duplicate(from, to string) error {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o755)
	if err != nil {
		return err
	}
	_, err = io.Copy(out, in)
	return errors.Join(err, out.Close())
}
