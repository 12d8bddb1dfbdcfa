package tarcmd

import (
	"archive/tar"
	"context"
	"errors"
	"io"
	"os"
	"strconv"

	"golang.org/x/sys/unix"

	"rescuebox/internal/skipread"
	"rescuebox/internal/tarball"
)

// read lists or extracts.
func (c *command) read(ctx context.Context) error {
	plain, closeInput, err := c.openInput()
	if err != nil {
		return err
	}
	defer closeInput()
	t := tarball.NewReader(plain)
	t.IgnoreZeros = c.ignoreZeros
	t.Gaps = func() bool { return c.gaps }
	t.Damaged = func(d *tarball.Damage) { c.fail(c.archiveName(), d) }
	var x *tarball.Extractor
	if c.mode == 'x' && !c.stdout {
		if x, err = c.extractor(); err != nil {
			return err
		}
		defer x.Close(func(name string, err error) { c.fail(name, err) })
	}
	var names []string
	for _, o := range c.operands {
		names = append(names, o.name)
	}
	selected := tarball.Select(names, c.wildcards)
	err = c.members(ctx, t, selected, x)
	for _, name := range selected.Missing() {
		c.fail(name, errors.New("not found in archive"))
	}
	return err
}

func (c *command) members(ctx context.Context, t *tarball.Reader, selected *tarball.Selection, x *tarball.Extractor) error {
	for {
		if err := ctx.Err(); err != nil {
			return err
		}
		h, err := t.Next()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		if h.Typeflag == tar.TypeXGlobalHeader || !selected.Has(h.Name) || tarball.Excluded(c.exclude, h.Name) {
			continue
		}
		if c.mode == 't' {
			if err := c.show(h, h.Name); err != nil {
				return err
			}
			continue
		}
		if err := c.extract(t, h, x); err != nil {
			return err
		}
	}
}

// extract takes one member out. The error is of the archive or of standard
// output: there is no going on.
func (c *command) extract(t *tarball.Reader, h *tar.Header, x *tarball.Extractor) error {
	name, ok := tarball.Strip(h.Name, c.strip)
	if c.strip == 0 {
		name, ok = h.Name, true
	}
	if !ok {
		return nil
	}
	if c.verbose > 0 {
		if err := c.show(h, h.Name); err != nil {
			return err
		}
	}
	if c.stdout {
		if h.Typeflag != tar.TypeReg && h.Typeflag != tar.TypeGNUSparse && h.Typeflag != tar.TypeCont {
			return nil
		}
		_, err := io.Copy(c.s.Out, t)
		return err
	}
	if !c.absolute {
		if tarball.Climbs(name) {
			c.fail(name, errors.New("name contains '..'; skipped (-P trusts the archive)"))
			return nil
		}
		var prefix string
		name, prefix = tarball.Relative(name)
		c.takeAway(prefix, "member names")
	}
	if h.Typeflag == tar.TypeLink {
		// The header stays as it was for whoever else looks at it.
		linked := *h
		if c.strip > 0 {
			linked.Linkname, _ = tarball.Strip(h.Linkname, c.strip)
		}
		h = &linked
	}
	err := x.Extract(h, name, t)
	var damage *tarball.Damage
	var packed *tarball.PackedError
	switch {
	case err == nil || err == tarball.ErrKept:
	case errors.As(err, &damage) || errors.As(err, &packed):
		c.fail(name, errors.New("extracted only in part"))
		return err
	default:
		c.fail(name, err)
	}
	return nil
}

func (c *command) extractor() (*tarball.Extractor, error) {
	root := os.Geteuid() == 0
	opts := tarball.ExtractOptions{
		Keep: c.keep, SkipOld: c.skipOld, KeepNewer: c.keepNewer, Mode: root, Owner: root,
		NumericOwner: c.numeric, NoTimes: c.noTimes, Absolute: c.absolute, Names: c.names,
	}
	if c.samePermissions != nil {
		opts.Mode = *c.samePermissions
	}
	if c.sameOwner != nil {
		opts.Owner = *c.sameOwner
	}
	dir := c.dir
	if len(c.operands) > 0 {
		dir = c.operands[0].dir
	}
	for _, o := range c.operands {
		if o.dir != dir {
			return nil, errors.New("members for several folders: run tar once for each -C")
		}
	}
	if dir == "" {
		dir = "."
	}
	x, err := tarball.NewExtractor(c.s.Path(dir), opts)
	if err != nil {
		return nil, errors.New("folder " + dir + ": " + reasonText(err))
	}
	return x, nil
}

// openInput returns the plain archive. A file on a bad medium gives zeros for
// what cannot be read, and members that nobody wants are passed over unread.
func (c *command) openInput() (plain io.Reader, closeInput func(), err error) {
	in, closeInput := c.s.In, func() {}
	if c.archive != "-" {
		f, err := os.Open(c.s.Path(c.archive))
		if err != nil {
			return nil, nil, err
		}
		in, closeInput = f, func() { f.Close() }
	}
	f, ok := in.(*os.File)
	if !ok {
		plain, err = tarball.Unpack(in)
		return plain, closeInput, err
	}
	var st unix.Stat_t
	if err := unix.Fstat(int(f.Fd()), &st); err != nil {
		return nil, nil, err
	}
	if uint32(st.Mode)&unix.S_IFMT == unix.S_IFDIR {
		return nil, nil, unix.EISDIR
	}
	if uint32(st.Mode)&unix.S_IFMT != unix.S_IFREG || c.archive == "-" {
		plain, err = tarball.Unpack(in)
		return plain, closeInput, err
	}
	m := tarball.NewMedium(f, st.Size, func(r skipread.Range) {
		c.gaps = true
		c.fail(c.archiveName(), errors.New(strconv.FormatInt(r.Len, 10)+" bytes at byte "+strconv.FormatInt(r.Off, 10)+
			" could not be read; zeros in their place: "+reasonText(r.Err)))
	})
	head, err := m.Peek(6)
	if err != nil && err != io.EOF {
		return nil, nil, err
	}
	if is, _ := tarball.Detect(head); is == tarball.Plain {
		return m, closeInput, nil
	}
	plain, err = tarball.Unpack(m)
	return plain, closeInput, err
}
