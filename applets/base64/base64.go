// Package base64 is the applet base64.
package base64

import (
	"context"
	"errors"
	"io"
	"os"
	"strconv"

	"rescuebox/internal/applet"
	"rescuebox/internal/base64"
	"rescuebox/internal/getopt"
)

const usage = `usage: base64 [-di] [-w COLS] [FILE]

Write FILE, or standard input without one or for -, as base64 text (RFC 4648).

  -d, --decode          turn the text back into bytes
  -i, --ignore-garbage  when decoding, skip all that is not base64, not only
                        newlines: spaces, carriage returns, a prompt's > signs
  -w, --wrap=COLS       lines of COLS characters; 76 unless given, 0 for one
                        line without a newline

Invalid input is an error; all that precedes it has been written.

EXAMPLES
  base64 /etc/fstab             copy the text from the screen, and on the other
  base64 -di >fstab             machine paste it, then Ctrl-D
`

// Applet is base64.
var Applet = applet.Applet{
	Name:    "base64",
	Group:   applet.Paste,
	Summary: "write a file as text, and back",
	Usage:   usage,
	Run:     run,
}

func options() []getopt.Option {
	return []getopt.Option{
		{Short: 'd', Long: "decode"},
		{Short: 'i', Long: "ignore-garbage"},
		{Short: 'w', Long: "wrap", Arg: getopt.Required},
	}
}

func run(_ context.Context, s applet.Streams, args []string) error {
	decode, ignoreGarbage, wrap := false, false, uint64(76)
	p := getopt.New(options(), args)
	for p.Next() {
		switch p.Opt() {
		case 'd':
			decode = true
		case 'i':
			ignoreGarbage = true
		case 'w':
			n, err := strconv.ParseUint(p.Value(), 10, 63)
			if err != nil && !errors.Is(err, strconv.ErrRange) {
				return errors.New("invalid wrap size: '" + p.Value() + "'")
			}
			wrap = n
			if err != nil {
				wrap = 0 // no line is ever that long
			}
		}
	}
	if err := p.Err(); err != nil {
		if err == getopt.ErrHelp || err == getopt.ErrVersion {
			return err
		}
		return &applet.UsageError{Err: err}
	}
	name := "-"
	switch operands := p.Operands(); {
	case len(operands) > 1:
		return applet.Usage(1, "extra operand '"+operands[1]+"'")
	case len(operands) == 1:
		name = operands[0]
	}

	report := s.Reporter()
	in := &source{Reader: s.In}
	if name != "-" {
		f, err := os.Open(s.Path(name))
		if err != nil {
			report.Error(name, err)
			return report.Err()
		}
		defer f.Close()
		in.Reader = f
	}
	var err error
	if decode {
		err = base64.Decode(s.Out, in, ignoreGarbage)
	} else {
		err = base64.Encode(s.Out, in, wrap)
	}
	if in.err != nil {
		report.Error(name, in.err)
		return report.Err()
	}
	return err
}

// source remembers the error of its reads, to tell them from those of writes.
type source struct {
	io.Reader
	err error
}

func (s *source) Read(p []byte) (int, error) {
	n, err := s.Reader.Read(p)
	if err != nil && err != io.EOF {
		s.err = err
	}
	return n, err
}
