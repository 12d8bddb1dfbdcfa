//go:build amd64

package b64xfer

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/creack/pty"
	"golang.org/x/sys/unix"
)

// terminal is a person's window on a far machine, with a shell in it.
type terminal struct {
	t      *testing.T
	master *os.File
	shell  *exec.Cmd

	lock    sync.Mutex
	said    bytes.Buffer
	expects int // where the next expectation begins
}

func (h host) terminal(t *testing.T) *terminal {
	argv := slices.Clone(shells[h.shell])
	cmd := exec.Command(program(t, argv[0]), argv[1:]...)
	cmd.Env, cmd.Dir = h.environment(t), t.TempDir()
	master, err := pty.Start(cmd)
	if err != nil {
		t.Fatal(err)
	}
	w := &terminal{t: t, master: master, shell: cmd}
	read := make(chan struct{})
	go func() {
		defer close(read)
		b := make([]byte, 4096)
		for {
			n, err := master.Read(b)
			w.lock.Lock()
			w.said.Write(b[:n])
			w.lock.Unlock()
			if err != nil {
				return
			}
		}
	}()
	t.Cleanup(func() {
		cmd.Process.Kill()
		cmd.Wait()
		master.Close()
		<-read
	})
	w.expect("$ ")
	return w
}

// until waits for a condition on what the shell said.
func (w *terminal) until(what string, condition func() bool) {
	w.t.Helper()
	for end := time.Now().Add(guard); ; time.Sleep(5 * time.Millisecond) {
		w.lock.Lock()
		done := condition()
		said := w.said.String()
		w.lock.Unlock()
		if done {
			return
		}
		if time.Now().After(end) {
			w.t.Fatalf("no %q in\n%s", what, said[max(0, len(said)-4000):])
		}
	}
}

// expect waits for text behind what was expected last, and returns what is between.
func (w *terminal) expect(text string) (before string) {
	w.t.Helper()
	w.until(text, func() bool {
		said := w.said.Bytes()[w.expects:]
		i := bytes.Index(said, []byte(text))
		if i >= 0 {
			before = string(said[:i])
			w.expects += i + len(text)
		}
		return i >= 0
	})
	return before
}

// paste does as a terminal does: it sends a carriage return for each newline, and
// brackets the text where the shell has asked for that last.
func (w *terminal) paste(text string) {
	w.t.Helper()
	w.lock.Lock()
	said := w.said.Bytes()
	bracketed := bytes.LastIndex(said, []byte("\x1b[?2004h")) > bytes.LastIndex(said, []byte("\x1b[?2004l"))
	w.lock.Unlock()
	text = strings.ReplaceAll(text, "\n", "\r")
	if bracketed {
		text = "\x1b[200~" + text + "\x1b[201~"
	}
	w.send(text)
}

func (w *terminal) send(text string) {
	w.t.Helper()
	if _, err := w.master.WriteString(text); err != nil {
		w.t.Fatal(err)
	}
}

// enter pastes a line and presses Enter.
func (w *terminal) enter(line string) {
	w.t.Helper()
	w.paste(line)
	w.send("\r")
}

// usable fails unless the shell takes a command, and lets programs have a terminal
// with echo.
func (w *terminal) usable() (before string) {
	w.t.Helper()
	w.enter(` echo us""able;read x;echo "got"" $x"`)
	before = w.expect("usable\r\n")
	w.until("echo on", func() bool {
		mode, err := unix.IoctlGetTermios(int(w.master.Fd()), unix.TCGETS)
		return err == nil && mode.Lflag&unix.ECHO != 0 && mode.Lflag&unix.ICANON != 0
	})
	w.enter("it")
	w.expect("got it\r\n")
	w.expect("$ ")
	return before
}

// terminals are the machines of a person with a terminal: each receiver in each shell that it can meet.
func terminals() []host {
	var all []host
	for _, h := range hosts() {
		for name := range shells {
			if name == "ash" && (strings.HasPrefix(h.receiver, "python") || h.receiver == "perl") {
				continue // cuts their lines, see TestPayloadLines
			}
			all = append(all, host{h.receiver, name, h.programs})
		}
	}
	return all
}

