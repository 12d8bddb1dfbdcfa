package relocate

import (
	"strings"

	"golang.org/x/sys/unix"
)

// attributes gives the copy all else that the source has. The order matters: a
// change of owner clears set-ID bits and capabilities, a change of mode rewrites
// access control lists, and any change but that of times touches the times.
func (r *run) attributes(source, target string, st *unix.Stat_t) error {
	link := st.Mode&unix.S_IFMT == unix.S_IFLNK
	mode := uint32(st.Mode) & 0o7777
	if err := unix.Lchown(target, int(st.Uid), int(st.Gid)); err != nil {
		r.lost(source, "owner", err)
		mode &^= unix.S_ISUID | unix.S_ISGID // they would be another's
	}
	if !link {
		if err := unix.Chmod(target, mode); err != nil {
			r.lost(source, "mode", err)
		}
	}
	r.extended(source, target)
	times := []unix.Timespec{st.Atim, st.Mtim}
	if err := unix.UtimesNanoAt(unix.AT_FDCWD, target, times, unix.AT_SYMLINK_NOFOLLOW); err != nil {
		r.lost(source, "times", err)
	}
	return nil
}

func (r *run) lost(path, what string, err error) {
	if r.Lost != nil {
		r.Lost(path, what, err)
	}
}

// extended copies the extended attributes, which access control lists and
// capabilities are too.
func (r *run) extended(source, target string) {
	names, err := xattr(func(p []byte) (int, error) { return unix.Llistxattr(source, p) })
	if err != nil {
		if err != unix.EOPNOTSUPP {
			r.lost(source, "extended attributes", err)
		}
		return
	}
	for name := range strings.SplitSeq(strings.TrimSuffix(string(names), "\x00"), "\x00") {
		if name == "" {
			continue
		}
		value, err := xattr(func(p []byte) (int, error) { return unix.Lgetxattr(source, name, p) })
		if err == nil {
			err = unix.Lsetxattr(target, name, value, 0)
		}
		if err != nil {
			r.lost(source, "extended attribute "+name, err)
		}
	}
}

// xattr calls get with a buffer that is large enough: XATTR_LIST_MAX and
// XATTR_SIZE_MAX of linux/limits.h are both 64 KiB.
func xattr(get func([]byte) (int, error)) ([]byte, error) {
	n, err := get(nil)
	if err != nil || n == 0 {
		return nil, err
	}
	p := make([]byte, 65536)
	n, err = get(p)
	if err != nil {
		return nil, err
	}
	return p[:n], nil
}
