package mapfile

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
)

// Store is where Save writes: the file system, or a test that cuts the power.
type Store interface {
	// Create makes an empty file, in place of one left from a save that was cut.
	Create(path string) (File, error)
	Rename(from, to string) error
	Remove(path string) error
	// SyncDir waits until the names in a folder are on its disk.
	SyncDir(path string) error
}

// File is a file that Save writes.
type File interface {
	io.WriteCloser
	Sync() error // waits until its data are on its disk
}

// Suffix is behind the name of a map while it is being saved.
const Suffix = ".new"

// Save replaces the map at path so that at each moment it is whole, the old one or
// the new one, after a kill, a full disk or a power loss too: it is written beside
// it, synced, renamed, and its folder synced. A symbolic link at path stays, what it
// points to is replaced.
func (m *Map) Save(path string, readers Readers) error { return m.SaveIn(disk{}, path, readers) }

// SaveIn is Save in a store.
func (m *Map) SaveIn(s Store, path string, readers Readers) error {
	path = behind(path)
	aside := path + Suffix
	f, err := s.Create(aside)
	if err != nil {
		return err
	}
	err = m.Write(f, readers)
	if err == nil {
		err = f.Sync()
	}
	err = errors.Join(err, f.Close())
	if err == nil {
		err = s.Rename(aside, path)
	}
	if err != nil {
		s.Remove(aside) // on a full disk the space is needed; the first error counts
		return err
	}
	return s.SyncDir(filepath.Dir(path))
}

// CanSave writes the map beside path, and removes that again: it reports why Save would
// fail, without waiting for a disk. What is at path stays.
func (m *Map) CanSave(path string, readers Readers) error {
	aside := behind(path) + Suffix
	f, err := disk{}.Create(aside)
	if err != nil {
		return err
	}
	return errors.Join(m.Write(f, readers), f.Close(), os.Remove(aside))
}

// behind is what symbolic links at path lead to. Links among its folders are left to the
// kernel: those of /proc may have no name here.
func behind(path string) string {
	for range 40 { // the kernel follows no more (path_resolution(7))
		to, err := os.Readlink(path)
		if err != nil {
			break
		}
		if !filepath.IsAbs(to) {
			to = path[:strings.LastIndexByte(path, '/')+1] + to
		}
		path = to
	}
	return path
}

// disk is the file system.
type disk struct{}

// Create gives the file the owner and the mode of the map it is to replace, where the
// caller may.
func (disk) Create(path string) (File, error) {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_TRUNC|syscall.O_NOFOLLOW, 0o666)
	if err != nil {
		return nil, err
	}
	var old syscall.Stat_t
	if syscall.Stat(strings.TrimSuffix(path, Suffix), &old) == nil && old.Mode&syscall.S_IFMT == syscall.S_IFREG {
		// FAT has neither; a map with other ones is better than none.
		_ = f.Chown(int(old.Uid), int(old.Gid))
		_ = f.Chmod(fs.FileMode(old.Mode & 0o777))
	}
	return f, nil
}

func (disk) Rename(from, to string) error { return os.Rename(from, to) }

func (disk) Remove(path string) error { return os.Remove(path) }

func (disk) SyncDir(path string) error {
	dir, err := os.Open(path)
	if err != nil {
		return err
	}
	err = dir.Sync()
	// Some file systems (FAT before Linux 5.4, some of FUSE) cannot sync a folder.
	if errors.Is(err, syscall.EINVAL) || errors.Is(err, fs.ErrInvalid) || errors.Is(err, errors.ErrUnsupported) {
		err = nil
	}
	return errors.Join(err, dir.Close())
}
