// Package xargscmd is the applet xargs.
package xargscmd

import (
	"bufio"
	"context"
	"errors"
	"io"
	"os"
	"strconv"
	"strings"

	"rescuebox/internal/applet"
	"rescuebox/internal/argbatch"
	"rescuebox/internal/getopt"
)

// Applet is xargs.
var Applet = applet.Applet{
	Name:    "xargs",
	Group:   applet.Files,
	Summary: "run a command on the arguments in standard input",
	Usage:   usage,
	Run:     run,
}

const usage = `usage: xargs [OPTION...] [COMMAND [ARGUMENT...]]

Run COMMAND with ARGUMENTs and items of standard input, as many at a time as
fit. Items are separated by blanks and newlines; quotes and backslashes quote.
Without COMMAND the items are printed, for which no program is needed.

  -0, --null            items end in a zero byte, for find -print0; no quoting
  -d, --delimiter=C     items end in the character C, or an escape as \n \t \0
  -a, --arg-file=FILE   read items from FILE; COMMAND keeps standard input
  -E, -e, --eof=TEXT    an item TEXT ends the input
  -I, --replace=TEXT    run COMMAND for each line, in place of TEXT in ARGUMENTs
  -i                    the same as -I {}
  -L, --max-lines=N     items of at most N lines at a time; -l is -L 1
  -n, --max-args=N      at most N items at a time
  -s, --max-chars=N     at most N bytes of arguments (default 131072)
  -x, --exit            end when an item does not fit
  -P, --max-procs=N     N commands at the same time; 0 is as many as there are
  -r, --no-run-if-empty do not run COMMAND when there are no items
  -t, --verbose         show each command line on standard error
  -p, --interactive     ask before each, on the terminal
  -o, --open-tty        COMMAND reads from the terminal

EXIT STATUS
  0    all commands succeeded
  1    something else failed
  123  a command ended with a status of 1 to 125
  124  a command ended with status 255; the rest was not run
  125  a command was killed by a signal; the rest was not run
  126  COMMAND cannot be run
  127  COMMAND was not found

EXAMPLES
  find / -xdev -name '*.so*' -print0 | xargs -0 -n 50 sha256sum
  xargs -I HOST -P 4 ping -c 1 HOST < hosts
`

const (
	// defaultBytes is the bytes of arguments of a command line, as of GNU xargs;
	// every kernel takes them.
	defaultBytes = 128 << 10
	// maxBytes is what -s may ask for: above it execve(2) fails on some kernels.
	maxBytes = 2<<20 - 4096
)

type options struct {
	mode    argbatch.Mode
	delim   byte
	file    string
	eof     string
	replace string

	maxArgs, maxLines, maxBytes, procs  int
	exit, noEmpty, trace, ask, terminal bool
	command                             []string
	overruled                           []string // options that a later one put out of force
}

func table() []getopt.Option {
	none, required, optional := getopt.None, getopt.Required, getopt.Optional
	return []getopt.Option{
		{Short: '0', Long: "null", Arg: none}, {Short: 'd', Long: "delimiter", Arg: required},
		{Short: 'a', Long: "arg-file", Arg: required}, {Short: 'E', Arg: required}, {Short: 'e', Long: "eof", Arg: optional},
		{Short: 'I', Arg: required}, {Short: 'i', Long: "replace", Arg: optional}, {Short: 'L', Arg: required},
		{Short: 'l', Long: "max-lines", Arg: optional}, {Short: 'n', Long: "max-args", Arg: required},
		{Short: 's', Long: "max-chars", Arg: required}, {Short: 'x', Long: "exit", Arg: none},
		{Short: 'P', Long: "max-procs", Arg: required}, {Short: 'r', Long: "no-run-if-empty", Arg: none},
		{Short: 't', Long: "verbose", Arg: none}, {Short: 'p', Long: "interactive", Arg: none},
		{Short: 'o', Long: "open-tty", Arg: none},
	}
}

func parse(args []string) (*options, error) {
	o := &options{maxBytes: defaultBytes, procs: 1}
	p := getopt.New(table(), args).Ordered()
	for p.Next() {
		if err := o.set(p); err != nil {
			return nil, err
		}
	}
	if err := p.Err(); err != nil {
		return nil, err
	}
	if o.replace != "" {
		o.exit = true
		if o.mode == argbatch.Words {
			o.mode = argbatch.Lines
		}
	}
	o.command = p.Operands()
	return o, nil
}

