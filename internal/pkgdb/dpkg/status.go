package dpkg

import (
	"bytes"
	"strings"

	"rescuebox/internal/pkgdb"
)

// stanza is what the status file says of one package.
type stanza struct {
	name, version string
	same          string // the architecture of a package of which several can be installed
	installed     bool
	conffiles     []recorded // that are wanted
}

// recorded is a wanted file of a package.
type recorded struct {
	path  string // absolute
	index int    // among the wanted files
	sum   string // raw bytes, perhaps none
}

// key is the package's name as its files in info have it and dpkg's commands take it
// (lib/dpkg/pkg-format, binary:Package).
func (s *stanza) key() string {
	if s.same != "" {
		return s.name + ":" + s.same
	}
	return s.name
}

// readStatus takes in the status file, and what an interrupted dpkg has written down of
// packages that it was at work on (lib/dpkg/dbmodify.c), in files with numbers as names.
func (l *lookup) readStatus() {
	l.readStanzas(statusAll, false)
	list, err := l.root.ReadDir(updates)
	if err != nil && !pkgdb.Missing(err) {
		l.problems.Add(err)
	}
	for _, entry := range list {
		if strings.Trim(entry.Name(), "0123456789") == "" {
			l.readStanzas(updates+entry.Name(), false)
		}
	}
	// Before architectures were told apart, names had none (dpkg before 1.16).
	for i := range l.packages {
		if p := &l.packages[i]; p.same != "" {
			if _, taken := l.keys[p.name]; !taken {
				l.keys[p.name] = i
			}
		}
	}
}

// maxPackages bounds the memory that they take. Debian has 100,000 in all.
const maxPackages = 1 << 18

// readStanzas takes in a file of stanzas (deb822(5)). Those of an image have no state.
func (l *lookup) readStanzas(path string, image bool) {
	if err := l.lines.Open(path); err != nil {
		l.lost = true
		// An image has no such file, and its packages are elsewhere.
		if !pkgdb.Missing(err) {
			l.problems.Add(err)
		}
		return
	}
	defer l.lines.Close()
	p := parser{lookup: l, image: image}
	p.reset()
	for {
		line, ok := l.lines.Next()
		if !ok || len(line) == 0 {
			p.end()
		}
		if !ok {
			return
		}
		p.line(line)
	}
}

// parser takes a file of stanzas apart.
type parser struct {
	*lookup
	image         bool
	now           stanza
	architecture  string
	multi         bool // several architectures of it can be installed
	inConffiles   bool
	broken, begun bool
}

func (p *parser) reset() {
	*p = parser{lookup: p.lookup, image: p.image, now: stanza{installed: p.image}}
	p.marks.Wipe()
}

// end closes a stanza.
func (p *parser) end() {
	switch {
	case p.broken:
		p.lost = true
	case !p.begun:
	case p.now.name == "":
		p.lost = true
		p.lines.Report("a package without a name")
	case len(p.packages) == maxPackages:
		p.lost = true
		p.lines.Report("too many packages")
	default:
		if p.multi {
			p.now.same = p.architecture
		}
		if old, twice := p.keys[p.now.key()]; twice {
			p.packages[old].installed = false
		}
		p.keys[p.now.key()] = len(p.packages)
		p.packages = append(p.packages, p.now)
	}
	p.reset()
}

// line takes in one line of a stanza. One with a hole in it may have held the end of
// the stanza and the name of the next: both are lost.
func (p *parser) line(line []byte) {
	switch {
	case len(line) == 0:
		return
	case pkgdb.Damaged(line):
		p.broken = true
		return
	case line[0] == ' ' || line[0] == '\t':
		if p.inConffiles {
			p.conffile(line)
		}
		return
	}
	p.begun = true
	field, value, ok := bytes.Cut(line, []byte{':'})
	if !ok {
		p.lines.Report("a line that is no field")
		return
	}
	value = bytes.TrimSpace(value)
	p.inConffiles = false
	switch string(field) {
	case "Package":
		p.now.name = string(value)
	case "Version":
		p.now.version = string(value)
	case "Architecture":
		p.architecture = string(value)
	case "Multi-Arch":
		p.multi = string(value) == "same"
	case "Status":
		p.now.installed = isInstalled(string(value[bytes.LastIndexByte(value, ' ')+1:]))
	case "Conffiles":
		p.inConffiles = true
	}
}

// isInstalled reports whether a package's files are in place in that state, the last
// word of its Status: configuring and triggers come after unpacking (dpkg(1)).
func isInstalled(state string) bool {
	switch state {
	case "installed", "unpacked", "half-configured", "triggers-awaited", "triggers-pending":
		return true
	}
	return false
}

// conffile takes in a line of Conffiles: " /path md5 [obsolete|remove-on-upgrade]".
func (p *parser) conffile(line []byte) {
	line = bytes.TrimSpace(line)
	if bytes.HasSuffix(line, []byte(" remove-on-upgrade")) {
		return // not shipped any more, only to be removed
	}
	line = bytes.TrimSuffix(line, []byte(" obsolete"))
	space := bytes.LastIndexByte(line, ' ')
	if space < 1 || line[0] != '/' {
		p.lines.Report("a conffile without a path or sum")
		return
	}
	path := p.place(line[:space], p.now.name)
	index, wanted := p.want.Index(path)
	if !wanted || p.marks.Set(index) {
		return
	}
	// A new one's sum is a word until it is configured (newconffile).
	sum, _ := pkgdb.Unhex(line[space+1:])
	if len(sum) != pkgdb.MD5.Size() {
		sum = ""
	}
	p.now.conffiles = append(p.now.conffiles, recorded{absolute(path), index, sum})
}

// absolute is a recorded path as an absolute one.
func absolute(path []byte) string { return "/" + string(bytes.TrimLeft(path, "/")) }
