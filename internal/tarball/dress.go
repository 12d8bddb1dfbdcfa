package tarball

import (
	"archive/tar"
	"errors"

	"golang.org/x/sys/unix"
)

// dress gives a file that has just been made its owner, mode and time, in the
// order in which the one does not undo the other.
func (x *Extractor) dress(dir int, base string, h *tar.Header) error {
	mode := uint32(h.Mode) & 0o7777
	owned := x.chown(dir, base, h)
	if owned != nil {
		// Not the owner's: it must not run as another.
		mode &^= 0o6000
	}
	var errs []error
	if owned != nil {
		errs = append(errs, owned)
	}
	if h.Typeflag != tar.TypeSymlink && x.opts.Mode {
		if err := retry(func() error { return unix.Fchmodat(dir, base, mode, 0) }); err != nil {
			errs = append(errs, err)
		}
	} else if h.Typeflag != tar.TypeSymlink && x.opts.Owner {
		if err := x.widen(dir, base, mode); err != nil {
			errs = append(errs, err)
		}
	}
	if err := x.setTime(dir, base, h); err != nil {
		errs = append(errs, err)
	}
	if len(errs) > 0 {
		return errs[0]
	}
	return nil
}

// widen sets a mode as a new file would have got it.
func (x *Extractor) widen(dir int, base string, mode uint32) error {
	return retry(func() error { return unix.Fchmodat(dir, base, mode&0o777&^x.tree.umask, 0) })
}

func (x *Extractor) setTime(dir int, base string, h *tar.Header) error {
	if x.opts.NoTimes {
		return nil
	}
	m, err := unix.TimeToTimespec(h.ModTime)
	if err != nil {
		return errors.New("its time does not fit this system")
	}
	times := []unix.Timespec{{Nsec: unix.UTIME_OMIT}, m}
	return retry(func() error { return unix.UtimesNanoAt(dir, base, times, unix.AT_SYMLINK_NOFOLLOW) })
}

func (x *Extractor) chown(dir int, base string, h *tar.Header) error {
	if !x.opts.Owner {
		return nil
	}
	uid, gid := h.Uid, h.Gid
	if !x.opts.NumericOwner && x.opts.Names != nil {
		if id, ok := x.opts.Names.Users.ID(h.Uname); ok && h.Uname != "" {
			uid = int(id)
		}
		if id, ok := x.opts.Names.Groups.ID(h.Gname); ok && h.Gname != "" {
			gid = int(id)
		}
	}
	return retry(func() error { return unix.Fchownat(dir, base, uid, gid, unix.AT_SYMLINK_NOFOLLOW) })
}

// folder makes a folder, or takes the one that is there. A link to a folder that
// was there before is taken too: on a system whose /lib is a link, replacing it
// would stop every program.
func (x *Extractor) folder(dir int, base, name string, h *tar.Header) error {
	err := unix.EEXIST
	if base != "." {
		err, _ = retry(func() error { return unix.Mkdirat(dir, base, uint32(h.Mode)&0o777|0o700) }).(unix.Errno)
	}
	created := err == 0
	if err == unix.EEXIST {
		fd, target, serr := x.tree.step(dir, base, false)
		switch {
		case serr == nil && target != "":
			return x.linkedFolder(dir, base)
		case serr == nil:
			unix.Close(fd)
			err = 0
		default:
			if x.opts.Keep || x.opts.SkipOld || x.opts.KeepNewer {
				return unix.EEXIST
			}
			// A file, or a link that the archive made itself, gives way.
			merr := x.make(dir, base, func() error { return unix.Mkdirat(dir, base, uint32(h.Mode)&0o777|0o700) })
			if merr != nil {
				return merr
			}
			created, err = true, 0
		}
	}
	if err != 0 {
		return err
	}
	if !created && (x.opts.Keep || x.opts.SkipOld || x.opts.KeepNewer) {
		return nil
	}
	var st unix.Stat_t
	if err := unix.Fstatat(dir, base, &st, unix.AT_SYMLINK_NOFOLLOW); err != nil {
		return err
	}
	mode := uint32(h.Mode) & 0o7777
	if !x.opts.Mode {
		mode = mode & 0o777 &^ x.tree.umask
	}
	x.later = append(x.later, folder{name, FileID{uint64(st.Dev), st.Ino}, h, mode})
	return nil
}

// linkedFolder checks that a link leads to a folder.
func (x *Extractor) linkedFolder(dir int, base string) error {
	var st unix.Stat_t
	if err := unix.Fstatat(dir, base, &st, 0); err != nil {
		return err
	}
	if uint32(st.Mode)&unix.S_IFMT != unix.S_IFDIR {
		return unix.ENOTDIR
	}
	return nil
}

// Close gives the folders their owners, modes and times, the deepest first, and
// tells failed of those that could not be given them.
func (x *Extractor) Close(failed func(name string, err error)) {
	defer x.tree.close()
	x.tree.forget()
	for i := len(x.later) - 1; i >= 0; i-- {
		d := x.later[i]
		if err := x.finish(d); err != nil {
			failed(d.name, err)
		}
	}
}

func (x *Extractor) finish(d folder) error {
	dir, base, err := x.tree.parent(d.name, false)
	if err != nil {
		return err
	}
	if base == "" {
		base = "."
	}
	var st unix.Stat_t
	if err := unix.Fstatat(dir, base, &st, unix.AT_SYMLINK_NOFOLLOW); err != nil {
		return err
	}
	if (FileID{uint64(st.Dev), st.Ino}) != d.id {
		// A later member has taken its place.
		return nil
	}
	mode := d.mode
	if err := x.chown(dir, base, d.h); err != nil {
		return err
	}
	if err := retry(func() error { return unix.Fchmodat(dir, base, mode, 0) }); err != nil {
		return err
	}
	return x.setTime(dir, base, d.h)
}
