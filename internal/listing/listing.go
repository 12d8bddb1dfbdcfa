// Package listing reads directories with as few reads as it takes: the type and
// the inode number of an entry come with its name (getdents64(2)), and the inode
// itself is read only on request. On a dying disk each inode may be in a bad
// sector.
package listing

import (
	"errors"
	"io"
	"io/fs"
	"strings"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Entry is a name in a directory.
type Entry struct {
	Name string
	Ino  uint64
	Type uint8 // unix.DT_DIR and its like; unix.DT_UNKNOWN where the file system does not say
}

// bufferSize is what one read of a directory asks for, in bytes. The C library
// asks for 32 KiB too.
const bufferSize = 32 << 10

// Dir is an open directory.
type Dir struct {
	fd   int
	path string
	buf  []byte
}

// Open opens a directory for reading. Its errors are *fs.PathError.
func Open(path string) (*Dir, error) {
	for {
		// O_DIRECTORY, so that a FIFO or a tape drive is not opened.
		fd, err := unix.Open(path, unix.O_RDONLY|unix.O_DIRECTORY|unix.O_CLOEXEC|unix.O_LARGEFILE, 0)
		switch err {
		case nil:
			return &Dir{fd: fd, path: path, buf: make([]byte, bufferSize)}, nil
		case unix.EINTR: // slow file systems
			continue
		}
		return nil, &fs.PathError{Op: "open", Path: path, Err: err}
	}
}

// Next returns the entries of the next read, "." and ".." among them. After the
// last one it returns io.EOF. Entries before an error have been returned.
func (d *Dir) Next() ([]Entry, error) {
	for {
		n, err := unix.Getdents(d.fd, d.buf)
		switch {
		case err == unix.EINTR:
			continue
		case err != nil:
			return nil, &fs.PathError{Op: "readdir", Path: d.path, Err: err}
		case n <= 0:
			return nil, io.EOF
		}
		return Parse(d.buf[:n])
	}
}

// Stat reads an entry's inode; follow says whether of the file that a symbolic
// link names.
func (d *Dir) Stat(name string, follow bool) (*Info, error) { return stat(d.fd, name, follow) }

// Close closes the directory.
func (d *Dir) Close() error { return unix.Close(d.fd) }

// headerSize is the size in bytes of linux_dirent64 before its name:
// ino u64, offset i64, length u16, type u8.
const headerSize = 19

// ErrRecord is the error of a read of a directory that makes no sense.
var ErrRecord = errors.New("malformed directory record")

// Parse decodes linux_dirent64 records of this machine's byte order. On a
// malformed record it returns those before it and ErrRecord.
func Parse(buf []byte) ([]Entry, error) {
	entries := make([]Entry, 0, len(buf)/32)
	for len(buf) > 0 {
		if len(buf) < headerSize {
			return entries, ErrRecord
		}
		size := int(load[uint16](buf[16:]))
		if size < headerSize || size > len(buf) {
			return entries, ErrRecord
		}
		name, _, ended := strings.Cut(string(buf[headerSize:size]), "\x00")
		if !ended || name == "" {
			return entries, ErrRecord
		}
		entries = append(entries, Entry{Name: name, Ino: load[uint64](buf), Type: buf[18]})
		buf = buf[size:]
	}
	return entries, nil
}

// load reads a number of this machine's byte order, which may not be aligned.
// encoding/binary would do, for another 10 KB of program.
func load[T uint16 | uint64](buf []byte) T {
	var v T
	copy(unsafe.Slice((*byte)(unsafe.Pointer(&v)), unsafe.Sizeof(v)), buf)
	return v
}

// TypeOf returns the unix.DT value of a mode (IFTODT of dirent.h).
func TypeOf(mode uint32) uint8 { return uint8(mode >> 12 & 15) }

// Info is what a listing shows of an inode.
type Info struct {
	Mode     uint32
	UID, GID uint32
	Dev, Ino uint64
	Nlink    uint64
	Rdev     uint64
	Size     uint64 // bytes
	Blocks   uint64 // of 512 bytes
	Modified Time
	Accessed Time
	Changed  Time
}

// Time is a time stamp of a file: seconds since 1970 and nanoseconds.
type Time struct{ Sec, Nsec int64 }

// Compare orders time stamps, the older first.
func (t Time) Compare(u Time) int {
	switch {
	case t.Sec < u.Sec || t.Sec == u.Sec && t.Nsec < u.Nsec:
		return -1
	case t == u:
		return 0
	}
	return 1
}

// Stat reads the inode of path; follow says whether of the file that a symbolic
// link names.
func Stat(path string, follow bool) (*Info, error) { return stat(unix.AT_FDCWD, path, follow) }

func stat(dir int, name string, follow bool) (*Info, error) {
	flags := unix.AT_SYMLINK_NOFOLLOW
	if follow {
		flags = 0
	}
	var st unix.Stat_t
	for {
		err := unix.Fstatat(dir, name, &st, flags)
		if err == unix.EINTR {
			continue
		}
		if err != nil {
			return nil, &fs.PathError{Op: "stat", Path: name, Err: err}
		}
		break
	}
	return &Info{
		Mode: st.Mode, UID: st.Uid, GID: st.Gid,
		Dev: uint64(st.Dev), Ino: uint64(st.Ino), Nlink: uint64(st.Nlink), Rdev: uint64(st.Rdev),
		Size: uint64(st.Size), Blocks: uint64(st.Blocks),
		Modified: timeOf(st.Mtim), Accessed: timeOf(st.Atim), Changed: timeOf(st.Ctim),
	}, nil
}

func timeOf(t unix.Timespec) Time { return Time{int64(t.Sec), int64(t.Nsec)} }

// Readlink returns what a symbolic link holds.
func (d *Dir) Readlink(name string) (string, error) { return readlink(d.fd, name) }

// Readlink returns what the symbolic link path holds.
func Readlink(path string) (string, error) { return readlink(unix.AT_FDCWD, path) }

func readlink(dir int, name string) (string, error) {
	buf := make([]byte, unix.PathMax) // no Linux file system keeps a longer one
	n, err := unix.Readlinkat(dir, name, buf)
	if err != nil {
		return "", &fs.PathError{Op: "readlink", Path: name, Err: err}
	}
	return string(buf[:n]), nil
}

// Context returns the SELinux context of path, empty where there is none;
// follow says whether of the file that a symbolic link names.
func Context(path string, follow bool) string {
	get := unix.Lgetxattr
	if follow {
		get = unix.Getxattr
	}
	buf := make([]byte, 4096)
	n, err := get(path, "security.selinux", buf)
	if err != nil {
		return ""
	}
	return strings.TrimRight(string(buf[:n]), "\x00")
}

// Access returns '+' where path has an access control list, '.' where it only
// has an SELinux context, and ' ' where it has neither or cannot be asked.
func Access(path string, follow bool) byte {
	list := unix.Llistxattr
	if follow {
		list = unix.Listxattr
	}
	buf := make([]byte, 1024)
	n, err := list(path, buf)
	if err == unix.ERANGE {
		buf = make([]byte, 64<<10) // XATTR_LIST_MAX of limits.h
		n, err = list(path, buf)
	}
	if err != nil {
		return ' '
	}
	found := byte(' ')
	for name := range strings.SplitSeq(string(buf[:n]), "\x00") {
		switch name {
		case "system.posix_acl_access", "system.posix_acl_default":
			return '+'
		case "security.selinux":
			found = '.'
		}
	}
	return found
}
