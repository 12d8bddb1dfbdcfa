package salvage

import (
	"context"
	"errors"
	"strings"

	"golang.org/x/sys/unix"

	"rescuebox/internal/medium"
)

// Finish gives the copy its name, and returns when its disk has it. With missing parts
// that name ends in Incomplete. On an error nothing is left.
func (s *Save) Finish(ctx context.Context) (Result, error) {
	r := Result{Parts: s.parts, Whole: len(s.parts.missing()) == 0}
	err := s.finish(ctx, &r)
	if err != nil {
		return Result{}, errors.Join(err, s.target.abandon())
	}
	s.target.close()
	return r, nil
}

func (s *Save) finish(ctx context.Context, r *Result) error {
	t := s.target
	var there unix.Stat_t
	if err := unix.Fstat(t.fd, &there); err != nil {
		return t.fail("stat", err)
	}
	r.SameDevice = there.Dev == s.stat.Dev
	r.SetID = s.stat.Mode&(unix.S_ISUID|unix.S_ISGID) != 0
	if err := t.owned(&s.stat); err != nil {
		return err
	}
	if err := t.sync(); err != nil {
		return err
	}
	if r.Whole && s.job.Matches != nil {
		if err := s.verify(ctx, r); err != nil {
			return err
		}
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	name := t.name
	if !r.Whole {
		name = name[:min(len(name), 255-len(Incomplete))] + Incomplete
	}
	if err := t.place(name); err != nil {
		return err
	}
	r.Path = t.path(name)
	if r.Whole {
		s.link(r)
	}
	return nil
}

// verify reads the copy back from its disk, which may be dying too, and compares it
// with the digest.
func (s *Save) verify(ctx context.Context, r *Result) error {
	file, err := medium.Open(s.target.path(s.target.temp))
	if err != nil {
		return err
	}
	defer file.Close()
	content := newStream(ctx, file)
	source, ok := s.job.Matches(content)
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case content.failed:
		return s.target.fail("read back", unix.EIO)
	case ok:
		r.Verified = source
	default:
		r.Mismatch = source
	}
	return nil
}

// link makes the other names of the file.
func (s *Save) link(r *Result) {
	for _, name := range s.job.Names {
		if name == "" || name == "." || name == ".." || name == s.target.name || strings.Contains(name, "/") {
			continue
		}
		if s.target.link(name, s.target.name) {
			r.Links = append(r.Links, name)
		}
	}
}
