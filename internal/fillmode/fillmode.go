// Package fillmode overwrites parts of a copy, or of a disk: those that have given
// statuses in the map of ddrescue (its manual's chapter "Fill mode"). It writes to no
// other place.
package fillmode

import (
	"context"
	"errors"
	"strings"
	"syscall"
	"time"

	"rescuebox/internal/mapfile"
	"rescuebox/internal/medium"
)

// Target is what is filled.
type Target interface {
	WriteAt(p []byte, off int64) (int, error)
	// Sync returns when all that was written is on its disk.
	Sync() error
}

// Job is one filling. Only the header of the map changes.
type Job struct {
	Target Target
	Map    *mapfile.Map
	Domain mapfile.Domain
	Types  string // statuses of the blocks that are filled, as "?*/-"
	// Data is written to each cluster from its beginning, over and over. It is not
	// empty.
	Data     []byte
	Location bool  // each sector begins with its position, number and status
	Sector   int64 // bytes
	Cluster  int64 // bytes that are written at once
	Offset   int64 // of the target, added to a position
	// IgnoreErrors leaves sectors that cannot be written. The target's writes must
	// then wait for its disk, or errors come too late to be of a place.
	IgnoreErrors bool

	// Save puts the map where it survives; the target was synced before. Nil: never.
	Save  func(*mapfile.Map) error
	Every time.Duration // between saves; 0: 30 s
	// Watch hears how far it is, first before anything is written; it must not wait.
	// May be nil.
	Watch func(Stats)
}

// Stats are how far a filling is.
type Stats struct {
	Filled, Left           int64 // bytes
	FilledAreas, LeftAreas int
	Pos                    int64 // of the last write
	Errors                 int   // failed writes
	Failed                 int64 // bytes that could not be written
}

// Error is an error of the target at a position of the map.
type Error struct {
	Pos int64
	Err error
}

func (e *Error) Error() string { return e.Err.Error() }
func (e *Error) Unwrap() error { return e.Err }

// run is a job that goes on.
type run struct {
	*Job
	cluster []byte
	stats   Stats
	synced  mapfile.Header // what was on the disk up to there
	saved   time.Time
}

// Run fills until all is, ctx ends or a write fails, which is an *Error. A map whose
// header says Filling is gone on with at its position.
func (j *Job) Run(ctx context.Context) (Stats, error) {
	r := &run{Job: j, saved: time.Now()}
	r.cluster = medium.AlignedBuffer(int(j.Cluster))
	from := int64(0)
	if j.Map.Header.Status == mapfile.Filling {
		from = j.Map.Header.Pos
	}
	r.count(from)
	if j.Watch != nil {
		j.Watch(r.stats)
	}
	j.Map.Header = mapfile.Header{Pos: from, Status: mapfile.Filling, Pass: 1}
	r.synced = j.Map.Header
	// A map that cannot be saved is told before anything is overwritten.
	err := r.save()
	if err == nil {
		err = r.areas(ctx, from)
	}
	if err == nil {
		j.Map.Header.Status = mapfile.Finished
	}
	if saved := r.save(); err == nil {
		err = saved
	}
	return r.stats, err
}

// count looks at what is to be done, and what was before a position.
func (r *run) count(from int64) {
	for b, in := range r.Domain.Pieces(r.Map) {
		if !in || !r.wanted(b) {
			continue
		}
		end := b.Pos + b.Size
		done := min(max(from-b.Pos, 0), b.Size)
		r.stats.Filled += done
		r.stats.Left += b.Size - done
		if end <= from {
			r.stats.FilledAreas++
		} else {
			r.stats.LeftAreas++
		}
	}
}

func (r *run) wanted(b mapfile.Block) bool { return strings.IndexByte(r.Types, byte(b.Status)) >= 0 }

// areas fills what is behind a position.
func (r *run) areas(ctx context.Context, from int64) error {
	for b, in := range r.Domain.Pieces(r.Map) {
		end := b.Pos + b.Size
		if !in || !r.wanted(b) || end <= from {
			continue
		}
		start := max(b.Pos, from)
		if err := r.area(ctx, mapfile.Block{Pos: start, Size: end - start, Status: b.Status}); err != nil {
			return err
		}
		r.stats.FilledAreas++
		r.stats.LeftAreas--
	}
	return nil
}

// area fills one block: cluster by cluster, and sector by sector behind an error that
// is ignored.
func (r *run) area(ctx context.Context, b mapfile.Block) error {
	step, end := r.Cluster, b.Pos+b.Size
	for pos := b.Pos; pos < end; {
		if err := ctx.Err(); err != nil {
			return err
		}
		n := min(step, end-pos)
		r.stats.Pos = pos
		r.Map.Header.Pos = pos
		err := r.write(mapfile.Block{Pos: pos, Size: n, Status: b.Status})
		switch {
		case err == nil:
			r.stats.Filled += n
		case !r.IgnoreErrors || !ofPlace(err):
			return &Error{pos, err}
		case n > r.Sector:
			r.stats.Errors++
			step = r.Sector
			continue
		default:
			step = r.Sector
			r.stats.Errors++
			r.stats.Failed += n
		}
		r.stats.Left -= n
		pos += n
		if r.Watch != nil {
			r.Watch(r.stats)
		}
		if err := r.saveInTime(); err != nil {
			return err
		}
	}
	return nil
}

// ofPlace reports whether an error may be of one place on a disk, and not of all of it
// or of the file system (blk_errors in block/blk-core.c of Linux).
func ofPlace(err error) bool {
	for _, e := range []syscall.Errno{syscall.EIO, syscall.ENODATA, syscall.EILSEQ, syscall.EREMOTEIO, syscall.ETIMEDOUT, syscall.EREMCHG, syscall.EBADE} {
		if errors.Is(err, e) {
			return true
		}
	}
	return false
}

// write writes one cluster or sector.
func (r *run) write(b mapfile.Block) error {
	p := r.cluster[:b.Size]
	for n := 0; n < len(p); {
		n += copy(p[n:], r.Data)
	}
	for at := int64(0); r.Location && at < b.Size; at += r.Sector {
		copy(p[at:min(at+r.Sector, b.Size)], location(b.Pos+at, r.Sector, b.Status))
	}
	_, err := r.Target.WriteAt(p, b.Pos+r.Offset)
	return err
}

// location is what is found again in a file that has the sector.
func location(pos, sector int64, s mapfile.Status) string {
	return "\n# position " + mapfile.Hex(pos) + " sector " + mapfile.Hex(pos/sector) + " status " + string(rune(s)) + " "
}

func (r *run) saveInTime() error {
	every := r.Every
	if every == 0 {
		every = 30 * time.Second
	}
	if time.Since(r.saved) < every {
		return nil
	}
	return r.save()
}

// save puts the data on the target's disk, then the map that says so. When the disk
// does not take them, the map says where it last did: the kernel tells of such an error
// once, and forgets what was to be written.
func (r *run) save() error {
	r.saved = time.Now()
	if err := r.Target.Sync(); err != nil {
		r.Map.Header = r.synced
		if r.Save != nil {
			err = errors.Join(err, r.Save(r.Map))
		}
		return &Error{r.synced.Pos, err}
	}
	r.synced = r.Map.Header
	if r.Save == nil {
		return nil
	}
	return r.Save(r.Map)
}
