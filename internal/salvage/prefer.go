package salvage

import (
	"bytes"
	"context"

	"rescuebox/internal/pagecache"
)

// maxUndo is how much of a file may differ between medium and cache, in bytes, for
// either to be tried.
const maxUndo = 4 << 20

// change is what a place held before.
type change struct {
	off int64
	was []byte
}

// preferCache reports whether nothing is known to be wrong with a file that is whole:
// as it is, or else with what the cache has where that is not what the medium says.
func (s *Save) preferCache(ctx context.Context) (sound bool, err error) {
	if s.sound() {
		return true, nil
	}
	cache, err := pagecache.Open(s.job.Host)
	if err != nil {
		return false, nil
	}
	defer cache.Close()
	if c := cache.Stat(); c.Dev != s.stat.Dev || c.Ino != s.stat.Ino {
		return false, nil
	}
	before := append(parts(nil), s.parts...)
	undo, err := s.differences(ctx, cache)
	if err != nil || len(undo) == 0 {
		return false, err
	}
	if s.sound() {
		return true, nil
	}
	for _, u := range undo {
		if err := s.target.write(u.was, u.off); err != nil {
			return false, err
		}
	}
	s.parts = before
	return false, nil
}

// differences puts what the cache has in place of what is different.
func (s *Save) differences(ctx context.Context, cache *pagecache.Cache) ([]change, error) {
	const unit = 4096
	var undo []change
	ours, theirs := make([]byte, unit), make([]byte, unit)
	list, _ := cache.Resident(0, int64(s.stat.Size))
	for _, r := range list {
		for at, end := r.Offset, r.Offset+r.Length; at < end; at += unit {
			if err := ctx.Err(); err != nil {
				return nil, err
			}
			n, _ := cache.ReadAt(theirs[:min(unit, end-at)], at)
			if err := s.target.read(ours[:n], at); err != nil {
				return nil, err
			}
			if bytes.Equal(ours[:n], theirs[:n]) {
				continue
			}
			if len(undo) == maxUndo/unit {
				return undo, nil
			}
			undo = append(undo, change{at, bytes.Clone(ours[:n])})
			if err := s.target.write(theirs[:n], at); err != nil {
				return nil, err
			}
			s.parts.set(Part{at, int64(n), Cache, ""})
		}
	}
	return undo, nil
}
