package main

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// openTmux opens a window of a tmux server of its own; text is pasted from its
// buffer, and what the window says comes through a pipe.
func openTmux(ctx context.Context, argv, env []string, socket string) (*terminal, error) {
	tmux := func(stdin string, args ...string) error {
		cmd := exec.Command("tmux", append([]string{"-S", socket, "-f", "/dev/null"}, args...)...)
		cmd.Env, cmd.Stdin = append(env, "SHELL=/bin/sh"), strings.NewReader(stdin)
		if out, err := cmd.CombinedOutput(); err != nil {
			return fmt.Errorf("tmux %s: %w: %s", args[0], err, out)
		}
		return nil
	}
	// The shell waits until the pipe is there, so that its first prompt is seen.
	gate, log := socket+".gate", socket+".log"
	wait := "while [ ! -e " + gate + " ];do sleep 0.05;done;exec " + strings.Join(argv, " ")
	if err := tmux("", "new-session", "-d", "-x", "200", "-y", "50", wait); err != nil {
		return nil, err
	}
	cleanup := func() {
		tmux("", "kill-server")
		os.Remove(gate)
		os.Remove(log)
	}
	err := os.WriteFile(log, nil, 0o600)
	if err == nil {
		err = tmux("", "pipe-pane", "cat >>"+log)
	}
	if err == nil {
		err = os.WriteFile(gate, nil, 0o600)
	}
	var t *terminal
	if err == nil {
		// The window is tmux's; what it says is read from the pipe's file.
		t, err = open(ctx, []string{"tail", "-c", "+1", "-f", log}, env)
	}
	if err != nil {
		cleanup()
		return nil, err
	}
	t.cleanup = cleanup
	t.write = func(text string) error {
		if err := tmux(text, "load-buffer", "-"); err != nil {
			return err
		}
		return tmux("", "paste-buffer", "-r")
	}
	return t, nil
}

// server is an sshd of this machine on a port of its own.
type server struct {
	cmd  *exec.Cmd
	port string
	key  string
}

func startServer(ctx context.Context, dir string) (*server, error) {
	// sshd empties itself of privileges into this folder, which its package's service
	// would make.
	if err := os.MkdirAll("/run/sshd", 0o755); err != nil {
		return nil, err
	}
	for _, name := range []string{"host", "user"} {
		if out, err := exec.Command("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", filepath.Join(dir, name)).CombinedOutput(); err != nil {
			return nil, fmt.Errorf("ssh-keygen: %w: %s (apt-get install openssh-client)", err, out)
		}
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	port := strconv.Itoa(listener.Addr().(*net.TCPAddr).Port)
	if err := listener.Close(); err != nil {
		return nil, err
	}
	s := &server{port: port, key: filepath.Join(dir, "user")}
	s.cmd = exec.CommandContext(ctx, "/usr/sbin/sshd", "-D", "-e", "-f", "/dev/null", "-p", port,
		"-o", "ListenAddress=127.0.0.1", "-o", "HostKey="+filepath.Join(dir, "host"), "-o", "AuthorizedKeysFile="+s.key+".pub",
		"-o", "StrictModes=no", "-o", "PermitRootLogin=yes", "-o", "PidFile=none", "-o", "UsePAM=no", "-o", "PrintMotd=no",
		"-o", "PermitUserEnvironment=no", "-o", "AcceptEnv=*")
	if err := s.cmd.Start(); err != nil {
		return nil, fmt.Errorf("%w (apt-get install openssh-server)", err)
	}
	for end := time.Now().Add(30 * time.Second); ; time.Sleep(50 * time.Millisecond) {
		conn, err := net.Dial("tcp", "127.0.0.1:"+port)
		if err == nil {
			conn.Close()
			return s, nil
		}
		if time.Now().After(end) {
			s.close()
			return nil, fmt.Errorf("sshd: %w", err)
		}
	}
}

func (s *server) command(argv, env []string) []string {
	remote := "exec env " + strings.Join(quoted(env), " ") + " " + strings.Join(argv, " ")
	return []string{"ssh", "-F", "/dev/null", "-tt", "-q", "-i", s.key, "-p", s.port, "-o", "StrictHostKeyChecking=no",
		"-o", "UserKnownHostsFile=/dev/null", "-o", "IdentitiesOnly=yes", "root@127.0.0.1", remote}
}

func quoted(words []string) []string {
	var out []string
	for _, w := range words {
		out = append(out, "'"+w+"'")
	}
	return out
}

func (s *server) close() {
	s.cmd.Process.Kill()
	s.cmd.Wait()
}
