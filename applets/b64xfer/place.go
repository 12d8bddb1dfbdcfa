package b64xfer

import (
	"errors"
	"io/fs"
	"os"

	"golang.org/x/sys/unix"
)

// free is an error when there is something at a path.
func free(file, shown string) error {
	if _, err := os.Lstat(file); err == nil {
		return &fs.PathError{Op: "create", Path: shown, Err: unix.EEXIST}
	}
	return nil
}

// place writes a file under another name, and gives it its own when it is whole.
// What exists stays, unless forced. Errors show the name as the user typed it.
func place(file, shown string, content []byte, mode os.FileMode, force bool) error {
	if !force {
		if err := free(file, shown); err != nil {
			return err
		}
	}
	part := file + ".part"
	if err := os.Remove(part); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	err := fill(part, content, mode)
	if err == nil {
		err = rename(part, file, force)
	}
	if err == nil {
		return nil
	}
	os.Remove(part)
	var failed *fs.PathError
	if errors.As(err, &failed) {
		failed.Path = shown
	}
	return err
}

func fill(part string, content []byte, mode os.FileMode) error {
	f, err := os.OpenFile(part, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(content)
	if err == nil {
		err = f.Chmod(mode)
	}
	return errors.Join(err, f.Close())
}

// rename gives part its name. File systems that cannot refuse to replace leave a
// moment between the look and the rename.
func rename(part, file string, force bool) error {
	if !force {
		err := unix.Renameat2(unix.AT_FDCWD, part, unix.AT_FDCWD, file, unix.RENAME_NOREPLACE)
		if err != unix.ENOSYS && err != unix.EINVAL {
			if err != nil {
				return &fs.PathError{Op: "rename", Path: file, Err: err}
			}
			return nil
		}
		if err := free(file, file); err != nil {
			return err
		}
	}
	err := unix.Rename(part, file)
	if err != nil {
		return &fs.PathError{Op: "rename", Path: file, Err: err}
	}
	return nil
}
