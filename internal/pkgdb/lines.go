package pkgdb

import (
	"bytes"
	"context"
	"io"

	"rescuebox/internal/rootfs"
	"rescuebox/internal/skipread"
)

// maxLine is how much of a line is kept, in bytes. Paths have at most 4096; the
// longest lines of package databases are lists of dependencies.
const maxLine = 64 << 10

// Lines reads text files of a database, one after the other, line by line. What
// cannot be read is told to the Problems and comes out as zero bytes: lines with
// one are not to be believed, see Damaged.
type Lines struct {
	ctx      context.Context
	root     rootfs.Root
	problems *Problems

	path       string
	source     io.Reader
	file       *File // source when it is to be closed
	buf        []byte
	start, end int   // what of buf was read and not yet returned
	next       int64 // offset of buf[start]
	line       int64 // offset of the line that was returned last
	cut        bool  // the rest of that line is not read yet
	ended      bool  // source has nothing more
	failed     bool  // that is an error
}

// NewLines returns a reader of lines. It ends early when ctx is done.
func NewLines(ctx context.Context, root rootfs.Root, problems *Problems) *Lines {
	return &Lines{ctx: ctx, root: root, problems: problems, buf: make([]byte, maxLine)}
}

// Open begins a file, which is to be closed. Errors are of type *fs.PathError and not
// told to the Problems.
func (l *Lines) Open(path string) error {
	f, err := Open(l.root, path)
	if err != nil {
		return err
	}
	f.Skip = func(r skipread.Range) {
		l.problems.Add(&Error{Path: path, Offset: r.Off, Err: r.Err})
	}
	l.From(path, f)
	l.file = f
	return nil
}

// From begins something to read that came out of the file of that path.
func (l *Lines) From(path string, source io.Reader) {
	l.path, l.source, l.file = path, source, nil
	l.start, l.end, l.next, l.line = 0, 0, 0, 0
	l.cut, l.ended, l.failed = false, false, false
}

// Close closes the file that was opened last.
func (l *Lines) Close() {
	if l.file != nil {
		l.file.Close()
		l.file = nil
	}
}

// Next returns a line without its newline, at most its first 64 KiB, in memory that
// the next call overwrites. It is false at the end, or where the source fails: what
// came of a line by then is dropped.
func (l *Lines) Next() (line []byte, ok bool) {
	if l.cut && !l.skip() {
		return nil, false
	}
	seen := 0
	for {
		pending := l.buf[l.start:l.end]
		if i := bytes.IndexByte(pending[seen:], '\n'); i >= 0 {
			l.take(seen+i, 1)
			return pending[:seen+i], true
		}
		seen = len(pending)
		l.cut = seen == len(l.buf)
		if l.cut || !l.fill() {
			line = l.buf[l.start:l.end]
			l.take(seen, 0)
			return line, seen > 0 && !l.failed
		}
	}
}

// take makes the next n bytes a line.
func (l *Lines) take(n, newline int) {
	l.line = l.next
	l.start += n + newline
	l.next += int64(n + newline)
}

// skip drops the rest of a line.
func (l *Lines) skip() bool {
	l.cut = false
	for {
		pending := l.buf[l.start:l.end]
		if i := bytes.IndexByte(pending, '\n'); i >= 0 {
			l.take(i, 1)
			return true
		}
		l.take(len(pending), 0)
		if !l.fill() {
			return false
		}
	}
}

// fill reads more. It moves what is pending to the front.
func (l *Lines) fill() bool {
	l.end = copy(l.buf, l.buf[l.start:l.end])
	l.start = 0
	for !l.ended && l.ctx.Err() == nil {
		n, err := l.source.Read(l.buf[l.end:])
		l.end += n
		if err != nil {
			l.ended = true
			if err != io.EOF {
				l.failed = true
				l.problems.Add(err)
			}
		}
		if n > 0 {
			return true
		}
	}
	return false
}

// Report tells the Problems what is wrong with the line that was returned last. It and
// Add are in so many places that the kit pays for each copy.
//
//go:noinline
func (l *Lines) Report(reason string) {
	l.problems.Add(&Error{Path: l.path, Offset: l.line, Err: FormatError(reason)})
}

// Damaged reports whether a part of the line could not be read.
func Damaged(line []byte) bool { return bytes.IndexByte(line, 0) >= 0 }
