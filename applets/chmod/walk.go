package chmod

import (
	"errors"
	"io"
	"os"
	"slices"

	"golang.org/x/sys/unix"

	"rescuebox/internal/filemode"
)

// operand changes one file of the command line, and what is below it. It returns
// only errors of the output.
func (c *chmod) operand(name string) error {
	path := c.streams.Path(name)
	if c.recursive && !c.anyRoot && isRoot(path) {
		c.report.Message(name + ": refusing to change everything below /; --no-preserve-root does it")
		return nil
	}
	// A symbolic link that the user names stands for its target.
	return c.file(unix.AT_FDCWD, path, name, 0)
}

func isRoot(path string) bool {
	var st, root unix.Stat_t
	return unix.Stat(path, &st) == nil && unix.Stat("/", &root) == nil && st.Dev == root.Dev && st.Ino == root.Ino
}

// file changes base in the folder dir. Flags are 0 or AT_SYMLINK_NOFOLLOW.
func (c *chmod) file(dir int, base, name string, flags int) error {
	var st unix.Stat_t
	if err := unix.Fstatat(dir, base, &st, flags); err != nil {
		c.fail(name, err)
		if !c.verbose {
			return nil
		}
		_, err := io.WriteString(c.streams.Out, "'"+name+"' could not be accessed\n")
		return err
	}
	if st.Mode&unix.S_IFMT == unix.S_IFLNK {
		if !c.verbose {
			return nil
		}
		_, err := io.WriteString(c.streams.Out, "neither symbolic link '"+name+"' nor referent has been changed\n")
		return err
	}
	folder := st.Mode&unix.S_IFMT == unix.S_IFDIR
	old := uint32(st.Mode) & filemode.All
	mode := c.change.Apply(old, folder, c.umask)

	changeErr := change(dir, base, mode, flags)
	if changeErr != nil {
		c.fail(name, changeErr)
	}
	if err := c.say(name, old, mode, changeErr != nil); err != nil {
		return err
	}
	if changeErr == nil && c.dashMode {
		if naive := c.change.Apply(old, folder, 0); mode&^naive != 0 {
			c.report.Message(name + ": new permissions are " + filemode.String(mode) + ", not " + filemode.String(naive))
		}
	}
	if c.recursive && folder {
		return c.below(dir, base, name, flags)
	}
	return nil
}

// change sets the mode. A kernel before 6.6 has no fchmodat2(2), the only way to
// not follow a link that has taken the file's place since it was looked at.
func change(dir int, base string, mode uint32, flags int) error {
	err := unix.Fchmodat(dir, base, mode, flags)
	if flags != 0 && (errors.Is(err, unix.EOPNOTSUPP) || errors.Is(err, unix.ENOSYS)) {
		err = unix.Fchmodat(dir, base, mode, 0)
	}
	return err
}

// below changes everything in a folder.
func (c *chmod) below(dir int, base, name string, flags int) error {
	open := unix.O_RDONLY | unix.O_DIRECTORY | unix.O_CLOEXEC
	if flags != 0 {
		open |= unix.O_NOFOLLOW
	}
	fd, err := unix.Openat(dir, base, open, 0)
	if err != nil {
		c.fail(name, err)
		return nil
	}
	f := os.NewFile(uintptr(fd), name)
	defer f.Close()
	names, err := f.Readdirnames(-1)
	if err != nil {
		c.fail(name, err)
	}
	slices.Sort(names)
	for _, one := range names {
		if err := c.file(fd, one, join(name, one), unix.AT_SYMLINK_NOFOLLOW); err != nil {
			return err
		}
	}
	return nil
}

func join(folder, name string) string {
	if folder[len(folder)-1] == '/' {
		return folder + name
	}
	return folder + "/" + name
}
