package relocate

import (
	"io/fs"
	"os"
	"slices"

	"golang.org/x/sys/unix"
)

// copy copies source, whatever it is, to the new name target.
func (r *run) copy(source, target string) error {
	if err := r.ctx.Err(); err != nil {
		return err
	}
	var st unix.Stat_t
	if err := unix.Lstat(source, &st); err != nil {
		return &fs.PathError{Op: "lstat", Path: source, Err: err}
	}
	linked, err := r.link(&st, target)
	if err == nil && !linked {
		switch st.Mode & unix.S_IFMT {
		case unix.S_IFREG:
			err = r.regular(source, target, &st)
		case unix.S_IFDIR:
			err = r.folder(source, target, &st)
		case unix.S_IFLNK:
			err = symlink(source, target)
		default:
			err = created(target, unix.Mknod(target, st.Mode&unix.S_IFMT|0o600, int(st.Rdev)))
		}
		if err == nil {
			err = r.attributes(source, target, &st)
		}
	}
	if err == nil {
		r.done = append(r.done, copied{source, st})
	}
	return err
}

func created(path string, err error) error {
	if err == nil {
		return nil
	}
	return &fs.PathError{Op: "create", Path: path, Err: err}
}

// link makes target another link to the copy of a file that was met before under
// another name.
func (r *run) link(st *unix.Stat_t, target string) (bool, error) {
	if st.Nlink < 2 || st.Mode&unix.S_IFMT == unix.S_IFDIR {
		return false, nil
	}
	key := identity(st)
	first, met := r.links[key]
	if !met {
		r.links[key] = target
		return false, nil
	}
	err := unix.Link(first, target)
	if err == unix.EPERM || err == unix.EOPNOTSUPP || err == unix.EMLINK {
		return false, nil // a file system without links gets copies
	}
	return err == nil, created(target, err)
}

func identity(st *unix.Stat_t) [2]uint64 { return [2]uint64{uint64(st.Dev), uint64(st.Ino)} }

func symlink(source, target string) error {
	to, err := os.Readlink(source)
	if err != nil {
		return err
	}
	return created(target, unix.Symlink(to, target))
}

func (r *run) folder(source, target string, st *unix.Stat_t) error {
	if r.root != nil && *r.root == identity(st) {
		return &fs.PathError{Op: "copy", Path: source, Err: ErrInside}
	}
	if err := unix.Mkdir(target, 0o700); err != nil {
		return created(target, err)
	}
	if r.root == nil {
		var made unix.Stat_t
		if err := unix.Lstat(target, &made); err != nil {
			return created(target, err)
		}
		root := identity(&made)
		r.root = &root
	}
	names, err := list(source)
	if err != nil {
		return &fs.PathError{Op: "readdir", Path: source, Err: err}
	}
	for _, name := range names {
		if err := r.copy(source+"/"+name, target+"/"+name); err != nil {
			return err
		}
	}
	return nil
}

func list(folder string) ([]string, error) {
	f, err := os.Open(folder)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	names, err := f.Readdirnames(-1)
	slices.Sort(names)
	return names, err
}

// regular copies data and holes, and has the data written to the disk.
func (r *run) regular(source, target string, st *unix.Stat_t) (err error) {
	in, err := os.OpenFile(source, unix.O_RDONLY|unix.O_NOFOLLOW|unix.O_NONBLOCK, 0)
	if err != nil {
		return err
	}
	defer in.Close()
	var opened unix.Stat_t
	if err := unix.Fstat(int(in.Fd()), &opened); err != nil {
		return &fs.PathError{Op: "stat", Path: source, Err: err}
	}
	if identity(&opened) != identity(st) {
		return &fs.PathError{Op: "open", Path: source, Err: ErrChanged}
	}
	out, err := os.OpenFile(target, unix.O_WRONLY|unix.O_CREAT|unix.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	defer func() {
		if closeErr := out.Close(); err == nil {
			err = closeErr
		}
	}()
	if err := r.data(in, out, st.Size); err != nil {
		return err
	}
	return out.Sync()
}

// data copies from one extent of data to the next. A file system that cannot tell
// them, or says what is not so of its size, has one from 0 to the end.
func (r *run) data(in, out *os.File, size int64) error {
	for at := int64(0); ; {
		start, err := unix.Seek(int(in.Fd()), at, unix.SEEK_DATA)
		if err == unix.ENXIO && size > 0 {
			break
		}
		end := int64(-1)
		if err == nil {
			end, err = unix.Seek(int(in.Fd()), start, unix.SEEK_HOLE)
		}
		if err != nil || end <= start {
			start, end = at, -1
		}
		at, err = r.extent(in, out, start, end)
		if err != nil {
			return err
		}
		if end < 0 || at < end {
			break
		}
	}
	// A hole at the end is no write.
	if info, err := out.Stat(); err != nil || info.Size() >= size {
		return err
	}
	return out.Truncate(size)
}

// extent copies the bytes from start to end, or to the end of the file when end is
// negative, and returns the offset it came to.
func (r *run) extent(in, out *os.File, start, end int64) (int64, error) {
	if r.buffer == nil {
		r.buffer = make([]byte, 256<<10)
	}
	for at := start; ; {
		if err := r.ctx.Err(); err != nil {
			return at, err
		}
		p := r.buffer
		if end >= 0 {
			p = p[:min(int64(len(p)), end-at)]
		}
		if len(p) == 0 {
			return at, nil
		}
		n, err := unix.Pread(int(in.Fd()), p, at)
		switch {
		case err == unix.EINTR:
			continue
		case err != nil:
			return at, &fs.PathError{Op: "read", Path: in.Name(), Err: &ReadError{at, err}}
		case n == 0:
			return at, nil
		}
		if _, err := out.WriteAt(p[:n], at); err != nil {
			return at, err
		}
		at += int64(n)
	}
}
