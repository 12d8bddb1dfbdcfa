// Package cat is the applet cat: it writes files one after the other, and, told
// to, reads past the bad sectors of a failing disk.
package cat

import (
	"context"
	"io"
	"io/fs"
	"os"
	"strconv"

	"rescuebox/internal/applet"
	"rescuebox/internal/errno"
	"rescuebox/internal/getopt"
	"rescuebox/internal/skipread"
)

const usage = `usage: cat [-AbeEnstTuv] [--noerror] [FILE...]

Write each FILE to standard output; without one, or for -, standard input.

  -A, --show-all          same as -vET
  -b, --number-nonblank   number the lines that are not empty; overrides -n
  -e                      same as -vE
  -E, --show-ends         show $ at the end of each line, ^M$ for CR LF
  -n, --number            number all lines
  -s, --squeeze-blank     write one empty line in place of several
  -t                      same as -vT
  -T, --show-tabs         show a tab as ^I
  -u                      no effect: nothing is held back
  -v, --show-nonprinting  show control bytes as ^X and bytes above 127 as M-X
      --noerror           read past bad sectors of a file or disk: try down to
                          blocks of 512 bytes, write zeros in place of those
                          that cannot be read, so that the rest keeps its
                          offset, and report each missing range of bytes

A FILE that fails does not stop the others. A read error says at which byte.

EXIT STATUS
  0  everything was written as it is
  1  a FILE failed, or bytes of one are missing

EXAMPLES
  cat -A /etc/fstab                 look for tabs, CRs and stray bytes
  cat --noerror libc.so.6 >/mnt/x   save what is left of a damaged file
`

// Applet is cat.
var Applet = applet.Applet{
	Name:    "cat",
	Dir:     "bin",
	Group:   applet.Files,
	Summary: "write files, past bad sectors if need be",
	Usage:   usage,
	Run:     run,
}

const noerror = getopt.LongOnly

func options() []getopt.Option {
	return []getopt.Option{
		{Short: 'A', Long: "show-all"},
		{Short: 'b', Long: "number-nonblank"},
		{Short: 'e'},
		{Short: 'E', Long: "show-ends"},
		{Short: 'n', Long: "number"},
		{Short: 's', Long: "squeeze-blank"},
		{Short: 't'},
		{Short: 'T', Long: "show-tabs"},
		{Short: 'u'},
		{Short: 'v', Long: "show-nonprinting"},
		{Short: noerror, Long: "noerror"},
	}
}

// cat is one run: the state of its output goes on from file to file.
type cat struct {
	streams applet.Streams
	report  *applet.Reporter
	format  format
	noerror bool
	buffer  []byte
}

func run(_ context.Context, s applet.Streams, args []string) error {
	c := &cat{streams: s, report: s.Reporter(), buffer: make([]byte, bufferSize)}
	p := getopt.New(options(), args)
	for p.Next() {
		c.set(p.Opt())
	}
	if err := p.Err(); err != nil {
		return usageError(err)
	}
	files := p.Operands()
	if len(files) == 0 {
		files = []string{"-"}
	}
	for _, name := range files {
		if err := c.file(name); err != nil {
			return err
		}
	}
	if rest := c.format.end(); len(rest) > 0 {
		if _, err := s.Out.Write(rest); err != nil {
			return err
		}
	}
	return c.report.Err()
}

func usageError(err error) error {
	if err == getopt.ErrHelp || err == getopt.ErrVersion {
		return err
	}
	return &applet.UsageError{Err: err}
}

func (c *cat) set(opt rune) {
	f := &c.format
	switch opt {
	case 'A':
		f.control, f.ends, f.tabs = true, true, true
	case 'b':
		f.number, f.nonblank = true, true
	case 'e':
		f.control, f.ends = true, true
	case 'E':
		f.ends = true
	case 'n':
		f.number = true
	case 's':
		f.squeeze = true
	case 't':
		f.control, f.tabs = true, true
	case 'T':
		f.tabs = true
	case 'v':
		f.control = true
	case noerror:
		c.noerror = true
	}
}

// file copies one operand. It reports what is wrong with the operand, and
// returns only errors of the output, behind which there is nothing left to do.
func (c *cat) file(name string) error {
	in := c.streams.In
	if name != "-" {
		f, err := os.Open(c.streams.Path(name))
		if err != nil {
			c.report.Error(name, err)
			return nil
		}
		defer f.Close()
		in = f
	}
	file, _ := in.(*os.File)
	if file == nil {
		return c.copy(name, in, 0)
	}
	info, err := file.Stat()
	if err != nil {
		c.report.Error(name, err)
		return nil
	}
	// Where it does not seek, reads have no offsets: it is a pipe or a terminal.
	at, seekErr := file.Seek(0, io.SeekCurrent)
	if isOutput(c.streams.Out, info) && (seekErr != nil || at < info.Size()) {
		c.report.Message(name + ": input file is output file")
		return nil
	}
	if c.noerror && seekErr == nil {
		return c.past(name, file, at)
	}
	return c.copy(name, file, at)
}

// isOutput reports whether the input is the very file that out writes to: to
// append a file to itself would fill the disk.
func isOutput(out io.Writer, in fs.FileInfo) bool {
	f, ok := out.(interface{ Stat() (fs.FileInfo, error) })
	if !ok || !in.Mode().IsRegular() {
		return false
	}
	info, err := f.Stat()
	return err == nil && os.SameFile(info, in)
}

// past copies file from the offset at to its end, past what cannot be read.
func (c *cat) past(name string, file *os.File, at int64) error {
	// Disks have no size in stat(2), but an end to seek to.
	size, err := file.Seek(0, io.SeekEnd)
	if err != nil {
		c.report.Error(name, err)
		return nil
	}
	return c.copy(name, &skipread.Reader{
		Src: skipread.NewFile(int(file.Fd())), Off: at, Size: size,
		Missing: func(r skipread.Range) { c.missing(name, r) },
	}, at)
}

func (c *cat) missing(name string, r skipread.Range) {
	c.report.Message(name + ": bytes " + strconv.FormatInt(r.Off, 10) + "-" +
		strconv.FormatInt(r.Off+r.Len-1, 10) + " missing, " +
		strconv.FormatInt(r.Len, 10) + " zeros in their place: " + errno.Reason(r.Err))
}

// copy copies in, whose first byte has the offset at, through the format.
func (c *cat) copy(name string, in io.Reader, at int64) error {
	for {
		n, err := in.Read(c.buffer)
		if werr := c.write(c.buffer[:n]); werr != nil {
			return werr
		}
		at += int64(n)
		switch {
		case err == io.EOF:
			return nil
		case skipread.IsMedia(err):
			c.mediaError(name, at, err)
			return nil
		case err != nil:
			c.report.Error(name, err)
			return nil
		}
	}
}

func (c *cat) mediaError(name string, at int64, err error) {
	text := name + ": " + errno.Reason(err) + " at byte " + strconv.FormatInt(at, 10)
	if !c.noerror {
		text += " (--noerror reads past it)"
	}
	c.report.Message(text)
}

// write sends bytes through the format to the output, at once.
func (c *cat) write(p []byte) error {
	if len(p) == 0 {
		return nil
	}
	if c.format.plain() {
		_, err := c.streams.Out.Write(p)
		return err
	}
	_, err := c.streams.Out.Write(c.format.append(p))
	return err
}

// bufferSize is what coreutils found fastest on most systems (ioblksize.h).
const bufferSize = 128 << 10
