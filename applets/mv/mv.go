// Package mv is the applet mv.
package mv

import (
	"context"
	"errors"
	"strings"

	"golang.org/x/sys/unix"

	"rescuebox/internal/applet"
	"rescuebox/internal/getopt"
)

const usage = `usage: mv [-fintuvT] SOURCE TARGET
       mv [-fintuv] SOURCE... FOLDER
       mv [-finuv] -t FOLDER SOURCE...

Rename SOURCE to TARGET, or move each SOURCE into FOLDER.

  -f, --force               do not ask before a file is replaced
  -i, --interactive         ask before a file is replaced
  -n, --no-clobber          replace nothing; the last of -f, -i, -n counts
  -t, --target-directory=FOLDER
                            move into FOLDER
  -T, --no-target-directory
                            TARGET is a name, even if a folder has it
  -u, --update              replace only files that are older than SOURCE
  -v, --verbose             say what was moved
      --strip-trailing-slashes
                            from each SOURCE

To another file system it copies all that SOURCE is (data, holes, links, owner,
mode, times, extended attributes, devices) to a name beside TARGET, has it
written to the disk, renames it, and removes SOURCE last. When it fails or is
interrupted before that, SOURCE and TARGET are as they were.

EXAMPLES
  mv libc.so.6 libc.so.6.bad && mv /mnt/x libc.so.6
`

// Applet is mv.
var Applet = applet.Applet{
	Name:          "mv",
	Dir:           "bin",
	Group:         applet.Files,
	Summary:       "rename and move files",
	Usage:         usage,
	Interruptible: true,
	Run:           run,
}

const stripSlashes = getopt.LongOnly

func options() []getopt.Option {
	return []getopt.Option{
		{Short: 'f', Long: "force"},
		{Short: 'i', Long: "interactive"},
		{Short: 'n', Long: "no-clobber"},
		{Short: 't', Long: "target-directory", Arg: getopt.Required},
		{Short: 'T', Long: "no-target-directory"},
		{Short: 'u', Long: "update"},
		{Short: 'v', Long: "verbose"},
		{Short: stripSlashes, Long: "strip-trailing-slashes"},
	}
}

// mv is one run.
type mv struct {
	streams applet.Streams
	report  *applet.Reporter
	answers *answers

	replace         rune // the last of f, i and n; 0 for none of them
	update, verbose bool
	strip           bool
	into            string // of -t
	hasInto, asName bool

	// made are the names in the target folder that this run has put there: two
	// sources of one name must not replace each other.
	made map[string]bool
}

func run(ctx context.Context, s applet.Streams, args []string) error {
	m := &mv{streams: s, report: s.Reporter(), answers: newAnswers(s), made: map[string]bool{}}
	operands, err := m.parse(args)
	if err != nil {
		return err
	}
	sources, folder, err := m.plan(operands)
	if err != nil {
		return err
	}
	for _, source := range sources {
		if m.strip {
			source = trimSlashes(source)
		}
		target := folder
		if m.hasInto {
			target = join(folder, base(source))
		}
		if err := m.move(ctx, source, target); err != nil {
			return err
		}
		if ctx.Err() != nil {
			return errors.New("interrupted; what was not moved is where it was")
		}
	}
	return m.report.Err()
}

func (m *mv) parse(args []string) ([]string, error) {
	p := getopt.New(options(), args)
	for p.Next() {
		switch opt := p.Opt(); opt {
		case 'f', 'i', 'n':
			m.replace = opt
		case 't':
			if m.hasInto {
				return nil, errors.New("multiple target directories specified")
			}
			m.into, m.hasInto = p.Value(), true
		case 'T':
			m.asName = true
		case 'u':
			m.update = true
		case 'v':
			m.verbose = true
		case stripSlashes:
			m.strip = true
		}
	}
	if err := p.Err(); err != nil {
		if err == getopt.ErrHelp || err == getopt.ErrVersion {
			return nil, err
		}
		return nil, &applet.UsageError{Err: err}
	}
	return p.Operands(), nil
}

// plan tells the sources from the target, and sets m.hasInto where that is a
// folder to move into.
func (m *mv) plan(operands []string) (sources []string, target string, err error) {
	switch {
	case m.hasInto && m.asName:
		return nil, "", errors.New("cannot combine --target-directory (-t) and --no-target-directory (-T)")
	case len(operands) == 0:
		return nil, "", applet.Usage(1, "missing file operand")
	case m.hasInto:
		if !isFolder(m.streams.Path(m.into)) {
			return nil, "", m.notFolder(m.into)
		}
		return operands, m.into, nil
	case len(operands) == 1:
		return nil, "", applet.Usage(1, "missing destination file operand after '"+operands[0]+"'")
	}
	last := len(operands) - 1
	sources, target = operands[:last], operands[last]
	if m.asName {
		if len(sources) > 1 {
			return nil, "", applet.Usage(1, "extra operand '"+operands[2]+"'")
		}
		return sources, target, nil
	}
	m.hasInto = isFolder(m.streams.Path(target))
	if len(sources) > 1 && !m.hasInto {
		return nil, "", m.notFolder(target)
	}
	return sources, target, nil
}

func (m *mv) notFolder(name string) error {
	var st unix.Stat_t
	err := unix.Stat(m.streams.Path(name), &st)
	if err == nil {
		err = unix.ENOTDIR
	}
	m.report.Error("target '"+name+"'", err)
	return m.report.Err()
}

func isFolder(path string) bool {
	var st unix.Stat_t
	return unix.Stat(path, &st) == nil && st.Mode&unix.S_IFMT == unix.S_IFDIR
}

// trimSlashes removes what stands behind the last name.
func trimSlashes(name string) string {
	if trimmed := strings.TrimRight(name, "/"); trimmed != "" {
		return trimmed
	}
	return name[:min(len(name), 1)]
}

// base is the last name of a path.
func base(name string) string {
	name = trimSlashes(name)
	return name[strings.LastIndexByte(name, '/')+1:]
}

func join(folder, name string) string {
	if strings.HasSuffix(folder, "/") {
		return folder + name
	}
	return folder + "/" + name
}
