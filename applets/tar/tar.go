// Package tarcmd is the applet tar.
package tarcmd

import (
	"bufio"
	"compress/gzip"
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
	"rescuebox/internal/tarball"
)

// Applet is tar.
var Applet = applet.Applet{
	Name:    "tar",
	Group:   applet.Files,
	Summary: "pack and unpack archives, also damaged ones",
	Usage:   usage,
	Run:     run,
}

// command is one run of tar.
type command struct {
	*options
	s        applet.Streams
	rep      *applet.Reporter
	names    *accounts.Accounts
	out      *bufio.Writer // where members are named
	stripped map[string]bool
	zone     *time.Location
	gaps     bool // parts of the archive could not be read
	width    int  // of owner and size in a long list, which grows as needed
}

func run(ctx context.Context, s applet.Streams, args []string) error {
	o, err := parse(s, args)
	if err != nil {
		return err
	}
	c := &command{options: o, s: s, rep: s.Reporter(), stripped: map[string]bool{}, zone: zone(s)}
	// Without names owners are shown and set by number.
	c.names, _ = accounts.Load("/")
	to := s.Out
	if o.mode == 'c' && o.archive == "-" || o.stdout {
		to = s.Err
	}
	c.out = bufio.NewWriter(to)
	if o.mode == 'c' || o.mode == 'r' {
		err = c.create(ctx)
	} else {
		err = c.read(ctx)
	}
	if ferr := c.out.Flush(); err == nil && ferr != nil {
		err = ferr
	}
	var wrong *applet.UsageError
	if errors.As(err, &wrong) {
		return err
	}
	if err != nil {
		c.fail(c.archiveName(), err)
	}
	return c.rep.Err()
}

// archiveName is the archive as messages show it.
func (c *command) archiveName() string {
	switch {
	case c.archive != "-":
		return c.archive
	case c.mode == 'c':
		return "standard output"
	}
	return "standard input"
}

// fail reports what makes the status 2.
func (c *command) fail(operand string, err error) {
	c.flush()
	c.rep.ErrorStatus(2, operand, reason(err))
}

// reason keeps what an error of this program says around an errno.
func reason(err error) error {
	var link *tarball.LinkError
	if errors.As(err, &link) {
		return errors.New("cannot link to " + link.Target + ": " + errno.Reason(link.Err))
	}
	var bad *tarball.BadBytesError
	if errors.As(err, &bad) {
		return errors.New(bad.Error() + ": " + errno.Reason(bad.Err))
	}
	return err
}

// flush shows what was named before a message: both may go to one terminal.
func (c *command) flush() {
	if err := c.out.Flush(); err != nil {
		c.rep.Raise(2)
	}
}

// create makes an archive or adds to one.
func (c *command) create(ctx context.Context) error {
	if len(c.operands) == 0 && !c.named {
		return applet.Usage(2, "cowardly refusing to make an empty archive: name files")
	}
	out, before, err := c.openOutput()
	if err != nil {
		return err
	}
	buffered := bufio.NewWriterSize(out, 64<<10)
	w := io.Writer(buffered)
	var z *gzip.Writer
	if c.gzip {
		z = gzip.NewWriter(buffered)
		w = z
	}
	t := tarball.NewCreator(w, c.createOptions(out))
	err = c.add(ctx, t)
	if err == nil {
		err = t.Close(before)
	}
	if z != nil && err == nil {
		err = z.Close()
	}
	if err == nil {
		err = buffered.Flush()
	}
	if f, ok := out.(*os.File); ok && c.archive != "-" {
		if cerr := f.Close(); err == nil {
			err = cerr
		}
	}
	return err
}

func (c *command) add(ctx context.Context, t *tarball.Creator) error {
	for _, o := range c.operands {
		if err := ctx.Err(); err != nil {
			return err
		}
		if !c.absolute {
			_, prefix := tarball.Relative(o.name)
			c.takeAway(prefix, "member names")
		}
		if err := t.Add(c.s.Path(below(o.dir, o.name)), o.name); err != nil {
			return err
		}
	}
	return nil
}

