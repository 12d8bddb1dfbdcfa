package ls

import (
	"cmp"
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
	mergeSort(files, make([]file, len(files)), l.less)
}

// less reports whether a stands before b.
func (l *lister) less(a, b *file) bool {
	if l.dirsFirst && a.directory() != b.directory() {
		return a.directory()
	}
	if l.reverse {
		a, b = b, a
	}
	if c := l.compare(a, b); c != 0 {
		return c < 0
	}
	return a.name < b.name
}

// mergeSort sorts files, with spare of the same length. It is here because
// slices.SortFunc is 12 KB of program for each type.
func mergeSort(files, spare []file, less func(a, b *file) bool) {
	if len(files) < 2 {
		return
	}
	half := len(files) / 2
	mergeSort(files[:half], spare, less)
	mergeSort(files[half:], spare, less)
	left := spare[:copy(spare, files[:half])]
	right := files[half:]
	for i := range files {
		// What is taken from the right has been read before i reaches it.
		if len(right) == 0 || len(left) > 0 && !less(&right[0], &left[0]) {
			files[i], left = left[0], left[1:]
		} else {
			files[i], right = right[0], right[1:]
		}
		if len(left) == 0 {
			return // the rest of the right is in place
		}
	}
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
