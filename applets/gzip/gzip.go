// Package gzipcmd is the applet gzip, with gunzip and zcat.
package gzipcmd

import (
	"context"
	"errors"
	"os"
	"strings"

	"golang.org/x/sys/unix"

	"rescuebox/internal/applet"
	"rescuebox/internal/getopt"
)

// Applet is gzip.
var Applet = applet.Applet{
	Name:    "gzip",
	Aliases: []string{"gunzip", "zcat"},
	Group:   applet.Files,
	Summary: "pack and unpack files",
	Usage:   usage,

	Interruptible: true,
	Run:           run,
}

const usage = `usage: gzip [OPTION...] [FILE...]
       gunzip [OPTION...] [FILE...]       the same as gzip -d
       zcat [FILE...]                     the same as gzip -dc

Pack each FILE to FILE.gz, or unpack FILE.gz to FILE, with its mode, owner and
times, and remove the original once the new file is on the disk. Without a FILE,
or for -, pack standard input to standard output.

  -c, --stdout        write to standard output, keep originals
  -d, --decompress    unpack
  -f, --force         overwrite, follow links, and pack to a terminal; with -dc
                      copy what is not packed as it is
  -k, --keep          keep originals
  -l, --list          show sizes and names; with -v checksum and time
  -n, --no-name       do not store, or use, the original's name and time
  -N, --name          unpacking, use the stored name and time
  -q, --quiet         no warnings
  -r, --recursive     files below folders
  -S, --suffix=SUF    SUF instead of .gz
  -t, --test          check packed files
  -v, --verbose       say what was done
  -1 ... -9           faster ... smaller (default 6); --fast, --best

Of a damaged file everything up to the damage is written with -dc; otherwise
nothing is left. A file with unreadable sectors is packed with zeros in their
place, which is said, and it is kept.

EXIT STATUS
  0  all went well
  1  something failed
  2  only warnings

EXAMPLES
  gzip -c /dev/sda2 | ssh backup 'cat > sda2.gz'
  zcat damaged.gz > what-can-be-had
  gzip -tv *.gz
`

type options struct {
	stdout, decompress, force, keep, list, noName, name, quiet, recursive, test bool

	verbose bool
	suffix  string
	level   int
}

// The options without a letter.
const (
	optFast = getopt.LongOnly + iota
	optBest
	optNothing
)

func table() []getopt.Option {
	none := getopt.None
	opts := []getopt.Option{
		{Short: 'c', Long: "stdout", Arg: none}, {Short: 'c', Long: "to-stdout", Arg: none},
		{Short: 'd', Long: "decompress", Arg: none}, {Short: 'd', Long: "uncompress", Arg: none},
		{Short: 'f', Long: "force", Arg: none}, {Short: 'k', Long: "keep", Arg: none}, {Short: 'l', Long: "list", Arg: none},
		{Short: 'n', Long: "no-name", Arg: none}, {Short: 'N', Long: "name", Arg: none}, {Short: 'q', Long: "quiet", Arg: none},
		{Short: 'q', Long: "silent", Arg: none}, {Short: 'r', Long: "recursive", Arg: none},
		{Short: 'S', Long: "suffix", Arg: getopt.Required}, {Short: 't', Long: "test", Arg: none},
		{Short: 'v', Long: "verbose", Arg: none}, {Short: optFast, Long: "fast", Arg: none}, {Short: optBest, Long: "best", Arg: none},
		{Short: optNothing, Long: "rsyncable", Arg: none}, {Short: optNothing, Long: "synchronous", Arg: none},
	}
	for c := '1'; c <= '9'; c++ {
		opts = append(opts, getopt.Option{Short: c, Arg: none})
	}
	return opts
}

