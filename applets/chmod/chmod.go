// Package chmod is the applet chmod.
package chmod

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

const usage = `usage: chmod [-cfvR] MODE[,MODE...] FILE...
       chmod [-cfvR] --reference=RFILE FILE...

Change the mode bits of each FILE.

  -c, --changes           say what was changed
  -f, --silent, --quiet   no messages about files that cannot be changed
  -v, --verbose           say what was done to each file
  -R, --recursive         all below a folder too; symbolic links found there
                          are neither followed nor changed
      --reference=RFILE   the mode of RFILE
      --no-preserve-root  let -R work on / (it refuses to otherwise)

MODE is octal (0755, 4755), or [ugoa...][+-=][rwxXst...|ugo]: u, g, o are the
owner's, the group's and the others' bits, a all of them. X is x for folders and
for what someone may execute already. g=u copies. Without ugoa, what the umask
masks stays. Octal digits leave the setuid and setgid bits of a folder alone,
unless there are five.

EXAMPLES
  chmod -R u=rwX,go=rX /mnt/etc    folders 755, files 644 or 755
  chmod 4755 /mnt/bin/su           setuid root
`

// Applet is chmod.
var Applet = applet.Applet{
	Name:    "chmod",
	Dir:     "bin",
	Group:   applet.Files,
	Summary: "change the modes of files",
	Usage:   usage,
	Run:     run,
}

const (
	reference = getopt.LongOnly + iota
	preserveRoot
	noPreserveRoot
)

func options() []getopt.Option {
	all := []getopt.Option{
		{Short: 'c', Long: "changes"},
		{Short: 'f', Long: "silent"},
		{Short: 'f', Long: "quiet"},
		{Short: 'v', Long: "verbose"},
		{Short: 'R', Long: "recursive"},
		{Short: reference, Long: "reference", Arg: getopt.Required},
		{Short: preserveRoot, Long: "preserve-root"},
		{Short: noPreserveRoot, Long: "no-preserve-root"},
	}
	// A mode such as -w is an option to the parser.
	for _, letter := range modeLetters {
		all = append(all, getopt.Option{Short: letter, Arg: getopt.Optional})
	}
	return all
}

const modeLetters = "rwxXstugoa,+=01234567"

// chmod is one run.
type chmod struct {
	streams applet.Streams
	report  *applet.Reporter
	change  filemode.Change
	umask   uint32

	changes, quiet, verbose, recursive, anyRoot bool
	// A mode given as an option is one that the umask can surprise with.
	dashMode bool
}

func run(_ context.Context, s applet.Streams, args []string) error {
	c := &chmod{streams: s, report: s.Reporter()}
	files, err := c.parse(args)
	if err != nil {
		return err
	}
	if c.change.NeedsUmask() {
		c.umask = filemode.Umask()
	}
	for _, name := range files {
		if err := c.operand(name); err != nil {
			return err
		}
	}
	return c.report.Err()
}

// parse sets c by the options and returns the files.
func (c *chmod) parse(args []string) (files []string, err error) {
	var mode []string
	like := ""
	p := getopt.New(options(), args)
	for p.Next() {
		switch opt := p.Opt(); opt {
		case 'c':
			c.changes = true
		case 'f':
			c.quiet = true
		case 'v':
			c.verbose = true
		case 'R':
			c.recursive = true
		case reference:
			like = p.Value()
		case preserveRoot:
			c.anyRoot = false
		case noPreserveRoot:
			c.anyRoot = true
		default:
			mode = append(mode, "-"+string(opt)+p.Value())
			c.dashMode = true
		}
	}
	if err := p.Err(); err != nil {
		if err == getopt.ErrHelp || err == getopt.ErrVersion {
			return nil, err
		}
		return nil, &applet.UsageError{Err: err}
	}
	files = p.Operands()
	if like != "" {
		if mode != nil {
			return nil, applet.Usage(1, "cannot combine mode and --reference options")
		}
		err = c.likeFile(like)
	} else {
		if mode == nil && len(files) > 0 {
			mode, files = files[:1], files[1:]
		}
		if mode == nil {
			return nil, applet.Usage(1, "missing operand")
		}
		c.change, err = filemode.Parse(strings.Join(mode, ","))
		if err != nil {
			err = errors.New("invalid mode: '" + strings.Join(mode, ",") + "'")
		}
	}
	if err == nil && len(files) == 0 {
		err = applet.Usage(1, "missing operand")
	}
	return files, err
}

func (c *chmod) likeFile(name string) error {
	var st unix.Stat_t
	if err := unix.Stat(c.streams.Path(name), &st); err != nil {
		c.report.Error(name, err)
		return c.report.Err()
	}
	c.change = filemode.Exactly(uint32(st.Mode))
	return nil
}

// fail reports that a file could not be changed.
func (c *chmod) fail(name string, err error) {
	if c.quiet {
		c.report.Raise(1)
		return
	}
	c.report.Error(name, err)
}

// say tells what became of a file whose mode was old and was to be mode.
func (c *chmod) say(name string, old, mode uint32, failed bool) error {
	verb := ""
	switch {
	case failed && c.verbose:
		verb = "failed to change mode of '" + name + "' from "
	case !failed && old != mode && (c.verbose || c.changes):
		verb = "mode of '" + name + "' changed from "
	case !failed && c.verbose:
		verb = "mode of '" + name + "' retained as " + describe(mode) + "\n"
	}
	if verb == "" {
		return nil
	}
	if failed || old != mode {
		verb += describe(old) + " to " + describe(mode) + "\n"
	}
	_, err := io.WriteString(c.streams.Out, verb)
	return err
}

func describe(mode uint32) string {
	return filemode.Octal(mode) + " (" + filemode.String(mode) + ")"
}
