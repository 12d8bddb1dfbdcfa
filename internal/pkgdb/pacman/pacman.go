// Package pacman reads what pacman, the package manager of Arch Linux, recorded of
// the files that it installed: for each package a folder with the list of its files
// and a packed mtree(5) description of them, with their digests (alpm's
// lib/libalpm/be_local.c and src/pacman/check.c).
package pacman

import (
	"bytes"
	"context"
	"strings"

	"rescuebox/internal/inflate"
	"rescuebox/internal/pkgdb"
	"rescuebox/internal/rootfs"
)

const name = "pacman"

// local is where installed packages are, unless pacman.conf has another DBPath.
const local = "/var/lib/pacman/local"

type database struct{ root rootfs.Root }

// Open returns pacman's database inside root, nil when there is none. The error is why
// it cannot be told whether there is one.
func Open(root rootfs.Root) (pkgdb.Database, error) {
	_, err := root.Stat(local)
	switch {
	case err == nil:
		return database{root}, nil
	case pkgdb.Missing(err):
		return nil, nil
	}
	return nil, err
}

func (database) Name() string { return name }

// Lookup implements pkgdb.Database.
func (d database) Lookup(ctx context.Context, want *pkgdb.Wanted, found func(int, pkgdb.Record)) error {
	l := &lookup{root: d.root, want: want, found: found, backup: pkgdb.NewMarks(want)}
	l.lines = pkgdb.NewLines(ctx, d.root, &l.problems)
	l.packed = inflate.NewReader(nil)
	list, err := d.root.ReadDir(local)
	l.problems.Add(err)
	for _, entry := range list {
		if ctx.Err() != nil {
			break
		}
		if name, version, ok := split(entry.Name()); ok {
			l.name, l.version = name, version
			l.pkg(local + "/" + entry.Name() + "/")
		}
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	return l.problems.Err()
}

// split takes the name of a package's folder apart: NAME-VERSION-RELEASE. Neither
// version nor release holds a dash.
func split(folder string) (name, version string, ok bool) {
	release := strings.LastIndexByte(folder, '-')
	if release < 0 {
		return "", "", false
	}
	dash := strings.LastIndexByte(folder[:release], '-')
	if dash < 1 {
		return "", "", false
	}
	return folder[:dash], folder[dash+1:], true
}

// lookup is a Lookup under way.
type lookup struct {
	root     rootfs.Root
	want     *pkgdb.Wanted
	found    func(int, pkgdb.Record)
	problems pkgdb.Problems
	lines    *pkgdb.Lines
	packed   *inflate.Reader

	// Of the package that is being read:
	name, version string
	backup        *pkgdb.Marks // its configuration files that are wanted
}

// pkg tells of the wanted files of the package in a folder.
func (l *lookup) pkg(folder string) {
	if l.readFiles(folder + "files") {
		l.readMtree(folder + "mtree")
	}
}

// readFiles reads the list of a package's files, marks those that are expected to be
// edited and reports whether any file is wanted. The rest is read only then.
func (l *lookup) readFiles(path string) (wanted bool) {
	l.backup.Wipe()
	if err := l.lines.Open(path); err != nil {
		if !pkgdb.Missing(err) {
			l.problems.Add(err)
		}
		return true // who knows
	}
	defer l.lines.Close()
	backup := false
	for {
		line, ok := l.lines.Next()
		switch {
		case !ok:
			return wanted
		case pkgdb.Damaged(line):
			wanted = true
		case len(line) > 0 && line[0] == '%':
			backup = string(line) == "%BACKUP%"
		case backup:
			// A path and the digest of what was installed there.
			file, _, _ := bytes.Cut(line, []byte{'\t'})
			if index, ok := l.want.Index(file); ok {
				l.backup.Set(index)
				wanted = true
			}
		case !wanted:
			_, wanted = l.want.Index(line)
		}
	}
}
