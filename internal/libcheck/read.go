package libcheck

import (
	"context"
	"io"

	"rescuebox/internal/blockdev"
	"rescuebox/internal/medium"
	"rescuebox/internal/pkgdb"
)

// Outcome is what reading a file came to.
type Outcome struct {
	Done     bool           // it was read to its end, or cannot be
	Read     int64          // bytes that can be read
	Bad      []Bad          // sorted by offset
	Err      error          // why it was not read to its end; nil when it was
	Buffered bool           // its file system has no direct reads: the page cache may hide damage
	Records  []pkgdb.Record // what package managers have recorded of it
	match    int            // index into Records of the one that it agrees with
}

// noMatch is the match of a file that agrees with no record.
const noMatch = -1

// Reading says how a plan is read.
type Reading struct {
	System   blockdev.System
	Progress func(bytes int64) // told of bytes done with; may be nil
	// Damaged, when set, is told of each file that the medium has lost some of,
	// as soon as it was read and while it is open. Calls do not overlap.
	Damaged func(*File, *medium.File)
}

// Read reads all files of the plan. The error is that of ctx; what was found until
// then is in the plan.
func (p *Plan) Read(ctx context.Context, how Reading) error {
	r := &reader{plan: p, how: how, places: newLocator(how.System)}
	for _, f := range p.Files {
		if f.Err == nil {
			r.files = append(r.files, f)
		} else {
			f.Done = true
		}
	}
	scan := &medium.Scan{Open: r.open, Done: r.done, Progress: how.Progress, Data: data}
	return scan.Run(ctx)
}

// Bytes is how much there is to read.
func (p *Plan) Bytes() int64 {
	var n int64
	for _, f := range p.Files {
		n += f.Size
	}
	return n
}

// reader is Read under way.
type reader struct {
	plan   *Plan
	how    Reading
	files  []*File
	places *locator
}

// source is a file that is read, with the digests to compare it by.
type source struct {
	*medium.File
	sums []sum
}

// sum is one digest under way.
type sum struct {
	pkgdb.Hash
	algorithm pkgdb.Algorithm
	bytes     int64
}

func (r *reader) open(index int) (medium.Source, error) {
	if index == len(r.files) {
		return nil, io.EOF
	}
	f := r.files[index]
	file, err := medium.Open(r.plan.host(f))
	if err != nil {
		return nil, err
	}
	s := &source{File: file}
	for _, record := range f.Records {
		s.want(record.Digest)
	}
	return s, nil
}

// host returns where the kernel finds a file.
func (p *Plan) host(f *File) string {
	if f.via != "" {
		return f.via
	}
	return p.root.Host(f.Path)
}

func (s *source) want(d pkgdb.Digest) {
	if d.Sum == "" {
		return
	}
	for _, known := range s.sums {
		if known.algorithm == d.Algorithm {
			return
		}
	}
	if h := pkgdb.NewHash(d.Algorithm); h != nil {
		s.sums = append(s.sums, sum{algorithm: d.Algorithm, Hash: h})
	}
}

// data takes a source's bytes as they come.
func data(from medium.Source, p []byte) {
	s := from.(*source)
	for i := range s.sums {
		_, _ = s.sums[i].Write(p)
		s.sums[i].bytes += int64(len(p))
	}
}

func (r *reader) done(from medium.Source, result medium.Result) {
	f := r.files[result.Index]
	f.Read, f.Err = result.Read, result.Err
	f.Done = result.Err != context.Canceled
	s, _ := from.(*source)
	if s == nil {
		return
	}
	defer s.Close()
	f.Buffered = !s.Direct()
	for _, bad := range result.Bad {
		f.Bad = append(f.Bad, r.places.split(s.File, bad)...)
	}
	r.places.explain(f, r.plan.host(f), s.File)
	if len(f.Bad) > 0 && r.how.Damaged != nil {
		r.how.Damaged(f, s.File)
	}
	for i := range f.Records {
		if f.match < 0 && s.has(f.Records[i].Digest, f.Size) {
			f.match = i
		}
	}
}

// has reports whether a whole file of size bytes has the digest.
func (s *source) has(d pkgdb.Digest, size int64) bool {
	for i := range s.sums {
		if sum := &s.sums[i]; sum.algorithm == d.Algorithm && sum.bytes == size {
			return d.Matches(sum.Hash.Digest())
		}
	}
	return false
}
