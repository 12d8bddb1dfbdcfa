package dpkg

import "rescuebox/internal/pkgdb"

// The suffixes of a package's files in info.
const (
	sumsSuffix = ".md5sums"
	listSuffix = ".list"
)

// readSums tells of the wanted files among the sums of one package, except for
// configuration files, for which the status file has the sums.
func (l *lookup) readSums(folder, key string, p *stanza) {
	if err := l.lines.Open(folder + key + sumsSuffix); err != nil {
		if !pkgdb.Missing(err) {
			l.problems.Add(err)
		}
		return
	}
	l.marks.Wipe()
	for _, c := range p.conffiles {
		l.marks.Set(c.index)
	}
	var wanted []recorded
	for {
		line, ok := l.lines.Next()
		if !ok {
			break
		}
		if len(line) == 0 || pkgdb.Damaged(line) {
			continue
		}
		sum, path, ok := splitSum(line)
		if !ok {
			l.lines.Report("not a line of a sum and a path")
			continue
		}
		path = l.place(path, p.name)
		index, is := l.want.Index(path)
		if !is {
			continue
		}
		raw, ok := pkgdb.Unhex(sum)
		switch {
		case !ok: // there are 32 characters
			l.lines.Report("not an MD5 sum")
		case !l.marks.Set(index):
			wanted = append(wanted, recorded{absolute(path), index, raw})
		}
	}
	l.lines.Close()
	if len(wanted) == 0 {
		return
	}
	known := l.markOwned(folder, key, p)
	for _, f := range wanted {
		if !known || l.marks.Has(f.index) {
			l.found(f.index, p.record(f))
		}
	}
}

// markOwned marks the files in the package's list: those that another package took
// over are taken out of it, but stay among the sums. It is not known which those are
// when the list is not there, empty or damaged.
func (l *lookup) markOwned(folder, key string, p *stanza) (known bool) {
	if err := l.lines.Open(folder + key + listSuffix); err != nil {
		if !pkgdb.Missing(err) {
			l.problems.Add(err)
		}
		return false
	}
	defer l.lines.Close()
	l.marks.Wipe()
	for {
		line, ok := l.lines.Next()
		switch {
		case !ok:
			return known
		case pkgdb.Damaged(line):
			return false
		}
		known = true
		if index, is := l.want.Index(l.place(line, p.name)); is {
			l.marks.Set(index)
		}
	}
}

// splitSum takes "SUM  PATH" or "SUM *PATH" apart, as md5sum(1) writes it, with a
// backslash in front where the path has some doubled.
func splitSum(line []byte) (sum, path []byte, ok bool) {
	escaped := line[0] == '\\'
	if escaped {
		line = line[1:]
	}
	const digits = 32
	if len(line) < digits+3 || line[digits] != ' ' || line[digits+1] != ' ' && line[digits+1] != '*' {
		return nil, nil, false
	}
	sum, path = line[:digits], line[digits+2:]
	if escaped {
		path = unescape(path)
	}
	return sum, path, true
}

// unescape takes out the first of two backslashes.
func unescape(path []byte) []byte {
	var out []byte
	for i := 0; i < len(path); i++ {
		if path[i] == '\\' && i+1 < len(path) {
			i++
		}
		out = append(out, path[i])
	}
	return out
}