func (c *command) createOptions(out io.Writer) tarball.CreateOptions {
	opts := tarball.CreateOptions{
		Dereference: c.dereference, OneFileSystem: c.oneFileSystem, NoRecursion: c.noRecursion,
		AbsoluteNames: c.absolute, NumericOwner: c.numeric, Exclude: c.exclude, Format: c.format, Names: c.names,
		Added: c.added, Problem: c.problem,
	}
	if f, ok := out.(*os.File); ok {
		var st unix.Stat_t
		if err := unix.Fstat(int(f.Fd()), &st); err == nil && uint32(st.Mode)&unix.S_IFMT == unix.S_IFREG {
			opts.Output = tarball.FileID{Dev: uint64(st.Dev), Ino: st.Ino}
		}
	}
	return opts
}

// openOutput returns where the archive goes, and how long it is already.
func (c *command) openOutput() (io.Writer, int64, error) {
	if c.archive == "-" {
		if c.mode == 'r' {
			return nil, 0, applet.Usage(2, "-r needs -f ARCHIVE")
		}
		if f, ok := c.s.Out.(*os.File); ok {
			if _, err := unix.IoctlGetTermios(int(f.Fd()), unix.TCGETS); err == nil {
				return nil, 0, errors.New("refusing to write an archive to a terminal: name it with -f")
			}
		}
		return c.s.Out, 0, nil
	}
	path := c.s.Path(c.archive)
	if c.mode == 'c' {
		f, err := os.Create(path)
		return f, 0, err
	}
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o666)
	if err != nil {
		return nil, 0, err
	}
	end, err := appendAt(f)
	if err != nil {
		f.Close()
		return nil, 0, err
	}
	return f, end, nil
}

// appendAt goes to where an archive's end mark lies.
func appendAt(f *os.File) (int64, error) {
	head := make([]byte, 6)
	n, err := f.ReadAt(head, 0)
	if err != nil && err != io.EOF {
		return 0, err
	}
	if is, name := tarball.Detect(head[:n]); is != tarball.Plain {
		return 0, errors.New("packed by " + name + ": only plain archives can be added to")
	}
	t := tarball.NewReader(f)
	for {
		if _, err := t.Next(); err == io.EOF {
			break
		} else if err != nil {
			return 0, err
		}
	}
	return f.Seek(t.End(), io.SeekStart)
}

// problem reports what is not archived as it should be. What only changed, or is
// of no matter, does not make the archive bad.
func (c *command) problem(path string, err error, fatal bool) {
	c.flush()
	switch {
	case fatal:
		c.rep.ErrorStatus(2, path, reason(err))
	case err == tarball.ErrSocket || err == tarball.ErrSelf:
		c.rep.Note(path + ": " + err.Error())
	default:
		c.rep.ErrorStatus(1, path, err)
	}
}

// takeAway says once what is taken from the front of names.
func (c *command) takeAway(prefix, of string) {
	if prefix == "" || c.stripped[of+prefix] {
		return
	}
	c.stripped[of+prefix] = true
	c.flush()
	c.rep.Note("removing leading '" + prefix + "' from " + of)
}

// quoted shows a name on one line, without orders to a terminal.
func quoted(name string) string {
	var b strings.Builder
	for i := range len(name) {
		c := name[i]
		switch at := strings.IndexByte("\a\b\f\n\r\t\v\\", c); {
		case at >= 0:
			b.WriteString("\\" + "abfnrtv\\"[at:at+1])
		case c < ' ' || c == 0x7f:
			b.WriteString("\\" + string([]byte{'0' + c>>6, '0' + c>>3&7, '0' + c&7}))
		default:
			b.WriteByte(c)
		}
	}
	return b.String()
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
