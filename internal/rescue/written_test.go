package rescue

import (
	"errors"
	"syscall"
	"testing"

	"rescuebox/internal/mapfile"
)

// small is a target that has room only when somebody makes it. What is written is taken
// at once, and at times not kept: the next sync says so, once.
type small struct {
	*disc
	room  int64
	late  bool // only a sync tells that it is full
	full  bool // the next sync tells
	syncs int
}

func (s *small) WriteAt(p []byte, off int64) (int, error) {
	n := min(int64(len(p)), max(0, s.room-off))
	s.disc.WriteAt(p[:n], off)
	if n == int64(len(p)) {
		return int(n), nil
	}
	if s.late {
		s.full = true
		return len(p), nil
	}
	return int(n), syscall.ENOSPC
}

func (s *small) Sync() error {
	s.syncs++
	if s.full {
		s.full = false
		return syscall.ENOSPC
	}
	return s.disc.Sync()
}

// A full target is waited for, with a map that is saved, or is an error.
func TestFull(t *testing.T) {
	for _, late := range []bool{false, true} {
		f := newFaulty(4*mib, spots(3000)...)
		m := mapfile.New(f.Size())
		d := &small{disc: newDisc(4 * mib), room: 2*mib + 100, late: late}
		saved := mapfile.New(f.Size())
		save := func(m *mapfile.Map) error { saved = m.Clone(); return nil }
		if _, err := (&Job{Medium: f, Target: d, Map: m, Save: save}).Run(t.Context()); !errors.Is(err, syscall.ENOSPC) || saved.Sum("+") > 0 {
			t.Errorf("late %v: %v, %v", late, err, sums(saved))
		}
		full := 0
		j := Job{Medium: f, Target: d, Map: saved.Clone(), AwaitRoom: true, Save: save, Every: 1}
		j.Watch = func(e Event) {
			if !e.Full {
				return
			}
			if full++; full == 3 {
				d.room = 4 * mib
			}
			if wrong := lies(saved, d.content, f.content); len(wrong) > 0 {
				t.Errorf("late %v: %v", late, wrong)
			}
		}
		stats, err := j.Run(t.Context())
		if err != nil || full == 0 || stats.Full || saved.Sum("-") != 512 || stats.Good != saved.Sum("+") || len(lies(saved, d.content, f.content)) > 0 {
			t.Errorf("late %v: %v, %d, %+v, %v", late, err, full, stats, sums(saved))
		}
	}
}
