//go:build amd64

package b64xfer

import (
	"bytes"
	"context"
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

	"rescuebox/applets/b64xfer/sending"
	"rescuebox/b64xfer/drive"
	"rescuebox/b64xfer/drive/cable"
	"rescuebox/b64xfer/intake"
	"rescuebox/internal/applet"
	"rescuebox/internal/multicall"
)

// guard ends what hangs; nothing is measured by it.
const guard = 5 * time.Minute

const baud = 115200

var size = flag.Int("b64xfer.size", 60000, "bytes that are carried over the serial line")

// pair is a pair of raw terminals by socat, and returns an end that is open, and the
// path of the other.
func pair(t *testing.T, dir, name string) (*os.File, string) {
	t.Helper()
	one, other := filepath.Join(dir, name+"1"), filepath.Join(dir, name+"2")
	socat := exec.Command("socat", "pty,raw,echo=0,link="+one, "pty,raw,echo=0,link="+other)
	if err := socat.Start(); err != nil {
		t.Fatalf("apt-get install socat: %v", err)
	}
	t.Cleanup(func() { socat.Process.Kill(); socat.Wait() })
	for limit := time.Now().Add(guard); ; time.Sleep(20 * time.Millisecond) {
		var err error
		if _, err = os.Stat(other); err == nil {
			var end *os.File
			if end, err = os.OpenFile(one, os.O_RDWR|syscall.O_NOCTTY, 0); err == nil {
				return end, other
			}
		}
		if time.Now().After(limit) {
			t.Fatal(err)
		}
	}
}

// serialShell is bash at the far end of a line of 115200 baud, both ends of which are
// pairs of terminals. It returns the near end.
func serialShell(t *testing.T, dir string) string {
	t.Helper()
	a, near := pair(t, dir, "near")
	b, far := pair(t, dir, "far")
	line := cable.Join(a, b, baud/10, cable.Whole)
	t.Cleanup(func() { line.Cut(); line.Wait() })
	end, err := os.OpenFile(far, os.O_RDWR|syscall.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	shell := exec.Command("/bin/sh", "-c", "stty sane 115200; exec bash --norc --noprofile -i")
	shell.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + dir, "TERM=vt102", "HISTFILE=", "PS1=luna$ "}
	shell.Stdin, shell.Stdout, shell.Stderr = end, end, end
	shell.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
	err = shell.Start()
	end.Close()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { shell.Process.Kill(); shell.Wait() })
	return near
}

func random() []byte {
	r := rand.New(rand.NewPCG(1, 2))
	content := make([]byte, *size)
	for i := range content {
		content[i] = byte(r.Uint32())
	}
	return content
}

// fast fails for a transfer that took less time than the line needs for the text.
func fast(t *testing.T, since time.Time) {
	t.Helper()
	took, least := time.Since(since), time.Duration(*size)*4/3*time.Second/(baud/10)
	if t.Logf("%d bytes in %.1f s, at least %.1f s", *size, took.Seconds(), least.Seconds()); took < least {
		t.Error("the line is faster than it says")
	}
}

// What type sends over a serial line lies at its far end whole.
func TestTypeOverSerial(t *testing.T) {
	t.Parallel()
	for _, receiver := range []string{"python3", "stage0"} {
		t.Run(receiver, func(t *testing.T) {
			t.Parallel()
			dir, content := t.TempDir(), random()
			file, dest := filepath.Join(dir, "file"), filepath.Join(dir, "rb")
			if err := os.WriteFile(file, content, 0o600); err != nil {
				t.Fatal(err)
			}
			start := time.Now()
			var out, errs bytes.Buffer
			s := applet.Streams{In: strings.NewReader(""), Out: &out, Err: &errs, LookupEnv: os.LookupEnv}
			args := []string{"--tty", serialShell(t, dir), "--baud", strconv.Itoa(baud), "--to", receiver, "--dest", dest, file}
			status := multicall.Run(context.Background(), &sending.Type, s, args, "test")
			if status != 0 || !strings.HasPrefix(errs.String(), "whole: "+dest+", ") {
				t.Errorf("status %d, %s%s", status, out.String(), errs.String())
			}
			fast(t, start)
			if got, err := os.ReadFile(dest); err != nil || !bytes.Equal(got, content) {
				t.Errorf("%v, %d bytes", err, len(got))
			}
		})
	}
}

// What get prints at the far end of a serial line arrives here whole.
func TestGetOverSerial(t *testing.T) {
	t.Parallel()
	dir, content := t.TempDir(), random()
	file := filepath.Join(dir, "file")
	if err := os.WriteFile(file, content, 0o600); err != nil {
		t.Fatal(err)
	}
	line, err := drive.TTY(serialShell(t, dir), baud, drive.FlowNone)
	if err != nil {
		t.Fatal(err)
	}
	s := drive.Open(line, drive.Options{Rate: baud / 10, Timeout: guard})
	defer s.Close()
	ctx, cancel := context.WithTimeout(context.Background(), guard)
	defer cancel()
	if err := s.Sync(ctx); err != nil {
		t.Fatal(err)
	}
	start := time.Now()
	text, err := s.Ask(ctx, " b64xfer get --width 76 "+file+`;echo e""nd`, "end")
	if err != nil {
		t.Fatal(err)
	}
	fast(t, start)
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
