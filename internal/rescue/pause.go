package rescue

import (
	"context"
	"time"
)

// pause waits, while whoever watches hears of it and the map is saved in time.
func (r *run) pause(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return nil
	}
	end := time.NewTimer(d)
	defer end.Stop()
	for {
		select {
		case <-end.C:
			return nil
		case <-ctx.Done():
			return ctx.Err()
		case now := <-r.ticker.C:
			if err := r.saveInTime(now); err != nil {
				return err
			}
			r.tell(nil, nil)
		}
	}
}

// rest waits between a phase that has read something and one that will.
func (r *run) rest(ctx context.Context) error {
	if r.stats.Reads == r.paused {
		return nil
	}
	r.paused = r.stats.Reads
	return r.pause(ctx, r.PauseOnPass)
}

// braked is from when on, and from how many good bytes, the highest rate is counted.
type braked struct {
	at   time.Time
	good int64
}

// burst is how far behind the highest rate a rescue may fall and still make up for it:
// what a failing read has taken is no reason to be less gentle behind it.
const burst = time.Second

// brake waits until no more was read than the highest rate allows.
func (r *run) brake(ctx context.Context) error {
	if r.Rate <= 0 {
		return nil
	}
	now, b := time.Now(), &r.braked
	due := b.at.Add(time.Duration(float64(r.stats.Good-b.good) / float64(r.Rate) * float64(time.Second)))
	if b.at.IsZero() || now.Sub(due) > burst || r.stats.Good < b.good {
		*b = braked{now, r.stats.Good}
		return nil
	}
	return r.pause(ctx, due.Sub(now))
}
