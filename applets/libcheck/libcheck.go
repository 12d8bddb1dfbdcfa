// Package libcheck is the applet libcheck: which library is broken, where on which
// disk, and who needs it.
package libcheck

import (
	"context"
	"strings"

	"rescuebox/internal/applet"
	"rescuebox/internal/blockdev"
	"rescuebox/internal/elfdep"
	"rescuebox/internal/getopt"
	"rescuebox/internal/libcheck"
	"rescuebox/internal/rootfs"
)

const usage = `usage: libcheck [-qv] [--json] [--root DIR] [PROGRAM...]

Read every byte of each PROGRAM, of its loader and of all libraries it needs,
past the page cache, and report what the disk cannot read: file, offset, device,
sector, and the programs that need it. Without PROGRAM, check all programs on
PATH. ldd and the loader see none of this: a program that meets a bad sector in
a library dies of "Bus error", or does not start.

      --json       write one JSON object
  -q, --quiet      write only the paths of damaged files, one a line
      --root DIR   check the system below DIR, as if DIR were /
  -v, --verbose    list all programs that need a damaged file, and libraries
                   that are missing

A PROGRAM without a slash is looked up in PATH. A script counts with the program
that its #! names. Nothing is written, run, mapped, or dropped from the page
cache: it may hold the last good copy. Sectors are of 512 bytes, as in kernel
messages. Ctrl-C reports what was found so far. LD_LIBRARY_PATH and LD_PRELOAD
are not followed, nor what a program opens while it runs.

EXIT STATUS
  0  all was read
  1  damage was found
  2  no damage was found, but something could not be looked at

EXAMPLES
  libcheck                   which library is broken?
  libcheck sshd login bash   can I still log in?
  libcheck --root /mnt -v    the system on a disk mounted elsewhere
`

// Applet is libcheck.
var Applet = applet.Applet{
	Name:          "libcheck",
	Dir:           "usr/bin",
	Group:         applet.Library,
	Summary:       "find broken libraries: file, disk sector, who needs them",
	Usage:         usage,
	Interruptible: true,
	Run:           run,
}

const (
	optJSON = getopt.LongOnly + iota
	optRoot
)

func options() []getopt.Option {
	return []getopt.Option{
		{Short: optJSON, Long: "json"},
		{Short: 'q', Long: "quiet"},
		{Short: optRoot, Long: "root", Arg: getopt.Required},
		{Short: 'v', Long: "verbose"},
	}
}

// settings are what the command line says.
type settings struct {
	json, quiet, verbose bool
	root                 string
	programs             []string
}

// statusBlind is the exit status for what could not be looked at.
const statusBlind = 2

func parse(args []string) (settings, error) {
	var o settings
	p := getopt.New(options(), args)
	for p.Next() {
		switch p.Opt() {
		case optJSON:
			o.json = true
		case optRoot:
			o.root = p.Value()
			if o.root == "" {
				return o, applet.Usage(statusBlind, "--root needs a folder")
			}
		case 'q':
			o.quiet = true
		case 'v':
			o.verbose = true
		}
	}
	o.programs = p.Operands()
	err := p.Err()
	if err != nil && err != getopt.ErrHelp && err != getopt.ErrVersion {
		err = &applet.UsageError{Status: statusBlind, Err: err}
	}
	return o, err
}

// defaultPath is that of a root login on most systems.
const defaultPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

func run(ctx context.Context, s applet.Streams, args []string) error {
	o, err := parse(args)
	if err != nil {
		return err
	}
	config := configure(s, o)
	if err := config.Root.Check(); err != nil {
		return &applet.StatusError{Status: statusBlind, Err: err}
	}
	plan, err := libcheck.Find(ctx, config)
	if err != nil {
		return &applet.StatusError{Status: statusBlind, Err: interrupted}
	}
	meter := newMeter(s.Err, plan.Bytes())
	stopped := plan.Read(ctx, blockdev.System{}, meter.add)
	meter.clear()
	report := s.Reporter()
	switch {
	case o.json:
		err = writeJSON(s.Out, plan)
	case o.quiet:
		err = writePaths(s.Out, plan)
	default:
		err = writeText(s.Out, plan, o.verbose, stopped != nil)
	}
	if err != nil {
		return &applet.StatusError{Status: statusBlind, Err: err}
	}
	tell(report, plan, o, stopped != nil)
	if len(plan.Damaged()) > 0 {
		return applet.Exit(1)
	}
	return report.Err()
}

type constError string

func (e constError) Error() string { return string(e) }

const interrupted = constError("interrupted before anything was read")

// configure turns the command line and the environment into what to look at.
func configure(s applet.Streams, o settings) libcheck.Config {
	path, set := s.LookupEnv("PATH")
	if !set || path == "" {
		path = defaultPath
	}
	c := libcheck.Config{Dir: s.Dir, Path: strings.Split(path, ":"), Names: o.programs}
	if o.root != "" {
		c.Root = rootfs.New(s.Path(o.root))
		if !c.Root.IsHost() {
			c.Dir = "/"
		}
	}
	c.Closure = elfdep.New(elfdep.Config{Root: c.Root, Dir: c.Dir, Levels: elfdep.HostLevels()}).Closure
	if len(c.Names) == 0 {
		c.Names = nil
	}
	return c
}

// tell reports what could not be looked at.
func tell(report *applet.Reporter, plan *libcheck.Plan, o settings, stopped bool) {
	for _, p := range plan.Problems {
		if !p.Harmless {
			report.ErrorStatus(statusBlind, display(p.Path), p.Err)
		}
	}
	unread := 0
	for _, f := range plan.Files {
		switch {
		case !f.Done:
			unread++
		case f.Err != nil && !f.Damaged():
			report.ErrorStatus(statusBlind, display(f.Path), f.Err)
		}
	}
	if stopped {
		report.Raise(statusBlind)
		report.Note("interrupted: " + count(unread, "file") + " not read, " + count(len(plan.Files)-unread, "file") + " read")
		if o.verbose {
			for _, f := range plan.Files {
				if !f.Done {
					report.Note(display(f.Path) + ": not read")
				}
			}
		}
	}
	if len(plan.Programs) == 0 && plan.Unknown == 0 {
		report.ErrorStatus(statusBlind, "PATH", constError("No programs found"))
	}
}
