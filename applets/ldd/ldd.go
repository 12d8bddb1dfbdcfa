// Package ldd is the applet ldd: the libraries that a program needs, found by the
// rules of its loader and without running it.
package ldd

import (
	"context"
	"errors"
	"io"

	"rescuebox/internal/applet"
	"rescuebox/internal/elfdep"
	"rescuebox/internal/elffile"
	"rescuebox/internal/getopt"
	"rescuebox/internal/rootfs"
	"rescuebox/internal/shebang"
)

// Applet is ldd.
var Applet = applet.Applet{
	Name:    "ldd",
	Group:   applet.Library,
	Summary: "print the libraries that a program needs",
	Usage:   usage,
	Run:     run,
}

const usage = `usage: ldd [--root DIR] FILE...

Print the shared libraries that each FILE needs and where its loader will find
them. Nothing is executed, neither FILE nor its loader: this works when both are
broken, for files that are not to be trusted, and for other processors.

Lines are as those of the C library's ldd, without addresses and without the
line of linux-vdso, which is no file:

    NAME => PATH          found
    NAME => not found     missing: the program will not start
    PATH                  asked for by its path, as the loader itself

LD_LIBRARY_PATH and LD_PRELOAD count as they would for FILE, but not with
--root. A script is answered with what its interpreter needs. This looks at
the headers of each file only: libcheck reads every byte.

    --root DIR   answer for the system below DIR, a mounted disk for instance;
                 FILE is a path inside it

EXIT STATUS
    0  everything was found
    1  a library or a FILE is missing or damaged, or FILE is not dynamic

EXAMPLES
    ldd /bin/login
    ldd --root /mnt /usr/sbin/sshd
    ldd /usr/bin/* | grep -B9 'not found'
`

const optRoot = getopt.LongOnly

func run(ctx context.Context, s applet.Streams, args []string) error {
	var dir string
	p := getopt.New([]getopt.Option{{Short: optRoot, Long: "root", Arg: getopt.Required}}, args)
	for p.Next() {
		// An unset variable must not turn into the running system.
		if dir = p.Value(); dir == "" {
			return applet.Usage(1, "--root: empty DIR")
		}
	}
	if err := p.Err(); err != nil {
		return &applet.UsageError{Err: err}
	}
	files := p.Operands()
	if len(files) == 0 {
		return applet.Usage(1, "missing file arguments")
	}
	config := elfdep.Config{Dir: s.Dir, Levels: elfdep.HostLevels()}
	if dir != "" {
		config.Root, config.Dir = rootfs.New(s.Path(dir)), ""
	} else {
		config.LibraryPath, config.Preload = s.Getenv("LD_LIBRARY_PATH"), s.Getenv("LD_PRELOAD")
	}
	if err := config.Root.Check(); err != nil {
		return err
	}
	l := &lister{streams: s, root: config.Root, resolver: elfdep.New(config), report: s.Reporter()}
	for _, file := range files {
		if len(files) > 1 {
			l.print(file + ":\n")
		}
		if err := l.list(ctx, file, file); err != nil {
			return err
		}
	}
	if l.failed != nil {
		return l.failed
	}
	if err := l.resolver.CacheErr; err != nil {
		l.report.Error("/etc/ld.so.cache", err)
	}
	return l.report.Err()
}

// lister prints closures.
type lister struct {
	streams  applet.Streams
	root     rootfs.Root
	resolver *elfdep.Resolver
	report   *applet.Reporter
	failed   error // the first write that failed
}

func (l *lister) print(text string) {
	if _, err := io.WriteString(l.streams.Out, text); l.failed == nil {
		l.failed = err
	}
}

// path is where the kernel finds an operand.
func (l *lister) path(operand string) string {
	if l.root.IsHost() {
		return l.streams.Path(operand)
	}
	return operand
}

// list prints what file needs; operand is what the user typed. The error is one
// that ends everything.
func (l *lister) list(ctx context.Context, operand, file string) error {
	c, err := l.resolver.Closure(ctx, l.path(file))
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case errors.Is(err, elffile.ErrNotELF):
		return l.script(ctx, operand, file)
	case err != nil:
		l.report.Error(operand, err)
	case !c.Program.File.Dynamic && c.Program.Err != nil:
		l.report.Error(operand, c.Program.Err)
	case !c.Program.File.Dynamic:
		l.report.Error(operand, errNotDynamic)
	default:
		l.closure(operand, c)
	}
	return l.failed
}

var errNotDynamic = errors.New("not a dynamic executable")

// script prints what the interpreter of a script needs.
func (l *lister) script(ctx context.Context, operand, file string) error {
	interpreter, ok := l.interpreter(file)
	// A script whose interpreter is a script is followed once, not round and round.
	if !ok || file != operand {
		l.report.Error(operand, errNotDynamic)
		return nil
	}
	l.print("\tscript, run by " + interpreter + ":\n")
	return l.list(ctx, operand, interpreter)
}

func (l *lister) interpreter(file string) (string, bool) {
	f, err := l.root.Open(l.path(file))
	if err != nil {
		return "", false
	}
	defer f.Close()
	head := make([]byte, shebang.Size)
	n, _ := io.ReadFull(f, head)
	interpreter, _, ok := shebang.Parse(head[:n])
	return interpreter, ok
}

func (l *lister) closure(operand string, c *elfdep.Closure) {
	if c.Program.Err != nil {
		l.report.Error(operand, c.Program.Err)
	}
	switch i := &c.Interp; {
	case c.Static():
	case i.Missing():
		l.report.Error(operand, &loaderError{i.Name, i.Err})
	case i.Err != nil:
		l.report.Error(i.Path, i.Err)
	}
	for _, name := range c.NotPreloaded {
		l.report.Note(name + ": cannot be preloaded: not found; the program starts without it")
	}
	if len(c.Objects) == 0 && c.Program.Err == nil {
		l.print("\tstatically linked\n")
	}
	for i := range c.Objects {
		o := &c.Objects[i]
		switch {
		case o.Missing():
			l.print("\t" + o.Name + " => not found\n")
			l.report.Raise(1)
		case o.Name == o.Path:
			l.print("\t" + o.Name + "\n")
		default:
			l.print("\t" + o.Name + " => " + o.Path + "\n")
		}
		if !o.Missing() && o.Err != nil && o.Rule != elfdep.ByLoader {
			l.report.Error(o.Path, o.Err)
		}
	}
}

// loaderError says that a program's loader cannot be used.
type loaderError struct {
	path string
	err  error
}

func (e *loaderError) Error() string { return "its loader " + e.path + " is missing" }
func (e *loaderError) Unwrap() error { return e.err }
