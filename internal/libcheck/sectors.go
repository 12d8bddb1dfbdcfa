package libcheck

import (
	"context"
	"errors"
	"os"
	"syscall"

	"rescuebox/internal/blockdev"
	"rescuebox/internal/medium"
	"rescuebox/internal/onsector"
)

// ErrReported is the error of a place that was not read: something else says that
// it is bad.
var ErrReported = errors.New("on a sector that is reported bad")

// Locate marks the files of the plan that lie on sectors which something else says
// are bad, as if reading them had failed there; no file is read. Where only the inode
// is reported, the whole file counts. The error is that of ctx.
func (p *Plan) Locate(ctx context.Context, system blockdev.System, targets []onsector.Target) (*onsector.Result, error) {
	found, err := onsector.Find(ctx, system, targets, len(p.Files), func(i int) (*os.File, error) {
		return os.OpenFile(p.host(p.Files[i]), os.O_RDONLY|syscall.O_NONBLOCK, 0)
	})
	places := newLocator(system)
	for i, hits := 0, found.Hits; i < len(hits); {
		next := i + 1
		for next < len(hits) && hits[next].File == hits[i].File {
			next++
		}
		p.mark(places, p.Files[hits[i].File], hits[i:next])
		i = next
	}
	return found, err
}

// mark gives one file its bad places.
func (p *Plan) mark(places *locator, f *File, hits []onsector.Hit) {
	file, err := medium.Open(p.host(f))
	if err != nil {
		f.Err = err
		return
	}
	defer file.Close()
	for _, h := range hits {
		r := medium.Range{Offset: h.Offset, Length: h.Length, Err: ErrReported}
		if h.Length == 0 {
			r.Length = f.Size
		}
		// The last block may reach beyond the end.
		if r.Length = min(r.Length, f.Size-r.Offset); r.Length > 0 && !f.has(r) {
			f.Bad = append(f.Bad, places.split(file, r)...)
		}
	}
	places.explain(f, p.host(f), file)
}

// has reports whether a range is among the bad ones.
func (f *File) has(r medium.Range) bool {
	for _, b := range f.Bad {
		if b.Offset <= r.Offset && r.Offset+r.Length <= b.Offset+b.Length {
			return true
		}
	}
	return false
}
