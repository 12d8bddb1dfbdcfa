//go:build amd64

package snapshot

import (
	"bytes"
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"
)

// Each program of the system can be packed or is refused, and its snapshot gets to
// main: in an empty root, as a user without rights, in namespaces of its own.
func TestEveryProgram(t *testing.T) {
	patterns := []string{"/usr/sbin/a*"}
	if *all {
		patterns = []string{"/usr/bin/*", "/usr/sbin/*", "/usr/libexec/*", "/usr/lib/systemd/systemd*"}
	}
	root := t.TempDir()
	if err := os.Chmod(root, 0o755); err != nil {
		t.Fatal(err)
	}
	ran, refusals := 0, map[string]int{}
	for _, pattern := range patterns {
		paths, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		for _, path := range paths {
			if info, err := os.Lstat(path); err != nil || !info.Mode().IsRegular() {
				continue
			}
			var refused *Refused
			if err := packTo(t.Context(), path, filepath.Join(root, "program")); errors.As(err, &refused) {
				refusals[refused.Reason]++
				continue
			} else if err != nil {
				t.Errorf("%s: %v", path, err)
				continue
			}
			ran++
			switch signal, said := alone(t, root, filepath.Base(path)); {
			case signal == 0, signal == syscall.SIGKILL, signal == syscall.SIGTRAP: // it ran for long; GLib's way to give up
			case signal == syscall.SIGSEGV && (filepath.Base(path) == "parted" || filepath.Base(path) == "partprobe"):
				// They use what popen of dmidecode gives without looking.
			default:
				t.Errorf("%s: %v %.300q", path, signal, said)
			}
		}
	}
	t.Logf("%d run, refused: %v", ran, refusals)
}

func packTo(ctx context.Context, program, path string) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o755)
	if err != nil {
		return err
	}
	return errors.Join(Make(ctx, Input{Program: program}, f), f.Close())
}

// alone runs root/program --version and returns the signal that ended it. Exit 126
// is the stub's, and counts as SIGABRT.
func alone(t *testing.T, root, name string) (syscall.Signal, string) {
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	cmd := exec.CommandContext(ctx, "/program", "--version")
	cmd.Args[0], cmd.Dir, cmd.Env, cmd.WaitDelay = name, "/", []string{}, time.Second
	var said bytes.Buffer
	cmd.Stdout, cmd.Stderr = &said, &said
	cmd.SysProcAttr = &syscall.SysProcAttr{
		Chroot: root, Credential: &syscall.Credential{Uid: 65534, Gid: 65534}, Pdeathsig: syscall.SIGKILL,
		Cloneflags: syscall.CLONE_NEWNET | syscall.CLONE_NEWPID | syscall.CLONE_NEWIPC,
	}
	err := cmd.Run()
	if cmd.ProcessState == nil {
		t.Fatalf("%s: %v", name, err)
	}
	status := cmd.ProcessState.Sys().(syscall.WaitStatus)
	switch {
	case status.Signaled():
		return status.Signal(), said.String()
	case status.ExitStatus() == 126:
		return syscall.SIGABRT, said.String()
	}
	return 0, said.String()
}
