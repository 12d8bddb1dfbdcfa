// Package b64xfer is the applet b64xfer: text that carries the toolbox to a host
// with nothing but an open shell.
package b64xfer

import (
	"bufio"
	"context"
	"errors"
	"io"
	"os"
	"strconv"
	"strings"

	"rescuebox/b64xfer"
	"rescuebox/internal/applet"
	"rescuebox/internal/getopt"
)

// Applet is b64xfer.
var Applet = applet.Applet{
	Name:    "b64xfer",
	Group:   applet.Paste,
	Summary: "carry the toolbox over a terminal as text",
	Usage:   usage,
	Run:     run,
}

const usage = `usage: b64xfer send [--to RECEIVER] [--dest PATH] [--force] [--deflate]
                    [--part command|payload|run] [FILE]

Print text that carries FILE, by default this binary, to a host that has only an
open shell. Run it on a healthy machine and paste what it prints into the
other's terminal, in three steps that it explains on standard error:

    1. the first line starts a receiver over there; wait until it says READY
    2. the lines after it are the file, up to one that is a full stop
    3. the last line proves that nothing was lost or changed, and runs the file

Steps 1 and 2 must be two pastes: a shell that edits its input would keep the
second. Damage ends in a line that begins with "damaged:", and nothing is kept.
Step 1 of python3, python2 and perl is longer than a shell of busybox takes.

    --to RECEIVER  what runs over there:
                     python3   the shortest text: it inflates (default)
                     python2   the same for "python"
                     perl      no module needed; --deflate if it may inflate
                     base64    the program, of coreutils or busybox
                     openssl   the program
                     sh        nothing but the shell itself
    --dest PATH    where the file goes over there (default /tmp/rb); it is
                   PATH.part until it is proven
    --force        replace PATH if it exists over there
    --deflate      with perl: compress, for one that has Compress::Zlib
    --part PART    print only one of the three, for a clipboard

EXAMPLES
    b64xfer send --to perl >paste.txt
    b64xfer send --to sh --dest /dev/shm/rb rescuebox-kit-386
    b64xfer send --part command | xclip     # then --part payload, --part run
`

const (
	optTo rune = getopt.LongOnly + iota
	optDest
	optForce
	optDeflate
	optPart
)

var options = []getopt.Option{
	{Short: optTo, Long: "to", Arg: getopt.Required},
	{Short: optDest, Long: "dest", Arg: getopt.Required},
	{Short: optForce, Long: "force"},
	{Short: optDeflate, Long: "deflate"},
	{Short: optPart, Long: "part", Arg: getopt.Required},
}

func run(_ context.Context, s applet.Streams, args []string) error {
	to, part := "python3", ""
	o := b64xfer.Options{Dest: "/tmp/rb"}
	p := getopt.New(options, args)
	for p.Next() {
		switch p.Opt() {
		case optTo:
			to = p.Value()
		case optDest:
			o.Dest = p.Value()
		case optForce:
			o.Force = true
		case optDeflate:
			o.Zlib = true
		case optPart:
			part = p.Value()
		}
	}
	if err := p.Err(); err != nil {
		return &applet.UsageError{Err: err}
	}
	operands := p.Operands()
	switch {
	case len(operands) == 0 || operands[0] != "send":
		return applet.Usage(1, "say what to do: b64xfer send")
	case len(operands) > 2:
		return applet.Usage(1, "one FILE at a time")
	case part != "" && part != "command" && part != "payload" && part != "run":
		return applet.Usage(1, "--part: one of command payload run")
	}
	content, err := read(s, operands[1:])
	if err != nil {
		return err
	}
	t, err := b64xfer.New(to, content, o)
	if err != nil {
		return &applet.UsageError{Err: err}
	}
	if part == "" {
		if _, err := io.WriteString(s.Err, explain(t)); err != nil {
			return err
		}
	}
	return write(s.Out, t, part)
}

// read returns the file to send: the one named, or this binary.
func read(s applet.Streams, operands []string) ([]byte, error) {
	if len(operands) == 0 {
		self, err := s.Self()
		if err != nil {
			return nil, err
		}
		return content(self)
	}
	data, err := content(s.Path(operands[0]))
	var path *os.PathError
	if errors.As(err, &path) {
		path.Path = operands[0]
	}
	return data, err
}

// content reads a file that may turn out to be endless.
func content(file string) ([]byte, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(io.LimitReader(f, b64xfer.MaxSize+1))
}

func write(w io.Writer, t *b64xfer.Transfer, part string) error {
	out := bufio.NewWriterSize(w, 64<<10)
	if part == "" || part == "command" {
		out.WriteString(t.Command + "\n")
	}
	if part == "" || part == "payload" {
		for line := range t.Payload() {
			out.WriteString(line)
			out.WriteByte('\n')
		}
	}
	if part == "" || part == "run" {
		out.WriteString(t.Run + "\n")
	}
	return out.Flush()
}

// explain says before the text what it weighs, what it needs, and what to do.
func explain(t *b64xfer.Transfer) string {
	n := t.Characters
	return "b64xfer: " + strconv.FormatInt(t.Size, 10) + " bytes in " + strconv.FormatInt(n, 10) + " characters, " +
		strconv.Itoa(t.Lines) + " lines; about " + seconds(n/1000000) + " over ssh, " +
		seconds(n/11520) + " at 115200 baud, " + seconds(n/960) + " at 9600\n" +
		"b64xfer: over there it needs " + t.Needs + ", and becomes " + t.Dest + "\n" +
		"b64xfer: 1. paste the first line alone, and wait for " + b64xfer.Ready + "\n" +
		"b64xfer: 2. paste the lines up to and with the one that is a full stop\n" +
		"b64xfer: 3. paste the last line; it says \"" + b64xfer.Whole + "\" or \"" + b64xfer.Damaged + "\"\n"
}

// seconds writes a time to wait, in the largest unit that tells enough.
func seconds(n int64) string {
	switch {
	case n < 1:
		return "1 s"
	case n < 120:
		return strconv.FormatInt(n, 10) + " s"
	case n < 2*60*60:
		return strconv.FormatInt((n+30)/60, 10) + " min"
	}
	const tenth = 6 * 60
	n = (n + tenth/2) / tenth
	return strings.TrimSuffix(strconv.FormatInt(n/10, 10)+"."+strconv.FormatInt(n%10, 10), ".0") + " h"
}
