// Package wholefile replaces files so that who reads them sees the old one or the new
// one, whole, whatever happens in between.
package wholefile

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"

	"golang.org/x/sys/unix"
)

// Write puts a file of that mode in the place of what is at path: written beside it,
// synced, renamed. Its name until then begins with a dot and ends in ".tmp". Errors are
// about path, of type *os.PathError or joined ones.
func Write(path string, data []byte, mode fs.FileMode) (err error) {
	dir, name := filepath.Split(path)
	f, err := aside(dir, name)
	if err != nil {
		var of *os.PathError
		if errors.As(err, &of) {
			err = &os.PathError{Op: of.Op, Path: path, Err: of.Err} // which the user knows
		}
		return err
	}
	defer func() {
		if err != nil {
			_ = os.Remove(f.Name()) // the first error counts
		}
	}()
	_, err = f.Write(data)
	if err == nil {
		err = f.Chmod(mode) // not what the umask leaves of it
	}
	if err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return err
	}
	return os.Rename(f.Name(), path)
}

// aside makes a file that nobody else writes. The mode is nobody's business until the
// data are there.
func aside(dir, name string) (f *os.File, err error) {
	const attempts = 100
	for i := range attempts {
		path := dir + "." + name + "." + strconv.Itoa(os.Getpid()) + "-" + strconv.Itoa(i) + ".tmp"
		f, err = os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL|unix.O_NOFOLLOW, 0o600)
		if !errors.Is(err, fs.ErrExist) {
			return f, err
		}
	}
	return nil, err
}
