//go:build amd64

package dd

import (
	"bufio"
	"bytes"
	"io"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/creack/pty"
)

// blocked is a dd that has copied three bytes and waits for more.
func blocked(t *testing.T, operands ...string) (cmd *exec.Cmd, in io.WriteCloser, stderr *bufio.Reader) {
	t.Helper()
	path, err := exec.LookPath("dd")
	if err != nil {
		t.Fatal(err)
	}
	cmd = exec.Command(path, append([]string{"bs=512"}, operands...)...)
	if in, err = cmd.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	said, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	guard := time.AfterFunc(2*time.Minute, func() { _ = cmd.Process.Kill() })
	t.Cleanup(func() { guard.Stop(); _ = cmd.Process.Kill() })
	if _, err := io.WriteString(in, "abc"); err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadFull(stdout, make([]byte, 3)); err != nil {
		t.Fatal(err)
	}
	// It counts a block once that is written, so maybe a moment from now.
	stderr = bufio.NewReader(said)
	for !strings.HasPrefix(statistics(t, cmd, stderr), "0+1 records in\n0+1 records out\n3 bytes copied, ") {
	}
	return cmd, in, stderr
}

// statistics asks for the three lines.
func statistics(t *testing.T, cmd *exec.Cmd, stderr *bufio.Reader) (text string) {
	t.Helper()
	if err := cmd.Process.Signal(syscall.SIGUSR1); err != nil {
		t.Fatal(err)
	}
	for range 3 {
		line, err := stderr.ReadString('\n')
		if err != nil {
			t.Fatalf("%q: %v", text+line, err)
		}
		text += line
	}
	return text
}

// USR1 tells how far it is, while a read waits; the copy goes on.
func TestUSR1(t *testing.T) {
	cmd, in, stderr := blocked(t)
	if _, err := io.WriteString(in, "d"); err != nil {
		t.Fatal(err)
	}
	in.Close()
	rest, _ := io.ReadAll(stderr)
	if err := cmd.Wait(); err != nil || !strings.HasPrefix(string(rest), "0+2 records in\n0+2 records out\n4 bytes copied, ") {
		t.Errorf("%v: %s", err, rest)
	}
}

// Ctrl-C tells the same and ends the program as the signal does.
func TestInterrupt(t *testing.T) {
	cmd, _, stderr := blocked(t)
	if err := cmd.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	text, _ := io.ReadAll(stderr)
	_ = cmd.Wait()
	if state := cmd.ProcessState.Sys().(syscall.WaitStatus); !state.Signaled() || state.Signal() != syscall.SIGINT {
		t.Errorf("ended by %v", cmd.ProcessState)
	}
	if !strings.HasPrefix(string(text), "0+1 records in\n0+1 records out\n3 bytes copied, ") {
		t.Errorf("%s", text)
	}
}

// A reader that goes away ends the program as others, without a word.
func TestBrokenPipe(t *testing.T) {
	path, err := exec.LookPath("dd")
	if err != nil {
		t.Fatal(err)
	}
	var stderr bytes.Buffer
	cmd := exec.Command(path, "if=/dev/zero", "bs=64K")
	cmd.Stderr = &stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	out.Close()
	_ = cmd.Wait()
	if state := cmd.ProcessState.Sys().(syscall.WaitStatus); state.Signal() != syscall.SIGPIPE || stderr.Len() > 0 {
		t.Errorf("ended by %v: %s", cmd.ProcessState, &stderr)
	}
}

// Progress stays in one line of a terminal, and what follows it begins a new one.
func TestProgressOnTerminal(t *testing.T) {
	path, err := exec.LookPath("dd")
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(path, "bs=512", "status=progress", "of=/dev/null")
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	cmd.Stdin = r
	terminal, tty, err := pty.Open()
	if err != nil {
		t.Fatal(err)
	}
	defer terminal.Close()
	cmd.Stderr = tty
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	r.Close()
	tty.Close()
	guard := time.AfterFunc(2*time.Minute, func() { _ = cmd.Process.Kill() })
	defer guard.Stop()
	if _, err := w.WriteString("abc"); err != nil {
		t.Fatal(err)
	}
	var text bytes.Buffer
	p := make([]byte, 4096)
	for {
		n, err := terminal.Read(p)
		text.Write(p[:n])
		if strings.Count(text.String(), "\r3 bytes copied, ") == 2 {
			w.Close()
		}
		if err != nil {
			break
		}
	}
	if err := cmd.Wait(); err != nil {
		t.Error(err)
	}
	got := text.String()
	if !strings.HasPrefix(got, "\r3 bytes copied, ") ||
		!strings.Contains(got, "0.0 kB/s\r\n0+1 records in\r\n0+1 records out\r\n3 bytes copied, ") {
		t.Errorf("%q", got)
	}
}
