//go:build amd64

package snapshot

import (
	"bytes"
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// failure is what Make says, which wrote nothing.
func failure(t *testing.T, in Input) error {
	t.Helper()
	var out bytes.Buffer
	err := Make(t.Context(), in, &out)
	if err == nil || out.Len() > 0 {
		t.Errorf("%s: %v, %d bytes", in.Program, err, out.Len())
	}
	return err
}

func TestRefused(t *testing.T) {
	source := filepath.Join(t.TempDir(), "empty.c")
	if err := os.WriteFile(source, []byte("int main(void) { return 0; }"), 0o644); err != nil {
		t.Fatal(err)
	}
	compile := func(compiler string, flags ...string) string {
		out := filepath.Join(t.TempDir(), "program")
		if text, err := exec.Command(compiler, append(flags, "-o", out, source)...).CombinedOutput(); err != nil {
			t.Fatalf("%v (apt-get install gcc gcc-multilib musl-tools)\n%s", err, text)
		}
		return out
	}
	setuid, capable := compile("gcc"), compile("gcc")
	if err := os.Chmod(setuid, os.ModeSetuid|0o755); err != nil {
		t.Fatal(err)
	}
	// struct vfs_cap_data (<linux/capability.h>): revision 2, CAP_NET_RAW permitted.
	capability := []byte{1, 0, 0, 2, 0, 0x20, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}
	if err := unix.Setxattr(capable, "security.capability", capability, 0); err != nil {
		t.Fatal(err)
	}
	script := filepath.Join(t.TempDir(), "script")
	if err := os.WriteFile(script, []byte("#!/bin/sh\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ program, reason string }{
		{setuid, "set-user-ID"},
		{capable, "file capabilities"},
		{compile("gcc", "-static"), "a static program"},
		{compile("gcc", "-static-pie"), "static position-independent"},
		{compile("musl-gcc"), "musl"},
		{compile("gcc", "-m32"), "not an amd64 program"},
		{"/lib/x86_64-linux-gnu/libz.so.1", "a library"},
		{script, "not an ELF program"},
		{"/dev/null", "not an ELF program"},
	} {
		err := failure(t, Input{Program: c.program})
		var refused *Refused
		if !errors.As(err, &refused) || !strings.Contains(refused.Reason, c.reason) {
			t.Errorf("%s: %v, want %q", c.program, err, c.reason)
		}
	}
}

func TestNoSuchThing(t *testing.T) {
	for _, in := range []Input{{Program: "/no/such"}, {Program: "/bin/ls", Interp: "/no/such"}, {Program: "/bin/ls", Root: "/no/such"}} {
		if err := failure(t, in); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("%+v: %v", in, err)
		}
	}
	for _, in := range []Input{
		{Program: "/bin/ls", CPU: "z80"}, {Program: "/bin/ls", Preload: []string{"/a b"}}, {Program: "/bin/ls", Env: make([]string, maxEnv+1)},
		{Program: "/bin/ls", Interp: "/bin/ls"}, {Program: "/bin/ls", Interp: "/bin/bash"}, {Program: "/bin/ls", LibraryPath: strings.Repeat("x", 1<<20)},
		{Program: "/bin/ls", Preload: []string{"/etc/passwd"}}, {Program: "/bin/ls", Preload: []string{"/lib/x86_64-linux-gnu/libz.so.1", "/no/such.so"}},
		{Program: "/bin/ls", Env: []string{"NAME"}}, {Program: "/bin/ls", Env: []string{"=x"}}, {Program: "/bin/ls", Env: []string{"A=\x00"}},
	} {
		failure(t, in)
	}
}

// A run that is called off leaves no process behind.
func TestCalledOff(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := Make(ctx, Input{Program: "/bin/ls"}, &bytes.Buffer{}); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	for delay := time.Duration(0); delay < 40*time.Millisecond; delay += 2 * time.Millisecond {
		ctx, cancel := context.WithTimeout(t.Context(), delay)
		err := Make(ctx, Input{Program: "/usr/bin/gdb"}, &bytes.Buffer{})
		cancel()
		if err != nil && !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("after %v: %v", delay, err)
		}
	}
	if pid, err := unix.Wait4(-1, nil, unix.WNOHANG|unix.WALL, nil); err != unix.ECHILD {
		t.Errorf("a process is left: %d, %v", pid, err)
	}
}

type full struct{}

func (full) Write([]byte) (int, error) { return 0, unix.ENOSPC }

func TestFullDisk(t *testing.T) {
	if err := Make(t.Context(), Input{Program: "/bin/ls"}, full{}); !errors.Is(err, unix.ENOSPC) {
		t.Error(err)
	}
}

// In a sandbox that forbids ptrace.
func TestNoTracing(t *testing.T) {
	cmd := exec.Command("/proc/self/exe", "-test.run", "^TestSandboxed$", "-test.v")
	cmd.Env = append(os.Environ(), "SNAPSHOT_SANDBOX=1")
	out, err := cmd.CombinedOutput()
	if err != nil || !bytes.Contains(out, []byte("a snapshot is taken by tracing (ptrace), which is forbidden here: Operation not permitted")) {
		t.Errorf("%v\n%s", err, out)
	}
}

// TestSandboxed is the process of TestNoTracing.
func TestSandboxed(t *testing.T) {
	if os.Getenv("SNAPSHOT_SANDBOX") == "" {
		return
	}
	// seccomp(2): EPERM for ptrace, on every thread.
	filter := []unix.SockFilter{
		{Code: unix.BPF_LD | unix.BPF_W | unix.BPF_ABS, K: 0}, // seccomp_data.nr
		{Code: unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K, K: unix.SYS_PTRACE, Jf: 1},
		{Code: unix.BPF_RET | unix.BPF_K, K: unix.SECCOMP_RET_ERRNO | uint32(unix.EPERM)},
		{Code: unix.BPF_RET | unix.BPF_K, K: unix.SECCOMP_RET_ALLOW},
	}
	if err := sandbox(filter); err != nil {
		t.Fatal(err)
	}
	t.Log(failure(t, Input{Program: "/bin/ls"}))
}
