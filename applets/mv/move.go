package mv

import (
	"context"
	"errors"
	"io"
	"io/fs"

	"golang.org/x/sys/unix"

	"rescuebox/internal/errno"
	"rescuebox/internal/relocate"
)

// move moves one source. It reports what is wrong with it, and returns only errors
// of the output.
func (m *mv) move(ctx context.Context, source, target string) error {
	from, to := m.streams.Path(source), m.streams.Path(target)
	var old, existing unix.Stat_t
	if err := unix.Lstat(from, &old); err != nil {
		m.report.Error(source, err)
		return nil
	}
	exists := unix.Lstat(to, &existing) == nil
	if exists {
		if m.made[target] {
			m.report.Message("will not overwrite just-created '" + target + "' with '" + source + "'")
			return nil
		}
		if m.replace == 'n' || m.update && !newer(&old, &existing) {
			return nil
		}
		if same(from, &old, &existing) {
			m.report.Message("'" + source + "' and '" + target + "' are the same file")
			return nil
		}
		if !m.mayReplace(target, to, &existing) {
			return nil
		}
	}
	copied, err := m.rename(ctx, from, to)
	if ctx.Err() != nil {
		return nil
	}
	if err != nil {
		m.fail(source, target, err)
		return nil
	}
	m.made[target] = true
	if copied {
		return m.say("copied '" + source + "' -> '" + target + "'\nremoved '" + source + "'\n")
	}
	return m.say("renamed '" + source + "' -> '" + target + "'\n")
}

func newer(a, b *unix.Stat_t) bool { return a.Mtim.Nano() > b.Mtim.Nano() }

// rename puts the file from in the place of to, and reports whether it had to copy.
func (m *mv) rename(ctx context.Context, from, to string) (copied bool, err error) {
	err = unix.EINVAL
	if m.replace == 'n' {
		// Nothing can get in between the look at the target and this.
		err = unix.Renameat2(unix.AT_FDCWD, from, unix.AT_FDCWD, to, unix.RENAME_NOREPLACE)
		if err == unix.EEXIST {
			return false, nil
		}
	}
	// Not all file systems, and no kernel before 3.15, know that flag.
	if err == unix.EINVAL || err == unix.ENOSYS {
		err = unix.Rename(from, to)
	}
	if err != unix.EXDEV {
		return false, err
	}
	mover := relocate.Mover{Lost: func(path, what string, err error) {
		m.report.Note(path + ": " + what + " not kept: " + errno.Reason(err))
	}}
	return true, mover.Move(ctx, from, to)
}

// same reports whether the source is its target already, under another name or as
// a symbolic link to it: to replace the file by its own link would lose it.
func same(from string, old, existing *unix.Stat_t) bool {
	if old.Mode&unix.S_IFMT == unix.S_IFLNK {
		var pointed unix.Stat_t
		if unix.Stat(from, &pointed) == nil && identical(&pointed, existing) {
			return true
		}
	}
	return identical(old, existing)
}

func identical(a, b *unix.Stat_t) bool { return a.Dev == b.Dev && a.Ino == b.Ino }

// fail reports err about the path that it names, in the user's words where that
// is an operand.
func (m *mv) fail(source, target string, err error) {
	var path *fs.PathError
	if errors.As(err, &path) {
		name := path.Path
		switch name {
		case m.streams.Path(source):
			name = source
		case m.streams.Path(target):
			name = target
		}
		m.report.Error(name, path.Err)
		return
	}
	if err == unix.EINVAL {
		err = relocate.ErrInside
	}
	// rename(2) does not say which of the two it means.
	m.report.Error("'"+source+"' to '"+target+"'", err)
}

func (m *mv) say(text string) error {
	if !m.verbose {
		return nil
	}
	_, err := io.WriteString(m.streams.Out, text)
	return err
}
