// Package shasum is the applet shasum, which is also md5sum, sha1sum, sha224sum,
// sha256sum, sha384sum and sha512sum.
package shasum

import (
	"bufio"
	"context"
	"errors"
	"hash"
	"io"
	"os"
	"strconv"

	"rescuebox/internal/applet"
	"rescuebox/internal/checksum"
	"rescuebox/internal/errno"
	"rescuebox/internal/getopt"
)

const usage = `usage: shasum [-a BITS] [-btz] [--tag] [FILE...]
       shasum [-a BITS] -c [-qsw] [--strict] [--ignore-missing] [FILE...]
       md5sum, sha1sum, sha224sum, sha256sum, sha384sum, sha512sum   likewise

Write the checksum of each FILE, or check those that FILE lists. Without a FILE,
or for -, read standard input.

  -a, --algorithm=BITS  1, 224, 256, 384, 512 or md5; 1 unless given, or what
                        the applet's name says
  -b, --binary          mark the files as read in binary mode, with a *
  -t, --text            do not; all files are read as they are in any case
      --tag             write BSD's lines, which name the algorithm
  -z, --zero            end lines with a zero byte, and do not escape names
  -c, --check           check the sums that FILE lists; shasum tells the
                        algorithm by the line's tag or length
  -i, --ignore-missing  pass over files that are not there
  -q, --quiet           do not write OK for each file
  -s, --status          write nothing; the exit status tells
      --strict          malformed lines are a failure
  -w, --warn            say which lines are malformed

EXIT STATUS
  0  all sums were computed, or are as listed
  1  a file could not be read, or is not as listed

EXAMPLES
  sha256sum /mnt/lib/*.so* >libs.sha256       on a healthy machine
  sha256sum -c --quiet libs.sha256            on the broken one
`

// Applet is shasum.
var Applet = applet.Applet{
	Name:    "shasum",
	Aliases: []string{"md5sum", "sha1sum", "sha224sum", "sha256sum", "sha384sum", "sha512sum"},
	Group:   applet.Files,
	Summary: "compute and check MD5 and SHA checksums",
	Usage:   usage,
	Run:     run,
}

const (
	tag = getopt.LongOnly + iota
	strict
)

func options() []getopt.Option {
	return []getopt.Option{
		{Short: 'a', Long: "algorithm", Arg: getopt.Required},
		{Short: 'b', Long: "binary"},
		{Short: 't', Long: "text"},
		{Short: tag, Long: "tag"},
		{Short: 'z', Long: "zero"},
		{Short: 'c', Long: "check"},
		{Short: 'i', Long: "ignore-missing"},
		{Short: 'q', Long: "quiet"},
		{Short: 's', Long: "status"},
		{Short: strict, Long: "strict"},
		{Short: 'w', Long: "warn"},
	}
}

// shasum is one run.
type shasum struct {
	streams   applet.Streams
	report    *applet.Reporter
	out       *bufio.Writer
	algorithm algorithm
	any       bool // a check takes sums of every algorithm

	binary, tag, zero                          bool
	ignoreMissing, quiet, status, strict, warn bool
}

func run(_ context.Context, s applet.Streams, args []string) error {
	c := &shasum{streams: s, report: s.Reporter(), out: bufio.NewWriter(s.Out)}
	files, check, err := c.parse(args)
	if err != nil {
		return err
	}
	if len(files) == 0 {
		files = []string{"-"}
	}
	for _, name := range files {
		if check {
			err = c.check(name)
		} else {
			err = c.print(name)
		}
		// What is known is shown before the next file, which may take hours.
		if flushErr := c.out.Flush(); err == nil {
			err = flushErr
		}
		if err != nil {
			return err
		}
	}
	return c.report.Err()
}

// parse sets c by its name and the options, and returns the files.
func (c *shasum) parse(args []string) (files []string, check bool, err error) {
	c.algorithm, c.any = algorithms[0], true
	for _, a := range algorithms {
		if a.applet == c.streams.Name {
			c.algorithm, c.any = a, false
		}
	}
	p := getopt.New(options(), args)
	for p.Next() {
		switch p.Opt() {
		case 'a':
			a, ok := byBits(p.Value())
			if !ok {
				return nil, false, errors.New("unknown algorithm '" + p.Value() + "'")
			}
			c.algorithm = a
		case 'b':
			c.binary = true
		case 't':
			c.binary = false
		case tag:
			c.tag = true
		case 'z':
			c.zero = true
		case 'c':
			check = true
		case 'i':
			c.ignoreMissing = true
		case 'q':
			c.quiet = true
		case 's':
			c.status = true
		case strict:
			c.strict = true
		case 'w':
			c.warn = true
		}
	}
	if err := p.Err(); err != nil {
		if err == getopt.ErrHelp || err == getopt.ErrVersion {
			return nil, false, err
		}
		return nil, false, &applet.UsageError{Err: err}
	}
	return p.Operands(), check, c.conflict(check)
}

// conflict refuses options that mean nothing together, as coreutils does: a check
// that silently is none would be taken for one that passed.
func (c *shasum) conflict(check bool) error {
	switch {
	case check && c.tag:
		return applet.Usage(1, "the --tag option is meaningless when verifying checksums")
	case check && c.zero:
		return applet.Usage(1, "the --zero option is not supported when verifying checksums")
	case !check && (c.ignoreMissing || c.quiet || c.status || c.strict || c.warn):
		return applet.Usage(1, "--ignore-missing, --quiet, --status, --strict and --warn need --check")
	}
	return nil
}

// print writes the checksum of one file. It returns only errors of the output.
func (c *shasum) print(name string) error {
	sum, err := c.sum(name, c.algorithm)
	if err != nil {
		c.report.Error(name, err)
		return nil
	}
	line := checksum.Line{Sum: sum, Binary: c.binary, Name: name}
	if c.tag {
		line.Algorithm = c.algorithm.tag
	}
	end := "\n"
	if c.zero {
		end = "\x00"
	}
	_, err = c.out.WriteString(line.String(c.zero) + end)
	return err
}

// sum computes the checksum of a file.
func (c *shasum) sum(name string, a algorithm) ([]byte, error) {
	in := c.streams.In
	if name != "-" {
		f, err := os.Open(c.streams.Path(name))
		if err != nil {
			return nil, err
		}
		defer f.Close()
		in = f
	}
	return digest(in, a.new())
}

func digest(in io.Reader, h hash.Hash) ([]byte, error) {
	buffer := make([]byte, 128<<10)
	for at := int64(0); ; {
		n, err := in.Read(buffer)
		_, _ = h.Write(buffer[:n]) // never fails, says package hash
		at += int64(n)
		switch {
		case err == io.EOF:
			return h.Sum(nil), nil
		case err != nil && at > 0:
			return nil, errors.New(errno.Reason(err) + " at byte " + strconv.FormatInt(at, 10))
		case err != nil:
			return nil, err
		}
	}
}
