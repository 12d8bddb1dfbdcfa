package ls

import (
	"cmp"
	"slices"
	"strings"

	"rescuebox/internal/listing"
	"rescuebox/internal/vercmp"
)

// sort puts files into the order of the listing. Ties are broken by name, so that
// the order does not depend on that of the directory.
func (l *lister) sort(files []file) {
	if l.order == byNothing {
		return
	}
	slices.SortFunc(files, func(a, b file) int {
		if l.dirsFirst && a.directory() != b.directory() {
			if a.directory() {
				return -1
			}
			return 1
		}
		if l.reverse {
			a, b = b, a
		}
		if c := l.compare(&a, &b); c != 0 {
			return c
		}
		return strings.Compare(a.name, b.name)
	})
}

// nothing stands for the details of what could not be read: size 0, of 1970.
var nothing details

func (l *lister) compare(a, b *file) int {
	x, y := a.more, b.more
	if x == nil {
		x = &nothing
	}
	if y == nil {
		y = &nothing
	}
	switch l.order {
	case bySize:
		return cmp.Compare(y.Size, x.Size)
	case byTime:
		return l.timeOf(y).Compare(l.timeOf(x))
	case byVersion:
		return vercmp.Compare(a.name, b.name)
	case byExtension:
		return strings.Compare(extension(a.name), extension(b.name))
	}
	return 0
}

// timeOf returns the time that the listing is about.
func (l *lister) timeOf(d *details) listing.Time {
	switch l.time {
	case accessed:
		return d.Accessed
	case changed:
		return d.Changed
	}
	return d.Modified
}

// extension returns the last dot and what follows.
func extension(name string) string {
	if i := strings.LastIndexByte(name, '.'); i >= 0 {
		return name[i:]
	}
	return ""
}