func (o *options) set(p *getopt.Parser) error {
	v := p.Value()
	var err error
	if strings.ContainsRune("IiLln", p.Opt()) {
		o.overrule(p)
	}
	switch p.Opt() {
	case '0':
		o.mode, o.delim = argbatch.Delimited, 0
	case 'd':
		o.mode = argbatch.Delimited
		o.delim, err = delimiter(v)
	case 'a':
		o.file = v
	case 'E', 'e':
		o.eof = v
	case 'I', 'i':
		o.replace, o.maxArgs, o.maxLines = v, 0, 0
		if v == "" {
			o.replace = "{}"
		}
	case 'L', 'l':
		if v == "" {
			v = "1"
		}
		o.replace, o.maxArgs = "", 0
		o.maxLines, err = number(p, v, 1)
	case 'n':
		n := 0
		if n, err = number(p, v, 1); n != 1 || o.replace == "" {
			// With -I there is one item at a time anyway.
			o.replace, o.maxLines, o.maxArgs = "", 0, n
		}
	case 's':
		o.maxBytes, err = number(p, v, 1)
		o.maxBytes = min(o.maxBytes, maxBytes)
	case 'x':
		o.exit = true
	case 'P':
		o.procs, err = number(p, v, 0)
	case 'r':
		o.noEmpty = true
	case 't':
		o.trace = true
	case 'p':
		o.ask, o.trace = true, true
	case 'o':
		o.terminal = true
	}
	return err
}

// overrule notes that of -I, -L and -n only the last counts.
func (o *options) overrule(p *getopt.Parser) {
	earlier := ""
	switch opt := p.Opt(); {
	case o.replace != "" && !strings.ContainsRune("Ii", opt) && (opt != 'n' || p.Value() != "1"):
		earlier = "-I"
	case o.maxLines > 0 && !strings.ContainsRune("Ll", opt):
		earlier = "-L"
	case o.maxArgs > 0 && opt != 'n':
		earlier = "-n"
	default:
		return
	}
	o.overruled = append(o.overruled, p.Name()+" puts "+earlier+" out of force: only the last of -I, -L, -n counts")
}

func number(p *getopt.Parser, v string, least int) (int, error) {
	n, err := strconv.Atoi(v)
	if err != nil {
		return 0, applet.Usage(1, "bad number '"+v+"' for "+p.Name())
	}
	if n < least {
		return 0, applet.Usage(1, p.Name()+": "+v+" is less than "+strconv.Itoa(least))
	}
	return n, nil
}

// delimiter reads a character, or an escape of C.
func delimiter(v string) (byte, error) {
	if len(v) == 1 {
		return v[0], nil
	}
	bad := applet.Usage(1, "bad delimiter '"+v+"': write one character or an escape as \\n")
	if len(v) < 2 || v[0] != '\\' {
		return 0, bad
	}
	if i := strings.IndexByte("abfnrtv\\", v[1]); i >= 0 && len(v) == 2 {
		return "\a\b\f\n\r\t\v\\"[i], nil
	}
	digits, base := v[1:], 8
	if v[1] == 'x' {
		digits, base = v[2:], 16
	}
	n, err := strconv.ParseUint(digits, base, 8)
	if err != nil {
		return 0, bad
	}
	return byte(n), nil
}

func run(ctx context.Context, s applet.Streams, args []string) error {
	o, err := parse(args)
	if err != nil {
		return err
	}
	for _, text := range o.overruled {
		s.Reporter().Note(text)
	}
	in := s.In
	var own io.Reader // standard input of the commands
	if o.file != "" {
		f, err := os.Open(s.Path(o.file))
		if err != nil {
			return err
		}
		defer f.Close()
		own, in = s.In, f
	}
	if o.terminal || o.ask {
		tty, err := os.OpenFile("/dev/tty", os.O_RDONLY, 0)
		if err != nil {
			return err
		}
		defer tty.Close()
		if o.terminal {
			own = tty
		}
	}
	r := newRunner(ctx, s, o, own)
	items := &argbatch.Reader{In: bufio.NewReader(in), Mode: o.mode, Delim: o.delim, EOF: o.eof, Max: maxBytes}
	if o.replace != "" {
		err = each(items, o, r)
	} else {
		err = batches(items, o, r)
	}
	status := r.wait()
	if err != nil && err != errStopped {
		r.say(err)
		status = max(status, 1)
	}
	if status == 0 {
		return nil
	}
	return applet.Exit(status)
}

var errStopped = errors.New("stopped")

// each runs the command once for every item.
func each(items *argbatch.Reader, o *options, r *runner) error {
	for {
		item, err := items.Next()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		argv, ok := argbatch.Replace(r.command(), o.replace, item.Text, o.maxBytes)
		if !ok {
			return argbatch.ErrLong
		}
		if !r.start(argv) {
			return errStopped
		}
	}
}

// batches runs the command with as many items at a time as fit.
func batches(items *argbatch.Reader, o *options, r *runner) error {
	b := argbatch.Batch{Fixed: r.command(), MaxArgs: o.maxArgs, MaxLines: o.maxLines, MaxBytes: o.maxBytes}
	ran := false
	for {
		item, err := items.Next()
		if err == io.EOF {
			if !b.Empty() || !ran && !o.noEmpty {
				r.start(b.Take())
			}
			return nil
		}
		if err != nil {
			return err
		}
		if !b.Fits(item) {
			if b.Empty() || o.exit && (o.maxArgs > 0 || o.maxLines > 0) {
				return argbatch.ErrLong
			}
			ran = true
			if !r.start(b.Take()) {
				return errStopped
			}
			if !b.Fits(item) {
				return argbatch.ErrLong
			}
		}
		if b.Add(item) {
			ran = true
			if !r.start(b.Take()) {
				return errStopped
			}
		}
	}
}
