//go:build amd64

package b64xfer

import (
	"bytes"
	"errors"
	"io"
	"iter"
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

	"rescuebox/b64xfer/wire"
)

// far is a program on a far machine, and what a person sees of it: a shell on a
// terminal, or a command whose input is a pipe.
type far struct {
	t      *testing.T
	in     io.WriteCloser
	master *os.File // of a terminal
	prompt string
	lazy   bool // the shell sees Ctrl-C when its read has read a line
	edits  bool // the shell echoes by itself, also what its read takes
	exited chan struct{}

	lock    sync.Mutex
	said    bytes.Buffer // without carriage returns
	ended   bool
	news    chan struct{}
	expects int // where the next expectation begins
}

// terminal opens a window on a machine, with its shell.
func (h host) terminal(t *testing.T) *far {
	t.Helper()
	argv := slices.Clone(shells[h.shell])
	cmd := exec.Command(program(t, argv[0]), argv[1:]...)
	cmd.Env, cmd.Dir = h.environment(t), t.TempDir()
	master, err := pty.StartWithSize(cmd, &pty.Winsize{Rows: 24, Cols: 80})
	if err != nil {
		t.Fatal(err)
	}
	master = pollable(t, master)
	f := &far{t: t, in: master, master: master, edits: h.shell == "ksh" || h.shell == "yash", prompt: "$ ", lazy: h.shell == "yash"}
	if h.shell == "mksh" || h.shell == "yash" {
		f.prompt = "# " // whatever PS1 says, for root
	}
	f.watch(cmd, master)
	f.expect(f.prompt)
	return f
}

// pollable returns the same terminal so that closing it ends what reads from it.
func pollable(t *testing.T, master *os.File) *os.File {
	t.Helper()
	defer master.Close()
	fd, err := unix.FcntlInt(master.Fd(), unix.F_DUPFD_CLOEXEC, 0)
	if err == nil {
		err = unix.SetNonblock(fd, true)
	}
	if err != nil {
		t.Fatal(err)
	}
	return os.NewFile(uintptr(fd), master.Name())
}

// echoes reports whether the terminal is in its usual mode.
func (f *far) echoes() bool {
	f.t.Helper()
	var mode *unix.Termios
	control, err := f.master.SyscallConn()
	if err == nil {
		err2 := control.Control(func(fd uintptr) { mode, err = unix.IoctlGetTermios(int(fd), unix.TCGETS) })
		err = errors.Join(err, err2)
	}
	if err != nil {
		f.t.Fatal(err)
	}
	return mode.Lflag&unix.ECHO != 0 && mode.Lflag&unix.ICANON != 0
}

// pipe gives a command to a machine's shell. It keeps its environment, so that many
// can follow each other.
type pipe struct {
	argv []string
	env  []string
}

func (h host) pipe(t *testing.T) pipe {
	t.Helper()
	argv := slices.DeleteFunc(slices.Clone(shells[h.shell]), func(s string) bool { return s == "-i" })
	argv[0] = program(t, argv[0])
	return pipe{argv, h.environment(t)}
}

func (p pipe) start(t *testing.T, command string) *far {
	t.Helper()
	cmd := exec.Command(p.argv[0], append(slices.Clone(p.argv[1:]), "-c", command)...)
	cmd.Env = p.env
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd.Stdout, cmd.Stderr = w, w
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	w.Close()
	f := &far{t: t, in: in}
	f.watch(cmd, r)
	return f
}

// watch collects what the program says, until the test ends.
func (f *far) watch(cmd *exec.Cmd, out *os.File) {
	f.news, f.exited = make(chan struct{}, 1), make(chan struct{})
	read := make(chan struct{})
	go func() {
		defer close(read)
		b := make([]byte, 4096)
		for err := error(nil); err == nil; {
			var n int
			n, err = out.Read(b)
			f.lock.Lock()
			f.said.Write(bytes.ReplaceAll(b[:n], []byte("\r"), nil))
			f.ended = err != nil
			f.lock.Unlock()
			select {
			case f.news <- struct{}{}:
			default:
			}
		}
	}()
	go func() {
		defer close(f.exited)
		cmd.Wait()
	}()
	f.t.Cleanup(func() {
		cmd.Process.Kill()
		<-f.exited
		f.in.Close()
		out.Close()
		<-read
	})
}

// until waits for a condition on what was said.
func (f *far) until(what string, condition func(said []byte) bool) {
	f.t.Helper()
	limit := time.After(guard)
	for {
		f.lock.Lock()
		done := condition(f.said.Bytes()[f.expects:])
		ended, said := f.ended, f.said.String()
		f.lock.Unlock()
		if done {
			return
		}
		if ended {
			f.t.Fatalf("ended without %q:\n%s", what, said[max(0, len(said)-4000):])
		}
		select {
		case <-f.news:
		case <-time.After(20 * time.Millisecond):
		case <-limit:
			f.t.Fatalf("no %q in\n%s", what, said[max(0, len(said)-4000):])
		}
	}
}

