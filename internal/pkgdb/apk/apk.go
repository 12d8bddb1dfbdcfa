// Package apk reads what apk, the package manager of Alpine, Wolfi and OpenWrt,
// recorded of the files that it installed: a text of packages with their folders,
// files and digests (apk-tools, src/database.c, apk_db_fdb_read, and src/blob.c,
// apk_blob_pull_digest).
package apk

import (
	"bytes"
	"context"

	"rescuebox/internal/pkgdb"
	"rescuebox/internal/rootfs"
)

const name = "apk"

// places are where the database is; the second is that of a merged /usr.
var places = [...]string{"/lib/apk/db/installed", "/usr/lib/apk/db/installed"}

type database struct {
	root rootfs.Root
	path string
}

// Open returns apk's database inside root, nil when there is none. The error is why
// it cannot be told whether there is one.
func Open(root rootfs.Root) (pkgdb.Database, error) {
	var problem error
	for _, path := range places {
		_, err := root.Stat(path)
		switch {
		case err == nil:
			return database{root, path}, nil
		case !pkgdb.Missing(err):
			problem = err
		}
	}
	return nil, problem
}

func (database) Name() string { return name }

// Lookup implements pkgdb.Database.
func (d database) Lookup(ctx context.Context, want *pkgdb.Wanted, found func(int, pkgdb.Record)) error {
	l := &lookup{want: want, found: found}
	l.lines = pkgdb.NewLines(ctx, d.root, &l.problems)
	if err := l.lines.Open(d.path); err != nil {
		return err
	}
	defer l.lines.Close()
	l.protected = readProtected(d.root, &l.problems)
	for {
		line, ok := l.lines.Next()
		if !ok {
			break
		}
		l.line(line)
	}
	l.end()
	if err := ctx.Err(); err != nil {
		return err
	}
	return l.problems.Err()
}

// lookup is a Lookup under way.
type lookup struct {
	want      *pkgdb.Wanted
	found     func(int, pkgdb.Record)
	problems  pkgdb.Problems
	lines     *pkgdb.Lines
	protected []rule

	pkg   installed
	file  pkgdb.Record // with a Database when it is wanted and not yet told
	index int
}

// installed is the package that is being read.
type installed struct {
	name, version string
	short         bool // its sums are SHA-256, cut to the length of SHA-1
	lost          bool // some of it could not be read
	folder        []byte
	inFolder      bool
}

// end closes a file.
func (l *lookup) end() {
	if l.file.Database != "" {
		l.found(l.index, l.file)
	}
	l.file = pkgdb.Record{}
}

// line takes in one line. One with a hole in it may have held the end of the package
// or another folder: nothing is believed until another package begins.
func (l *lookup) line(line []byte) {
	switch {
	case len(line) == 0:
		l.end()
		l.pkg = installed{folder: l.pkg.folder[:0]}
		return
	case pkgdb.Damaged(line):
		if l.file.Digest.Sum == "" {
			l.file = pkgdb.Record{} // it was in the hole
		}
		l.end()
		l.pkg.lost = true
	}
	if l.pkg.lost {
		return
	}
	if len(line) < 2 || line[1] != ':' {
		l.lines.Report("a line that is no field")
		return
	}
	value := line[2:]
	switch line[0] {
	case 'P':
		l.pkg.name = string(value)
	case 'V':
		l.pkg.version = string(value)
	case 'f':
		l.pkg.short = l.pkg.short || bytes.IndexByte(value, 'S') >= 0
	case 'F':
		l.end()
		l.pkg.folder, l.pkg.inFolder = append(l.pkg.folder[:0], value...), true
	case 'R':
		l.end()
		l.begin(value)
	case 'Z':
		l.sum(value)
	}
}

// begin takes in the name of a file.
func (l *lookup) begin(file []byte) {
	if !l.pkg.inFolder || bytes.IndexByte(file, '/') >= 0 {
		l.lines.Report("a file without a folder")
		return
	}
	index, wanted := l.want.IndexIn(l.pkg.folder, file)
	if !wanted {
		return
	}
	path := string(file)
	if len(l.pkg.folder) > 0 {
		path = string(l.pkg.folder) + "/" + path
	}
	l.index = index
	l.file = pkgdb.Record{
		Path: "/" + path, Package: l.pkg.name, Version: l.pkg.version, Size: -1, Database: name,
		Config: isProtected(l.protected, path),
	}
}

// sum takes in the digest of a wanted file.
func (l *lookup) sum(value []byte) {
	if l.file.Database == "" {
		return
	}
	d, ok := parseDigest(value)
	if !ok {
		l.lines.Report("not a digest")
		return
	}
	if l.pkg.short && d.Algorithm == pkgdb.SHA1 {
		d.Algorithm = pkgdb.SHA256
	}
	l.file.Digest = d
}
