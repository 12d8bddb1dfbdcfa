package b64xfer

import (
	"bytes"
	"context"
	"io"
	"os"

	"golang.org/x/sys/unix"
)

// quiet turns echo off on a terminal, and the limit of 4095 characters a line, which
// its usual mode has. It returns what puts that back, and whether there is one.
func quiet(in io.Reader) (restore func() error, terminal bool, err error) {
	nothing := func() error { return nil }
	f, ok := in.(*os.File)
	if !ok {
		return nothing, false, nil
	}
	fd := int(f.Fd())
	before, err := unix.IoctlGetTermios(fd, unix.TCGETS)
	if err != nil {
		return nothing, false, nil
	}
	mode := *before
	mode.Lflag &^= unix.ECHO | unix.ICANON
	mode.Cc[unix.VMIN], mode.Cc[unix.VTIME] = 1, 0
	if err := unix.IoctlSetTermios(fd, unix.TCSETS, &mode); err != nil {
		return nothing, false, err
	}
	return func() error { return unix.IoctlSetTermios(fd, unix.TCSETS, before) }, true, nil
}

// waiting reads a terminal until the context ends, which Ctrl-C does.
type waiting struct {
	ctx context.Context
	in  io.Reader
}

// look is how long a read waits before it looks at the context, in milliseconds.
const look = 100

func (w *waiting) Read(p []byte) (int, error) {
	f, ok := w.in.(*os.File)
	for ok {
		if err := w.ctx.Err(); err != nil {
			return 0, err
		}
		fds := []unix.PollFd{{Fd: int32(f.Fd()), Events: unix.POLLIN}}
		if n, err := unix.Poll(fds, look); n > 0 || err != nil && err != unix.EINTR {
			break
		}
	}
	n, err := w.in.Read(p)
	if i := bytes.IndexByte(p[:n], 4); i >= 0 { // Ctrl-D: this mode has it as a character
		return i, io.EOF
	}
	return n, err
}

// lines cuts input into lines of any length: what is beyond a limit is dropped.
type lines struct {
	in     io.Reader
	buffer []byte
	err    error
}

// maxLine is far above what a chunk needs.
const maxLine = 64 << 10

func newLines(in io.Reader) *lines { return &lines{in: in} }

// next returns a line without its end, which is a newline or a return, or both. The
// last one may have none. It is valid until the next call.
func (l *lines) next() ([]byte, error) {
	for {
		if i := bytes.IndexAny(l.buffer, "\r\n"); i >= 0 {
			line := l.buffer[:i]
			l.buffer = l.buffer[i+1:]
			return line, nil
		}
		if l.err != nil {
			line := l.buffer
			l.buffer = nil
			if len(line) > 0 && l.err == io.EOF {
				return line, nil
			}
			return nil, l.err
		}
		if len(l.buffer) > maxLine {
			l.buffer = l.buffer[:maxLine]
		}
		chunk := make([]byte, 16<<10)
		n, err := l.in.Read(chunk)
		l.buffer, l.err = append(l.buffer, chunk[:n]...), err
	}
}
