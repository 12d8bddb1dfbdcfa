// Package drive types a transfer into a shell at the other end of a line, as a person
// would, and looks at what comes back: it waits for each marker, keeps a window of
// lines without an answer, sends again what was lost, and reads the verdict.
package drive

import (
	"io"
	"os"
	"os/exec"
	"strconv"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// Line is a connection to a terminal that has a shell. Read blocks until there is
// something, or the line is closed or hung up.
type Line interface {
	io.ReadWriteCloser
	// SetWriteDeadline ends a Write that blocks at that time.
	SetWriteDeadline(time.Time) error
}

// Flow is how a serial line stops a sender.
type Flow int

// The kinds of flow control.
const (
	FlowNone Flow = iota
	FlowXon       // XOFF and XON characters
	FlowRTSCTS
)

// tty is a serial line.
type tty struct {
	*os.File
	before unix.Termios
}

// bauds are the speeds that have a constant of their own, in termios(3).
var bauds = map[int]uint32{
	1200: unix.B1200, 2400: unix.B2400, 4800: unix.B4800, 9600: unix.B9600, 19200: unix.B19200, 38400: unix.B38400,
	57600: unix.B57600, 115200: unix.B115200, 230400: unix.B230400, 460800: unix.B460800, 921600: unix.B921600,
}

// TTY opens a serial line or any other terminal device at a speed in baud (0: as it
// is), with 8 bits, no parity, one stop bit. Nobody else can open it meanwhile. Close
// puts back what was set.
func TTY(path string, baud int, flow Flow) (Line, error) {
	fd, err := unix.Open(path, unix.O_RDWR|unix.O_NOCTTY|unix.O_NONBLOCK|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, &os.PathError{Op: "open", Path: path, Err: err}
	}
	fail := func(op string, err error) (Line, error) {
		unix.Close(fd)
		return nil, &os.PathError{Op: op, Path: path, Err: err}
	}
	before, err := unix.IoctlGetTermios(fd, unix.TCGETS)
	if err != nil {
		return fail("tcgetattr", err)
	}
	if err := unix.IoctlSetInt(fd, unix.TIOCEXCL, 0); err != nil {
		return fail("ioctl TIOCEXCL", err)
	}
	mode := *before
	if err := raw(&mode, baud, flow); err != nil {
		return fail("speed", err)
	}
	if err := unix.IoctlSetTermios(fd, unix.TCSETS, &mode); err != nil {
		return fail("tcsetattr", err)
	}
	return &tty{os.NewFile(uintptr(fd), path), *before}, nil
}

// raw sets what cfmakeraw(3) does, and the line's own.
func raw(mode *unix.Termios, baud int, flow Flow) error {
	mode.Iflag &^= unix.IGNBRK | unix.BRKINT | unix.PARMRK | unix.ISTRIP | unix.INLCR | unix.IGNCR | unix.ICRNL | unix.IXON | unix.IXOFF
	mode.Oflag &^= unix.OPOST
	mode.Lflag &^= unix.ECHO | unix.ECHONL | unix.ICANON | unix.ISIG | unix.IEXTEN
	mode.Cflag &^= unix.CSIZE | unix.PARENB | unix.CSTOPB | unix.CRTSCTS
	mode.Cflag |= unix.CS8 | unix.CLOCAL | unix.CREAD
	mode.Cc[unix.VMIN], mode.Cc[unix.VTIME] = 1, 0
	switch flow {
	case FlowXon:
		mode.Iflag |= unix.IXON
	case FlowRTSCTS:
		mode.Cflag |= unix.CRTSCTS
	}
	if baud == 0 {
		return nil
	}
	speed, known := bauds[baud]
	if !known {
		return unix.EINVAL
	}
	mode.Cflag = mode.Cflag&^unix.CBAUD | speed
	mode.Ispeed, mode.Ospeed = speed, speed
	return nil
}

// Close puts the terminal back as it was.
func (t *tty) Close() error {
	control, err := t.SyscallConn()
	if err == nil {
		err2 := control.Control(func(fd uintptr) {
			// What still waits for a far side that has stopped it would hold up the close.
			unix.IoctlSetInt(int(fd), unix.TCFLSH, unix.TCOFLUSH)
			err = unix.IoctlSetTermios(int(fd), unix.TCSETS, &t.before)
			unix.IoctlSetInt(int(fd), unix.TIOCNXCL, 0)
		})
		if err == nil {
			err = err2
		}
	}
	if err2 := t.File.Close(); err == nil {
		err = err2
	}
	return err
}

// command is a program on a pseudo-terminal of its own.
type command struct {
	*os.File
	cmd  *exec.Cmd
	done chan struct{}
}

// columns is how wide the terminal of a command is: no line that is typed wraps, so
// that its echo comes back as it is.
const columns = 1200

// Command runs a command line, by sh, on a pseudo-terminal. Close hangs up.
func Command(text string) (Line, error) {
	master, slave, err := pseudo()
	if err != nil {
		return nil, err
	}
	cmd := exec.Command("/bin/sh", "-c", text)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = slave, slave, slave
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
	err = cmd.Start()
	slave.Close()
	if err != nil {
		master.Close()
		return nil, err
	}
	c := &command{master, cmd, make(chan struct{})}
	go func() {
		defer close(c.done)
		cmd.Wait()
	}()
	return c, nil
}

// cooked reports whether the terminal still edits lines itself: no shell with an editor
// of its own and no connection has taken it over.
func (c *command) cooked() bool {
	control, err := c.SyscallConn()
	if err != nil {
		return false
	}
	cooked := false
	_ = control.Control(func(fd uintptr) {
		mode, err := unix.IoctlGetTermios(int(fd), unix.TCGETS)
		cooked = err == nil && mode.Lflag&(unix.ICANON|unix.ISIG) == unix.ICANON|unix.ISIG
	})
	return cooked
}

// pseudo opens a pseudo-terminal, as pts(4) says.
func pseudo() (master, slave *os.File, err error) {
	const clone = "/dev/ptmx"
	fd, err := unix.Open(clone, unix.O_RDWR|unix.O_NOCTTY|unix.O_NONBLOCK|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, nil, &os.PathError{Op: "open", Path: clone, Err: err}
	}
	n, err := unix.IoctlGetInt(fd, unix.TIOCGPTN)
	if err == nil {
		err = unix.IoctlSetPointerInt(fd, unix.TIOCSPTLCK, 0)
	}
	if err == nil {
		err = unix.IoctlSetWinsize(fd, unix.TIOCSWINSZ, &unix.Winsize{Row: 24, Col: columns})
	}
	if err == nil {
		slave, err = os.OpenFile("/dev/pts/"+strconv.Itoa(n), os.O_RDWR|unix.O_NOCTTY, 0)
	}
	if err != nil {
		unix.Close(fd)
		return nil, nil, err
	}
	return os.NewFile(uintptr(fd), clone), slave, nil
}

// patience is how long a command may take to end after a hang-up.
const patience = 2 * time.Second

// Close hangs up, and kills a command that goes on.
func (c *command) Close() error {
	err := c.File.Close()
	select {
	case <-c.done:
	case <-time.After(patience):
		c.cmd.Process.Kill()
		<-c.done
	}
	return err
}
