package mv

import (
	"bufio"
	"io"
	"os"

	"golang.org/x/sys/unix"

	"rescuebox/internal/applet"
	"rescuebox/internal/filemode"
)

// answers reads what the user says to questions.
type answers struct {
	in       *bufio.Reader
	terminal bool
}

func newAnswers(s applet.Streams) *answers {
	a := &answers{in: bufio.NewReader(s.In)}
	if f, ok := s.In.(*os.File); ok {
		_, err := unix.IoctlGetTermios(int(f.Fd()), unix.TCGETS)
		a.terminal = err == nil
	}
	return a
}

// yes reports whether the next line begins with y or Y.
func (a *answers) yes() bool {
	line, _ := a.in.ReadString('\n')
	return line != "" && line[0]|0x20 == 'y'
}

// mayReplace asks whether target may be replaced, where a question is due: with
// -i, and for a file that cannot be written to when somebody is there to answer.
func (m *mv) mayReplace(target, path string, st *unix.Stat_t) bool {
	if m.replace == 'f' {
		return true
	}
	question := "overwrite '" + target + "'? "
	if st.Mode&unix.S_IFMT != unix.S_IFLNK && unix.Faccessat(unix.AT_FDCWD, path, unix.W_OK, unix.AT_EACCESS) != nil {
		mode := uint32(st.Mode) & filemode.All
		question = "replace '" + target + "', overriding mode " + filemode.Octal(mode) + " (" + filemode.String(mode) + ")? "
	} else if m.replace != 'i' {
		return true
	}
	if m.replace != 'i' && !m.answers.terminal {
		return true
	}
	_, _ = io.WriteString(m.streams.Err, m.streams.Name+": "+question)
	return m.answers.yes()
}
