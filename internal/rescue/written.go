package rescue

import (
	"context"
	"errors"
	"syscall"
	"time"

	"rescuebox/internal/mapfile"
)

// written is what the map says to be on the target since the target was last synced.
//
// The kernel tells once that it could not write what it had taken: the next sync
// succeeds, though the data is gone (fsync(2), NOTES). A failed write may be the news of
// earlier ones, as on NFS. So after either, nothing of this is believed.
type written struct {
	extents []extent // in the order they came, those side by side as one
	lost    bool     // and the rescue ends: the map stays as it was last saved
	again   bool     // all phases are to begin anew
	proving bool     // the next write is believed only when it has been synced
	unsaved bool     // the map has no room either
}

type extent struct{ pos, size int64 }

func (w *written) add(pos, size int64) {
	if n := len(w.extents); n > 0 {
		if last := &w.extents[n-1]; last.pos+last.size == pos {
			last.size += size
			return
		}
	}
	w.extents = append(w.extents, extent{pos, size})
}

// roomEvery is between attempts to write to a full target.
const roomEvery = time.Second

// write writes all to the target, and waits for room where that is asked for.
func (r *run) write(ctx context.Context, p []byte, off int64) error {
	for {
		_, err := r.Target.WriteAt(p, off)
		if err == nil && r.written.proving {
			err = r.Target.Sync()
		}
		if err == nil {
			r.stats.Full, r.written.proving = false, false
			return nil
		}
		if err := r.failed(err); err != nil {
			return err
		}
		if err := r.pause(ctx, roomEvery); err != nil {
			return err
		}
	}
}

// sync puts what was written on the target's disk.
func (r *run) sync() error {
	if err := r.Target.Sync(); err != nil {
		return r.failed(err)
	}
	r.written.extents = r.written.extents[:0]
	return nil
}

// failed deals with an error of the target. It returns nil where that is only full and
// room is waited for: then what the target may not hold is to be read again.
func (r *run) failed(err error) error {
	if !full(err) || !r.AwaitRoom {
		r.written.lost = true
		return err
	}
	first := !r.stats.Full
	r.stats.Full = true
	for _, e := range r.written.extents {
		r.Map.Set(e.pos, e.size, mapfile.NonTried)
		r.stats.Good -= e.size
		r.written.again = true
	}
	r.written.extents = r.written.extents[:0]
	r.written.proving = true
	if !first {
		return nil
	}
	r.tell(nil, nil)
	return r.saveMap() // nobody may ever make room
}

// saveMap saves the map. Where it lies on the disk that is full it stays as it was last
// saved, till there is room.
func (r *run) saveMap() error {
	if r.Save == nil {
		return nil
	}
	err := r.Save(r.Map)
	r.written.unsaved = r.stats.Full && full(err)
	if r.written.unsaved {
		return nil
	}
	return err
}

// full reports whether an error says that there is no room.
func full(err error) bool { return errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT) }
