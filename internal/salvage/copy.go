package salvage

import (
	"bytes"
	"context"
	"io"
	"iter"
	"os"
	"strconv"
	"strings"
	"sync/atomic"

	"golang.org/x/sys/unix"

	"rescuebox/internal/medium"
)

// Candidate is a file that may be another copy of the damaged one.
type Candidate struct {
	Path string // for the kernel: of the host, or a link in /proc
	Name string // its last name, also where Path is a link in /proc

	held *os.File // keeps the file when the process ends that Path leads through
}

// hold keeps the file of a candidate that is to be tried again: a link in /proc goes
// with its process, and what it leads to may have no other name.
func (c *Candidate) hold() {
	if strings.HasPrefix(c.Path, "/proc/") {
		c.held, _ = os.OpenFile(c.Path, unix.O_PATH|unix.O_CLOEXEC, 0)
	}
}

// open opens the file, held or not.
func (c *Candidate) open() (*medium.File, error) {
	if c.held != nil {
		return medium.Open("/proc/self/fd/" + strconv.Itoa(int(c.held.Fd())))
	}
	return medium.Open(c.Path)
}

// release ends hold.
func release(list []Candidate) {
	for _, c := range list {
		c.held.Close()
	}
}

// Fill takes what is missing from other copies, the most trustworthy first: those
// with the recorded digest, then those with the same build-id, or with the same name
// where more than half of the file is known. Every byte that is known of the damaged
// file must be equal to the copy's, so that no two versions are ever mixed.
//
// Where nothing is missing, but the digest is another, the cache may have what the
// medium gives wrong. If that does not help, or something is missing still, a copy that
// differs but has the recorded digest stands in for the whole file.
//
// The list may be nil. The error is that of ctx, or of writing.
func (s *Save) Fill(ctx context.Context, list iter.Seq[Candidate]) error {
	changed := len(s.Missing()) == 0
	if changed {
		if sound, err := s.preferCache(ctx); sound || err != nil {
			return err
		}
	}
	var equal, differ []Candidate
	defer func() { release(equal); release(differ) }()
	for c := range s.earlier(list) {
		if !changed && len(s.Missing()) == 0 {
			break
		}
		c.hold()
		what, err := s.try(ctx, c, s.job.Matches != nil, false)
		switch {
		case what == alike:
			equal = append(equal, c)
		case what == unlike:
			differ = append(differ, c)
		default:
			c.held.Close()
		}
		if err != nil {
			return err
		}
	}
	for _, c := range equal {
		if len(s.Missing()) == 0 {
			break
		}
		if _, err := s.try(ctx, c, false, false); err != nil {
			return err
		}
	}
	for _, c := range differ {
		if s.job.Matches == nil || !changed && len(s.Missing()) == 0 {
			break
		}
		if what, err := s.try(ctx, c, true, true); err != nil || what == taken {
			return err
		}
	}
	return nil
}

// earlier puts what an earlier run saved before the other candidates.
func (s *Save) earlier(list iter.Seq[Candidate]) iter.Seq[Candidate] {
	return func(yield func(Candidate) bool) {
		if !yield(Candidate{Path: s.target.path(s.target.name), Name: s.target.name}) {
			return
		}
		if list == nil {
			return
		}
		for c := range list {
			if !yield(c) {
				return
			}
		}
	}
}

// sound reports whether nothing is known to be wrong with what there is.
func (s *Save) sound() bool {
	if s.job.Matches == nil {
		return true
	}
	source, ok := s.job.Matches(io.NewSectionReader(&knownBytes{s}, 0, int64(s.stat.Size)))
	return ok || source == ""
}

// outcome is what became of a candidate.
type outcome uint8

const (
	useless outcome = iota
	unlike          // a file of the same name that differs
	alike           // all bytes that are known of both are equal; nothing was taken
	taken
)

// try judges a candidate, and takes what is missing from it: if it is alike and, with
// strict, has the recorded digest. With whole it takes all of one that has it.
func (s *Save) try(ctx context.Context, c Candidate, strict, whole bool) (outcome, error) {
	file, err := c.open()
	if err != nil {
		return useless, nil
	}
	defer file.Close()
	if s.own(file.Stat()) || strings.HasSuffix(c.Name, Incomplete) || strings.Contains(c.Name, tempMark) {
		return useless, nil
	}
	if !whole {
		if what, err := s.judge(ctx, file, c); err != nil || what != alike {
			return what, err
		}
	}
	if strict {
		content := newStream(ctx, file)
		if _, ok := s.job.Matches(content); !ok || content.failed {
			return alike, ctx.Err()
		}
	}
	if whole {
		return taken, s.replace(ctx, file, c.Path)
	}
	return taken, s.take(ctx, file, c.Path, strict)
}

