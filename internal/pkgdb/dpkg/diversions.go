package dpkg

import (
	"bytes"
	"strings"

	"rescuebox/internal/pkgdb"
)

// diversion is where a file lies of which another package, or the administrator, has
// the place.
type diversion struct {
	to string // without a slash in front
	by string // the package to which it does not apply; empty for the administrator's
}

// readDiversions takes in groups of three lines: path, place, package; the last is
// ":" for the administrator's (dpkg-divert(1); lib/dpkg/db-fsys-divert.c).
func (l *lookup) readDiversions() {
	if err := l.lines.Open(diverted); err != nil {
		if !pkgdb.Missing(err) {
			l.problems.Add(err)
		}
		return
	}
	defer l.lines.Close()
	l.diversions = map[string]diversion{}
	var group [3]string
	for {
		for i := range group {
			line, ok := l.lines.Next()
			if !ok {
				if i > 0 {
					l.lines.Report("a diversion without an end")
				}
				return
			}
			if pkgdb.Damaged(line) {
				return // which line is the first of a group is lost
			}
			group[i] = string(line)
		}
		if group[0] == "" || group[0][0] != '/' || group[1] == "" || group[1][0] != '/' || group[2] == "" {
			l.lines.Report("a diversion that names no files")
			return
		}
		by := group[2]
		if by == ":" {
			by = ""
		}
		if len(l.diversions) < maxDiversions {
			l.diversions[strings.TrimLeft(group[0], "/")] = diversion{strings.TrimLeft(group[1], "/"), by}
		}
	}
}

// maxDiversions bounds the memory that they take. Real systems have dozens.
const maxDiversions = 1 << 16

// place returns where a package's file lies: path, or where it was diverted to. It
// drops what stands before the first name in it.
func (l *lookup) place(path []byte, pkg string) []byte {
	for len(path) > 0 && (path[0] == '/' || bytes.HasPrefix(path, []byte("./"))) {
		path = path[1:]
	}
	if d, is := l.diversions[string(path)]; is && d.by != pkg {
		return []byte(d.to)
	}
	return path
}
