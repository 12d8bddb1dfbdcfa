package ls

import (
	"strings"

	"golang.org/x/sys/unix"

	"rescuebox/internal/listing"
)

// file is one entry of a listing. A directory can have a million of them, so
// what only some listings need lies behind a pointer.
type file struct {
	name    string
	ino     uint64   // 0 is unknown
	more    *details // nil unless the inode was read
	kind    uint8    // unix.DT_DIR and its like
	operand bool
	broken  bool // the inode could not be read
}

// details are what else a listing shows.
type details struct {
	listing.Info
	target     string // what a symbolic link holds
	context    string
	access     byte
	targetMode uint32 // 0 where a link leads nowhere or was not followed
}

// place is where an entry lies: in dir, or at path alone when dir is nil.
type place struct {
	dir  *listing.Dir
	path string // for system calls that take no directory, and for messages
}

func (l *lister) stat(p place, name string, link bool) (*listing.Info, error) {
	if p.dir == nil {
		return listing.Stat(l.streams.Path(p.path), link)
	}
	return p.dir.Stat(name, link)
}

// examine reads what the listing needs of f beside what its directory says, and
// reports whether f is to be listed.
func (l *lister) examine(p place, f *file) bool {
	followed := l.follow == followAll
	if l.needsInode(f) {
		info, link, err := l.inodeOf(p, f)
		if err != nil {
			l.fail(f.operand, p.path, err)
			f.broken = true
			return !f.operand
		}
		followed = link
		f.more = &details{Info: *info, access: ' '}
		f.ino, f.kind = info.Ino, listing.TypeOf(info.Mode)
	}
	full := l.streams.Path(p.path)
	if l.format == long && f.more != nil {
		f.more.access = listing.Access(full, followed)
	}
	if l.context {
		f.more.context = listing.Context(full, followed)
		if f.more.context == "" {
			f.more.context = "?"
		}
	}
	if f.kind == unix.DT_LNK {
		l.examineLink(p, f)
	}
	return true
}

// needsInode reports whether something of the inode is shown, or decides about
// order or colour, that the directory does not say.
func (l *lister) needsInode(f *file) bool {
	unknown := f.kind == unix.DT_UNKNOWN
	typed := l.recursive || l.color || l.indicator != noIndicator || l.dirsFirst
	switch {
	case f.operand, l.format == long, l.blocks, l.context, l.order == bySize, l.order == byTime:
		return true
	case typed && unknown, l.inode && f.ino == 0:
		return true
	case l.follow == followAll && (typed || l.inode) && f.kind == unix.DT_LNK:
		return true
	case l.color && f.kind == unix.DT_DIR: // sticky, writable for others
		return true
	}
	return (l.color || l.indicator == classify) && f.kind == unix.DT_REG // executable
}

// inodeOf reads the inode of f, and reports whether it followed links.
func (l *lister) inodeOf(p place, f *file) (info *listing.Info, followed bool, err error) {
	switch {
	case l.follow == followAll, f.operand && l.follow == followOperands:
		info, err = l.stat(p, f.name, true)
		return info, true, err
	case f.operand && l.follow == followOperandDirs:
		info, err = l.stat(p, f.name, true)
		if err == nil && listing.TypeOf(info.Mode) == unix.DT_DIR {
			return info, true, nil
		}
	}
	info, err = l.stat(p, f.name, false)
	return info, false, err
}

// examineLink reads what a symbolic link holds, and where it leads if that is
// shown.
func (l *lister) examineLink(p place, f *file) {
	if l.format == long && f.more != nil {
		var err error
		if p.dir == nil {
			f.more.target, err = listing.Readlink(l.streams.Path(p.path))
		} else {
			f.more.target, err = p.dir.Readlink(f.name)
		}
		if err != nil {
			l.fail(f.operand, p.path, err)
		}
	}
	if !l.dirsFirst && (l.format != long || l.indicator < fileType) {
		return
	}
	info, err := l.stat(p, f.name, true)
	if err != nil {
		return // a broken link is no error
	}
	if f.more == nil {
		f.more = &details{}
	}
	f.more.targetMode = info.Mode
}

// directory reports whether f is a directory or a link that is known to lead to
// one.
func (f *file) directory() bool {
	return f.kind == unix.DT_DIR || f.more != nil && listing.TypeOf(f.more.targetMode) == unix.DT_DIR
}

// known reports whether the inode of f was read.
func (f *file) known() bool { return f.more != nil && f.more.Mode != 0 }

// join is the path of an entry for messages: without "./" before it.
func join(dir, name string) string {
	if dir == "." {
		return name
	}
	return below(dir, name)
}

// below is the path of an entry of dir.
func below(dir, name string) string {
	if strings.HasSuffix(dir, "/") {
		return dir + name
	}
	return dir + "/" + name
}
