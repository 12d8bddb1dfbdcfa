//go:build amd64

package drive

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"rescuebox/b64xfer"
)

var (
	size  = flag.Int("b64xfer.size", 40<<10, "bytes that are sent over each kind of line")
	seeds = flag.Int("b64xfer.seeds", 1, "runs over a line that loses characters")
)

// guard ends what hangs; nothing is measured by it.
const guard = 5 * time.Minute

// shells, with the arguments that keep them from what this machine has configured.
var shells = map[string]string{
	"bash": "bash --norc --noprofile -i", "dash": "dash -i", "zsh": "zsh -f -i", "ash": "busybox ash -i",
}

// content is bytes of every kind.
func content(n int) []byte {
	r := rand.New(rand.NewPCG(1, uint64(n)))
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(r.Uint32())
	}
	return b
}

const prefix = "drive-"

// TestMain removes the folders of runs that were killed.
func TestMain(m *testing.M) {
	left, _ := filepath.Glob(filepath.Join(os.TempDir(), prefix+"*"))
	for _, dir := range left {
		pid, _, _ := strings.Cut(strings.TrimPrefix(filepath.Base(dir), prefix), "-")
		if n, err := strconv.Atoi(pid); err == nil && syscall.Kill(n, 0) == syscall.ESRCH {
			os.RemoveAll(dir)
		}
	}
	os.Exit(m.Run())
}

// folder is one with a short name, for lines that are typed.
func folder(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", prefix+strconv.Itoa(os.Getpid())+"-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	return dir
}

func needs(t *testing.T, programs ...string) {
	t.Helper()
	for _, p := range programs {
		if _, err := exec.LookPath(p); err != nil {
			t.Fatalf("apt-get install %s: %v", p, err)
		}
	}
}

// deliver sends a file over a line and proves that it is there, alone, and that the
// shell goes on.
func deliver(t *testing.T, line Line, receiver string, n int, o Options) (last Progress) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), guard)
	defer cancel()
	o.Timeout = 20 * time.Second
	o.Progress = func(p Progress) { last = p }
	s := Open(line, o)
	defer s.Close()
	if err := s.Sync(ctx); err != nil {
		t.Fatal("sync: ", err, tail(s))
	}
	dir, body := folder(t), content(n)
	receiver, unshifted := strings.CutSuffix(receiver, "/unshifted")
	tr, err := b64xfer.New(receiver, body, b64xfer.Options{Dest: filepath.Join(dir, "rb"), Ack: true, Unshifted: unshifted})
	if err != nil {
		t.Fatal(err)
	}
	start := time.Now()
	verdict, err := s.Send(ctx, tr)
	if err != nil || !strings.HasPrefix(verdict, b64xfer.Whole) {
		t.Fatal("send: ", verdict, err, tail(s))
	}
	t.Logf("%d bytes, %d lines again, %.1f s", n, last.Resent, time.Since(start).Seconds())
	got, err := os.ReadFile(tr.Dest)
	if err != nil || !bytes.Equal(got, body) {
		t.Fatal("another file arrived: ", err)
	}
	if info, err := os.Stat(tr.Dest); err != nil || info.Mode() != 0o700 {
		t.Error("mode: ", info.Mode(), err)
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) != 1 {
		t.Error("left behind: ", left, err)
	}
	var out strings.Builder
	s.o.Output = func(b []byte) { out.Write(b) }
	if err := s.Sync(ctx); err != nil {
		t.Error(err)
	}
	if status, ended, err := s.Run(ctx, tr); status != 0 || !ended || err != nil || !strings.Contains(out.String(), tr.Dest) {
		t.Error(status, ended, err, out.String())
	}
	return last
}

func tail(s *Session) string {
	s.lock.Lock()
	defer s.lock.Unlock()
	return "\n" + string(s.said[max(0, len(s.said)-2000):])
}

func TestCommand(t *testing.T) {
	needs(t, "bash", "dash", "zsh", "busybox", "python3", "perl", "ruby", "php", "node")
	for name, shell := range shells {
		receivers := []string{"python3", "base64", "stage0", "sh"}
		if name == "bash" {
			receivers = append(receivers, "perl", "ruby", "php", "node")
		}
		for _, receiver := range receivers {
			t.Run(name+"/"+receiver, func(t *testing.T) {
				t.Parallel()
				line, err := Command("exec env TERM=xterm HISTFILE= PS1='$ ' " + shell)
				if err != nil {
					t.Fatal(err)
				}
				if p := deliver(t, line, receiver, *size, Options{}); p.Acked != int64(*size) {
					t.Errorf("%+v", p)
				}
			})
		}
	}
}

// A far side that says nothing, and one that goes away.
func TestNobody(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithTimeout(context.Background(), guard)
	defer cancel()
	for text, want := range map[string]error{"trap '' INT; exec sleep 1000": ErrNoShell, "exit 0": ErrHangUp} {
		line, err := Command(text)
		if err != nil {
			t.Fatal(err)
		}
		s := Open(line, Options{Timeout: 2 * time.Second})
		if err := s.Sync(ctx); !errors.Is(err, want) {
			t.Errorf("%s: %v", text, err)
		}
		s.Close()
	}
}

// transfer is one of a file to a folder of its own.
func transfer(t *testing.T, receiver string, n int) *b64xfer.Transfer {
	t.Helper()
	tr, err := b64xfer.New(receiver, content(n), b64xfer.Options{Dest: filepath.Join(folder(t), "rb"), Ack: true})
	if err != nil {
		t.Fatal(err)
	}
	return tr
}
