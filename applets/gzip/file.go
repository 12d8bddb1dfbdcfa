package gzipcmd

import (
	"bufio"
	"compress/gzip"
	"context"
	"errors"
	"io"
	"os"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"rescuebox/internal/errno"
	"rescuebox/internal/gz"
	"rescuebox/internal/skipread"
)

// stream packs or unpacks standard input to standard output.
func (c *command) stream() {
	if !c.force && !c.list && !c.test {
		if !c.decompress && isTerminal(c.s.Out) {
			c.fail("stdout", errors.New("packed data is not written to a terminal; -f does it"))
			return
		}
		if c.decompress && isTerminal(c.s.In) {
			c.fail("stdin", errors.New("packed data is not read from a terminal"))
			return
		}
	}
	c.convert("stdin", c.s.In, standardOutput{c.s.Out}, time.Time{}, nil)
}

func isTerminal(stream any) bool {
	f, ok := stream.(*os.File)
	if !ok {
		return false
	}
	_, err := unix.IoctlGetTermios(int(f.Fd()), unix.TCGETS)
	return err == nil
}

// file handles one file.
func (c *command) file(name string) {
	toFile := !c.stdout && !c.list && !c.test
	flags := unix.O_NONBLOCK
	if toFile && !c.force {
		flags |= unix.O_NOFOLLOW
	}
	target := ""
	if toFile {
		var err error
		if target, err = c.target(name); err != nil {
			if c.decompress {
				c.warn(name, err.Error())
			} else if !c.quiet {
				// Packed already is what was wanted.
				c.rep.Note(name + ": " + err.Error())
			}
			return
		}
	}
	f, err := os.OpenFile(c.s.Path(name), os.O_RDONLY|flags, 0)
	if err != nil {
		c.fail(name, err)
		return
	}
	defer f.Close()
	var st unix.Stat_t
	if err := unix.Fstat(int(f.Fd()), &st); err != nil {
		c.fail(name, err)
		return
	}
	regular := uint32(st.Mode)&unix.S_IFMT == unix.S_IFREG
	in, missing := c.source(name, f, &st, regular)
	if !toFile {
		if !c.decompress && isTerminal(c.s.Out) && !c.force {
			c.fail(name, errors.New("packed data is not written to a terminal; -f does it"))
			return
		}
		c.convert(name, in, standardOutput{c.s.Out}, modTime(&st), nil)
		return
	}
	switch {
	case !regular:
		c.warn(name, "is not a directory or a regular file -- ignored")
	case st.Nlink > 1 && !c.force && !c.keep:
		c.warn(name, "has "+strconv.FormatUint(uint64(st.Nlink)-1, 10)+" other link(s) -- unchanged")
	default:
		c.replace(name, target, in, &st, missing)
	}
}

func modTime(st *unix.Stat_t) time.Time { return time.Unix(int64(st.Mtim.Sec), int64(st.Mtim.Nsec)) }

// source reads a file to be packed with zeros for its bad sectors; a packed one
// is of no use behind the first.
func (c *command) source(name string, f *os.File, st *unix.Stat_t, regular bool) (in io.Reader, missing *bool) {
	missing = new(bool)
	if c.decompress || !regular {
		return f, missing
	}
	return &skipread.Reader{Src: skipread.NewFile(int(f.Fd())), Size: st.Size, Missing: func(r skipread.Range) {
		*missing = true
		c.fail(name, errors.New(strconv.FormatInt(r.Len, 10)+" bytes at byte "+strconv.FormatInt(r.Off, 10)+
			" could not be read; zeros in their place: "+errno.Reason(r.Err)))
	}}, missing
}