// expect waits for text behind what was expected last, and returns what is between.
func (f *far) expect(text string) (before string) {
	f.t.Helper()
	f.until(text, func(said []byte) bool {
		i := bytes.Index(said, []byte(text))
		if i >= 0 {
			before = string(said[:i])
			f.expects += i + len(text)
		}
		return i >= 0
	})
	return before
}

// verdict waits for a line that is one.
func (f *far) verdict() (line string) {
	f.t.Helper()
	f.until("verdict", func(said []byte) bool {
		for start := 0; ; {
			length := bytes.IndexByte(said[start:], '\n')
			if length < 0 {
				return false
			}
			line = string(said[start : start+length])
			start += length + 1
			if strings.HasPrefix(line, Whole) || strings.HasPrefix(line, Damaged) {
				f.expects += start
				return true
			}
		}
	})
	return line
}

// over waits until the program has ended, and returns the rest of what it said.
func (f *far) over() (rest string) {
	f.t.Helper()
	f.until("the end", func(said []byte) bool { rest = string(said); return f.ended })
	return rest
}

// send types text as it is. The program may have ended already.
func (f *far) send(text string) {
	f.t.Helper()
	if _, err := io.WriteString(f.in, text); err != nil && !errors.Is(err, unix.EPIPE) && !errors.Is(err, os.ErrClosed) {
		f.t.Fatal(err)
	}
}

// paste does as a terminal does: it sends a carriage return for each newline, and
// brackets the text where the shell has asked for that last.
func (f *far) paste(text string) {
	f.t.Helper()
	if f.master != nil {
		f.lock.Lock()
		said := f.said.Bytes()
		bracketed := bytes.LastIndex(said, []byte("\x1b[?2004h")) > bytes.LastIndex(said, []byte("\x1b[?2004l"))
		f.lock.Unlock()
		text = strings.ReplaceAll(text, "\n", "\r")
		if bracketed {
			text = "\x1b[200~" + text + "\x1b[201~"
		}
	}
	f.send(text)
}

// enter pastes a command and presses Enter.
func (f *far) enter(command string) {
	f.t.Helper()
	f.paste(command)
	f.send("\r")
}

// receive starts a receiver on a terminal, and waits for it.
func (f *far) receive(receiver string, content []byte, o Options) *Transfer {
	f.t.Helper()
	tr, err := New(receiver, content, o)
	if err != nil {
		f.t.Fatal(err)
	}
	f.enter(tr.Command)
	f.expect(Ready + "\n")
	return tr
}

// settle answers each verdict as a person does, until the file is whole or the
// receiver has given up. It returns the last verdict, and how many chunks it sent.
func (f *far) settle(tr *Transfer) (verdict string, sent int) {
	f.t.Helper()
	for range 10 {
		verdict = f.verdict()
		if strings.HasPrefix(verdict, Whole) || strings.Contains(verdict, "given up") {
			return verdict, sent
		}
		f.expect(Ready + "\n")
		if _, text, named := strings.Cut(verdict, "--chunks "); named {
			set, err := wire.ParseSet(text)
			if err != nil {
				f.t.Fatalf("%q: %v", verdict, err)
			}
			sent += set.Len()
			f.paste(joined(tr.Chunks(set)))
		} else {
			sent += tr.Header.Count()
			f.paste(joined(tr.Payload()))
		}
	}
	f.t.Fatalf("no end of repairs: %s", verdict)
	return
}

// joined is lines as they are pasted.
func joined(lines iter.Seq[string]) string {
	return strings.Join(slices.Collect(lines), "\n") + "\n"
}

// usable fails unless the shell takes a command, and lets programs have a terminal
// with echo.
func (f *far) usable() (before string) {
	f.t.Helper()
	f.enter(` echo us""able;read x;echo "got"" $x"`)
	before = f.expect("usable\n")
	if !f.edits {
		f.until("echo on", func([]byte) bool { return f.echoes() })
	}
	f.enter("it")
	f.expect("got it\n")
	f.expect(f.prompt)
	return before
}

// shortDir returns a folder whose name leaves room in a line of 1000 characters.
func shortDir(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "b64-")
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

// empty fails if there is anything in a file's folder besides the files named.
func empty(t *testing.T, dir string, but ...string) {
	t.Helper()
	files, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		if !slices.Contains(but, f.Name()) {
			t.Errorf("left behind: %s", filepath.Join(dir, f.Name()))
		}
	}
}
