// Package libcheck is the applet libcheck: which library is broken, where on which
// disk, who needs it, and where a good copy is.
package libcheck

import (
	"context"
	"strings"

	"rescuebox/internal/applet"
	"rescuebox/internal/blockdev"
	"rescuebox/internal/elfdep"
	"rescuebox/internal/getopt"
	"rescuebox/internal/libcheck"
	"rescuebox/internal/pkgdb"
	"rescuebox/internal/rootfs"
)

const usage = `usage: libcheck [OPTION]... [PROGRAM...]
       libcheck -a [OPTION]... DIR...
       libcheck --kernel-log[=FILE] | --sector DEV:N[-M] | --map DEV:MAPFILE

Read every byte of each PROGRAM, of its loader and of all libraries it needs,
past the page cache, and compare it with what the package manager has recorded.
Report what the disk cannot read or has changed: file, offset, what lies there,
device, sector, the programs that need it, and what to type next. ldd and the
loader see none of this: a program that meets a bad sector in a library dies of
"Bus error", or does not start.

Without PROGRAM, check the system: all programs on PATH, those of systemd and of
libexec folders, the libraries in the loader's cache, and PAM's modules.

WHAT TO LOOK AT
  -a, --all            operands are folders: all programs and libraries in them
      --running        what live processes have mapped, deleted files included
      --root DIR       the system below DIR, as if DIR were /

WHICH FILES LIE ON BAD SECTORS (none is read but ELF headers; with -a, any file)
      --kernel-log[=FILE]   sectors of I/O errors in the kernel's log
                            (/dev/kmsg, or FILE as dmesg writes it)
      --sector DEV:N[-M]    sectors N to M of the device, as the kernel counts
      --map DEV:MAPFILE     bad sectors of the device in a map of ddrescue

WHAT TO DO
      --save DIR       write the best copy of each damaged file below DIR: good
                       bytes from the disk, bad ones from the page cache or from
                       another copy on this host, compared with the digest
      --no-digests     do not ask package managers' databases

WHAT TO PRINT
      --json           one JSON object
  -q, --quiet          only the paths of damaged files, one a line
  -v, --verbose        all programs that need a damaged file, all files that no
                       package manager knows, and libraries that are missing

A PROGRAM without a slash is looked up in PATH. A script counts with the program
that its #! names. Nothing is written but by --save; nothing is run, mapped, or
dropped from the page cache: it may hold the last good copy. Sectors are of 512
bytes, as in kernel messages. Ctrl-C reports what was found so far.

VERDICTS
  unreadable  the disk cannot read some of it
  truncated   its end is missing
  changed     its bytes are not those that the package manager has recorded, or
              its ELF headers make no sense; edited configuration is fine
  unknown     all of it can be read; nothing says what it should be

EXIT STATUS
  0  no damage
  1  damage was found
  2  no damage was found, but something could not be looked at

EXAMPLES
  libcheck                           which library is broken?
  libcheck sshd login bash           can I still log in?
  libcheck --save /dev/shm/saved     save what is broken, as long as it can be
  libcheck --root /mnt -v            the system on a disk mounted elsewhere
  libcheck --kernel-log              "I/O error, dev sda, sector 28674": whose?
`

// Applet is libcheck.
var Applet = applet.Applet{
	Name:          "libcheck",
	Dir:           "usr/bin",
	Group:         applet.Library,
	Summary:       "find broken libraries, who needs them, and save them",
	Usage:         usage,
	Interruptible: true,
	Run:           run,
}

const (
	optJSON = getopt.LongOnly + iota
	optRoot
	optRunning
	optKernelLog
	optSector
	optMap
	optSave
	optNoDigests
)

func options() []getopt.Option {
	return []getopt.Option{
		{Short: 'a', Long: "all"},
		{Short: optJSON, Long: "json"},
		{Short: optKernelLog, Long: "kernel-log", Arg: getopt.Optional},
		{Short: optMap, Long: "map", Arg: getopt.Required},
		{Short: optNoDigests, Long: "no-digests"},
		{Short: 'q', Long: "quiet"},
		{Short: optRoot, Long: "root", Arg: getopt.Required},
		{Short: optRunning, Long: "running"},
		{Short: optSave, Long: "save", Arg: getopt.Required},
		{Short: optSector, Long: "sector", Arg: getopt.Required},
		{Short: 'v', Long: "verbose"},
	}
}

// settings are what the command line says.
type settings struct {
	json, quiet, verbose bool
	trees, running       bool
	noDigests            bool
	root, save           string
	where                []origin // of bad sectors; nil to read files
	operands             []string
}

// statusBlind is the exit status for what could not be looked at.
const statusBlind = 2

