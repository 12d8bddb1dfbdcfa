//go:build amd64

package b64xfer

import (
	"bytes"
	"context"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"rescuebox/b64xfer/drive"
	"rescuebox/b64xfer/intake"
)

// guard ends what hangs; nothing is measured by it.
const guard = 5 * time.Minute

// serialShell is bash at the far end of a pair of terminals, by socat. It returns the
// near end.
func serialShell(t *testing.T, dir string) string {
	t.Helper()
	near, far := filepath.Join(dir, "near"), filepath.Join(dir, "far")
	socat := exec.Command("socat", "pty,raw,echo=0,link="+near, "pty,raw,echo=0,link="+far)
	if err := socat.Start(); err != nil {
		t.Fatalf("apt-get install socat: %v", err)
	}
	t.Cleanup(func() { socat.Process.Kill(); socat.Wait() })
	var end *os.File
	for limit := time.Now().Add(guard); ; time.Sleep(20 * time.Millisecond) {
		var err error
		if _, err = os.Stat(near); err == nil {
			if end, err = os.OpenFile(far, os.O_RDWR|syscall.O_NOCTTY, 0); err == nil {
				break
			}
		}
		if time.Now().After(limit) {
			t.Fatal(err)
		}
	}
	shell := exec.Command("/bin/sh", "-c", "stty sane 115200; exec bash --norc --noprofile -i")
	shell.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + dir, "TERM=vt102", "HISTFILE=", "PS1=luna$ "}
	shell.Stdin, shell.Stdout, shell.Stderr = end, end, end
	shell.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
	err := shell.Start()
	end.Close()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { shell.Process.Kill(); shell.Wait() })
	return near
}

// What get prints at the far end of a serial line arrives here whole.
func TestGetOverSerial(t *testing.T) {
	dir := t.TempDir()
	r := rand.New(rand.NewPCG(1, 2))
	content := make([]byte, 600<<10)
	for i := range content {
		content[i] = byte(r.Uint32())
	}
	file := filepath.Join(dir, "file")
	if err := os.WriteFile(file, content, 0o600); err != nil {
		t.Fatal(err)
	}
	line, err := drive.TTY(serialShell(t, dir), 115200, drive.FlowNone)
	if err != nil {
		t.Fatal(err)
	}
	s := drive.Open(line, drive.Options{Rate: 11520, Timeout: guard})
	defer s.Close()
	ctx, cancel := context.WithTimeout(context.Background(), guard)
	defer cancel()
	if err := s.Sync(ctx); err != nil {
		t.Fatal(err)
	}
	text, err := s.Ask(ctx, " b64xfer get --width 76 "+file+`;echo e""nd`, "end")
	if err != nil {
		t.Fatal(err)
	}
	var in intake.Intake
	ended := false
	for line := range strings.Lines(text) {
		switch kind, _ := in.Line([]byte(line)); kind {
		case intake.Damaged:
			// The header is cut into lines where it is wider than the others.
			if _, told := in.Header(); told {
				t.Errorf("damaged: %q", line)
			}
		case intake.End:
			ended = true
		}
	}
	got, whole := in.Content()
	if !ended || !whole || !bytes.Equal(got, content) {
		t.Errorf("ended %v, whole %v, %d bytes, missing %v\n%.2000s", ended, whole, len(got), in.Missing(), text)
	}
}
