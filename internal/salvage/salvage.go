// Package salvage makes the best copy of a damaged file that can be had: good bytes
// from the medium, lost ones from the page cache, then from other copies of the same
// file on this host. Nothing is made up: what stays lost is zeros, and is listed. No
// byte that is known to be bad is read again.
package salvage

import (
	"context"
	"errors"
	"io"
	"os"
	"sync"

	"golang.org/x/sys/unix"

	"rescuebox/internal/medium"
	"rescuebox/internal/pagecache"
)

// Job is a damaged file, and where to put the copy of it.
type Job struct {
	// Host is where the kernel finds the file; it may be a link in /proc, of a file
	// that has no name any more.
	Host string
	// Path is the file's own, absolute and without symbolic links. The copy goes to
	// the same path below Dir.
	Path string
	Dir  string // a folder of the host; made if need be
	// Bad are the places of the file that could not be read.
	Bad []medium.Range
	// Names are what else the file is asked for as, such as a library's soname:
	// a copy that is whole gets symbolic links of these names beside it.
	Names []string
	// Matches, if set, compares a file with the digest that was recorded of it. The
	// source says who recorded it, and is empty where nothing is recorded.
	Matches func(content io.Reader) (source string, ok bool)
}

// From says where bytes of a copy come from.
type From uint8

// The origins of bytes.
const (
	Missing From = iota // nowhere: they are zeros
	Medium              // the file itself
	Cache               // the page cache
	Copy                // another file
)

// Part is a run of bytes of one origin.
type Part struct {
	Offset, Length int64
	From           From
	Path           string // of the other file; empty for other origins
}

// Result is the copy that was made.
type Result struct {
	Path  string // of the copy, for the kernel
	Whole bool   // nothing is missing
	Parts []Part // all of the file, in order

	// Verified is who recorded the digest that the copy has, read back from its
	// disk; empty where none does.
	Verified string
	// Mismatch is who recorded a digest that a whole copy does not have; empty for
	// none. The file may have been changed before it was damaged.
	Mismatch string

	SameDevice bool     // the copy lies on the file system of the damaged file
	SetID      bool     // the file runs as its owner or group; the copy does not
	Links      []string // symbolic links that were made beside it
}

// Missing returns how many bytes are missing.
func (r *Result) Missing() int64 {
	var n int64
	for _, p := range r.Parts {
		if p.From == Missing {
			n += p.Length
		}
	}
	return n
}

// Incomplete is added to the name of a copy with missing parts, so that no loader
// takes it by mistake, and that it does not replace a better one.
const Incomplete = ".incomplete"

// Save is a copy that is being made. Finish or Abandon ends it.
type Save struct {
	job    Job
	stat   unix.Stat_t // of the damaged file
	target *target
	looked bool // the cache could be looked at

	mu    sync.Mutex
	parts parts
}

// ErrReplaced is the error of a file that another took the place of meanwhile.
var ErrReplaced = errors.New("replaced while it was saved")

// Start takes what the page cache and the medium have, in this order: what the cache
// holds of the bad places may be gone soon. It needs no more than a few MiB.
func Start(ctx context.Context, job Job) (*Save, error) {
	file, err := medium.Open(job.Host)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	s := &Save{job: job, stat: *file.Stat(), parts: newParts(file.Size())}
	// A file that runs as another user must not be left lying about for anybody.
	sparse := int64(s.stat.Blocks)*512 < file.Size()
	if s.target, err = newTarget(job.Dir, job.Path, file.Size(), !sparse); err != nil {
		return nil, err
	}
	if err := s.start(ctx, file); err != nil {
		return nil, errors.Join(err, s.Abandon())
	}
	return s, nil
}

func (s *Save) start(ctx context.Context, file *medium.File) error {
	cache, err := pagecache.Open(s.job.Host)
	if err == nil {
		defer cache.Close()
		if c := cache.Stat(); c.Dev != s.stat.Dev || c.Ino != s.stat.Ino {
			return &os.PathError{Op: "save", Path: s.job.Host, Err: ErrReplaced}
		}
		s.looked = true
		for _, bad := range s.job.Bad {
			if err := s.fromCache(ctx, cache, bad.Offset, bad.Length); err != nil {
				return err
			}
		}
	}
	if err := s.fromMedium(ctx, file); err != nil {
		return err
	}
	// Reads through the cache have seen what it has.
	if !s.looked || !file.Direct() {
		return nil
	}
	// Places that went bad since, and all of a disk that is gone.
	for _, hole := range s.parts.missing() {
		if err := s.fromCache(ctx, cache, hole.Offset, hole.Length); err != nil {
			return err
		}
	}
	return nil
}

// fromCache takes what the page cache has of a range. Only failing to write is an
// error: the cache is not to be relied upon.
func (s *Save) fromCache(ctx context.Context, cache *pagecache.Cache, off, length int64) error {
	list, _ := cache.Resident(off, length)
	var buffer []byte
	for _, r := range list {
		for at, end := r.Offset, r.Offset+r.Length; at < end; {
			if err := ctx.Err(); err != nil {
				return err
			}
			if buffer == nil {
				buffer = make([]byte, min(length, medium.Chunk))
			}
			n, err := cache.ReadAt(buffer[:min(end-at, int64(len(buffer)))], at)
			if err := s.put(buffer[:n], at, Cache, ""); err != nil {
				return err
			}
			at += int64(n)
			if err != nil || n == 0 {
				break
			}
		}
	}
	return nil
}

// fromMedium takes all that is not known to be bad. Only failing to write is an
// error: of a disk that is gone, what was read before counts.
func (s *Save) fromMedium(ctx context.Context, file *medium.File) error {
	t := &tee{Source: file, bad: s.job.Bad, take: func(p []byte, off int64) error {
		return s.put(p, off, Medium, "")
	}}
	return t.read(ctx)
}

// put writes bytes where there are none yet.
func (s *Save) put(p []byte, off int64, from From, path string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, hole := range s.parts.missingIn(off, int64(len(p))) {
		if err := s.target.write(p[hole.Offset-off:][:hole.Length], hole.Offset); err != nil {
			return err
		}
		s.parts.set(Part{hole.Offset, hole.Length, from, path})
	}
	return nil
}

// Missing returns the parts that are missing so far.
func (s *Save) Missing() []Part {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.parts.missing()
}

// CacheLooked reports whether the user may know what the page cache holds.
func (s *Save) CacheLooked() bool { return s.looked }

// Abandon removes what was written.
func (s *Save) Abandon() error { return s.target.abandon() }