// The two pastes and the last line, on a terminal: the file is there bit for bit,
// with its mode, it ran, and the shell goes on as before.
func TestTerminal(t *testing.T) {
	content := kit(t)
	for _, h := range terminals() {
		t.Run(h.name(), func(t *testing.T) {
			t.Parallel()
			w := h.terminal(t)
			dest := filepath.Join(shortDir(t), "rb")
			tr := w.receive(h, content, Options{Dest: dest})
			w.paste(paste(slices.Collect(tr.Payload())).text())
			if out := w.usable(); strings.Contains(out, Damaged) || strings.Contains(out, "not found") {
				t.Errorf("after the payload:\n%s", out)
			}
			w.enter(tr.Run)
			if out := w.expect("kit runs"); !strings.Contains(out, Whole+" "+dest+", ") || !strings.Contains(out, tr.Sum) {
				t.Errorf("no verdict:\n%s", out)
			}
			w.usable()
			got, err := os.ReadFile(dest)
			if err != nil || !bytes.Equal(got, content) {
				t.Fatalf("%v, %d bytes of %d", err, len(got), len(content))
			}
			if info, err := os.Stat(dest); err != nil || info.Mode() != 0o700 || exists(dest+".part") {
				t.Errorf("mode %v, %v; part left: %t", info.Mode(), err, exists(dest+".part"))
			}
			// A second time it would replace the file, and says so before the payload.
			if tr, err = New(h.receiver, content, Options{Dest: dest}); err != nil {
				t.Fatal(err)
			}
			w.enter(tr.Command)
			w.expect("exists: send with --force")
			w.usable()
		})
	}
}

// shortDir is a folder whose name leaves a typed line short.
func shortDir(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("/tmp", "rb")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := os.RemoveAll(dir); err != nil {
			t.Error(err)
		}
	})
	return dir
}

// receive starts a receiver, and waits for it.
func (w *terminal) receive(h host, content []byte, o Options) *Transfer {
	w.t.Helper()
	tr, err := New(h.receiver, content, o)
	if err != nil {
		w.t.Fatal(err)
	}
	w.enter(tr.Command)
	w.expect(Ready + "\r\n")
	return tr
}

// What follows damage is not taken for commands, up to the end of the paste.
func TestTerminalDamage(t *testing.T) {
	content := kit(t)
	for _, h := range terminals() {
		t.Run(h.name(), func(t *testing.T) {
			t.Parallel()
			w := h.terminal(t)
			dest := filepath.Join(shortDir(t), "rb")
			tr := w.receive(h, content, Options{Dest: dest})
			lines := paste(slices.Collect(tr.Payload()))
			lines[0] = lines[0][:5] + "\xff(" + lines[0][7:]
			w.paste(lines.text())
			out := w.expect(Damaged)
			out += w.usable()
			for _, trouble := range []string{"not found", "rror:", "Traceback"} {
				if strings.Contains(out, trouble) {
					t.Errorf("%q in\n%s", trouble, out)
				}
			}
			if exists(dest) || exists(dest+".part") {
				t.Error("something was kept")
			}
		})
	}
}

// Ctrl-C in the middle leaves nothing, and the shell as before.
func TestTerminalInterrupt(t *testing.T) {
	content := kit(t)
	for _, h := range terminals() {
		t.Run(h.name(), func(t *testing.T) {
			t.Parallel()
			w := h.terminal(t)
			dest := filepath.Join(shortDir(t), "rb")
			tr := w.receive(h, content, Options{Dest: dest})
			lines := paste(slices.Collect(tr.Payload()))
			w.paste(lines[:2].text())
			w.until("the part", func() bool { return exists(dest + ".part") })
			w.interrupt()
			w.usable()
			if exists(dest) || exists(dest+".part") {
				t.Error("something was kept")
			}
		})
	}
}

// interrupt presses Ctrl-C until the shell is back: dash does not see one that comes
// just before it begins to read.
func (w *terminal) interrupt() {
	w.t.Helper()
	next := time.Now()
	w.until("$ ", func() bool {
		if time.Now().After(next) {
			w.send("\x03")
			next = time.Now().Add(2 * time.Second)
		}
		return bytes.Contains(w.said.Bytes()[w.expects:], []byte("$ "))
	})
}

// A receiver that cannot begin says so and is never ready.
func TestTerminalRefusal(t *testing.T) {
	for _, h := range terminals() {
		t.Run(h.name(), func(t *testing.T) {
			t.Parallel()
			w := h.terminal(t)
			dir := shortDir(t)
			for _, c := range []struct {
				dest  string
				force bool
				says  string
			}{
				{filepath.Join(dir, "no", "rb"), false, "/no/rb.part"},
				{dir, true, "is a folder"},
			} {
				tr, err := New(h.receiver, []byte("x"), Options{Dest: c.dest, Force: c.force})
				if err != nil {
					t.Fatal(err)
				}
				w.enter(tr.Command)
				w.expect(c.says)
				if out := w.usable(); strings.Contains(out, Ready) {
					t.Errorf("%s: ready\n%s", c.dest, out)
				}
			}
		})
	}
}
