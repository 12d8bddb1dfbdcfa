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

// brake waits until no more was read than the highest rate allows.
func (r *run) brake(ctx context.Context) error {
	if r.Rate <= 0 {
		return nil
	}
	due := r.started.Add(time.Duration(float64(r.stats.Good) / float64(r.Rate) * float64(time.Second)))
	return r.pause(ctx, time.Until(due))
}
