//go:build amd64

package drive

import (
	"context"
	"errors"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// shell opens a line to bash, and is in sync with it.
func shell(t *testing.T, o Options) *Session {
	t.Helper()
	line, err := Command("exec env TERM=xterm HISTFILE= PS1='$ ' " + shells["bash"])
	if err != nil {
		t.Fatal(err)
	}
	s := Open(line, o)
	t.Cleanup(func() { s.Close() })
	ctx, cancel := context.WithTimeout(context.Background(), guard)
	defer cancel()
	if err := s.Sync(ctx); err != nil {
		t.Fatal(err)
	}
	return s
}

// A receiver that never is ready is named, with what it said; the shell is back then.
func TestNeverReady(t *testing.T) {
	t.Parallel()
	needs(t, "bash")
	s := shell(t, Options{Timeout: 2 * time.Second})
	tr := transfer(t, "python3", 1000)
	tr.Command = " echo something else; sleep 1000"
	ctx, cancel := context.WithTimeout(context.Background(), guard)
	defer cancel()
	if _, err := s.Send(ctx, tr); err == nil || !strings.Contains(err.Error(), "said last: something else") {
		t.Error(err)
	}
	if err := s.Sync(ctx); err != nil {
		t.Error(err)
	}
}

// Ctrl-C here is one there: nothing is left, and the shell is back.
func TestCancel(t *testing.T) {
	t.Parallel()
	needs(t, "bash", "python3")
	ctx, cancel := context.WithTimeout(context.Background(), guard)
	defer cancel()
	midst, stop := context.WithCancel(ctx)
	defer stop()
	s := shell(t, Options{Rate: 50000, Progress: func(p Progress) {
		if p.Acked > 20000 {
			stop()
		}
	}})
	tr := transfer(t, "python3", 200<<10)
	if _, err := s.Send(midst, tr); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	if err := s.Sync(ctx); err != nil {
		t.Error(err)
	}
	if left, err := os.ReadDir(filepath.Dir(tr.Dest)); err != nil || len(left) > 0 {
		t.Error(left, err)
	}
}

// A far side that says XOFF gets nothing more, but for what was on its way, until XON.
func TestXOFF(t *testing.T) {
	needs(t, "bash", "python3")
	const rate, stop = 100000, time.Second
	var lock sync.Mutex
	var since time.Time
	count, late, stops := 0, 0, 0
	c := lay(t, rate, func(b []byte, out bool) []byte {
		lock.Lock()
		defer lock.Unlock()
		if out {
			if count += len(b); !since.IsZero() && time.Since(since) > stop/2 {
				late += len(b)
			}
			return b
		}
		switch {
		case since.IsZero() && count > (stops+1)*15000:
			since = time.Now()
			stops++
			return append(b, xoff)
		case !since.IsZero() && time.Since(since) > stop:
			since = time.Time{}
			return append(b, xon)
		}
		return b
	})
	go func() { // XON cannot wait for something to come after it
		for range 60 {
			time.Sleep(stop / 4)
			lock.Lock()
			if !since.IsZero() && time.Since(since) > stop {
				since = time.Time{}
				c.say([]byte{xon})
			}
			lock.Unlock()
		}
	}()
	line, err := TTY(c.path, 0, FlowNone)
	if err != nil {
		t.Fatal(err)
	}
	deliver(t, line, "python3", 40<<10, Options{Rate: rate, Window: 30000})
	lock.Lock()
	defer lock.Unlock()
	if stops == 0 || late > 0 {
		t.Errorf("%d stops, %d characters came in spite of them", stops, late)
	}
}

// sshd starts a server on this machine alone, and returns the command that logs in.
func sshd(t *testing.T) string {
	t.Helper()
	needs(t, "ssh", "ssh-keygen", "bash")
	dir := folder(t)
	for _, key := range []string{"host", "user"} {
		if out, err := exec.Command("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", filepath.Join(dir, key)).CombinedOutput(); err != nil {
			t.Fatalf("%v: %s", err, out)
		}
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	port := strconv.Itoa(l.Addr().(*net.TCPAddr).Port)
	l.Close()
	if err := os.MkdirAll("/run/sshd", 0o755); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("/usr/sbin/sshd", "-D", "-e", "-f", "/dev/null", "-p", port, "-h", filepath.Join(dir, "host"),
		"-o", "ListenAddress=127.0.0.1", "-o", "AuthorizedKeysFile="+filepath.Join(dir, "user.pub"), "-o", "StrictModes=no", "-o", "PidFile=none",
		"-o", "PermitRootLogin=yes", "-o", "UsePAM=no", "-o", "PrintMotd=no")
	if err := cmd.Start(); err != nil {
		t.Fatalf("apt-get install openssh-server: %v", err)
	}
	t.Cleanup(func() { cmd.Process.Kill(); cmd.Wait() })
	for end := time.Now().Add(guard); time.Now().Before(end); time.Sleep(50 * time.Millisecond) {
		if c, err := net.Dial("tcp", "127.0.0.1:"+port); err == nil {
			c.Close()
			break
		}
	}
	return "exec ssh -tt -q -F /dev/null -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -i " + filepath.Join(dir, "user") + " -p " + port +
		" 127.0.0.1 HISTFILE= PS1='\\$\\ ' bash --norc --noprofile -i"
}

func TestSSH(t *testing.T) {
	t.Parallel()
	needs(t, "python3")
	login := sshd(t)
	for _, receiver := range []string{"python3", "stage0"} {
		line, err := Command(login)
		if err != nil {
			t.Fatal(err)
		}
		deliver(t, line, receiver, *size, Options{})
	}
}

// A connection that takes long to come about is not interrupted.
func TestSlowLogin(t *testing.T) {
	t.Parallel()
	line, err := Command("sleep 3; exec env HISTFILE= PS1='\\$ ' bash --norc --noprofile -i")
	if err != nil {
		t.Fatal(err)
	}
	s := Open(line, Options{Timeout: 10 * time.Second})
	defer s.Close()
	if err := s.Sync(t.Context()); err != nil {
		t.Fatal("sync: ", err, tail(s))
	}
}
