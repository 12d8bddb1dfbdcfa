package drive

import (
	"bytes"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"time"

	"golang.org/x/sys/unix"
)

// pane is a terminal within tmux or screen. What it prints goes into a file, which
// is read as it grows; a pipe that nobody reads could stop the multiplexer.
type pane struct {
	log    *os.File
	closed chan struct{}
	once   sync.Once
	write  func(text []byte) error
	end    func() error
}

// poll is how often the file is looked at.
const poll = 5 * time.Millisecond

func (p *pane) Read(b []byte) (int, error) {
	for {
		n, err := p.log.Read(b)
		if n > 0 || err != nil && err != io.EOF {
			return n, err
		}
		select {
		case <-p.closed:
			return 0, io.EOF
		case <-time.After(poll):
		}
	}
}

func (p *pane) Write(b []byte) (int, error) {
	if err := p.write(b); err != nil {
		return 0, err
	}
	return len(b), nil
}

// SetWriteDeadline has nothing to do: a multiplexer takes all at once.
func (p *pane) SetWriteDeadline(time.Time) error { return nil }

// Close leaves the pane to itself.
func (p *pane) Close() error {
	var err error
	p.once.Do(func() {
		close(p.closed)
		err = errors.Join(p.end(), p.log.Close(), os.RemoveAll(filepath.Dir(p.log.Name())))
	})
	return err
}

// record makes the file for what a pane prints.
func record() (*os.File, error) {
	dir, err := os.MkdirTemp("", "b64xfer-")
	if err != nil {
		return nil, err
	}
	f, err := os.OpenFile(filepath.Join(dir, "log"), os.O_RDONLY|os.O_CREATE, 0o600)
	if err != nil {
		os.Remove(dir)
	}
	return f, err
}

// control runs a multiplexer's own command.
func control(in []byte, argv ...string) error {
	cmd := exec.Command(argv[0], argv[1:]...)
	cmd.Stdin = bytes.NewReader(in)
	out, err := cmd.CombinedOutput()
	if err != nil {
		if text := strings.TrimSpace(string(out)); text != "" {
			return errors.New(argv[0] + ": " + text)
		}
		return err
	}
	return nil
}

// Tmux types into a pane of tmux, named as its -t takes it. The socket is a path, or
// empty for the usual one. The pane must not be piped already.
func Tmux(socket, target string) (Line, error) {
	tmux := func(in []byte, args ...string) error {
		argv := []string{"tmux"}
		if socket != "" {
			argv = append(argv, "-S", socket)
		}
		return control(in, append(argv, args...)...)
	}
	f, err := record()
	if err != nil {
		return nil, err
	}
	buffer := "b64xfer" + strconv.Itoa(unix.Getpid())
	p := &pane{log: f, closed: make(chan struct{})}
	p.end = func() error { return tmux(nil, "pipe-pane", "-t", target) }
	p.write = func(text []byte) error {
		if err := tmux(text, "load-buffer", "-b", buffer, "-"); err != nil {
			return err
		}
		return tmux(nil, "paste-buffer", "-d", "-r", "-b", buffer, "-t", target)
	}
	if err := tmux(nil, "pipe-pane", "-O", "-t", target, "exec cat >>'"+f.Name()+"'"); err != nil {
		return nil, errors.Join(err, f.Close(), os.RemoveAll(filepath.Dir(f.Name())))
	}
	return p, nil
}

// register is the name of the register of screen that carries what is typed.
const register = "p"

// Screen types into the first window of a session of screen. What it logs already
// goes on into another file.
func Screen(name string) (Line, error) {
	screen := func(args ...string) error {
		return control(nil, append([]string{"screen", "-S", name, "-p", "0", "-X"}, args...)...)
	}
	f, err := record()
	if err != nil {
		return nil, err
	}
	dir, n := filepath.Dir(f.Name()), 0
	p := &pane{log: f, closed: make(chan struct{})}
	p.end = func() error { return screen("log", "off") }
	p.write = func(text []byte) error {
		// screen reads the file when it comes to it, which may be after its command ends.
		n++
		file := filepath.Join(dir, strconv.Itoa(n))
		if err := os.WriteFile(file, text, 0o600); err != nil {
			return err
		}
		if err := screen("readreg", register, file); err != nil {
			return err
		}
		return screen("paste", register)
	}
	for _, args := range [][]string{{"logfile", f.Name()}, {"logfile", "flush", "0"}, {"log", "on"}} {
		if err := screen(args...); err != nil {
			return nil, errors.Join(err, f.Close(), os.RemoveAll(dir))
		}
	}
	return p, nil
}
