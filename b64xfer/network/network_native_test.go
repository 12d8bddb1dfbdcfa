//go:build amd64

package network

import (
	"bytes"
	"context"
	"errors"
	"io"
	"math/rand/v2"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"rescuebox/b64xfer"
)

const guard = 120 * time.Second

func listen(t *testing.T, address string) *Listener {
	t.Helper()
	l, err := Listen(netip.MustParseAddrPort(address))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	return l
}

func content() []byte {
	b := make([]byte, 300000)
	r := rand.NewChaCha8([32]byte{1})
	r.Read(b)
	return b
}

// shells are those that open connections, with what runs a line.
var shells = map[string][]string{
	"bash": {"bash", "--norc", "--noprofile", "-c"},
	"zsh":  {"zsh", "-f", "-c"},
}

// One line, typed, brings the file; a stranger before it gets nothing.
func TestShells(t *testing.T) {
	for shell, argv := range shells {
		ipv6 := map[string]string{"bash": "[::1]:0", "zsh": "127.0.0.1:0"}[shell]
		for receiver, address := range map[string]string{"python3": "127.0.0.1:0", "perl": ipv6, "base64": "127.0.0.1:0", "stage0": ipv6} {
			t.Run(shell+"/"+receiver, func(t *testing.T) {
				ctx, cancel := context.WithTimeout(context.Background(), guard)
				defer cancel()
				l := listen(t, address)
				dest := filepath.Join(t.TempDir(), "rb")
				tr, err := b64xfer.New(receiver, content(), b64xfer.Options{Dest: dest, Arch: "amd64"})
				if err != nil {
					t.Fatal(err)
				}
				line, err := l.Line(shell)
				if err != nil || len(line) > 160 || !strings.HasPrefix(line, " ") {
					t.Fatalf("%d characters, %v: %s", len(line), err, line)
				}
				served := make(chan error, 1)
				go func() {
					n, err := l.Serve(ctx, tr)
					if err == nil && n != tr.Characters+int64(len(tr.Command))+1 {
						err = errors.New("too few bytes")
					}
					served <- err
				}()
				stranger(t, l, "0000000000000000\n")
				stranger(t, l, "GET / HTTP/1.1\r\n\r\n")
				cmd := exec.CommandContext(ctx, argv[0], append(argv[1:len(argv):len(argv)], line)...)
				out, err := cmd.CombinedOutput()
				if err != nil || !strings.Contains(string(out), b64xfer.Whole+" "+dest) {
					t.Errorf("%s: %v\n%s", line, err, out)
				}
				if err := <-served; err != nil {
					t.Error(err)
				}
				if got, err := os.ReadFile(dest); err != nil || !bytes.Equal(got, content()) {
					t.Errorf("%d bytes, %v", len(got), err)
				}
			})
		}
	}
	l := listen(t, "127.0.0.1:0")
	if line, err := l.Line("dash"); err == nil {
		t.Errorf("dash: %s", line)
	}
	if line, err := listen(t, "[::1]:0").Line("zsh"); err == nil {
		t.Errorf("zsh, which knows no IPv6: %s", line)
	}
}

// stranger says something else than the secret, and must see the end at once.
func stranger(t *testing.T, l *Listener, says string) {
	t.Helper()
	c, err := net.Dial("tcp", l.Address().String())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if err := c.SetDeadline(time.Now().Add(guard)); err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(c, says); err != nil {
		t.Fatal(err)
	}
	// What was not read of it makes the end a reset.
	if got, _ := io.ReadAll(c); len(got) > 0 {
		t.Errorf("a stranger got %q", got)
	}
}

// A silent connection does not hold the right one up for ever, and cancelling ends
// the wait.
func TestCancel(t *testing.T) {
	l := listen(t, "127.0.0.1:0")
	c, err := net.Dial("tcp", l.Address().String())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	if _, err := l.Serve(ctx, nil); !errors.Is(err, context.DeadlineExceeded) {
		t.Error(err)
	}
}

func TestListenRefuses(t *testing.T) {
	taken := listen(t, "127.0.0.1:0")
	for _, address := range []string{"0.0.0.0:0", "[::]:0", taken.Address().String(), "192.0.2.1:0"} {
		if l, err := Listen(netip.MustParseAddrPort(address)); err == nil || !strings.Contains(err.Error(), address) {
			t.Errorf("%s: %v", address, err)
			if err == nil {
				l.Close()
			}
		}
	}
}
