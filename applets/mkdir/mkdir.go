// Package mkdir is the applet mkdir.
package mkdir

import (
	"context"
	"errors"
	"io"
	"strings"

	"golang.org/x/sys/unix"

	"rescuebox/internal/applet"
	"rescuebox/internal/filemode"
	"rescuebox/internal/getopt"
)

const usage = `usage: mkdir [-pv] [-m MODE] FOLDER...

Make each FOLDER.

  -m, --mode=MODE   with this mode, as chmod takes it, and not what the umask
                    leaves of 777
  -p, --parents     make missing parent folders too (with the umask's mode), and
                    do not mind a FOLDER that exists
  -v, --verbose     say which folders were made

EXAMPLES
  mkdir -p /mnt/new/root
  mkdir -m 1777 /mnt/tmp
`

// Applet is mkdir.
var Applet = applet.Applet{
	Name:    "mkdir",
	Dir:     "bin",
	Group:   applet.Files,
	Summary: "make folders",
	Usage:   usage,
	Run:     run,
}

func options() []getopt.Option {
	return []getopt.Option{
		{Short: 'm', Long: "mode", Arg: getopt.Required},
		{Short: 'p', Long: "parents"},
		{Short: 'v', Long: "verbose"},
	}
}

// mkdir is one run.
type mkdir struct {
	streams          applet.Streams
	report           *applet.Reporter
	parents, verbose bool
	mode             *filemode.Change // nil without -m
	umask            uint32
}

func run(_ context.Context, s applet.Streams, args []string) error {
	m := &mkdir{streams: s, report: s.Reporter()}
	p := getopt.New(options(), args)
	for p.Next() {
		switch p.Opt() {
		case 'm':
			change, err := filemode.Parse(p.Value())
			if err != nil {
				return errors.New("invalid mode '" + p.Value() + "'")
			}
			m.mode, m.umask = &change, filemode.Umask()
		case 'p':
			m.parents = true
		case 'v':
			m.verbose = true
		}
	}
	if err := p.Err(); err != nil {
		if err == getopt.ErrHelp || err == getopt.ErrVersion {
			return err
		}
		return &applet.UsageError{Err: err}
	}
	if len(p.Operands()) == 0 {
		return applet.Usage(1, "missing operand")
	}
	for _, name := range p.Operands() {
		if err := m.folder(name); err != nil {
			return err
		}
	}
	return m.report.Err()
}

// folder makes one operand. It returns only errors of the output.
func (m *mkdir) folder(name string) error {
	if m.parents {
		if made, err := m.parentsOf(name); !made || err != nil {
			return err
		}
	}
	err := m.make(name)
	if err == unix.EEXIST && m.parents && isFolder(m.streams.Path(name)) {
		return nil
	}
	if err != nil {
		m.report.Error(name, err)
		return nil
	}
	return m.say(name)
}

// parentsOf makes the folders above name, and reports whether they are there.
func (m *mkdir) parentsOf(name string) (bool, error) {
	last := len(strings.TrimRight(name, "/"))
	for i := 1; i < last; i++ {
		// One separator of several ends a parent's name.
		if name[i] != '/' || name[i-1] == '/' {
			continue
		}
		parent := name[:i]
		path := m.streams.Path(parent)
		err := unix.Mkdir(path, 0o777)
		switch {
		case err == nil:
			if err := reachable(path); err != nil {
				m.report.Error(parent, err)
				return false, nil
			}
			if err := m.say(parent); err != nil {
				return false, err
			}
		case isFolder(path):
		case err == unix.EEXIST:
			m.report.Error(parent, unix.ENOTDIR)
			return false, nil
		default:
			m.report.Error(parent, err)
			return false, nil
		}
	}
	return true, nil
}

// reachable lets the owner into a new parent folder that the umask locks, as
// POSIX wants.
func reachable(path string) error {
	var st unix.Stat_t
	if err := unix.Stat(path, &st); err != nil {
		return err
	}
	if st.Mode&0o300 == 0o300 {
		return nil
	}
	return unix.Chmod(path, uint32(st.Mode)&filemode.All|0o300)
}

func isFolder(path string) bool {
	var st unix.Stat_t
	return unix.Stat(path, &st) == nil && st.Mode&unix.S_IFMT == unix.S_IFDIR
}

// make makes the folder, private until it has the mode that was asked for.
func (m *mkdir) make(name string) error {
	path := m.streams.Path(name)
	if m.mode == nil {
		return unix.Mkdir(path, 0o777)
	}
	if err := unix.Mkdir(path, 0o700); err != nil {
		return err
	}
	fd, err := unix.Open(strings.TrimRight(path, "/"), unix.O_RDONLY|unix.O_DIRECTORY|unix.O_NOFOLLOW|unix.O_CLOEXEC, 0)
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	var st unix.Stat_t
	if err := unix.Fstat(fd, &st); err != nil {
		return err
	}
	// A folder with the setgid bit has given it to the new one, which keeps it
	// unless the mode says otherwise.
	inherited := uint32(st.Mode) & unix.S_ISGID
	return unix.Fchmod(fd, m.mode.Apply(0o777|inherited, true, m.umask))
}

func (m *mkdir) say(name string) error {
	if !m.verbose {
		return nil
	}
	_, err := io.WriteString(m.streams.Out, "mkdir: created directory '"+name+"'\n")
	return err
}
