package device

import (
	"errors"
	"io/fs"
	"sync"

	"golang.org/x/sys/unix"

	"rescuebox/internal/errno"
)

// Reopening is a source that is closed and opened again behind each error, before the
// next read: some drivers stay slow after one for as long as a file is open. Reads that
// are on their way end on what they began with.
type Reopening struct {
	first *Source // what it was
	open  func() (*Source, error)

	mu  sync.Mutex
	now *lease
}

// lease is an open source with those who use it.
type lease struct {
	*Source
	users int
	old   bool // an error has come of it: closed by its last user
}

// NewReopening wraps a source, which it closes.
func NewReopening(s *Source) *Reopening {
	return &Reopening{first: s, open: func() (*Source, error) { return OpenSource(s.path, s.buffered) }, now: &lease{Source: s}}
}

// Size is that of the source.
func (r *Reopening) Size() int64 { return r.first.Size() }

// Sectors implements rescue.Medium.
func (r *Reopening) Sectors() (logical, physical int64) { return r.first.Sectors() }

// ReadAt implements rescue.Medium. The error is ENODEV where there is another device
// of that name, or none.
func (r *Reopening) ReadAt(p []byte, off int64) (int, error) {
	l, err := r.take()
	if err != nil {
		return 0, err
	}
	n, err := l.ReadAt(p, off)
	r.mu.Lock()
	defer r.mu.Unlock()
	l.old = l.old || err != nil
	l.users--
	if l.old && l.users == 0 {
		r.drop(l)
	}
	return n, err
}

// take returns what is to be read from. Whoever opens it holds up other readers, and
// nobody else.
func (r *Reopening) take() (*lease, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.now == nil || r.now.old {
		s, err := r.open()
		if err != nil {
			return nil, missing(err)
		}
		if a, b := s.Stat(), r.first.Stat(); a.Dev != b.Dev || a.Ino != b.Ino || a.Rdev != b.Rdev || s.Size() != r.first.Size() {
			return nil, errors.Join(unix.ENODEV, s.Close())
		}
		r.now = &lease{Source: s}
	}
	r.now.users++
	return r.now, nil
}

// missing is ENODEV for a path that is not there any more.
func missing(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return unix.ENODEV
	}
	if e := errno.Of(err); e != 0 {
		return e
	}
	return err
}

// drop closes what nobody uses any more.
func (r *Reopening) drop(l *lease) {
	_ = l.Close() // it was only read
	if r.now == l {
		r.now = nil
	}
}

// Close closes it, unless a read still hangs in it.
func (r *Reopening) Close() error {
	if !r.mu.TryLock() {
		return nil
	}
	defer r.mu.Unlock()
	if r.now == nil || r.now.users > 0 {
		return nil
	}
	return r.now.Close()
}
