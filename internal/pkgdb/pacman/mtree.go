package pacman

import (
	"bytes"
	"errors"
	"io"
	"strconv"

	"rescuebox/internal/inflate"
	"rescuebox/internal/pkgdb"
)

// maxMtree is the most that a description is unpacked to, in bytes: one is packed
// that never ends. That of a package with 100,000 files has 20 MB.
const maxMtree = 256 << 20

// readMtree tells of the wanted files in the description of a package.
func (l *lookup) readMtree(path string) {
	f, err := pkgdb.Open(l.root, path)
	if err != nil {
		if !pkgdb.Missing(err) {
			l.problems.Add(err)
		}
		return
	}
	defer f.Close()
	l.packed.Reset(f)
	source := &unpacked{path: path, z: l.packed, left: maxMtree}
	l.lines.From(path, source)
	m := mtree{lookup: l}
	m.read()
	if source.damaged {
		return // and nobody knows where that began
	}
	for _, w := range m.wanted {
		l.found(w.index, w.record)
	}
}

// unpacked is a packed file whose errors say which it is.
type unpacked struct {
	path    string
	z       *inflate.Reader
	left    int64 // bytes
	damaged bool
}

func (u *unpacked) Read(p []byte) (int, error) {
	n, err := u.z.Read(p)
	u.left -= int64(n)
	var e *inflate.Error
	switch {
	case errors.As(err, &e):
		u.damaged = true
		err = &pkgdb.Error{Path: u.path, Offset: e.Offset, Err: pkgdb.FormatError(e.Reason)}
	case err == io.ErrUnexpectedEOF:
		err = &pkgdb.Error{Path: u.path, Offset: -1, Err: pkgdb.FormatError("unexpected end of file")}
	case err == nil && u.left < 0:
		err = &pkgdb.Error{Path: u.path, Offset: -1, Err: pkgdb.FormatError("longer than any package needs")}
	}
	return n, err
}

// mtree is a description that is being read (mtree(5)).
type mtree struct {
	*lookup
	set    attributes // of entries that do not say otherwise
	folder []byte     // that entries without a slash are in
	joined []byte     // a line that goes on in the next
	wanted []file
}

type file struct {
	index  int
	record pkgdb.Record
}

// attributes are what an entry says of a file.
type attributes struct {
	kind   string // empty: not said
	size   int64  // bytes; -1 when it is not said
	digest pkgdb.Digest
}

func (m *mtree) read() {
	m.set.size = -1
	for {
		line, ok := m.lines.Next()
		if !ok {
			return
		}
		if n := len(line); n > 0 && line[n-1] == '\\' && len(m.joined)+n < maxEntry {
			m.joined = append(append(m.joined, line[:n-1]...), ' ')
			continue
		}
		if len(m.joined) > 0 {
			m.joined = append(m.joined, line...)
			line = m.joined
		}
		m.entry(line)
		m.joined = m.joined[:0]
	}
}

// maxEntry is the longest entry that is put together from several lines, in bytes.
const maxEntry = 64 << 10

// entry takes in a line: "/set KEYWORD=VALUE...", "/unset KEYWORD..." or
// "PATH KEYWORD=VALUE...".
func (m *mtree) entry(line []byte) {
	word, rest := cutWord(line)
	switch {
	case len(word) == 0 || word[0] == '#':
		return
	case string(word) == "/set":
		m.set = m.attributes(m.set, rest)
		return
	case string(word) == "/unset":
		m.unset(rest)
		return
	}
	path, ok := unescape(word)
	if !ok {
		m.lines.Report("a path that is not escaped right")
		return
	}
	if bytes.IndexByte(path, '/') > 0 {
		m.record(path, rest) // from the root on
		return
	}
	if string(path) == ".." {
		m.folder = m.folder[:max(0, bytes.LastIndexByte(m.folder, '/'))]
		return
	}
	above := len(m.folder)
	if above+1+len(path) > maxEntry {
		m.lines.Report("a path that is too long")
		return
	}
	m.folder = append(append(m.folder, '/'), path...)
	if m.record(m.folder, rest).kind != "dir" {
		m.folder = m.folder[:above]
	}
}

// record takes in what is said of a path, when that is wanted, and returns it.
func (m *mtree) record(path, rest []byte) attributes {
	a := m.attributes(m.set, rest)
	if a.kind != "" && a.kind != "file" {
		return a
	}
	for bytes.HasPrefix(path, []byte("./")) {
		path = path[2:]
	}
	if len(path) > 0 && path[0] == '.' && bytes.IndexByte(path, '/') < 0 {
		return a // about the package: it was not installed
	}
	index, ok := m.want.Index(path)
	if !ok || len(m.wanted) == m.want.Len() {
		return a
	}
	m.wanted = append(m.wanted, file{index, pkgdb.Record{
		Path: "/" + string(bytes.TrimLeft(path, "/")), Package: m.name, Version: m.version,
		Digest: a.digest, Size: a.size, Config: m.backup.Has(index), Database: name,
	}})
	return a
}

// attributes returns what words say on top of defaults.
func (m *mtree) attributes(a attributes, words []byte) attributes {
	for len(words) > 0 {
		var word []byte
		word, words = cutWord(words)
		keyword, value, _ := bytes.Cut(word, []byte{'='})
		switch string(keyword) {
		case "type":
			a.kind = string(value)
		case "size":
			size, err := strconv.ParseInt(string(value), 10, 64)
			if err != nil || size < 0 {
				m.lines.Report("not a size")
				size = -1
			}
			a.size = size
		default:
			if algorithm := algorithmOf(keyword); algorithm != 0 {
				m.digest(&a.digest, algorithm, value)
			}
		}
	}
	return a
}

// digest takes in one digest; of several, that which is computed fastest. Against
// damage one is as good as another.
func (m *mtree) digest(d *pkgdb.Digest, algorithm pkgdb.Algorithm, value []byte) {
	sum, ok := pkgdb.Unhex(value)
	switch {
	case !ok || len(sum) != algorithm.Size():
		m.lines.Report("not a digest")
	case d.Algorithm == 0 || algorithm < d.Algorithm:
		*d = pkgdb.Digest{Algorithm: algorithm, Sum: sum}
	}
}

func (m *mtree) unset(words []byte) {
	for len(words) > 0 {
		var word []byte
		word, words = cutWord(words)
		switch all := string(word) == "all"; {
		case all:
			m.set = attributes{size: -1}
		case string(word) == "type":
			m.set.kind = ""
		case string(word) == "size":
			m.set.size = -1
		case algorithmOf(word) != 0:
			m.set.digest = pkgdb.Digest{}
		}
	}
}

func algorithmOf(keyword []byte) pkgdb.Algorithm {
	switch string(keyword) {
	case "md5", "md5digest":
		return pkgdb.MD5
	case "sha1", "sha1digest":
		return pkgdb.SHA1
	case "sha256", "sha256digest":
		return pkgdb.SHA256
	case "sha384", "sha384digest":
		return pkgdb.SHA384
	case "sha512", "sha512digest":
		return pkgdb.SHA512
	}
	return 0
}
