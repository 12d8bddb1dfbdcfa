package tarball

import (
	"errors"
	"strings"

	"golang.org/x/sys/unix"
)

// ErrLink is what happens to a member that would be written through a symbolic
// link that the same archive made: to anywhere.
var ErrLink = errors.New("its folder is a symbolic link made by this archive; not extracted")

// maxLinks bounds the links that are followed in one name, as the kernel does
// (fs/namei.c, MAXSYMLINKS).
const maxLinks = 40

// tree finds folders below a root without ever following a symbolic link that
// the archive made. Links that were there before are the user's and followed.
type tree struct {
	root int // descriptor of the folder that names are relative to
	made map[FileID]bool
	// umask is the process's, for modes that are set after the fact.
	umask uint32

	// The folder that was last found, as members come folder by folder. It cannot
	// go stale: to change a part of its name a member is made in another folder,
	// which is then the last.
	cached string
	fd     int
}

func newTree(dir string) (*tree, error) {
	fd, err := unix.Open(dir, unix.O_PATH|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, err
	}
	// The kernel tells the umask only to who sets it.
	umask := unix.Umask(0o077)
	unix.Umask(umask)
	return &tree{root: fd, made: map[FileID]bool{}, umask: uint32(umask), fd: -1}, nil
}

func (t *tree) close() {
	t.forget()
	unix.Close(t.root)
}

// forget drops the cached folder, after anything that may have changed what its
// name leads to.
func (t *tree) forget() {
	if t.fd >= 0 {
		unix.Close(t.fd)
		t.fd = -1
	}
}

// parent returns a descriptor of the folder that name lies in, which is the
// tree's, and the last part of name. Missing folders are made when wanted.
func (t *tree) parent(name string, create bool) (fd int, base string, err error) {
	name = strings.TrimRight(name, "/")
	i := strings.LastIndexByte(name, '/')
	dir, base := name[:i+1], name[i+1:]
	if t.fd >= 0 && t.cached == dir {
		return t.fd, base, nil
	}
	fd, err = t.open(dir, create)
	if err != nil {
		return -1, "", err
	}
	t.forget()
	t.cached, t.fd = dir, fd
	return fd, base, nil
}

// open walks down to a folder part by part.
func (t *tree) open(dir string, create bool) (int, error) {
	start := "."
	if strings.HasPrefix(dir, "/") {
		start = "/"
	}
	cur, err := openFolder(t.root, start)
	if err != nil {
		return -1, err
	}
	links := 0
	for rest := dir; ; {
		rest = strings.TrimLeft(rest, "/")
		if rest == "" {
			return cur, nil
		}
		part, tail, _ := strings.Cut(rest, "/")
		next, target, err := t.step(cur, part, create)
		if err == nil && target != "" {
			if links++; links > maxLinks {
				err = unix.ELOOP
			}
			if strings.HasPrefix(target, "/") {
				next, err = openFolder(cur, "/")
			}
			tail = target + "/" + tail
		}
		if next != cur || err != nil {
			unix.Close(cur)
		}
		if err != nil {
			return -1, err
		}
		cur, rest = next, tail
	}
}

// step goes from the folder dir to its entry part. A link is not followed: its
// target is returned, and dir again.
func (t *tree) step(dir int, part string, create bool) (next int, target string, err error) {
	next, err = openFolder(dir, part)
	if err == unix.ENOENT && create {
		// Folders that an archive does not name get the rights of any new one.
		if err = unix.Mkdirat(dir, part, 0o777); err == nil || err == unix.EEXIST {
			next, err = openFolder(dir, part)
		}
	}
	// Without following, a link is "not a folder".
	if err != unix.ENOTDIR && err != unix.ELOOP {
		return next, "", err
	}
	var st unix.Stat_t
	if serr := unix.Fstatat(dir, part, &st, unix.AT_SYMLINK_NOFOLLOW); serr != nil {
		return -1, "", serr
	}
	if uint32(st.Mode)&unix.S_IFMT != unix.S_IFLNK {
		return -1, "", err
	}
	if t.made[FileID{uint64(st.Dev), st.Ino}] {
		return -1, "", ErrLink
	}
	buf := make([]byte, unix.PathMax)
	n, err := unix.Readlinkat(dir, part, buf)
	if err == nil && n == 0 {
		err = unix.ENOENT
	}
	return dir, string(buf[:max(n, 0)]), err
}

func openFolder(dir int, name string) (int, error) {
	return unix.Openat(dir, name, unix.O_PATH|unix.O_DIRECTORY|unix.O_NOFOLLOW|unix.O_CLOEXEC, 0)
}

// note remembers a link that the archive made.
func (t *tree) note(dir int, base string) error {
	var st unix.Stat_t
	if err := unix.Fstatat(dir, base, &st, unix.AT_SYMLINK_NOFOLLOW); err != nil {
		return err
	}
	t.made[FileID{uint64(st.Dev), st.Ino}] = true
	return nil
}
