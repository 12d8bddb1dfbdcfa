package multicall

import (
	"context"
	"errors"
	"io"
	"path/filepath"
	"runtime"
	"strings"

	"rescuebox/internal/applet"
	"rescuebox/internal/getopt"
)

// Build is what a binary knows of how it was built.
type Build struct {
	Version string // release
	Commit  string // abbreviated commit, empty when unknown
	Profile string // list of applets it was built with
}

// String returns one line: version, commit, profile, Go release, platform.
func (b Build) String() string {
	s := "rescuebox " + b.Version
	if b.Commit != "" {
		s += " (" + b.Commit + ")"
	}
	return s + ", profile " + b.Profile + ", " + runtime.Version() + " " + runtime.GOOS + "/" + runtime.GOARCH
}

// Front is the multicall program.
type Front struct {
	Table []*applet.Applet
	Build Build
	// Interrupt returns a context that SIGINT or SIGTERM cancels, for applets
	// that are Interruptible, and a function that undoes it.
	Interrupt func(context.Context) (context.Context, context.CancelFunc)
}

// notFound is the status of POSIX for a command that is not found.
const notFound = 127

// Main runs the program as argv says and returns its exit status. A base name
// of argv[0] that is no applet is the toolbox itself, whatever the file is
// called: a pasted one is often /tmp/rb.
func (f *Front) Main(ctx context.Context, s applet.Streams, argv []string) int {
	if len(argv) == 0 {
		argv = []string{"rescuebox"}
	}
	s.Self = func() (string, error) { return selfPath(argv[0], s.Getenv("PATH")) }
	name := called(argv[0])
	if a := f.find(name); a != nil {
		return f.run(ctx, s, a, name, argv[1:])
	}
	s.Name = "rescuebox"
	args := argv[1:]
	if len(args) == 0 {
		return say(s, f.overview())
	}
	// The options of a received binary that proves itself are the applet's.
	if a := f.find("selfcheck"); a != nil && args[0] == "--selfcheck" {
		return f.run(ctx, s, a, "selfcheck", args[1:])
	}
	if strings.HasPrefix(args[0], "-") {
		return f.self(s, argv[0], args)
	}
	name = called(args[0])
	if a := f.find(name); a != nil {
		return f.run(ctx, s, a, name, args[1:])
	}
	return f.unknown(s, args[0])
}

// called returns the applet that argv[0] names: its base name without the '-'
// that login puts before a shell's.
func called(argv0 string) string {
	return strings.TrimPrefix(filepath.Base(argv0), "-")
}

func (f *Front) find(name string) *applet.Applet {
	for _, a := range f.Table {
		if a.Is(name) {
			return a
		}
	}
	return nil
}

func (f *Front) run(ctx context.Context, s applet.Streams, a *applet.Applet, name string, args []string) int {
	if a.Interruptible && f.Interrupt != nil {
		var stop context.CancelFunc
		ctx, stop = f.Interrupt(ctx)
		defer stop()
	}
	s.Name = name
	return Run(ctx, a, s, args, f.Build.String())
}

func (f *Front) unknown(s applet.Streams, name string) int {
	text := "rescuebox: " + name + ": applet not found"
	if near := f.nearest(called(name)); near != "" {
		text += "; did you mean " + near + "?"
	}
	_, _ = io.WriteString(s.Err, text+" (rescuebox --list shows all)\n")
	return notFound
}

// The toolbox's own options. All but --help and --version are the Short.
const (
	optList rune = getopt.LongOnly + iota
	optListFull
	optInstall
	optForce
	optHelp
)

var selfOptions = []getopt.Option{
	{Short: optList, Long: "list"},
	{Short: optListFull, Long: "list-full"},
	{Short: optInstall, Long: "install"},
	{Short: optForce, Long: "force"},
	{Short: optHelp, Long: "help"},
	{Short: 's', Long: "symbolic"},
}

// self answers for the toolbox: args begin with an option.
func (f *Front) self(s applet.Streams, argv0 string, args []string) int {
	var action rune
	var link linker
	p := getopt.New(selfOptions, args)
	for p.Next() {
		switch p.Opt() {
		case 's':
			link.symbolic = true
		case optForce:
			link.force = true
		default:
			action = p.Opt()
		}
	}
	err := p.Err()
	switch {
	case errors.Is(err, getopt.ErrVersion):
		return say(s, f.Build.String()+"\n")
	case err != nil:
		report(s, &applet.UsageError{Err: err})
		return 1
	}
	switch action {
	case optList:
		return say(s, f.list(func(_ *applet.Applet, name string) string { return name }))
	case optListFull:
		return say(s, f.list(fullPath))
	case optInstall:
		return f.install(s, argv0, link, p.Operands())
	case optHelp:
		return f.help(s, p.Operands())
	}
	report(s, applet.Usage(1, "-s and --force belong to --install"))
	return 1
}

// help prints the overview, or the help text of the applet that is named.
func (f *Front) help(s applet.Streams, operands []string) int {
	if len(operands) == 0 {
		return say(s, f.overview())
	}
	a := f.find(called(operands[0]))
	if a == nil {
		return f.unknown(s, operands[0])
	}
	return say(s, a.Usage)
}
