package ddrescue

import (
	"bytes"
	"errors"
	"io"
	"os"
	"slices"
	"strconv"
	"strings"

	"rescuebox/internal/mapfile"
	"rescuebox/internal/medium"
	"rescuebox/internal/sha256"
)

// Labels of the map's comments. Other versions of ddrescue pass over them.
const (
	labelSource = "Source"
	labelSample = "Sample"
	labelRun    = "Mapfile. Created by"
)

// samples is how many sectors of the source are known again.
const samples = 4

// sampleSize is the bytes of one.
const sampleSize = 4096

// save is the map on its disk, with what tells the source from others.
func (r *run) save(m *mapfile.Map) error { return r.saveOf(m, r.target) }

// saveOf is save with the copy to take samples of.
func (r *run) saveOf(m *mapfile.Map, copied io.ReaderAt) error {
	m.SetComment(labelRun, "rescuebox ddrescue "+r.o.commandLine)
	m.SetComment("Current time", began())
	m.SetComment(labelSource, r.name)
	r.sample(m, copied)
	if err := m.Save(r.s.Path(r.o.mapfile), mapfile.AllReaders); err != nil {
		return &mapError{r.o.mapfile, err}
	}
	return nil
}

// mapError is why a map could not be saved.
type mapError struct {
	name string // as on the command line
	err  error
}

func (e *mapError) Error() string { return named(e.name, e.err).Error() }
func (e *mapError) Unwrap() error { return e.err }

// sample notes digests of places that were read, as POSITION SHA256 each.
func (r *run) sample(m *mapfile.Map, copied io.ReaderAt) {
	if m.Comment(labelSample) != "" || r.o.target == "/dev/null" {
		return
	}
	var all []string
	b := medium.AlignedBuffer(sampleSize)
	for i := range int64(samples) {
		block, found := m.Next(m.Size()/samples*i, "+")
		pos := (max(block.Pos, m.Size()/samples*i) + sampleSize - 1) / sampleSize * sampleSize
		if !found || pos+sampleSize > block.Pos+block.Size {
			continue
		}
		if _, err := copied.ReadAt(b, pos+r.o.opos-r.o.ipos); err != nil || bytes.Count(b, b[:1]) == len(b) {
			continue // blank sectors tell nothing
		}
		all = append(all, strconv.FormatInt(pos, 10)+" "+sha256.Hex(sha256.Sum256(b)))
	}
	if len(all) > 0 {
		m.SetComment(labelSample, strings.Join(all, ", "))
	}
}

// same refuses a map that another disk was copied with.
func (r *run) same() error {
	if r.m.Sum("?") == r.m.Size() || slices.Contains(r.o.Override, identity) {
		return nil
	}
	was, is := r.m.Comment(labelSource), r.name
	if was != "" && was != is {
		return errors.New(r.o.mapfile + ": it is the map of another disk: " + was + ". " + r.o.source + " is " + is + " (--override=identity)")
	}
	return r.compareSamples(r.source, 0, r.source.Size(), r.o.source)
}

// sameTarget refuses a target that does not hold what the map says was copied: what is
// finished is not read again.
func (r *run) sameTarget() error {
	first, some := r.m.Next(0, "+")
	if !some || r.o.target == os.DevNull || slices.Contains(r.o.Override, identity) {
		return nil
	}
	offset, length := r.o.opos-r.o.ipos, r.target.Length()
	if length == 0 && first.Pos+first.Size+offset > 0 && !(r.o.Sparse && r.m.Comment(labelSample) == "") {
		return errors.New(r.o.target + ": it is empty, and " + r.o.mapfile + " says that " + strconv.FormatInt(r.m.Sum("+"), 10) +
			" bytes were copied: another copy? (--override=identity)")
	}
	return r.compareSamples(r.target, offset, length, r.o.target)
}

// compareSamples refuses what holds something else than what was copied, at an offset.
func (r *run) compareSamples(from io.ReaderAt, offset, size int64, name string) error {
	if slices.Contains(r.o.Override, identity) {
		return nil
	}
	b := medium.AlignedBuffer(sampleSize)
	for sample := range strings.SplitSeq(r.m.Comment(labelSample), ", ") {
		text, sum, _ := strings.Cut(sample, " ")
		pos, err := strconv.ParseInt(text, 10, 64)
		if err != nil || pos < 0 || pos+offset < 0 || pos+offset+sampleSize > size {
			continue
		}
		// What does not read any more proves nothing.
		if n, err := from.ReadAt(b, pos+offset); err == nil && n == len(b) && sha256.Hex(sha256.Sum256(b)) != sum {
			return errors.New(r.o.mapfile + ": " + name + " holds something else at byte " + strconv.FormatInt(pos+offset, 10) + " (sector " +
				strconv.FormatInt((pos+offset)/512, 10) + ") than what was copied: another disk? (--override=identity)")
		}
	}
	return nil
}
