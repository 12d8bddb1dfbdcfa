// Package rpm reads the databases of rpm in all the formats that it has had since
// 2000, without rpm, Berkeley DB or SQLite: what it recorded of the files that it
// installed.
package rpm

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"syscall"

	"rescuebox/internal/errno"
	"rescuebox/internal/pkgdb"
	"rescuebox/internal/pkgdb/rpm/bdb"
	"rescuebox/internal/pkgdb/rpm/blob"
	"rescuebox/internal/pkgdb/rpm/ndb"
	"rescuebox/internal/pkgdb/rpm/sqlite"
	"rescuebox/internal/rootfs"
)

// LostError says that a package's record cannot be used.
type LostError struct {
	Package string // NAME-VERSION-RELEASE.ARCH or the first parts of that
	Err     error
}

func (e *LostError) Error() string {
	return "record of package " + e.Package + " is lost: " + errno.Reason(e.Err)
}

func (e *LostError) Unwrap() error { return e.Err }

// database is a database in one file.
type database struct {
	root rootfs.Root
	path string
	each func(f source, log sqlite.Log, visit blob.Visitor)
}

// source is an open database.
type source struct {
	io.ReaderAt
	size int64
}

// Open finds the database of rpm in root: nil when there is none. The error is that
// of looking.
func Open(root rootfs.Root) (pkgdb.Database, error) {
	// Of the macro %_dbpath: everywhere once, SUSE and Fedora since, rpm-ostree.
	for _, dir := range [...]string{"/var/lib/rpm/", "/usr/lib/sysimage/rpm/", "/usr/share/rpm/"} {
		// A database that was converted may leave the old file behind.
		for _, format := range [...]database{
			{path: "rpmdb.sqlite", each: eachRow},
			{path: "Packages.db", each: eachSlot},
			{path: "Packages", each: eachPair},
		} {
			format.root, format.path = root, dir+format.path
			info, err := root.Stat(format.path)
			switch {
			case errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ENOTDIR):
			case err != nil:
				return nil, &pkgdb.Error{Path: format.path, Offset: -1, Err: err}
			case info.Mode().IsRegular() && info.Size() > 0:
				return &format, nil
			}
		}
	}
	return nil, nil
}

// The formats. rpm's sqlite.c makes table Packages first, which puts it on page 2.
func eachRow(f source, log sqlite.Log, visit blob.Visitor) {
	sqlite.Each(f, f.size, log, sqlite.Table{Name: "Packages", Root: 2}, func(at blob.Place, row []byte, d *blob.Damage) bool {
		return visit(at, sqlite.Column(row, 1), d) // hnum, blob
	})
}

func eachSlot(f source, _ sqlite.Log, visit blob.Visitor) { ndb.Each(f, f.size, visit) }

func eachPair(f source, _ sqlite.Log, visit blob.Visitor) { bdb.Each(f, f.size, visit) }

// Name implements pkgdb.Database.
func (*database) Name() string { return "rpm" }

// Lookup implements pkgdb.Database. Where a package's record is damaged, and
// its name is known, the error is a *LostError in a *pkgdb.Error.
func (d *database) Lookup(ctx context.Context, want *pkgdb.Wanted, found func(index int, r pkgdb.Record)) error {
	l := &lookup{path: d.path, want: want, found: found}
	f, size, err := d.open(d.path)
	if err != nil {
		return err
	}
	defer f.Close()
	var log sqlite.Log
	if f, size, err := d.open(d.path + logSuffix); err == nil {
		defer f.Close()
		log = sqlite.Log{R: f, Size: size}
	} else if !errors.Is(err, fs.ErrNotExist) {
		l.problems.Add(err)
	}
	d.each(source{f, size}, log, func(at blob.Place, value []byte, damage *blob.Damage) bool {
		if ctx.Err() != nil {
			l.problems.Add(ctx.Err())
			return false
		}
		l.blob(at, value, damage)
		return true
	})
	return l.problems.Err()
}

// logSuffix is what SQLite adds to the name of a database for that of its log.
const logSuffix = "-wal"

// open opens a regular file and returns its size in bytes.
func (d *database) open(path string) (*os.File, int64, error) {
	f, err := d.root.Open(path)
	if err != nil {
		return nil, 0, &pkgdb.Error{Path: path, Offset: -1, Err: err}
	}
	info, err := f.Stat()
	if err == nil && !info.Mode().IsRegular() {
		err = syscall.EINVAL
	}
	if err != nil {
		f.Close()
		return nil, 0, &pkgdb.Error{Path: path, Offset: -1, Err: err}
	}
	return f, info.Size(), nil
}

// lookup is a search under way.
type lookup struct {
	path     string
	want     *pkgdb.Wanted
	found    func(index int, r pkgdb.Record)
	problems pkgdb.Problems
	dirs     [][]byte // spare memory
}

// blob looks at the header of a package, or at what is left of it.
func (l *lookup) blob(at blob.Place, value []byte, damage *blob.Damage) {
	h, err := parseHeader(value, damage != nil)
	switch {
	case damage != nil:
		err = damage.Err
	case err == nil:
		err = l.header(h)
	}
	if err == nil {
		return
	}
	if h != nil {
		if name := h.label(); name != "" {
			err = &LostError{name, err}
		}
	}
	path := l.path
	if at.Log {
		path += logSuffix
	}
	l.problems.Add(&pkgdb.Error{Path: path, Offset: at.Offset, Err: err})
}

// errChecksum says that a header is not the one that was in the package. rpm passes
// over such headers too.
const errChecksum = pkgdb.FormatError("checksum of the header is wrong")

// header looks for wanted files among those of a package.
func (l *lookup) header(h *header) error {
	list, err := h.files(l.dirs)
	l.dirs = list.dirs
	if err != nil {
		return err
	}
	r := pkgdb.Record{Database: "rpm"}
	algorithm := h.algorithm()
	for {
		f, ok, err := list.next()
		if !ok {
			return err
		}
		index, ok := l.index(f)
		if !ok {
			continue
		}
		if r.Package == "" {
			if !h.sound() {
				return errChecksum
			}
			r.Package, r.Version = h.name()
		}
		sum, ok := unhex(f.digest)
		if !ok {
			return errFiles
		}
		r.Path = string(f.dir) + string(f.base)
		r.Digest = pkgdb.Digest{Algorithm: algorithm, Sum: sum}
		r.Size = f.size
		r.Config = f.flags&flagConfig != 0
		l.found(index, r)
	}
}

// index returns the index of a file if it is wanted.
func (l *lookup) index(f file) (int, bool) {
	if f.dir == nil {
		return l.want.Index(f.base)
	}
	return l.want.IndexIn(f.dir, f.base)
}
