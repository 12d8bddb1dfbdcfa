package ddrescue

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
)

// pathOf is a file of the command line, and what it is there.
type pathOf struct{ role, name string }

// checkPaths refuses what would destroy a file of the command line, or would wait for
// whoever opens the other end of a pipe.
func (r *run) checkPaths() error {
	o := r.o
	written := []pathOf{{"MAP", o.mapfile}, {"--log-events", o.logEvents}, {"--log-rates", o.logRates}, {"--log-reads", o.logReads}}
	for _, w := range written {
		if info, err := os.Stat(r.s.Path(w.name)); w.name != "" && err == nil && !info.Mode().IsRegular() && !info.IsDir() {
			return errors.New(w.name + ": " + w.role + " must be a regular file")
		}
	}
	read := []pathOf{{"SOURCE", o.source}, {"--domain-mapfile", o.domain}, {"--used-first", o.usedFirst}, {"--test-mode", o.testMap}, {"--bad-sector-data", o.badData}}
	written = append(written, pathOf{"TARGET", o.target})
	for i, w := range written {
		for _, other := range append(read, written[:i]...) {
			switch {
			case w.role == "TARGET" && other.role == "SOURCE": // has an option of its own
			case w.role == "MAP" && other.role != "SOURCE": // a map is read before it is written
			case r.sameFile(w.name, other.name):
				return errors.New(w.name + ": it is " + other.role + " and " + w.role + " at once: it would be overwritten")
			}
		}
	}
	return nil
}

// sameFile reports whether two names are of one file, or will be.
func (r *run) sameFile(a, b string) bool {
	if a == "" || b == "" || a == "-" || b == "-" || isExport(a) || isExport(b) {
		return false
	}
	a, b = r.s.Path(a), r.s.Path(b)
	x, errX := os.Stat(a)
	y, errY := os.Stat(b)
	if errX == nil && errY == nil {
		return os.SameFile(x, y)
	}
	return filepath.Clean(a) == filepath.Clean(b) && errors.Is(errX, fs.ErrNotExist)
}

// checkKind refuses for a device, or /dev/null, what only a file can have: zeros that
// are not written leave on a device what was there before.
func (r *run) checkKind() error {
	info, err := os.Stat(r.s.Path(r.o.target))
	if err != nil || info.Mode().IsRegular() {
		return nil
	}
	option := ""
	switch {
	case r.o.Sparse:
		option = "--sparse"
	case r.o.allocate:
		option = "--preallocate"
	case r.o.extend >= 0:
		option = "--extend-outfile"
	default:
		return nil
	}
	return errors.New(r.o.target + ": " + option + " is for regular files")
}
