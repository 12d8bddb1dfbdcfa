// Package ldd is the applet ldd: the libraries that a program needs, found by the
// rules of its loader and without running it.
package ldd

import (
	"context"
	"errors"
	"strings"

	"rescuebox/internal/applet"
	"rescuebox/internal/elfdep"
	"rescuebox/internal/elffile"
	"rescuebox/internal/elfsym"
	"rescuebox/internal/errno"
	"rescuebox/internal/rootfs"
)

// Applet is ldd.
var Applet = applet.Applet{
	Name:    "ldd",
	Group:   applet.Library,
	Summary: "print the libraries that a program needs",
	Usage:   usage,
	Run:     run,
}

const usage = `usage: ldd [-v] [-d | -r] [--tree] [--root DIR] [--cpu LEVEL] FILE...
       ldd -u [--root DIR] [--cpu LEVEL] FILE...
       ldd --json [--root DIR] [--cpu LEVEL] FILE...

Print the shared libraries that each FILE needs and where its loader will find
them. Nothing is executed, neither FILE nor its loader: this works when both are
broken, for files that are not to be trusted, and for other processors.

Lines are as those of the C library's ldd, without addresses and without the
line of linux-vdso, which is no file:

    NAME => PATH          found
    NAME => not found     missing: the program will not start
    PATH                  asked for by its path, as the loader itself

LD_LIBRARY_PATH and LD_PRELOAD count as they would for FILE, but not with
--root. A script is answered with what its interpreter needs, and where that is
env, the program that env looks for in PATH. This looks at headers and tables of
symbols only: libcheck reads every byte.

    -v, --verbose          print also which versions of symbols each file asks
                           for and who has them
    -d, --data-relocs      print also symbols that data refers to and that no
                           library has: the program will not start
    -r, --function-relocs  the same, and functions that no library has: the
                           program will fail when it calls them
    -u, --unused           print only the libraries that FILE names and takes
                           nothing from
        --tree             print below each library those that it asks for, and
                           the rule by which each was found
        --json             print all of this as one JSON value
        --root DIR         answer for the system below DIR, a mounted disk for
                           instance; FILE is a path inside it
        --cpu LEVEL        answer for another processor: x86-64-v3, power10,
                           z15, or none to ignore libraries for special ones
        --version          print the version
        --help             print this help

EXIT STATUS
    0  everything was found
    1  a library, version or symbol is missing or FILE is missing, damaged or
       not dynamic; with -u, a library is not used

EXAMPLES
    ldd /bin/login
    ldd --tree /usr/sbin/sshd
    ldd --root /mnt -r /usr/sbin/sshd
    ldd /usr/bin/* | grep -B9 'not found'
`

