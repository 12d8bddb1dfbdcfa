// Package find walks file trees and evaluates the expressions of find(1) on
// what it meets. It asks the kernel for as little as the expression needs: on a
// dying disk every inode that is not read is a wait of half a minute saved.
package find

import (
	"golang.org/x/sys/unix"
)

// Entry is one file that the walk has met.
type Entry struct {
	Path  string // as printed: the starting point and what lies below it
	Name  string // last component of Path
	Start string // the starting point as the user gave it
	Depth int    // 0 for a starting point

	dirfd  int    // folder that at is relative to
	at     string // name to hand to the *at system calls
	kind   byte   // as Kind, of the entry itself; 0 when the folder did not say
	ino    uint64 // as the folder says; 0 when unknown
	follow bool   // symbolic links are followed for this entry

	stat  unix.Stat_t
	state statState
	dead  bool // its inode could not be read: nothing more is done to it
	prune bool
	walk  *walker
}

type statState int

const (
	statUnknown statState = iota
	statRead
	statFailed
)

// Stat returns the entry's status, read at its first use; of a link that is
// followed, its target's, or the link's own when the target is missing. When it
// cannot be read that is reported once, the entry is dead, and ok is false.
func (e *Entry) Stat() (st *unix.Stat_t, ok bool) {
	if e.state == statUnknown {
		err := e.readStat()
		e.state = statRead
		if err != nil {
			e.state = statFailed
			e.dead = true
			e.walk.report(e.Path, err)
		}
	}
	return &e.stat, e.state == statRead
}

func (e *Entry) readStat() error {
	if e.follow {
		err := fstatat(e.dirfd, e.at, &e.stat, 0)
		if err != unix.ENOENT && err != unix.ELOOP {
			return err
		}
	}
	return fstatat(e.dirfd, e.at, &e.stat, unix.AT_SYMLINK_NOFOLLOW)
}

func fstatat(dirfd int, name string, st *unix.Stat_t, flags int) error {
	for {
		if err := unix.Fstatat(dirfd, name, st, flags|unix.AT_NO_AUTOMOUNT); err != unix.EINTR {
			return err
		}
	}
}

// Kind returns the entry's type as the letter of -type: b c d p f l s, or U when
// unknown. The inode is read only where the folder did not tell the type or the
// entry is a link that is followed.
func (e *Entry) Kind() (kind byte, ok bool) {
	if e.kind != 0 && e.state == statUnknown && !(e.follow && e.kind == 'l') {
		return e.kind, true
	}
	st, ok := e.Stat()
	return kindOfMode(uint32(st.Mode)), ok
}

func kindOfMode(mode uint32) byte {
	switch mode & unix.S_IFMT {
	case unix.S_IFBLK:
		return 'b'
	case unix.S_IFCHR:
		return 'c'
	case unix.S_IFDIR:
		return 'd'
	case unix.S_IFIFO:
		return 'p'
	case unix.S_IFREG:
		return 'f'
	case unix.S_IFLNK:
		return 'l'
	case unix.S_IFSOCK:
		return 's'
	}
	return 'U'
}

// readlink returns the target of the link that the entry itself is.
func (e *Entry) readlink() (string, error) {
	for size := 256; ; size *= 4 {
		buf := make([]byte, size)
		n, err := unix.Readlinkat(e.dirfd, e.at, buf)
		if err == unix.EINTR {
			continue
		}
		if err != nil {
			return "", err
		}
		if n < size {
			return string(buf[:n]), nil
		}
	}
}
