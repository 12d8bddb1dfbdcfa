package pkgdb

import (
	"io"
	"io/fs"
	"os"
	"syscall"

	"rescuebox/internal/rootfs"
	"rescuebox/internal/skipread"
)

// File is a file of a database. Its reads end at a bad sector, or go past it.
type File struct {
	// Skip, when set before the first Read, is told what cannot be read and comes
	// out as zero bytes.
	Skip func(skipread.Range)

	path    string
	file    *os.File
	offset  int64 // of the next byte
	size    int64 // bytes, when it was opened
	skipper *skipread.Reader
}

// Open opens a regular file inside root. Errors are of type *fs.PathError.
func Open(root rootfs.Root, path string) (*File, error) {
	f, err := root.Open(path)
	if err != nil {
		return nil, err
	}
	info, err := f.Stat()
	if err == nil && !info.Mode().IsRegular() {
		err = &fs.PathError{Op: "open", Path: path, Err: syscall.EINVAL}
	}
	if err != nil {
		f.Close()
		return nil, err
	}
	return &File{path: path, file: f, size: info.Size()}, nil
}

// Read reads on. Its error is io.EOF or an *Error with the offset.
func (f *File) Read(p []byte) (int, error) {
	if f.skipper != nil {
		n, err := f.skipper.Read(p)
		return n, f.wrap(err, f.skipper.Off)
	}
	n, err := f.file.ReadAt(p, f.offset)
	f.offset += int64(n)
	switch {
	case n > 0: // an error is met again, by a read that starts at it
		return n, nil
	case f.Skip != nil && skipread.IsMedia(err) && f.offset < f.size:
		f.skipper = &skipread.Reader{Src: skipread.NewFile(int(f.file.Fd())), Off: f.offset, Size: f.size, Missing: f.Skip}
		return f.Read(p)
	}
	return 0, f.wrap(err, f.offset)
}

func (f *File) wrap(err error, offset int64) error {
	if err == nil || err == io.EOF {
		return err
	}
	return &Error{Path: f.path, Offset: offset, Err: err}
}

// Close closes the file.
func (f *File) Close() error { return f.file.Close() }
