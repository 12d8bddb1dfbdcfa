package libcheck

import (
	"context"
	"errors"
	"slices"
	"strings"

	"rescuebox/internal/salvage"
)

// Saver makes copies of damaged files while a plan is read. Its Damaged is for
// Reading; Finish is for when that is over.
type Saver struct {
	Plan *Plan
	Dir  string // where the copies go

	begun map[*File]*salvage.Save
	saved map[*File]Saved
}

// Saved is what became of one damaged file.
type Saved struct {
	salvage.Result
	Err error // why there is no copy
}

// ErrNoDigest says that a file whose bytes are wrong, but can all be read, has no
// digest to tell a good copy by: a copy of it would be as bad.
var ErrNoDigest = errors.New("no digest is recorded to tell a good copy by")

// NewSaver returns a Saver for the damaged files of a plan.
func NewSaver(plan *Plan, dir string) *Saver {
	return &Saver{Plan: plan, Dir: dir, begun: map[*File]*salvage.Save{}, saved: map[*File]Saved{}}
}

// Of returns what became of a file; ok is false when it was not to be saved.
func (s *Saver) Of(f *File) (saved Saved, ok bool) {
	saved, ok = s.saved[f]
	return saved, ok
}

// Damaged takes what the page cache and the medium have of a file, as soon as it is
// known that some of it is lost: the cache may not keep it for long.
func (s *Saver) Damaged(ctx context.Context, f *File) {
	if f.Verdict() != Unreadable && f.Record() == nil {
		s.saved[f] = Saved{Err: ErrNoDigest}
		return
	}
	job := salvage.Job{Host: s.Plan.host(f), Path: f.Path, Dir: s.Dir, Matches: salvage.Digests(f.Records)}
	for _, b := range f.Bad {
		job.Bad = append(job.Bad, b.Range)
	}
	for _, name := range f.Names {
		if f.Library && !strings.Contains(name, "/") {
			job.Names = append(job.Names, name)
		}
	}
	begun, err := salvage.Start(ctx, job)
	if err != nil {
		s.saved[f] = Saved{Err: err}
		return
	}
	s.begun[f] = begun
}

// Finish looks for other copies of what is missing, of files that are not what they
// should be too, and gives the copies their names. When ctx is cancelled, what is
// there so far is kept.
func (s *Saver) Finish(ctx context.Context) {
	for _, f := range s.Plan.Damaged() {
		if s.begun[f] == nil && s.saved[f].Err == nil && ctx.Err() == nil {
			s.Damaged(ctx, f)
		}
	}
	for _, f := range s.Plan.Damaged() {
		if begun := s.begun[f]; begun != nil {
			s.saved[f] = s.finish(ctx, f, begun)
		}
	}
}

func (s *Saver) finish(ctx context.Context, f *File, begun *salvage.Save) Saved {
	list := salvage.Candidates(ctx, salvage.Query{Root: s.Plan.root, Path: f.Path, Size: f.Size, Dirs: s.Plan.folders()})
	if err := begun.Fill(ctx, list); err != nil && ctx.Err() == nil {
		return Saved{Err: errors.Join(err, begun.Abandon())}
	}
	r, err := begun.Finish(context.WithoutCancel(ctx))
	return Saved{r, err}
}

// folders returns the folders that libraries of the plan lie in.
func (p *Plan) folders() []string {
	var list []string
	for _, f := range p.Files {
		if dir := f.Path[:strings.LastIndexByte(f.Path, '/')+1]; f.Library && !slices.Contains(list, dir) {
			list = append(list, dir)
		}
	}
	return list
}