// replace makes target of name and removes name when all of target is on disk.
func (c *command) replace(name, target string, in io.Reader, st *unix.Stat_t, missing *bool) {
	var out *os.File
	var stored time.Time
	create := func(info gz.Info) (err error) {
		if c.name && info.Name != "" {
			target = target[:strings.LastIndexByte(target, '/')+1] + info.Name
		}
		if c.name {
			stored = info.ModTime
		}
		if c.force {
			if err := unix.Unlink(c.s.Path(target)); err != nil && err != unix.ENOENT {
				return err
			}
		}
		out, err = os.OpenFile(c.s.Path(target), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
		return err
	}
	ok := c.convert(name, in, lazy{&out, create}, modTime(st), create)
	if out == nil {
		return
	}
	err := c.dress(out, st, stored)
	if cerr := out.Close(); err == nil {
		err = cerr
	}
	if err != nil {
		c.fail(target, err)
	}
	switch {
	case err != nil || !ok:
		// What is half done is removed; the original is still whole.
		if err := unix.Unlink(c.s.Path(target)); err != nil {
			c.fail(target, err)
		}
		return
	case *missing:
		c.rep.Note(name + ": kept, as part of it could not be read")
		return
	}
	if c.keep {
		c.say(name, "created "+target)
		return
	}
	if err := unix.Unlink(c.s.Path(name)); err != nil {
		c.fail(name, err)
	}
	c.say(name, "replaced with "+target)
}

func (c *command) say(name, what string) {
	if c.verbose {
		c.rep.Note(name + ": " + what)
	}
}

// lazy is a file that is created when packing first writes; unpacking creates it
// when it has seen the header.
type lazy struct {
	out    **os.File
	create func(gz.Info) error
}

func (l lazy) Write(p []byte) (int, error) {
	if *l.out == nil {
		if err := l.create(gz.Info{}); err != nil {
			return 0, err
		}
	}
	return (*l.out).Write(p)
}

// dress gives the new file the original's owner, mode and times, and waits for
// the disk: only then may the original go.
func (c *command) dress(f *os.File, st *unix.Stat_t, stored time.Time) error {
	fd := int(f.Fd())
	// Others than root cannot give files away, nor need they.
	_ = unix.Fchown(fd, int(st.Uid), int(st.Gid))
	if err := unix.Fchmod(fd, uint32(st.Mode)&0o777); err != nil {
		return err
	}
	m := st.Mtim
	if !stored.IsZero() {
		if ts, err := unix.TimeToTimespec(stored); err == nil {
			m = ts
		}
	}
	times := []unix.Timespec{st.Atim, m}
	if err := unix.UtimesNanoAt(unix.AT_FDCWD, f.Name(), times, 0); err != nil {
		return err
	}
	if err := f.Sync(); err != nil && !errors.Is(err, unix.EINVAL) {
		return err
	}
	return nil
}

// convert packs, unpacks, tests or lists one input; ok means that the output is
// all there is to be had and sound.
func (c *command) convert(name string, in io.Reader, out io.Writer, mtime time.Time, head func(gz.Info) error) (ok bool) {
	if c.ctx.Err() != nil {
		return false
	}
	in = interruptible{c.ctx, in}
	if !c.decompress {
		err := c.pack(name, in, out, mtime)
		if err != nil {
			c.fail(name, err)
		}
		return err == nil
	}
	b := bufio.NewReaderSize(in, 64<<10)
	if magic, _ := b.Peek(2); c.force && c.stdout && !gz.Magic(magic) {
		_, err := io.Copy(out, b)
		if err != nil {
			c.fail(name, err)
		}
		return err == nil
	}
	if c.test || c.list {
		out = io.Discard
	}
	info, err := gz.Unpack(out, b, head)
	switch {
	case err == gz.ErrTrailing:
		c.warn(name, err.Error())
	case errors.Is(err, unix.EEXIST):
		c.warn(name, "its unpacked file already exists; not overwritten")
		return false
	case err != nil:
		var damage *gz.DamageError
		if errors.As(err, &damage) && head != nil {
			err = errors.New(err.Error() + "; 'zcat " + name + "' writes them")
		}
		c.fail(name, err)
		return false
	}
	switch {
	case c.list:
		c.listOne(name, info, mtime)
	case c.test:
		c.say(name, "OK")
	case c.verbose:
		c.rep.Note(name + ": " + ratio(info.In-info.Framing, info.Out))
	}
	return true
}

// pack writes in to out as one member.
func (c *command) pack(name string, in io.Reader, out io.Writer, mtime time.Time) error {
	counted := &counter{w: out}
	buffered := bufio.NewWriterSize(counted, 64<<10)
	w, err := gzip.NewWriterLevel(buffered, c.level)
	if err != nil {
		return err
	}
	w.OS = 3 // Unix, as RFC 1952 numbers them
	if !c.noName && name != "stdin" {
		w.Name, w.ModTime = gz.HeaderName(name), mtime
	}
	n, err := io.Copy(w, in)
	if err == nil {
		err = w.Close()
	}
	if err == nil {
		err = buffered.Flush()
	}
	if errors.Is(err, unix.EEXIST) {
		return errors.New("its packed file already exists; not overwritten")
	}
	if err == nil && c.verbose {
		framing := int64(10 + 8)
		if w.Name != "" {
			framing += int64(len([]rune(w.Name))) + 1
		}
		c.rep.Note(name + ": " + ratio(counted.n-framing, n))
	}
	return err
}

type counter struct {
	w io.Writer
	n int64
}

func (c *counter) Write(p []byte) (int, error) {
	n, err := c.w.Write(p)
	c.n += int64(n)
	return n, err
}

// interruptible ends reading when the user has had enough, so that half a file
// can be removed.
type interruptible struct {
	ctx context.Context
	r   io.Reader
}

func (i interruptible) Read(p []byte) (int, error) {
	if i.ctx.Err() != nil {
		return 0, errInterrupted
	}
	return i.r.Read(p)
}

var errInterrupted = errors.New("interrupted")

// standardOutput words its errors so that they are not taken for the input's.
type standardOutput struct{ w io.Writer }

func (s standardOutput) Write(p []byte) (int, error) {
	n, err := s.w.Write(p)
	if err != nil {
		err = &outputError{err}
	}
	return n, err
}

type outputError struct{ err error }

func (e *outputError) Error() string { return "write error: " + errno.Reason(e.err) }
func (e *outputError) Unwrap() error { return e.err }
