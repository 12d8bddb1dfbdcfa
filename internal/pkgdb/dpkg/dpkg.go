// Package dpkg reads what dpkg recorded of the files that it installed: the MD5 sums
// that packages bring along (deb-md5sums(5)), those of configuration files in the
// status file (dpkg-query(1), Conffiles), and diversions (dpkg-divert(1)). Which of
// them count is as in debsums(1).
package dpkg

import (
	"context"
	"strings"

	"rescuebox/internal/pkgdb"
	"rescuebox/internal/rootfs"
)

// The database's places. status.d holds packages of images that were made without
// dpkg, one file for each.
const (
	admin     = "/var/lib/dpkg/"
	statusAll = admin + "status"
	statusOne = admin + "status.d/"
	updates   = admin + "updates/"
	info      = admin + "info/"
	diverted  = admin + "diversions"
)

const name = "dpkg"

type database struct{ root rootfs.Root }

// Open returns dpkg's database inside root, nil when there is none. The error is why
// it cannot be told whether there is one.
func Open(root rootfs.Root) (pkgdb.Database, error) {
	var problem error
	for _, path := range [...]string{statusAll, info, statusOne} {
		_, err := root.Stat(path)
		switch {
		case err == nil:
			return database{root}, nil
		case !pkgdb.Missing(err):
			problem = err
		}
	}
	return nil, problem
}

func (database) Name() string { return name }

// Lookup implements pkgdb.Database. Records of packages that are not installed are
// left out, and those of files that another package has taken over.
func (d database) Lookup(ctx context.Context, want *pkgdb.Wanted, found func(int, pkgdb.Record)) error {
	l := &lookup{root: d.root, want: want, found: found, keys: map[string]int{}, marks: pkgdb.NewMarks(want)}
	l.lines = pkgdb.NewLines(ctx, d.root, &l.problems)
	l.readDiversions()
	l.readStatus()
	l.readInfo()
	l.readImage()
	l.conffiles()
	if err := ctx.Err(); err != nil {
		return err
	}
	return l.problems.Err()
}

// lookup is a Lookup under way.
type lookup struct {
	root       rootfs.Root
	want       *pkgdb.Wanted
	found      func(int, pkgdb.Record)
	problems   pkgdb.Problems
	lines      *pkgdb.Lines
	diversions map[string]diversion // by path, without a slash in front
	packages   []stanza
	keys       map[string]int // indices into packages by the names of their files
	lost       bool           // the status of some packages is not known
	marks      *pkgdb.Marks
}

// readInfo takes in the sums of packages that dpkg installed.
func (l *lookup) readInfo() {
	list, err := l.root.ReadDir(info)
	var keys []string
	for _, entry := range list {
		if key, is := strings.CutSuffix(entry.Name(), sumsSuffix); is {
			keys = append(keys, key)
		}
	}
	if err != nil && len(l.packages) > 0 {
		// Names that the folder lost are in the status file.
		l.problems.Add(err)
		keys = keys[:0]
		for i := range l.packages {
			keys = append(keys, l.packages[i].key())
		}
	}
	for _, key := range keys {
		// Sums without a status are left behind, unless the status was lost.
		if i, known := l.keys[key]; known && l.packages[i].installed {
			l.readSums(info, key, &l.packages[i])
		} else if !known && l.lost {
			l.readSums(info, key, nameless(key))
		}
	}
}

// readImage takes in the packages of an image, where one file has a package's stanza
// and one beside it the sums.
func (l *lookup) readImage() {
	list, err := l.root.ReadDir(statusOne)
	if err != nil && !pkgdb.Missing(err) {
		l.problems.Add(err)
	}
	for _, entry := range list {
		if !strings.HasSuffix(entry.Name(), sumsSuffix) {
			l.readStanzas(statusOne+entry.Name(), true)
		}
	}
	for _, entry := range list {
		key, is := strings.CutSuffix(entry.Name(), sumsSuffix)
		if !is {
			continue
		}
		p := nameless(key)
		if i, known := l.keys[key]; known {
			p = &l.packages[i]
		}
		l.readSums(statusOne, key, p)
	}
}

// nameless is a package of which only the names of its files are known.
func nameless(key string) *stanza {
	p := &stanza{installed: true}
	p.name, p.same, _ = strings.Cut(key, ":")
	return p
}

// conffiles tells of the wanted configuration files.
func (l *lookup) conffiles() {
	for i := range l.packages {
		p := &l.packages[i]
		if !p.installed {
			continue
		}
		for _, c := range p.conffiles {
			r := p.record(c)
			r.Config = true
			l.found(c.index, r)
		}
	}
}

func (s *stanza) record(f recorded) pkgdb.Record {
	return pkgdb.Record{
		Path: f.path, Package: s.key(), Version: s.version, Size: -1, Database: name,
		Digest: pkgdb.Digest{Algorithm: pkgdb.MD5, Sum: f.sum},
	}
}
