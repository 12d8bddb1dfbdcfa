// Package findcmd is the applet find.
package findcmd

import (
	"bufio"
	"context"
	"errors"
	"io"
	"os"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"rescuebox/internal/accounts"
	"rescuebox/internal/applet"
	"rescuebox/internal/errno"
	"rescuebox/internal/find"
	"rescuebox/internal/getopt"
	"rescuebox/internal/program"
)

// Applet is find.
var Applet = applet.Applet{
	Name:    "find",
	Group:   applet.Files,
	Summary: "search folders for files",
	Usage:   usage,
	Run:     run,
}

const usage = `usage: find [-H|-L|-P] [PATH...] [EXPRESSION]

Walk the trees at PATH (default .) and evaluate EXPRESSION on every file. A
folder that cannot be read is reported and the search goes on.

  -P             take symbolic links as links (default)
  -H             follow those given as PATH
  -L, -follow    follow all

Operators, strongest first:
  ( EXPR )       group; quote the brackets from the shell
  ! EXPR         not (-not)
  A B            and (-a, -and): B is evaluated only when A is true
  A -o B         or (-or): B is evaluated only when A is false
  A , B          both, with the result of B

For the whole search:
  -maxdepth N    enter folders at most N levels deep; 0 is PATH itself
  -mindepth N    evaluate nothing at levels less than N
  -xdev          do not enter mount points (-mount)
  -depth         what is in a folder before the folder (-d)

Tests. N is exactly N, +N more, -N less:
  -name PATTERN  the last part of the path matches * ? [set]; -iname in any case
  -path PATTERN  the whole path, in which * matches / too (-wholename); -ipath
  -lname PATTERN the target of a link; -ilname
  -type T        f file, d folder, l link, b and c devices, p pipe, s socket;
                 several as f,l. -xtype looks behind links
  -size N[cwbkMG]  in units, rounded up: bytes, 2, 512 (default), KiB, MiB, GiB
  -mtime N       modified N days ago; -atime read, -ctime inode changed
  -mmin N        minutes; -amin, -cmin
  -newer FILE    modified after FILE was; -anewer, -cnewer
  -newerXY FILE  time X after FILE's time Y, each of a B c m. Y may be t for
                 a time, as in -newermt "2026-11-25 14:00"
  -perm MODE     exactly these bits; -MODE all of them; /MODE any of them
  -user NAME, -group NAME, -uid N, -gid N, -nouser, -nogroup
  -links N, -inum N, -samefile FILE, -empty
  -readable, -writable, -executable, -true, -false

Actions. Without one, -print:
  -print         the path and a newline; -print0 and a zero byte
  -printf FORMAT %p path  %P below PATH  %f name  %h folder  %H PATH  %d level
                 %s size  %k KiB used  %b blocks  %m %M mode  %n links  %i inode
                 %u %g owner  %U %G numbers  %y type  %Y target's  %l target
                 %t %a %c time  %TX %AX %CX time as date's letter X or @ or +
                 %D device  %S sparseness  \n \t \0 \NNN; %-10s pads
  -ls            as ls -dils
  -exec CMD ;    run CMD, each {} replaced by the path; true on status 0
  -exec CMD {} + run CMD on many paths at once
  -execdir       the same in the file's folder, as ./NAME
  -ok, -okdir    ask first
  -delete        remove the file or empty folder; implies -depth
  -prune         do not enter this folder
  -quit          end the search

Not supported: -regex, -fstype, -context, -fprint and its like.

EXIT STATUS
  0 when all went well, 1 when anything could not be read or done.

EXAMPLES
  find / -xdev -newermt '2026-11-25 14:00' -type f
  find / -xdev -size +100M -exec ls -l {} +
  find . -name lost+found -prune -o -type f -print0 | xargs -0 sha256sum
`

func run(ctx context.Context, s applet.Streams, args []string) error {
	starts, expression, opts, err := split(args)
	if err != nil {
		return err
	}
	rep := s.Reporter()
	env := &find.Env{
		Out: bufio.NewWriterSize(s.Out, 32<<10), Report: rep.Error, Path: s.Path,
		Names:  func() (*accounts.Accounts, error) { return accounts.Load("/") },
		Runner: &runner{ctx: ctx, streams: s}, Now: time.Now(), Zone: zone(s), Live: isTerminal(s.Out),
	}
	q, err := find.Parse(expression, opts, env)
	var file *find.FileError
	if errors.As(err, &file) {
		rep.Error(file.File, file.Err)
		return rep.Err()
	}
	if err != nil {
		return applet.Usage(1, err.Error())
	}
	switch err := q.Run(ctx, starts); {
	case err == find.ErrBatch:
		rep.Raise(1)
	case err != nil:
		rep.Error("write error", err)
	}
	return rep.Err()
}

// split takes the command line apart: options, starting points and what begins
// with the first argument that can only be part of an expression.
func split(args []string) (starts, expression []string, opts find.Options, err error) {
	opts.MaxDepth = -1
	for len(args) > 0 {
		switch args[0] {
		case "-P":
			opts.Follow = find.FollowNone
		case "-H":
			opts.Follow = find.FollowStart
		case "-L":
			opts.Follow = find.FollowAll
		case "--help", "-help":
			return nil, nil, opts, getopt.ErrHelp
		case "--version", "-version":
			return nil, nil, opts, getopt.ErrVersion
		case "--":
		default:
			goto operands
		}
		args = args[1:]
	}
operands:
	n := 0
	for n < len(args) && !startsExpression(args[n]) {
		n++
	}
	starts, expression = args[:n], args[n:]
	if n == 0 {
		starts = []string{"."}
	}
	return starts, expression, opts, nil
}

func startsExpression(arg string) bool {
	switch arg {
	case "(", ")", "!", ",":
		return true
	}
	return len(arg) > 1 && arg[0] == '-'
}

// zone is the time zone that TZ names, or the process's.
func zone(s applet.Streams) *time.Location {
	name, ok := s.LookupEnv("TZ")
	if !ok {
		return time.Local
	}
	zone, err := time.LoadLocation(strings.TrimPrefix(name, ":"))
	if err != nil {
		return time.UTC
	}
	return zone
}

func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	if !ok {
		return false
	}
	_, err := unix.IoctlGetTermios(int(f.Fd()), unix.TCGETS)
	return err == nil
}

// runner runs the programs of -exec on the applet's own streams.
type runner struct {
	ctx     context.Context
	streams applet.Streams
	answers *bufio.Reader
}

func (r *runner) Run(argv []string, dir string) (int, error) {
	s := r.streams
	in := s.In
	if r.answers != nil {
		in = nil // the answers to -ok are not the program's
	}
	if dir != "" {
		dir = s.Path(dir)
	} else {
		dir = s.Dir
	}
	p := program.Starter{Path: s.Getenv("PATH"), Dir: dir, In: in, Out: s.Out, Err: s.Err}
	exit, err := p.Run(r.ctx, argv)
	if exit.Signal != 0 {
		return 128 + int(exit.Signal), nil
	}
	if err != nil && errno.Of(err) == 0 {
		return 0, err
	}
	return exit.Status, err
}

func (r *runner) Confirm(question string) bool {
	if r.answers == nil {
		r.answers = bufio.NewReader(r.streams.In)
	}
	if _, err := io.WriteString(r.streams.Err, question); err != nil {
		return false
	}
	line, _ := r.answers.ReadString('\n')
	line = strings.TrimSpace(line)
	return line != "" && (line[0] == 'y' || line[0] == 'Y')
}
