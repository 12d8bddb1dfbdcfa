package find

import (
	"context"
	"errors"
	"strings"

	"golang.org/x/sys/unix"
)

// Options are the settings of a whole search.
type Options struct {
	MinDepth, MaxDepth int  // MaxDepth -1 means no limit
	DepthFirst         bool // a folder comes after what is in it
	SameDevice         bool // do not enter mount points
	Follow             Follow
}

// Follow says which symbolic links stand for their targets.
type Follow int

// The options -P, -H and -L.
const (
	FollowNone Follow = iota
	FollowStart
	FollowAll
)

type walker struct {
	query *Query
	ctx   context.Context
	dev   uint64   // of the current starting point
	above []fileID // folders that contain the current entry, with FollowAll
	quit  bool
}

type fileID struct {
	dev, ino uint64
	path     string
}

// errLoop is what is said of a link that leads back to a folder above it.
var errLoop = errors.New("file system loop detected; not entered")

func (w *walker) report(path string, err error) { w.query.env.report(path, err) }

// start walks one starting point.
func (w *walker) start(operand string) {
	trimmed := strings.TrimRight(operand, "/")
	name := trimmed[strings.LastIndexByte(trimmed, '/')+1:]
	if trimmed == "" {
		name = operand[:min(1, len(operand))]
	}
	e := &Entry{
		Path: operand, Name: name, Start: operand, dirfd: unix.AT_FDCWD, at: w.query.env.Path(operand),
		follow: w.query.opts.Follow != FollowNone, walk: w,
	}
	// A name the user gave that does not exist must be said, whatever the tests.
	st, ok := e.Stat()
	if !ok {
		return
	}
	w.dev = uint64(st.Dev)
	w.above = w.above[:0]
	w.visit(e)
}

func (w *walker) visit(e *Entry) {
	opts := &w.query.opts
	if !opts.DepthFirst {
		w.eval(e)
	}
	if !w.stopped() && !e.prune && (opts.MaxDepth < 0 || e.Depth < opts.MaxDepth) {
		if kind, ok := e.Kind(); ok && kind == 'd' {
			w.enter(e)
		}
	}
	if opts.DepthFirst && !w.stopped() {
		w.eval(e)
	}
}

func (w *walker) eval(e *Entry) {
	if e.Depth >= w.query.opts.MinDepth {
		w.query.expr(e)
		w.query.env.afterEntry()
	}
}

func (w *walker) stopped() bool {
	return w.quit || w.query.env.failed != nil || w.ctx.Err() != nil
}

// enter visits what the folder e holds.
func (w *walker) enter(e *Entry) {
	opts := &w.query.opts
	if opts.SameDevice && e.Depth > 0 {
		st, ok := e.Stat()
		if !ok || uint64(st.Dev) != w.dev {
			return
		}
	}
	fd, err := openDir(e.dirfd, e.at, e.follow)
	if err != nil {
		w.report(e.Path, err)
		return
	}
	defer unix.Close(fd)
	if opts.Follow == FollowAll {
		if !w.push(e, fd) {
			return
		}
		defer func() { w.above = w.above[:len(w.above)-1] }()
	}
	prefix := e.Path
	if !strings.HasSuffix(prefix, "/") {
		prefix += "/"
	}
	for !w.stopped() {
		entries, err := readDir(fd)
		for _, d := range entries {
			if w.stopped() {
				return
			}
			w.visit(&Entry{
				Path: prefix + d.name, Name: d.name, Start: e.Start, Depth: e.Depth + 1,
				dirfd: fd, at: d.name, kind: d.kind, ino: d.ino,
				follow: opts.Follow == FollowAll, walk: w,
			})
		}
		if err != nil {
			// Part of a folder is better than none: what was read was visited.
			w.report(e.Path, err)
			return
		}
		if len(entries) == 0 {
			return
		}
	}
}

// push notes the open folder as one above what follows, and refuses one that is
// above itself already.
func (w *walker) push(e *Entry, fd int) bool {
	var st unix.Stat_t
	if err := unix.Fstat(fd, &st); err != nil {
		w.report(e.Path, err)
		return false
	}
	id := fileID{uint64(st.Dev), st.Ino, e.Path}
	for _, a := range w.above {
		if a.dev == id.dev && a.ino == id.ino {
			w.report(e.Path, errLoop)
			return false
		}
	}
	w.above = append(w.above, id)
	return true
}
