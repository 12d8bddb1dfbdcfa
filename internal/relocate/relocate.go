// Package relocate moves a file or tree to another file system, where rename(2)
// cannot: it copies all of it beside the destination, has it written to the disk,
// puts it in place by a rename, and only then removes what it has copied.
//
// Whenever it stops, the source is whole or the destination is; it never removes
// a file that came or changed after it was copied.
package relocate

import (
	"context"
	"errors"
	"io/fs"
	"math/rand/v2"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"

	"rescuebox/internal/errno"
)

// ErrInside is the error of a folder that is moved below itself.
var ErrInside = errors.New("cannot be moved into itself")

// ErrChanged is the error of a file that was not removed, for it is not what has
// been copied.
var ErrChanged = errors.New("not removed: it has changed since it was copied")

// ReadError is a failed read of a file.
type ReadError struct {
	Off int64 // bytes
	Err error
}

func (e *ReadError) Error() string {
	return errno.Reason(e.Err) + " at byte " + strconv.FormatInt(e.Off, 10)
}
func (e *ReadError) Unwrap() error { return e.Err }

// Mover moves between file systems.
type Mover struct {
	// Lost, when set, is told what of a file's attributes the destination does
	// not take: a FAT file system has no owners. The file is moved all the same.
	Lost func(path, what string, err error)
}

// copied is a source that has a copy, as it was when its copying began.
type copied struct {
	path string
	stat unix.Stat_t
}

// run is the copying of one tree.
type run struct {
	*Mover
	ctx    context.Context
	done   []copied             // in order: a folder behind all that it holds
	links  map[[2]uint64]string // the copy of a file with several links, by device and inode
	root   *[2]uint64           // the copy's own folder, which is not to be copied into itself
	buffer []byte
}

// Move moves source to target, which may exist as it may for rename(2). Errors are
// of type *fs.PathError with the path that failed, or the context's.
func (m *Mover) Move(ctx context.Context, source, target string) error {
	if err := obstacle(source, target); err != nil {
		return &fs.PathError{Op: "rename", Path: target, Err: err}
	}
	r := &run{Mover: m, ctx: ctx, links: map[[2]uint64]string{}}
	part, err := r.copyBeside(source, target)
	if err == nil {
		err = r.settle(part, target)
	}
	if err != nil {
		if part != "" {
			_ = removeAll(part)
		}
		return err
	}
	return r.remove()
}

// obstacle returns the error that rename(2) would have for what target is, before
// hours go into a copy.
func obstacle(source, target string) error {
	var from, to unix.Stat_t
	if err := unix.Lstat(target, &to); err != nil {
		return nil
	}
	if err := unix.Lstat(source, &from); err != nil {
		return err
	}
	fromFolder, toFolder := from.Mode&unix.S_IFMT == unix.S_IFDIR, to.Mode&unix.S_IFMT == unix.S_IFDIR
	switch {
	case fromFolder && !toFolder:
		return unix.ENOTDIR
	case !fromFolder && toFolder:
		return unix.EISDIR
	case toFolder:
		if names, err := list(target); err != nil || len(names) > 0 {
			return unix.ENOTEMPTY
		}
	}
	return nil
}

// copyBeside copies source to a new name in target's folder.
func (r *run) copyBeside(source, target string) (part string, err error) {
	folder, base := split(target)
	for range 100 {
		name := strings.TrimRight(base, "/")
		// The longest name is 255 bytes (NAME_MAX of limits.h).
		name = folder + "." + name[:min(len(name), 200)] + ".moving-" + strconv.FormatUint(rand.Uint64()>>20, 36)
		var st unix.Stat_t
		if unix.Lstat(name, &st) == unix.ENOENT {
			part = name
			break
		}
	}
	if part == "" {
		return "", &fs.PathError{Op: "create", Path: target, Err: unix.EEXIST}
	}
	return part, r.copy(source, part)
}

// split cuts path behind the last slash of its folder.
func split(path string) (folder, base string) {
	end := len(strings.TrimRight(path, "/"))
	at := strings.LastIndexByte(path[:end], '/') + 1
	return path[:at], path[at:]
}

// settle has the copy on the disk before it takes target's place, and the place
// before the source goes.
func (r *run) settle(part, target string) error {
	if err := r.ctx.Err(); err != nil {
		return err
	}
	if err := syncFS(part); err != nil {
		return &fs.PathError{Op: "sync", Path: target, Err: err}
	}
	if err := unix.Rename(part, target); err != nil {
		return &fs.PathError{Op: "rename", Path: target, Err: err}
	}
	if err := syncFS(target); err != nil {
		// The copy stands under its name; the source stays as well.
		return &fs.PathError{Op: "sync", Path: target, Err: err}
	}
	return nil
}

// syncFS writes all of a file system that is not on its disk yet: one call for
// the names of a whole tree. The files' data has been synced one by one before.
func syncFS(path string) error {
	folder, _ := split(path)
	if folder == "" {
		folder = "."
	}
	fd, err := unix.Open(folder, unix.O_RDONLY|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	return unix.Syncfs(fd)
}

// remove removes what was copied, and nothing else.
func (r *run) remove() error {
	var first error
	for _, c := range r.done {
		if err := c.remove(); err != nil && first == nil {
			first = &fs.PathError{Op: "remove", Path: c.path, Err: err}
		}
	}
	return first
}

func (c copied) remove() error {
	var now unix.Stat_t
	if err := unix.Lstat(c.path, &now); err != nil {
		return err
	}
	if now.Dev != c.stat.Dev || now.Ino != c.stat.Ino {
		return ErrChanged
	}
	if now.Mode&unix.S_IFMT == unix.S_IFDIR {
		// What was added to it keeps it.
		return unix.Rmdir(c.path)
	}
	if now.Size != c.stat.Size || now.Mtim != c.stat.Mtim {
		return ErrChanged
	}
	return unix.Unlink(c.path)
}

// removeAll removes an unfinished copy.
func removeAll(path string) error {
	err := unix.Unlink(path)
	if err != unix.EISDIR {
		return err
	}
	names, err := list(path)
	if err != nil {
		return err
	}
	for _, name := range names {
		if err := removeAll(path + "/" + name); err != nil {
			return err
		}
	}
	return unix.Rmdir(path)
}