func parse(s applet.Streams, args []string) (*options, []string, error) {
	o := &options{suffix: ".gz", level: 6, decompress: s.Name == "gunzip" || s.Name == "zcat", stdout: s.Name == "zcat"}
	p := getopt.New(table(), args)
	for p.Next() {
		switch c := p.Opt(); c {
		case 'c':
			o.stdout = true
		case 'd':
			o.decompress = true
		case 'f':
			o.force = true
		case 'k':
			o.keep = true
		case 'l':
			o.list, o.decompress = true, true
		case 'n':
			o.noName, o.name = true, false
		case 'N':
			o.noName, o.name = false, true
		case 'q':
			o.quiet, o.verbose = true, false
		case 'r':
			o.recursive = true
		case 'S':
			o.suffix = p.Value()
			if o.suffix == "" || len(o.suffix) > 30 || strings.Contains(o.suffix, "/") {
				return nil, nil, applet.Usage(1, "bad suffix '"+o.suffix+"'")
			}
		case 't':
			o.test, o.decompress = true, true
		case 'v':
			o.verbose, o.quiet = true, false
		case optFast:
			o.level = 1
		case optBest:
			o.level = 9
		case optNothing:
		default:
			o.level = int(c - '0')
		}
	}
	return o, p.Operands(), p.Err()
}

// interrupted is the status of what SIGINT ended, as shells show it.
const interrupted = 130

// command is one run of gzip.
type command struct {
	*options
	ctx    context.Context
	s      applet.Streams
	rep    *applet.Reporter
	totals totals
	status int
}

func run(ctx context.Context, s applet.Streams, args []string) error {
	o, operands, err := parse(s, args)
	if err != nil {
		return err
	}
	c := &command{options: o, ctx: ctx, s: s, rep: s.Reporter()}
	if len(operands) == 0 {
		operands = []string{"-"}
	}
	for _, name := range operands {
		if ctx.Err() != nil {
			return applet.Exit(interrupted)
		}
		if name == "-" {
			c.stream()
		} else {
			c.operand(name)
		}
	}
	if c.list {
		c.listTotals()
	}
	switch {
	case ctx.Err() != nil:
		return applet.Exit(interrupted)
	case c.status == 0:
		return nil
	}
	return applet.Exit(c.status)
}

// fail reports a failure; warn what is no more than worth knowing. A failure is
// the greater of the two though its status is the lesser.
func (c *command) fail(name string, err error) {
	c.status = 1
	c.rep.Error(name, err)
}

func (c *command) warn(name, text string) {
	if c.status == 0 {
		c.status = 2
	}
	if !c.quiet {
		c.rep.Note(name + ": " + text)
	}
}

// operand handles one name of the command line.
func (c *command) operand(name string) {
	var st unix.Stat_t
	err := unix.Stat(c.s.Path(name), &st)
	if err == unix.ENOENT && c.decompress {
		// FILE may be said for FILE.gz.
		for _, suffix := range c.suffixes() {
			if unix.Stat(c.s.Path(name+suffix), &st) == nil {
				name, err = name+suffix, nil
				break
			}
		}
	}
	if err != nil {
		c.fail(name, err)
		return
	}
	if uint32(st.Mode)&unix.S_IFMT == unix.S_IFDIR {
		if !c.recursive {
			c.warn(name, "is a directory -- ignored")
			return
		}
		c.folder(name)
		return
	}
	c.file(name)
}

func (c *command) folder(name string) {
	entries, err := os.ReadDir(c.s.Path(name))
	if err != nil {
		c.fail(name, err)
	}
	for _, e := range entries {
		below := strings.TrimSuffix(name, "/") + "/" + e.Name()
		switch {
		case e.IsDir():
			c.folder(below)
		case e.Type().IsRegular():
			c.file(below)
		}
	}
}

// suffixes are what packed files are called, the wanted one first.
func (c *command) suffixes() []string {
	return []string{c.suffix, ".gz", ".z", "-gz", "-z", "_z", ".tgz", ".taz"}
}

// target returns the name of the file to make of name, or why there is none.
func (c *command) target(name string) (string, error) {
	base := name[strings.LastIndexByte(name, '/')+1:]
	for _, suffix := range c.suffixes() {
		if !strings.HasSuffix(strings.ToLower(base), strings.ToLower(suffix)) || len(base) == len(suffix) {
			continue
		}
		switch {
		case !c.decompress && !c.force:
			return "", errors.New("already has " + suffix + " suffix -- unchanged")
		case !c.decompress:
		case suffix == ".tgz" || suffix == ".taz":
			return name[:len(name)-len(suffix)] + ".tar", nil
		default:
			return name[:len(name)-len(suffix)], nil
		}
	}
	if c.decompress {
		return "", errors.New("unknown suffix -- ignored")
	}
	return name + c.suffix, nil
}