func run(ctx context.Context, s applet.Streams, args []string) error {
	want, files, err := parse(args)
	if err != nil {
		return err
	}
	config, err := want.config(s)
	if err != nil {
		return err
	}
	l := &lister{wanted: want, ctx: ctx, streams: s, root: config.Root, resolver: elfdep.New(config), sets: elfsym.Reader{Root: config.Root}, report: s.Reporter()}
	if want.json {
		l.json.Array()
	}
	for _, file := range files {
		if len(files) > 1 && !want.tree { // which has the name above
			l.print(file + ":\n")
		}
		if err := l.list(file, file, 0); err != nil {
			return err
		}
	}
	if want.json {
		l.json.EndArray()
		l.write(append(l.json.Bytes(), '\n'))
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
	wanted
	ctx      context.Context
	streams  applet.Streams
	root     rootfs.Root
	resolver *elfdep.Resolver
	sets     elfsym.Reader
	report   *applet.Reporter
	failed   error // the first write that failed
	json     members
}

// print writes text, but not where JSON is wanted. Names come out of files that may
// be anything: what a terminal would act on is shown as '?'.
func (l *lister) print(text string) {
	if l.wanted.json {
		return
	}
	b := []byte(text)
	for i, c := range b {
		if c < ' ' && c != '\n' && c != '\t' || c == 0x7f {
			b[i] = '?'
		}
	}
	l.write(b)
}

func (l *lister) write(b []byte) {
	if _, err := l.streams.Out.Write(b); l.failed == nil {
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

// list prints what file needs; operand is what the user typed, and depth how many
// scripts lie between. The error is one that ends everything.
func (l *lister) list(operand, file string, depth int) error {
	c, err := l.resolver.Closure(l.ctx, l.path(file))
	switch {
	case l.ctx.Err() != nil:
		return l.ctx.Err()
	case errors.Is(err, elffile.ErrNotELF):
		return l.script(operand, file, depth)
	case err != nil:
		l.refuse(operand, err)
	case !c.Program.File.Dynamic && c.Program.Err != nil:
		l.refuse(operand, c.Program.Err)
	case !c.Program.File.Dynamic:
		l.refuse(operand, errNotDynamic)
	default:
		return l.closure(operand, file, c)
	}
	return l.failed
}

var errNotDynamic = errors.New("not a dynamic executable")

// refuse tells why there is nothing to list.
func (l *lister) refuse(operand string, err error) {
	l.report.Error(operand, err)
	if l.wanted.json {
		l.json.refusal(operand, err)
	}
}

// answer is all that is known of one program.
type answer struct {
	*elfdep.Closure
	operand, file string
	set           *elfsym.Set
	needs         []elfsym.Need
	relr          []int
	undefined     []elfsym.Undefined
	unused        []int
}

// closure prints a closure as the options want it.
func (l *lister) closure(operand, file string, c *elfdep.Closure) error {
	a := &answer{Closure: c, operand: operand, file: file}
	l.damage(a)
	if err := l.symbols(a); err != nil {
		return err
	}
	switch {
	case l.wanted.json:
		l.member(a)
	case l.wanted.unused:
		l.versionErrors(a)
		l.unusedLines(a)
	default:
		l.versionErrors(a)
		if l.wanted.tree {
			l.branches(a, -1, "")
		} else {
			l.lines(a)
		}
		l.undefinedLines(a)
		if l.wanted.versions {
			l.versionLines(a)
		}
	}
	l.judge(a)
	return l.failed
}

// damage tells what is wrong with the program and its loader, and of preloads.
func (l *lister) damage(a *answer) {
	if a.Program.Err != nil {
		l.report.Error(a.operand, a.Program.Err)
	}
	switch i := &a.Interp; {
	case a.Static():
	case i.Missing():
		l.report.Error(a.operand, &loaderError{i.Name, i.Err})
	case i.Err != nil:
		l.report.Error(i.Path, i.Err)
	}
	for i, name := range a.NotPreloaded {
		l.report.Note(name + ": cannot be preloaded: " + errno.Reason(a.NotPreloadedErrs[i]) + "; the program starts without it")
	}
}

// symbols looks up what of versions and symbols is wanted.
func (l *lister) symbols(a *answer) (err error) {
	if a.set, err = l.sets.New(l.ctx, a.Closure); err != nil {
		return err
	}
	a.needs, a.relr = a.set.Needs(), a.set.UnmarkedRelr()
	if err := l.lookups(a); err != nil {
		return err
	}
	for _, d := range a.set.Damage {
		if a.object(d.Object).Err == nil {
			l.report.Error(l.shown(a, d.Object), d.Err)
		}
	}
	return nil
}

// object returns an object of the closure; -1 is the program.
func (a *answer) object(i int) *elfdep.Object {
	if i < 0 {
		return &a.Program
	}
	return &a.Objects[i]
}

// shown returns how the loader calls an object in its messages.
func (l *lister) shown(a *answer, i int) string {
	if i >= 0 {
		return a.set.Path(i)
	}
	if strings.Contains(a.file, "/") {
		return a.file
	}
	return "./" + a.file
}

// lines prints the list of libraries as glibc's ldd.
func (l *lister) lines(a *answer) {
	if len(a.Objects) == 0 && a.Program.Err == nil {
		l.print("\tstatically linked\n")
	}
	for i := range a.Objects {
		switch o := &a.Objects[i]; {
		case o.Missing():
			l.print("\t" + o.Name + " => not found\n")
		case o.Name == o.Path:
			l.print("\t" + o.Name + "\n")
		default:
			l.print("\t" + o.Name + " => " + o.Path + "\n")
		}
	}
}

// judge tells of damaged libraries and sets the exit status.
func (l *lister) judge(a *answer) {
	for i := range a.Objects {
		switch o := &a.Objects[i]; {
		case o.Missing():
			l.report.Raise(1)
		case o.Err != nil && o.Rule != elfdep.ByLoader:
			l.report.Error(o.Path, o.Err)
		}
	}
	for i := range a.needs {
		if a.needs[i].Fatal() {
			l.report.Raise(1)
		}
	}
	if len(a.relr) > 0 || len(a.undefined) > 0 || l.wanted.unused && len(a.unused) > 0 {
		l.report.Raise(1)
	}
}

// loaderError says that a program's loader cannot be used.
type loaderError struct {
	path string
	err  error
}

func (e *loaderError) Error() string { return "its loader " + e.path + " is missing" }
func (e *loaderError) Unwrap() error { return e.err }
