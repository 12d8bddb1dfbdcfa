// Package ls is the applet ls: it lists files and directories as GNU ls does,
// reads no inode that the listing does not show, and shows also what it cannot
// read.
package ls

import (
	"bufio"
	"context"
	"time"

	"golang.org/x/sys/unix"

	"rescuebox/internal/accounts"
	"rescuebox/internal/applet"
	"rescuebox/internal/getopt"
	"rescuebox/internal/quoting"
)

const usage = `usage: ls [OPTION...] [FILE...]

List FILEs, and what is in those that are directories; without FILE, the
working directory. Entries that cannot be read are listed too, with ? for what
is unknown.

What is listed:
  -a, --all                 names that begin with a dot too
  -A, --almost-all          the same, without . and ..
  -B, --ignore-backups      no names that end in ~
  -I, --ignore=PATTERN      no names that match the shell pattern
      --hide=PATTERN        the same, but -a and -A override it
  -d, --directory           directories themselves, not what is in them
  -R, --recursive           directories below directories too
  -H, --dereference-command-line
                            follow symbolic links given as FILE
  -L, --dereference         follow all symbolic links
What is shown:
  -l                        mode, links, owner, group, size, time, name
  -g, -o                    like -l without owner, without group
  -G, --no-group            no group
  -n, --numeric-uid-gid     like -l with numbers of owner and group
  -i, --inode               inode number
  -s, --size                allocated size in blocks of 1024 bytes
  -Z, --context             SELinux context, ? where there is none
  -h, --human-readable      sizes as 1.5K 20M 3G, in powers of 1024
      --si                  the same, in powers of 1000
  -k, --kibibytes           blocks of 1024 bytes, also under POSIXLY_CORRECT
  -c, -u                    time of last change of the inode, of last access;
      --time=ctime|atime|mtime
                            with -l shows it, else sorts by it
      --full-time           like -l --time-style=full-iso
      --time-style=STYLE    full-iso, long-iso, iso, locale, or +FORMAT of
                            strftime(3); after a line break in FORMAT, that of
                            files of the last six months
  -F, --classify[=WHEN]     one of */=@| after the name, for programs,
                            directories, sockets, links, FIFOs
      --file-type           the same without *
  -p                        / after directories
      --color[=WHEN]        colour: always, auto (on a terminal that can,
                            without NO_COLOR), never
Order:
  -t, -S                    newest first, largest first
  -X, -v                    by extension, by version numbers in names
  -U                        as the directory has them: prints at once
  -f                        like -aU
      --sort=none|size|time|version|extension|name
  -r, --reverse             the other way round
      --group-directories-first
Layout:
  -1                        one a line: the default unless to a terminal
  -C, -x, -m                columns, columns row by row, separated by commas
      --format=long|single-column|vertical|across|commas
  -w, --width=COLS          columns of the terminal, 0 for no limit
  -T, --tabsize=COLS        tabs every so many columns, 0 for no tabs
  -q, --hide-control-chars  ? for what is not printable
      --show-control-chars  print it: the default unless to a terminal
  -N, -b, -Q                names as they are, with escapes, as C strings
      --quoting-style=literal|shell|shell-always|shell-escape|
                      shell-escape-always|c|escape

Inodes are read only where the options need them: not for ls, -a, -i, -p, -R
and -U; with -F for regular files, with --color for directories too. On a dying
disk prefer ls -1U, then ls -p.

ENVIRONMENT
  COLUMNS, TZ, TIME_STYLE, QUOTING_STYLE, NO_COLOR, TERM.
  LC_ALL, LC_CTYPE or LANG that says UTF-8 makes names in it readable.

EXIT STATUS
  0  all was listed
  1  something in a directory could not be read
  2  a FILE could not be read, or a bad option

EXAMPLES
  ls -la /mnt/etc             everything, with owners
  ls -1U /mnt/lost+found      names only, without reading an inode
  ls -lart --full-time /      what changed last, to the nanosecond
  ls -ln /mnt/lib             owners in numbers, as the disk has them
`

// Applet is ls.
var Applet = applet.Applet{
	Name:    "ls",
	Dir:     "bin",
	Group:   applet.Files,
	Summary: "list files, with few reads and past errors",
	Usage:   usage,
	Run:     run,
}

// The exit statuses beside 0.
const (
	minor   = 1 // trouble with an entry of a directory
	serious = 2 // trouble with an operand
)

// lister is one run.
type lister struct {
	options
	streams applet.Streams
	report  *applet.Reporter
	out     *bufio.Writer
	names   *accounts.Accounts // nil until needed
	zone    *time.Location
	now     time.Time
	headers bool // print the name of each directory
	begun   bool // something has been printed
	colored bool // a colour has been printed
	active  []identity
}

// identity is a directory that is being listed, for -RL.
type identity struct{ dev, ino uint64 }

func run(_ context.Context, s applet.Streams, args []string) error {
	o, operands, err := parse(s, args)
	if err == getopt.ErrHelp || err == getopt.ErrVersion {
		return err
	}
	if err != nil {
		return &applet.UsageError{Status: serious, Err: err}
	}
	l := &lister{
		options: o, streams: s, report: s.Reporter(), out: bufio.NewWriterSize(s.Out, 32<<10),
		now: time.Now(),
	}
	if o.format == long {
		l.zone = zone(s)
	}
	l.operands(operands)
	if err := l.out.Flush(); err != nil {
		return &applet.StatusError{Status: serious, Err: err}
	}
	return l.report.Err()
}

// operands lists what the command line names: files first, then directories.
func (l *lister) operands(names []string) {
	if len(names) == 0 {
		names = []string{"."}
	}
	var files, dirs []file
	for _, name := range names {
		f := file{name: name, operand: true}
		if !l.examine(place{path: name}, &f) {
			continue
		}
		files = append(files, f)
	}
	l.sort(files)
	if !l.itself {
		dirs, files = split(files)
	}
	l.headers = l.recursive || len(names) > 1
	if len(files) > 0 {
		l.print(files)
		l.headers = true
	}
	for _, d := range dirs {
		l.directory(d.name, true)
	}
}

// split separates directories from files and keeps the order of both.
func split(all []file) (dirs, files []file) {
	for _, f := range all {
		if f.kind == unix.DT_DIR {
			dirs = append(dirs, f)
		} else {
			files = append(files, f)
		}
	}
	return dirs, files
}

// fail reports err about a path. What was listed before comes before it. A path
// that would confuse a terminal is shown quoted.
func (l *lister) fail(operand bool, path string, err error) {
	_ = l.out.Flush() // the error stays in l.out
	status := minor
	if operand {
		status = serious
	}
	for _, c := range []byte(path) {
		if c < ' ' || c == 0x7f {
			q := quoting.Quoter{Style: quoting.ShellEscape, UTF8: true}
			path = string(q.Append(nil, path))
			break
		}
	}
	l.report.ErrorStatus(status, path, err)
}