func parse(args []string) (settings, error) {
	var o settings
	var bad error
	p := getopt.New(options(), args)
	for p.Next() {
		switch p.Opt() {
		case 'a':
			o.trees = true
		case optJSON:
			o.json = true
		case optKernelLog:
			o.where = append(o.where, origin{kind: kernelLog, file: p.Value()})
		case optMap, optSector:
			from, err := parseOrigin(p.Opt() == optMap, p.Value())
			if err != nil && bad == nil {
				bad = err
			}
			o.where = append(o.where, from)
		case optNoDigests:
			o.noDigests = true
		case optRoot:
			o.root = p.Value()
			if o.root == "" {
				bad = applet.Usage(statusBlind, "--root needs a folder")
			}
		case optRunning:
			o.running = true
		case optSave:
			o.save = p.Value()
			if o.save == "" {
				bad = applet.Usage(statusBlind, "--save needs a folder")
			}
		case 'q':
			o.quiet = true
		case 'v':
			o.verbose = true
		}
	}
	o.operands = p.Operands()
	err := p.Err()
	if err != nil && err != getopt.ErrHelp && err != getopt.ErrVersion {
		err = &applet.UsageError{Status: statusBlind, Err: err}
	}
	if err == nil {
		err = bad
	}
	if err == nil {
		err = o.contradiction()
	}
	return o, err
}

// contradiction refuses options that exclude one another.
func (o *settings) contradiction() error {
	switch {
	case o.trees && len(o.operands) == 0:
		return applet.Usage(statusBlind, "-a needs a folder")
	case o.running && o.root != "":
		return applet.Usage(statusBlind, "--running looks at this system, --root at another")
	case o.running && o.trees:
		return applet.Usage(statusBlind, "--running and -a exclude one another")
	case o.where != nil && o.save != "":
		return applet.Usage(statusBlind, "--save needs files that were read: name those that lie on the bad sectors")
	}
	return nil
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
	report := s.Reporter()
	if o.where != nil {
		return locate(ctx, s, o, plan, report)
	}
	if !o.noDigests {
		for _, db := range databases(config.Root, report) {
			if err := plan.Digests(ctx, db); err != nil && ctx.Err() == nil {
				report.ErrorStatus(statusBlind, "database of "+db.Name(), err)
			}
		}
	}
	var keep *keeper
	if o.save != "" {
		keep = &keeper{libcheck.NewSaver(plan, s.Path(o.save))}
	}
	meter := newMeter(s.Err, plan.Bytes())
	stopped := plan.Read(ctx, libcheck.Reading{System: blockdev.System{}, Progress: meter.add, Damaged: keep.damaged(ctx)}) != nil
	meter.clear()
	keep.finish(ctx)
	r := result{plan: plan, self: self(s), saved: keep, root: config.Root, rootName: o.root, verbose: o.verbose, stopped: stopped}
	switch {
	case o.json:
		err = r.writeJSON(s.Out)
	case o.quiet:
		err = writePaths(s.Out, plan)
	default:
		err = r.writeText(s.Out)
	}
	if err != nil {
		return &applet.StatusError{Status: statusBlind, Err: err}
	}
	tell(report, plan, o, stopped)
	if len(plan.Damaged()) > 0 {
		return applet.Exit(1)
	}
	return report.Err()
}

// self is what to type to run this program again.
func self(s applet.Streams) string {
	if s.Self != nil {
		if path, err := s.Self(); err == nil && path != "" {
			return quote(path)
		}
	}
	return "rescuebox"
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
	c := libcheck.Config{Dir: s.Dir, Path: strings.Split(path, ":")}
	if o.root != "" {
		c.Root = rootfs.New(s.Path(o.root))
		if !c.Root.IsHost() {
			c.Dir = "/"
		}
	}
	switch {
	case o.trees:
		c.Trees, c.AllOf = o.operands, o.where != nil
	case len(o.operands) > 0:
		c.Names = o.operands
	}
	if o.running {
		c.Running = "/proc"
	}
	c.Closure = elfdep.New(elfdep.Config{Root: c.Root, Dir: c.Dir, Levels: elfdep.HostLevels(), Capabilities: elfdep.HostCapabilities()}).Closure
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
		case f.Err != nil && !f.Verdict().Damage():
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
	if len(plan.Files) == 0 && plan.Unknown == 0 {
		what := "PATH"
		if o.trees {
			what = strings.Join(o.operands, " ")
		}
		report.ErrorStatus(statusBlind, display(what), constError("No programs found"))
	}
}

// databases opens what package managers have recorded. One that cannot be read is
// told of; its files are unknown.
func databases(root rootfs.Root, report *applet.Reporter) []pkgdb.Database {
	list, err := packages(root)
	if err != nil {
		report.ErrorStatus(statusBlind, "package database", err)
	}
	return list
}
