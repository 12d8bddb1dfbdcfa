package salvage

import (
	"os"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// target is a file that grows under a name of its own, and then takes its place.
type target struct {
	folder string // for messages
	dir    int    // descriptor of the folder
	fd     int
	temp   string
	name   string
}

const folderMode = 0o755

// tempMark is in the name of every copy that is not finished.
const tempMark = ".save-"

// newTarget makes a file for path below dir, and its folders. No symbolic link below
// dir is followed: somebody else may have put one there. With reserve it takes the
// room at once.
func newTarget(dir, path string, size int64, reserve bool) (*target, error) {
	if err := os.MkdirAll(dir, folderMode); err != nil {
		return nil, err
	}
	t := &target{folder: dir, dir: -1, fd: -1}
	var err error
	if t.dir, err = unix.Open(dir, unix.O_RDONLY|unix.O_DIRECTORY|unix.O_CLOEXEC, 0); err != nil {
		return nil, t.fail("open", err)
	}
	folders, name := path[:strings.LastIndexByte(path, '/')+1], path[strings.LastIndexByte(path, '/')+1:]
	for _, f := range strings.Split(folders, "/") {
		if err := t.enter(f); err != nil {
			return nil, err
		}
	}
	if name == "" || name == "." || name == ".." {
		t.close()
		return nil, t.fail("open", unix.EINVAL)
	}
	t.name = name
	if err := t.create(); err != nil {
		return nil, err
	}
	err = unix.Ftruncate(t.fd, size)
	if err == nil && reserve && size > 0 {
		if err = unix.Fallocate(t.fd, 0, 0, size); err == unix.EOPNOTSUPP || err == unix.ENOSYS {
			err = nil
		}
	}
	if err != nil {
		err = t.fail("write", err)
		_ = unix.Unlinkat(t.dir, t.temp, 0)
		t.close()
		return nil, err
	}
	return t, nil
}

// enter goes to a folder in the present one.
func (t *target) enter(name string) error {
	switch name {
	case "", ".":
		return nil
	case "..":
		err := t.fail("open", unix.EINVAL)
		t.close()
		return err
	}
	if err := unix.Mkdirat(t.dir, name, folderMode); err != nil && err != unix.EEXIST {
		t.folder += "/" + name
		err = t.fail("mkdir", err)
		t.close()
		return err
	}
	fd, err := unix.Openat(t.dir, name, unix.O_RDONLY|unix.O_DIRECTORY|unix.O_NOFOLLOW|unix.O_CLOEXEC, 0)
	t.folder += "/" + name
	if err != nil {
		err = t.fail("open", err)
		t.close()
		return err
	}
	unix.Close(t.dir)
	t.dir = fd
	return nil
}

// create makes the file under a name that nobody has.
func (t *target) create() error {
	const maxName = 255 // NAME_MAX
	for i := 0; ; i++ {
		suffix := tempMark + strconv.Itoa(os.Getpid()) + "-" + strconv.Itoa(i)
		t.temp = "." + t.name[:min(len(t.name), maxName-1-len(suffix))] + suffix
		var err error
		t.fd, err = unix.Openat(t.dir, t.temp, unix.O_RDWR|unix.O_CREAT|unix.O_EXCL|unix.O_NOFOLLOW|unix.O_CLOEXEC|unix.O_LARGEFILE, 0o600)
		switch {
		case err == nil:
			return nil
		case err != unix.EEXIST && err != unix.EINTR || i > 1000:
			err = t.fail("open", err)
			t.close()
			return err
		}
	}
}

func (t *target) fail(op string, err error) error {
	return &os.PathError{Op: op, Path: t.path(t.name), Err: err}
}

// path is that of a name in the folder, for the kernel.
func (t *target) path(name string) string {
	if name == "" {
		return t.folder
	}
	return strings.TrimSuffix(t.folder, "/") + "/" + name
}

func (t *target) close() {
	if t.fd >= 0 {
		unix.Close(t.fd)
	}
	if t.dir >= 0 {
		unix.Close(t.dir)
	}
	t.fd, t.dir = -1, -1
}

func (t *target) write(p []byte, off int64) error {
	for len(p) > 0 {
		n, err := unix.Pwrite(t.fd, p, off)
		if err != nil && err != unix.EINTR {
			return t.fail("write", err)
		}
		n = max(n, 0)
		p, off = p[n:], off+int64(n)
	}
	return nil
}

// resize makes all of the file zeros, of another size.
func (t *target) resize(size int64) error {
	err := unix.Ftruncate(t.fd, 0)
	if err == nil {
		err = unix.Ftruncate(t.fd, size)
	}
	if err != nil {
		return t.fail("write", err)
	}
	return nil
}

// read fills p, all of which is in the file.
func (t *target) read(p []byte, off int64) error {
	for len(p) > 0 {
		n, err := unix.Pread(t.fd, p, off)
		if err == nil && n == 0 {
			err = unix.EIO
		}
		if err != nil && err != unix.EINTR {
			return t.fail("read", err)
		}
		n = max(n, 0)
		p, off = p[n:], off+int64(n)
	}
	return nil
}

func (t *target) abandon() error {
	if t.fd < 0 {
		return nil
	}
	err := unix.Unlinkat(t.dir, t.temp, 0)
	if err != nil {
		err = t.fail("remove", err)
	}
	t.close()
	return err
}

// owned gives the file mode, owner and times of another, as far as the user may: but
// never the right to run as its owner or group.
func (t *target) owned(st *unix.Stat_t) error {
	_ = unix.Fchown(t.fd, int(st.Uid), int(st.Gid))
	if err := unix.Fchmod(t.fd, uint32(st.Mode)&0o777); err != nil {
		return t.fail("chmod", err)
	}
	times := []unix.Timespec{st.Atim, st.Mtim}
	_ = unix.UtimesNanoAt(t.dir, t.temp, times, unix.AT_SYMLINK_NOFOLLOW)
	return nil
}

func (t *target) sync() error {
	if err := unix.Fsync(t.fd); err != nil {
		return t.fail("fsync", err)
	}
	return nil
}

// place gives the file its name, which the folder's disk has when place returns.
func (t *target) place(name string) error {
	err := unix.Renameat(t.dir, t.temp, t.dir, name)
	if err == nil {
		t.temp = name
		if err = unix.Fsync(t.dir); err == unix.EINVAL {
			err = nil // a file system that cannot
		}
	}
	if err != nil {
		return t.fail("rename", err)
	}
	return nil
}

// link makes a symbolic link beside the file, unless the name is that of something
// else.
func (t *target) link(name, to string) bool {
	for range 2 {
		err := unix.Symlinkat(to, t.dir, name)
		if err == nil {
			return true
		}
		var st unix.Stat_t
		if err != unix.EEXIST || unix.Fstatat(t.dir, name, &st, unix.AT_SYMLINK_NOFOLLOW) != nil || st.Mode&unix.S_IFMT != unix.S_IFLNK {
			return false
		}
		buffer := make([]byte, 4096)
		if n, err := unix.Readlinkat(t.dir, name, buffer); err == nil && string(buffer[:n]) == to {
			return true
		}
		if unix.Unlinkat(t.dir, name, 0) != nil {
			return false
		}
	}
	return false
}
