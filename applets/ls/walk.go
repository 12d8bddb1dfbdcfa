package ls

import (
	"errors"
	"io"
	"path/filepath"
	"slices"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"

	"rescuebox/internal/errno"
	"rescuebox/internal/listing"
)

// directory lists what is in a directory, and below it with -R.
func (l *lister) directory(path string, operand bool) {
	dir, err := listing.Open(l.streams.Path(path))
	if err != nil {
		l.fail(operand, path, err)
		return
	}
	if l.recursive && l.follow == followAll {
		id, again := l.enter(dir, path)
		if again {
			_ = dir.Close()
			return
		}
		l.active = append(l.active, id)
		defer func() { l.active = l.active[:len(l.active)-1] }()
	}
	if l.headers {
		l.header(path)
	}
	l.begun = true
	files := l.read(dir, path, operand)
	if err := dir.Close(); err != nil {
		l.fail(operand, path, err)
	}
	l.sort(files)
	if l.format == long || l.blocks {
		l.total(files)
	}
	l.print(files)
	// What follows can take long on a dying disk. The error stays in l.out.
	failed := l.out.Flush() != nil
	if !l.recursive || failed {
		return
	}
	for _, name := range subdirectories(files) {
		l.directory(below(path, name), false)
	}
}

// subdirectories returns the names of the directories among files, so that the rest need
// not be kept while those are listed.
func subdirectories(files []file) []string {
	var names []string
	for _, f := range files {
		if f.kind == unix.DT_DIR && f.name != "." && f.name != ".." {
			names = append(names, f.name)
		}
	}
	return names
}

// errLoop is the error of a directory that a link below it leads back to.
var errLoop = errors.New("not listing a directory that is being listed already")

// enter identifies a directory and reports, also to the user, whether it is being
// listed already.
func (l *lister) enter(dir *listing.Dir, path string) (id identity, again bool) {
	info, err := dir.Stat(".", true)
	if err != nil {
		l.fail(false, path, err)
		return id, true
	}
	id = identity{info.Dev, info.Ino}
	if slices.Contains(l.active, id) {
		l.fail(true, path, errLoop)
		return id, true
	}
	return id, false
}

func (l *lister) header(path string) {
	if l.begun {
		l.out.WriteByte('\n')
	}
	q := l.quote
	q.Special += ":"
	l.out.Write(q.Append(nil, path))
	l.out.WriteString(":\n")
}

// read returns what is to be listed of a directory, or lists it at once where
// nothing depends on the whole.
func (l *lister) read(dir *listing.Dir, path string, operand bool) []file {
	stream := l.format == single && l.order == byNothing && !l.blocks && !l.recursive && !l.dirsFirst
	var files []file
	for {
		entries, err := dir.Next()
		for _, e := range entries {
			if l.leftOut(e.Name) {
				continue
			}
			f := file{name: e.Name, ino: e.Ino, kind: e.Type}
			l.examine(place{dir, join(path, e.Name)}, &f)
			if stream {
				l.print([]file{f})
			} else {
				files = append(files, f)
			}
		}
		if err == io.EOF {
			return files
		}
		if stream && l.out.Flush() != nil {
			return nil
		}
		if err != nil {
			l.fail(operand, path, incomplete(err))
			return files
		}
	}
}

// incomplete words an error in the middle of a directory: what was read before it
// is listed.
func incomplete(err error) error {
	if errors.Is(err, syscall.ENOENT) { // removed while it was read
		return err
	}
	return errors.New("listing is incomplete: " + errno.Reason(err))
}

// leftOut reports whether an entry is hidden.
func (l *lister) leftOut(name string) bool {
	if name[0] == '.' && (l.hidden == hideDots || l.hidden == hideSelf && (name == "." || name == "..")) {
		return true
	}
	return l.backups && strings.HasSuffix(name, "~") ||
		l.hidden == hideDots && matches(l.hide, name) || matches(l.ignore, name)
}

// matches reports whether one of the shell patterns matches name. A dot at its
// start is matched only by a dot. A pattern that is none matches nothing.
func matches(patterns []string, name string) bool {
	return slices.ContainsFunc(patterns, func(p string) bool {
		p = strings.Join(strings.Split(p, "[!"), "[^") // ReplaceAll is 2 KB of program
		ok, _ := filepath.Match(p, name)
		return ok && (name[0] != '.' || strings.HasPrefix(p, "."))
	})
}
