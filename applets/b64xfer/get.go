package b64xfer

import (
	"bufio"
	"context"
	"errors"
	"io"
	"os"
	"strconv"

	"golang.org/x/sys/unix"

	"rescuebox/b64xfer/wire"
	"rescuebox/internal/applet"
	"rescuebox/internal/deflate"
	"rescuebox/internal/errno"
	"rescuebox/internal/getopt"
	"rescuebox/internal/skipread"
)

var get = applet.Applet{Name: "get", Usage: getUsage, Run: runGet}

const getUsage = `usage: b64xfer get [--noerror] [--no-zlib] [--width N] [--chunks SET] FILE

Print FILE as lines of text, for "b64xfer recv" on another machine: copy them
out of the terminal's scrollback, and paste or save them there. Prompts around
them do no harm, and a line that the terminal wrapped is joined again.

    --chunks SET  print these chunks alone, as recv has named them: 3,17-19
    --no-zlib     do not compress
    --noerror     go on past what cannot be read, with zeros in its place; say
                  which bytes are missing. Without it such a file is not sent
    --width N     characters of a line, 24 to 1000 (default: the width of the
                  terminal less four, 1000 where it is none)

EXIT STATUS
    0  printed
    1  not printed, or with zeros in place of what cannot be read

EXAMPLES
    b64xfer get /etc/lvm/backup/vg0
    b64xfer get --noerror /lib/libc.so.6 >/dev/ttyS0
    b64xfer get --chunks 3,17-19 /etc/lvm/backup/vg0
`

const (
	optChunks rune = getopt.LongOnly + iota
	optNoZlib
	optNoError
	optWidth
)

var getOptions = []getopt.Option{
	{Short: optChunks, Long: "chunks", Arg: getopt.Required},
	{Short: optNoZlib, Long: "no-zlib"},
	{Short: optNoError, Long: "noerror"},
	{Short: optWidth, Long: "width", Arg: getopt.Required},
}

func runGet(ctx context.Context, s applet.Streams, args []string) error {
	width, zlib, noerror := 0, true, false
	var only wire.Set
	p := getopt.New(getOptions, args)
	for p.Next() {
		switch p.Opt() {
		case optChunks:
			set, err := wire.ParseSet(p.Value())
			if err != nil {
				return &applet.UsageError{Err: err}
			}
			only = set
		case optNoZlib:
			zlib = false
		case optNoError:
			noerror = true
		case optWidth:
			n, err := strconv.Atoi(p.Value())
			if err != nil || n < 24 || n > wire.MaxLine {
				return applet.Usage(1, "--width: a number from 24 to 1000")
			}
			width = n
		}
	}
	if err := p.Err(); err != nil {
		return &applet.UsageError{Err: err}
	}
	if len(p.Operands()) != 1 {
		return applet.Usage(1, "get: name one FILE (tar first what is more)")
	}
	name := p.Operands()[0]
	r := s.Reporter()
	content, mode, err := wholeFile(s.Path(name), noerror, func(text string) { r.Message(name + ": " + text) })
	switch {
	case err != nil:
		r.Error(name, err)
		return r.Err()
	case len(content) == 0:
		r.Message(name + ": the file is empty")
		return r.Err()
	}
	h, carried := describe(content, name, mode, zlib)
	if width == 0 {
		width = terminalWidth(s.Out)
	}
	h.Chunk = chunkOf(width)
	r.Note(announce(h, len(content), only))
	if err := printLines(ctx, s.Out, h, carried, only, width); err != nil {
		return err
	}
	return r.Err()
}

// describe returns the header of a file, and what is carried of it: a zlib stream
// where that is smaller.
func describe(content []byte, name string, mode uint32, zlib bool) (wire.Header, []byte) {
	carried := content
	if zlib {
		if packed := deflate.AppendZlib(nil, content); len(packed) < len(content) {
			carried = packed
		}
	}
	h := wire.Describe(carried, name)
	h.Mode, h.Zlib = mode, len(carried) < len(content)
	return h, carried
}

// chunkOf returns how many bytes fill a line of a width with number and checksum: a
// number that needs no padding.
func chunkOf(width int) int {
	const number = 6 // digits and colon of all but the largest files
	n := (width-number)/4*3 - 4
	return min(max(n, 2), wire.ChunkSize)
}

func announce(h wire.Header, size int, only wire.Set) string {
	lines := h.Count() + 1
	if only != nil {
		lines = only.Len()
	}
	line := len(wire.AppendLine(nil, 1, make([]byte, min(int64(h.Chunk), h.Size)))) + 1
	return strconv.Itoa(size) + " bytes, " + strconv.Itoa(lines+1) + " lines; " +
		strconv.Itoa(lines*line/11520+1) + " s at 115200 baud"
}

// printLines prints the lines. The header's is cut where it is wider than the others;
// recv joins it.
func printLines(ctx context.Context, w io.Writer, h wire.Header, carried []byte, only wire.Set, width int) error {
	out := bufio.NewWriterSize(w, 16<<10)
	lines := wire.Lines(h, carried)
	if only != nil {
		lines = wire.Some(h, carried, only)
	}
	for line := range lines {
		if err := ctx.Err(); err != nil {
			return err
		}
		for ; len(line) > width; line = line[width:] {
			out.WriteString(line[:width] + "\n")
		}
		out.WriteString(line + "\n")
	}
	return out.Flush()
}

// wholeFile reads a file of at most wire.MaxSize bytes. What cannot be read is told
// of, and zeros with noerror, else an error.
func wholeFile(path string, noerror bool, tell func(string)) ([]byte, uint32, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, 0, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, 0, err
	}
	var in io.Reader = f
	if noerror && info.Mode().IsRegular() {
		in = &skipread.Reader{Src: skipread.NewFile(int(f.Fd())), Size: info.Size(), Missing: func(r skipread.Range) {
			tell("bytes " + strconv.FormatInt(r.Off, 10) + "-" + strconv.FormatInt(r.Off+r.Len-1, 10) +
				" missing, zeros in their place: " + errno.Reason(r.Err))
		}}
	}
	content, err := io.ReadAll(io.LimitReader(in, wire.MaxSize+1))
	switch {
	case skipread.IsMedia(err):
		return nil, 0, &readError{int64(len(content)), err}
	case err != nil:
		return nil, 0, err
	}
	if len(content) > wire.MaxSize {
		return nil, 0, errors.New("more than 64 MiB cannot be carried")
	}
	return content, uint32(info.Mode().Perm()), nil
}

// readError is a read that failed, with its offset in the file.
type readError struct {
	offset int64
	err    error
}

func (e *readError) Error() string {
	return errno.Reason(e.err) + " at byte " + strconv.FormatInt(e.offset, 10) + " (--noerror sends the rest)"
}

func (e *readError) Unwrap() error { return e.err }

// terminalWidth returns the characters of a line that no terminal wraps.
func terminalWidth(w io.Writer) int {
	if f, ok := w.(*os.File); ok {
		if size, err := unix.IoctlGetWinsize(int(f.Fd()), unix.TIOCGWINSZ); err == nil {
			if size.Col >= 28 {
				return min(int(size.Col)-4, wire.MaxLine)
			}
			return 76 // a serial console knows no width
		}
	}
	return wire.MaxLine
}
