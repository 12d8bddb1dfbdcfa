package find

import (
	"errors"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"

	"rescuebox/internal/accounts"
	"rescuebox/internal/fnmatch"
)

// nameTests need no inode, or only its type.
func (p *parser) nameTests(name string) (test, error) {
	flags := fnmatch.Flags(0)
	base := name
	switch name {
	case "-iname", "-ipath", "-iwholename", "-ilname":
		flags, base = fnmatch.CaseFold, "-"+name[2:]
	}
	switch base {
	case "-name", "-path", "-wholename", "-lname", "-type", "-xtype":
	default:
		return nil, nil
	}
	arg, err := p.arg(name)
	if err != nil {
		return nil, err
	}
	switch base {
	case "-name":
		return func(e *Entry) bool { return fnmatch.Match(arg, e.Name, flags) }, nil
	case "-lname":
		return func(e *Entry) bool {
			if kind, ok := e.Kind(); !ok || kind != 'l' {
				return false
			}
			target, err := e.readlink()
			if err != nil {
				e.walk.report(e.Path, err)
				return false
			}
			return fnmatch.Match(arg, target, flags)
		}, nil
	case "-type", "-xtype":
		return typeTest(name, arg)
	}
	return func(e *Entry) bool { return fnmatch.Match(arg, e.Path, flags) }, nil
}

func typeTest(name, arg string) (test, error) {
	var kinds string
	for _, k := range strings.Split(arg, ",") {
		if len(k) != 1 || !strings.Contains("bcdpfls", k) {
			return nil, errors.New("unknown argument to " + name + ": '" + arg + "': write some of b,c,d,p,f,l,s")
		}
		kinds += k
	}
	if name == "-xtype" {
		return func(e *Entry) bool { return strings.IndexByte(kinds, e.otherKind()) >= 0 }, nil
	}
	return func(e *Entry) bool {
		kind, ok := e.Kind()
		return ok && strings.IndexByte(kinds, kind) >= 0
	}, nil
}

// otherKind is the type of what a link leads to where links are not followed,
// and of the link where they are; of all else it is the type.
func (e *Entry) otherKind() byte {
	if !e.follow {
		if kind, ok := e.Kind(); !ok || kind != 'l' {
			return kind
		}
	}
	var st unix.Stat_t
	flags := unix.AT_SYMLINK_NOFOLLOW
	if !e.follow {
		flags = 0
	}
	if err := fstatat(e.dirfd, e.at, &st, flags); err != nil {
		return 'l'
	}
	return kindOfMode(uint32(st.Mode))
}

// statTests need the inode.
func (p *parser) statTests(name string) (test, error) {
	switch name {
	case "-empty":
		return (*Entry).empty, nil
	case "-readable":
		return accessTest(unix.R_OK), nil
	case "-writable":
		return accessTest(unix.W_OK), nil
	case "-executable":
		return accessTest(unix.X_OK), nil
	case "-nouser", "-nogroup":
		return p.nobody(name)
	case "-size", "-perm", "-user", "-group", "-uid", "-gid", "-links", "-inum", "-samefile":
	default:
		return nil, nil
	}
	arg, err := p.arg(name)
	if err != nil {
		return nil, err
	}
	switch name {
	case "-size":
		s, err := parseSize(arg)
		if err != nil {
			return nil, errors.New("invalid argument '" + arg + "' to '-size': write a number and one of c w b k M G, as +10M")
		}
		return withStat(func(st *unix.Stat_t) bool { return s.match(st.Size) }), nil
	case "-perm":
		m, err := parsePerm(arg)
		if err != nil {
			return nil, errors.New("invalid mode '" + arg + "': write octal or symbolic, as -perm 644, -perm -u+w or -perm /6000")
		}
		return withStat(func(st *unix.Stat_t) bool { return m.match(uint32(st.Mode)) }), nil
	case "-samefile":
		ref := p.reference(arg)
		if err := ref.readStat(); err != nil {
			return nil, &FileError{arg, err}
		}
		return withStat(func(st *unix.Stat_t) bool { return st.Ino == ref.stat.Ino && st.Dev == ref.stat.Dev }), nil
	}
	return p.idTests(name, arg)
}

// idTests are numbers of the inode, some of which may be given as names.
func (p *parser) idTests(name, arg string) (test, error) {
	n, err := integer(arg)
	switch name {
	case "-user":
		if id, ok := p.query.env.names().Users.ID(arg); ok {
			n, err = number{n: float64(id)}, nil
		}
	case "-group":
		if id, ok := p.query.env.names().Groups.ID(arg); ok {
			n, err = number{n: float64(id)}, nil
		}
	}
	if err != nil && (name == "-user" || name == "-group") {
		return nil, errors.New("'" + arg + "' is not the name of a known " + name[1:] + ": give its number")
	}
	if err != nil {
		return nil, invalid(name, arg)
	}
	switch name {
	case "-user", "-uid":
		return withStat(func(st *unix.Stat_t) bool { return n.match(float64(st.Uid)) }), nil
	case "-group", "-gid":
		return withStat(func(st *unix.Stat_t) bool { return n.match(float64(st.Gid)) }), nil
	case "-links":
		return withStat(func(st *unix.Stat_t) bool { return n.match(float64(st.Nlink)) }), nil
	}
	return func(e *Entry) bool {
		// What the folder says of a mount point is the inode below the mount.
		if e.ino != 0 && e.kind != 0 && e.kind != 'd' && !e.follow {
			return n.match(float64(e.ino))
		}
		st, ok := e.Stat()
		return ok && n.match(float64(st.Ino))
	}, nil
}

// nobody tests for owners without a name. Where no names can be read every file
// would qualify, which -delete would make a disaster: that is an error.
func (p *parser) nobody(name string) (test, error) {
	names := p.query.env.names()
	table := func(a *accounts.Accounts) accounts.Table { return a.Users }
	file := "/etc/passwd"
	if name == "-nogroup" {
		table = func(a *accounts.Accounts) accounts.Table { return a.Groups }
		file = "/etc/group"
	}
	if p.query.env.accountsErr != nil || table(names).Empty() {
		return nil, errors.New(name + ": no names could be read from " + file)
	}
	return withStat(func(st *unix.Stat_t) bool {
		id := st.Uid
		if name == "-nogroup" {
			id = st.Gid
		}
		_, known := table(names).Name(id)
		return !known
	}), nil
}

func withStat(f func(*unix.Stat_t) bool) test {
	return func(e *Entry) bool {
		st, ok := e.Stat()
		return ok && f(st)
	}
}

func accessTest(mode uint32) test {
	return func(e *Entry) bool { return unix.Faccessat(e.dirfd, e.at, mode, 0) == nil }
}

// empty is true for a regular file of no bytes and for a folder of no entries.
func (e *Entry) empty() bool {
	kind, ok := e.Kind()
	switch {
	case !ok:
		return false
	case kind == 'f':
		st, ok := e.Stat()
		return ok && st.Size == 0
	case kind != 'd':
		return false
	}
	fd, err := openDir(e.dirfd, e.at, e.follow)
	if err != nil {
		e.walk.report(e.Path, err)
		return false
	}
	defer unix.Close(fd)
	entries, err := readDir(fd)
	if err != nil {
		e.walk.report(e.Path, err)
	}
	return err == nil && len(entries) == 0
}

func decimal(n uint64) string { return strconv.FormatUint(n, 10) }
