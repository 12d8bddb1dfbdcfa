// Package mktemp is the applet mktemp.
package mktemp

import (
	"context"
	"errors"
	"io"
	"math/rand/v2"
	"strings"

	"golang.org/x/sys/unix"

	"rescuebox/internal/applet"
	"rescuebox/internal/getopt"
)

const usage = `usage: mktemp [-dqu] [-p DIR | -t] [--suffix=SUFFIX] [TEMPLATE]

Make a new, empty file that only its owner can read, and write its name.

  -d, --directory       a folder instead
  -u, --dry-run         make nothing: the name is free now, and may not stay so
  -q, --quiet           no message when it cannot be made
  -p DIR, --tmpdir[=DIR]
                        TEMPLATE is below DIR, else $TMPDIR, else /tmp
  -t                    TEMPLATE is a name in $TMPDIR, else DIR of -p, else /tmp
      --suffix=SUFFIX   add SUFFIX; TEMPLATE must end in X then

TEMPLATE has at least three X in a row; the last such run becomes letters and
digits. It is tmp.XXXXXXXXXX, with --tmpdir, unless given.

EXAMPLES
  mktemp -d /mnt/save.XXXX
  map=$(mktemp --suffix=.map image.XXXXXX)
`

// Applet is mktemp.
var Applet = applet.Applet{
	Name:    "mktemp",
	Dir:     "bin",
	Group:   applet.Files,
	Summary: "make a temporary file or folder",
	Usage:   usage,
	Run:     run,
}

const suffixOption = getopt.LongOnly

func options() []getopt.Option {
	return []getopt.Option{
		{Short: 'd', Long: "directory"},
		{Short: 'u', Long: "dry-run"},
		{Short: 'q', Long: "quiet"},
		{Short: 'p', Arg: getopt.Required},
		{Short: 'p', Long: "tmpdir", Arg: getopt.Optional},
		{Short: 't'},
		{Short: suffixOption, Long: "suffix", Arg: getopt.Required},
	}
}

// request is what the command line asks for.
type request struct {
	template  string
	suffix    string
	hasSuffix bool
	dir       string // of -p
	inDir     bool   // below a folder for temporary files
	nameOnly  bool   // -t

	folder, dryRun, quiet bool
}

func run(_ context.Context, s applet.Streams, args []string) error {
	r, err := parse(args)
	if err != nil {
		return err
	}
	name, err := r.name(s.Getenv("TMPDIR"))
	if err != nil {
		return err
	}
	made, err := r.create(s, name)
	if err != nil {
		if r.quiet {
			return applet.Exit(1)
		}
		report := s.Reporter()
		report.Error(name.String(), err)
		return report.Err()
	}
	if _, err := io.WriteString(s.Out, made+"\n"); err != nil {
		// Nobody knows its name.
		r.remove(s, made)
		return err
	}
	return nil
}

func parse(args []string) (*request, error) {
	r := &request{}
	p := getopt.New(options(), args)
	for p.Next() {
		switch p.Opt() {
		case 'd':
			r.folder = true
		case 'u':
			r.dryRun = true
		case 'q':
			r.quiet = true
		case 'p':
			r.dir, r.inDir = p.Value(), true
		case 't':
			r.nameOnly, r.inDir = true, true
		case suffixOption:
			r.suffix, r.hasSuffix = p.Value(), true
		}
	}
	if err := p.Err(); err != nil {
		if err == getopt.ErrHelp || err == getopt.ErrVersion {
			return nil, err
		}
		return nil, &applet.UsageError{Err: err}
	}
	switch operands := p.Operands(); len(operands) {
	case 0:
		r.template, r.inDir = "tmp.XXXXXXXXXX", true
	case 1:
		r.template = operands[0]
	default:
		return nil, applet.Usage(1, "too many templates")
	}
	return r, nil
}

// name is a name with a run of X between its halves.
type name struct {
	prefix, suffix string
	xs             int
}

func (n name) String() string { return n.prefix + strings.Repeat("X", n.xs) + n.suffix }

// name makes the template's name; tmpdir is $TMPDIR.
func (r *request) name(tmpdir string) (name, error) {
	template := r.template
	n := name{suffix: r.suffix}
	if r.hasSuffix {
		if !strings.HasSuffix(template, "X") {
			return n, errors.New("with --suffix, template '" + template + "' must end in X")
		}
	} else {
		end := strings.LastIndexByte(template, 'X') + 1
		template, n.suffix = template[:end], template[end:]
	}
	if strings.Contains(n.suffix, "/") {
		return n, errors.New("invalid suffix '" + n.suffix + "', contains directory separator")
	}
	n.prefix = strings.TrimRight(template, "X")
	if n.xs = len(template) - len(n.prefix); n.xs < 3 {
		return n, errors.New("too few X's in template '" + r.template + "'")
	}
	if !r.inDir {
		return n, nil
	}
	dir := r.dir
	switch {
	case r.nameOnly:
		if strings.Contains(n.prefix, "/") {
			return n, errors.New("invalid template, '" + r.template + "', contains directory separator")
		}
		if tmpdir != "" {
			dir = tmpdir
		}
	case strings.HasPrefix(n.prefix, "/"):
		return n, errors.New("invalid template, '" + r.template + "'; with --tmpdir, it may not be absolute")
	case dir == "":
		dir = tmpdir
	}
	if dir == "" {
		dir = "/tmp"
	}
	n.prefix = strings.TrimRight(dir, "/") + "/" + n.prefix
	return n, nil
}

// attempts is how often a name that is taken is made anew: as often as glibc's
// tempname.c tries, 62³.
const attempts = 62 * 62 * 62

// create makes the file or folder under a name that nothing has.
func (r *request) create(s applet.Streams, n name) (string, error) {
	for range attempts {
		made := n.prefix + random(n.xs) + n.suffix
		err := r.attempt(s.Path(made))
		if err != unix.EEXIST {
			return made, err
		}
	}
	return "", unix.EEXIST
}

func (r *request) attempt(path string) error {
	switch {
	case r.dryRun:
		var st unix.Stat_t
		switch err := unix.Lstat(path, &st); err {
		case nil:
			return unix.EEXIST
		case unix.ENOENT:
			return nil
		default:
			return err
		}
	case r.folder:
		return unix.Mkdir(path, 0o700)
	}
	fd, err := unix.Open(path, unix.O_RDWR|unix.O_CREAT|unix.O_EXCL|unix.O_CLOEXEC, 0o600)
	if err != nil {
		return err
	}
	return unix.Close(fd)
}

func (r *request) remove(s applet.Streams, made string) {
	switch {
	case r.dryRun:
	case r.folder:
		_ = unix.Rmdir(s.Path(made))
	default:
		_ = unix.Unlink(s.Path(made))
	}
}

// random returns n letters and digits. Its source is seeded by the kernel; that
// no one else's file is taken is O_EXCL's doing.
func random(n int) string {
	const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
	b := make([]byte, n)
	for i := range b {
		b[i] = letters[rand.N(len(letters))]
	}
	return string(b)
}
