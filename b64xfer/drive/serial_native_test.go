//go:build amd64

package drive

import (
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"
)

// pair is a serial line between two pseudo-terminals, by socat, with bash at its far
// end as a getty would have left it. It returns the near end.
func pair(t *testing.T) string {
	t.Helper()
	needs(t, "socat", "stty", "bash")
	dir := folder(t)
	near, far := filepath.Join(dir, "near"), filepath.Join(dir, "far")
	socat := exec.Command("socat", "pty,raw,echo=0,link="+near, "pty,raw,echo=0,link="+far)
	if err := socat.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { socat.Process.Kill(); socat.Wait() })
	for end := time.Now().Add(guard); ; time.Sleep(20 * time.Millisecond) {
		if _, err := os.Stat(near); err == nil {
			if _, err = os.Stat(far); err == nil {
				break
			}
		}
		if time.Now().After(end) {
			t.Fatal("socat makes no terminals")
		}
	}
	end, err := os.OpenFile(far, os.O_RDWR|syscall.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	shell := exec.Command("/bin/sh", "-c", "stty sane 115200; exec "+shells["bash"])
	shell.Env = environment()
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

// A pair of terminals at 115200 baud loses nothing.
func TestSerialPair(t *testing.T) {
	needs(t, "python3")
	const rate = 11520
	for _, receiver := range []string{"python3", "stage0"} {
		t.Run(receiver, func(t *testing.T) {
			t.Parallel()
			line, err := TTY(pair(t), 115200, FlowNone)
			if err != nil {
				t.Fatal(err)
			}
			if p := deliver(t, line, receiver, *size, Options{Rate: rate, Window: 3000}); p.Resent > 0 {
				t.Errorf("%+v", p)
			}
		})
	}
}
