//go:build amd64

package drive

import (
	"context"
	"errors"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/creack/pty"
	"golang.org/x/sys/unix"

	"rescuebox/b64xfer/drive/cable"
)

// environment is that of a shell without anybody's configuration.
func environment() []string {
	return []string{"PATH=" + os.Getenv("PATH"), "HOME=/nonexistent", "TERM=xterm", "HISTFILE=", "PS1=$ "}
}

func TestTmux(t *testing.T) {
	t.Parallel()
	needs(t, "tmux", "bash", "python3")
	socket := filepath.Join(folder(t), "s")
	cmd := exec.Command("tmux", "-S", socket, "-f", "/dev/null", "new-session", "-d", "-s", "x", "bash --norc --noprofile -i")
	cmd.Env = environment()
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	t.Cleanup(func() { exec.Command("tmux", "-S", socket, "kill-server").Run() })
	line, err := Tmux(socket, "x")
	if err != nil {
		t.Fatal(err)
	}
	deliver(t, line, "python3", *size, Options{})
}

func TestScreen(t *testing.T) {
	needs(t, "screen", "bash", "python3")
	dir := folder(t)
	t.Setenv("SCREENDIR", dir)
	if err := os.Chmod(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("screen", "-c", "/dev/null", "-dmS", "x", "bash", "--norc", "--noprofile", "-i")
	cmd.Env = append(environment(), "SCREENDIR="+dir)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	t.Cleanup(func() { exec.Command("screen", "-S", "x", "-X", "quit").Run() })
	time.Sleep(time.Second)
	line, err := Screen("x")
	if err != nil {
		t.Fatal(err)
	}
	deliver(t, line, "python3", *size, Options{})
}

// serial is a serial line of a given rate between a terminal of this process and a
// shell. It has a UART's patience at either end: none.
type serial struct {
	path string       // of the near terminal
	stop func()       // hangs up
	say  func([]byte) // what the far end sends besides the shell
}

// lay starts a shell on the far terminal. Each byte goes through change, which
// returns what arrives.
func lay(t *testing.T, rate int, change func(b []byte, out bool) []byte) serial {
	t.Helper()
	near, nearEnd, err := pty.Open()
	if err != nil {
		t.Fatal(err)
	}
	far, farEnd, err := pty.Open()
	if err != nil {
		t.Fatal(err)
	}
	mode, err := unix.IoctlGetTermios(int(nearEnd.Fd()), unix.TCGETS)
	if err != nil {
		t.Fatal(err)
	}
	mode.Lflag &^= unix.ECHO | unix.ICANON
	mode.Oflag &^= unix.OPOST
	if err := unix.IoctlSetTermios(int(nearEnd.Fd()), unix.TCSETS, mode); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("bash", "--norc", "--noprofile", "-i")
	cmd.Env = environment()
	cmd.Stdin, cmd.Stdout, cmd.Stderr = farEnd, farEnd, farEnd
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	farEnd.Close()
	joined := cable.Join(far, near, rate, change)
	var once sync.Once
	stop := func() { once.Do(func() { joined.Cut(); nearEnd.Close() }) }
	t.Cleanup(func() {
		stop()
		cmd.Process.Kill()
		cmd.Wait()
		joined.Wait()
	})
	return serial{nearEnd.Name(), stop, func(b []byte) { near.Write(b) }}
}

// A serial line of 115200 baud loses nothing.
func TestSerial(t *testing.T) {
	needs(t, "bash", "python3")
	const rate = 11520
	for _, receiver := range []string{"python3", "base64", "stage0"} {
		t.Run(receiver, func(t *testing.T) {
			t.Parallel()
			c := lay(t, rate, cable.Whole)
			line, err := TTY(c.path, 115200, FlowNone)
			if err != nil {
				t.Fatal(err)
			}
			if p := deliver(t, line, receiver, *size, Options{Rate: rate, Window: 3000}); p.Resent > 0 {
				t.Errorf("%+v", p)
			}
		})
	}
}

// One character of 10,000 is lost or changed, in either direction.
func TestLossy(t *testing.T) {
	t.Parallel()
	needs(t, "bash", "python3")
	for seed := range *seeds {
		r := rand.New(rand.NewPCG(2, uint64(seed)))
		var lock sync.Mutex
		c := lay(t, 200000, func(b []byte, _ bool) []byte {
			lock.Lock()
			defer lock.Unlock()
			var out []byte
			for _, c := range b {
				switch r.IntN(20000) {
				case 0:
				case 1:
					out = append(out, c^1<<r.IntN(7))
				default:
					out = append(out, c)
				}
			}
			return out
		})
		line, err := TTY(c.path, 0, FlowNone)
		if err != nil {
			t.Fatal(err)
		}
		deliver(t, line, "python3", *size, Options{Rate: 200000, Window: 3000})
	}
}

// A line that goes away in the middle is named, and one that stops is waited for.
func TestHangUp(t *testing.T) {
	t.Parallel()
	needs(t, "bash", "python3")
	var c serial
	var n atomic.Int64 // both directions pass here
	hang := make(chan struct{})
	c = lay(t, 100000, func(b []byte, out bool) []byte {
		if n.Add(int64(len(b))) > 20000 && out {
			select {
			case <-hang:
			default:
				close(hang)
			}
		}
		return b
	})
	line, err := TTY(c.path, 0, FlowNone)
	if err != nil {
		t.Fatal(err)
	}
	go func() { <-hang; c.stop() }()
	s := Open(line, Options{Rate: 100000, Window: 3000, Timeout: 10 * time.Second})
	defer s.Close()
	ctx, cancel := context.WithTimeout(context.Background(), guard)
	defer cancel()
	if err := s.Sync(ctx); err != nil {
		t.Fatal(err)
	}
	tr := transfer(t, "python3", 200<<10)
	if _, err := s.Send(ctx, tr); !errors.Is(err, ErrHangUp) && !errors.Is(err, ErrSilent) {
		t.Error(err)
	}
}