// own reports whether a file is the damaged one, or the copy that is being made.
func (s *Save) own(st *unix.Stat_t) bool {
	var target unix.Stat_t
	return st.Dev == s.stat.Dev && st.Ino == s.stat.Ino ||
		unix.Fstat(s.target.fd, &target) == nil && st.Dev == target.Dev && st.Ino == target.Ino
}

// take fills the holes from a copy. Zeros are trusted only of a copy that has the
// recorded digest: others may be what another tool put in place of lost bytes, and
// the hole is zeros anyhow.
func (s *Save) take(ctx context.Context, file *medium.File, path string, trusted bool) error {
	for _, hole := range s.Missing() {
		block := int64(file.Block())
		t := &tee{
			Source: file, start: hole.Offset / block * block, end: (hole.Offset + hole.Length + block - 1) / block * block,
			take: func(p []byte, off int64) error {
				from, to := max(off, hole.Offset), min(off+int64(len(p)), hole.Offset+hole.Length)
				if from >= to || !trusted && zeros(p[from-off:to-off]) {
					return nil
				}
				return s.put(p[from-off:to-off], from, Copy, path)
			},
		}
		if err := t.read(ctx); err != nil {
			return err
		}
	}
	return nil
}

// replace forgets what there is, and takes all of a copy.
func (s *Save) replace(ctx context.Context, file *medium.File, path string) error {
	if err := s.target.resize(file.Size()); err != nil {
		return err
	}
	s.stat.Size = file.Stat().Size
	s.parts = newParts(file.Size())
	return s.take(ctx, file, path, true)
}

func zeros(p []byte) bool {
	for _, b := range p {
		if b != 0 {
			return false
		}
	}
	return true
}

// errDiffers ends a comparison.
type errDiffers struct{}

func (errDiffers) Error() string { return "the copies differ" }

// judge compares all that is known of both files. A copy may be damaged itself.
func (s *Save) judge(ctx context.Context, file *medium.File, c Candidate) (outcome, error) {
	differs := useless
	isNamed := named(c.Name, s.target.name)
	if isNamed {
		differs = unlike
	}
	if file.Size() != int64(s.stat.Size) {
		return differs, nil
	}
	ours, theirs := BuildID(&knownBytes{s}), BuildID(medium.Unaligned(file))
	if ours != "" && theirs != "" && ours != theirs {
		return differs, nil
	}
	identified := ours != "" && ours == theirs
	var equal atomic.Int64
	t := &tee{Source: file, take: func(p []byte, off int64) error {
		n, err := s.compare(p, off)
		equal.Add(n)
		return err
	}}
	if err := t.read(ctx); err != nil {
		if _, ok := err.(errDiffers); ok {
			return differs, nil
		}
		return useless, err
	}
	if identified || isNamed && equal.Load() > int64(s.stat.Size)/2 {
		return alike, nil
	}
	return differs, nil
}

// compare returns how many bytes are known and equal.
func (s *Save) compare(p []byte, off int64) (int64, error) {
	s.mu.Lock()
	known := s.parts.known(off, int64(len(p)))
	s.mu.Unlock()
	var equal int64
	var buffer []byte
	for _, k := range known {
		theirs := p[k.Offset-off:][:k.Length]
		if int64(len(buffer)) < k.Length {
			buffer = make([]byte, k.Length)
		}
		if err := s.target.read(buffer[:k.Length], k.Offset); err != nil {
			return equal, err
		}
		if !bytes.Equal(buffer[:k.Length], theirs) {
			return equal, errDiffers{}
		}
		equal += k.Length
	}
	return equal, nil
}

// named reports whether a name is that of the damaged file, or one that a package
// manager or an administrator gave to a copy of it.
func named(name, wanted string) bool { return strings.HasPrefix(strings.TrimPrefix(name, "."), wanted) }

// knownBytes reads the copy that is being made; what is missing is an error.
type knownBytes struct{ save *Save }

func (k *knownBytes) ReadAt(p []byte, off int64) (int, error) {
	s := k.save
	s.mu.Lock()
	holes := s.parts.missingIn(off, int64(len(p)))
	s.mu.Unlock()
	n := int64(len(p))
	var end error
	if left := int64(s.stat.Size) - off; left < n {
		n, end = max(left, 0), io.EOF
	}
	if len(holes) > 0 {
		n, end = holes[0].Offset-off, errMissing{}
	}
	if err := s.target.read(p[:n], off); err != nil {
		return 0, err
	}
	return int(n), end
}

type errMissing struct{}

func (errMissing) Error() string { return "missing" }
