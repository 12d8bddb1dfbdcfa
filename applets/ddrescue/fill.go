package ddrescue

import (
	"context"
	"errors"
	"io"
	"os"
	"strconv"
	"strings"
	"syscall"
	"time"

	"rescuebox/internal/applet"
	"rescuebox/internal/ddnumber"
	"rescuebox/internal/errno"
	"rescuebox/internal/fillmode"
	"rescuebox/internal/jsonw"
	"rescuebox/internal/mapfile"
	"rescuebox/internal/sha256"
)

// labelFill is of the map's comment that says what is being filled with what.
const labelFill = "Fill"

// fill is --fill-mode: it writes to the target's blocks of some types, and to no other.
func (r *run) fill(ctx context.Context) error {
	r.noteIdle("fill mode", fillOptions, optAsk)
	job, err := r.fillJob()
	if err != nil {
		return err
	}
	r.m = job.Map
	amount := int64(0)
	for b, in := range job.Domain.Pieces(r.m) {
		if in && strings.IndexByte(job.Types, byte(b.Status)) >= 0 {
			amount += b.Size
			r.o.Size = max(r.o.Size, b.Pos+b.Size+job.Offset)
		}
	}
	// Errors must be known while it is known what they are of.
	r.o.Sync = r.o.Sync || job.IgnoreErrors
	r.o.Truncate, r.o.Sparse = false, false
	if err := r.openTarget(nil); err != nil {
		return err
	}
	job.Target = r.target
	if err := r.sameCopy(); err != nil {
		return err
	}
	if r.o.ask && !r.agreed(r.o.source, r.o.target+", "+strconv.FormatInt(amount, 10)+" bytes of type "+job.Types+" are overwritten") {
		return applet.Exit(1)
	}
	show := &fillScreen{run: r, painter: newPainter(r.s, r.o.verbosity < 0 || r.o.json), meter: meter{began: time.Now()}}
	job.Watch = show.watch
	stats, err := job.Run(ctx)
	show.end(stats)
	if stats.Failed > 0 && err == nil {
		r.note(r.o.target + ": " + strconv.FormatInt(stats.Failed, 10) + " bytes could not be written")
	}
	return r.fillOutcome(err)
}

// fillJob is what is to be filled with what.
func (r *run) fillJob() (*fillmode.Job, error) {
	o := r.o
	types := strings.ReplaceAll(o.fillTypes, "l", "")
	if strings.Trim(types, "?*/-+") != "" || types == "" {
		return nil, badTypes()
	}
	m, err := r.readMap()
	if err != nil {
		return nil, err
	}
	if m == nil {
		return nil, errors.New(o.mapfile + ": there is no such map: it says what is to be filled")
	}
	restriction, err := r.finished(o.domain)
	if err != nil {
		return nil, err
	}
	j := &fillmode.Job{Map: m, Types: types, Location: types != o.fillTypes,
		Domain: mapfile.NewDomain(o.ipos, o.size, restriction).Crop(0, m.Size()), Offset: o.opos - o.ipos,
		IgnoreErrors: o.ignoreErrors, Save: r.saveFilling, Every: o.interval}
	if j.Sector, j.Cluster, err = o.clusters(defaultSector); err != nil {
		return nil, err
	}
	if j.Data, err = r.pattern(j.Cluster); err != nil {
		return nil, err
	}
	what := o.fillTypes + ", output position " + strconv.FormatInt(j.Offset, 10) + ", SHA-256 of data " + sha256.Hex(sha256.Sum256(j.Data))
	if was := m.Comment(labelFill); m.Header.Status == mapfile.Filling && was != "" && was != what {
		// What was filled with something else is no beginning of this.
		m.Header = mapfile.Header{Status: mapfile.Filling, Pass: 1}
	}
	m.SetComment(labelFill, what)
	return j, nil
}

func badTypes() error {
	return applet.Usage(1, "--fill-mode: some of ? * / - +, and l for the location")
}

// pattern reads what is written: at most a cluster of it is.
func (r *run) pattern(most int64) ([]byte, error) {
	f, err := os.Open(r.s.Path(r.o.source))
	if err != nil {
		return nil, named(r.o.source, err)
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, most))
	if err != nil {
		return nil, named(r.o.source, err)
	}
	if len(data) == 0 {
		return nil, errors.New(r.o.source + ": it is empty: nothing to fill with")
	}
	return data, nil
}

// saveFilling is save of a map of which only the header has changed.
func (r *run) saveFilling(m *mapfile.Map) error {
	m.SetComment(labelRun, "rescuebox ddrescue "+r.o.commandLine)
	m.SetComment("Current time", began())
	if err := m.Save(r.s.Path(r.o.mapfile), mapfile.AllReaders); err != nil {
		return named(r.o.mapfile, err)
	}
	return nil
}

// sameCopy refuses to fill what is not what the map is of, as far as that is known: it
// is not any more once what was rescued has been overwritten.
func (r *run) sameCopy() error {
	if strings.Contains(r.o.fillTypes, "+") {
		return nil
	}
	return r.compareSamples(r.target, r.o.opos-r.o.ipos, r.target.Length(), r.o.target)
}

func (r *run) fillOutcome(err error) error {
	var place *fillmode.Error
	switch {
	case stopped(err):
		return r.interrupted()
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EDQUOT):
		return r.full(err)
	case errors.As(err, &place):
		hint := ""
		if !r.o.ignoreErrors {
			hint = "; --ignore-write-errors passes over it"
		}
		return errors.New(r.o.target + ": writing at byte " + strconv.FormatInt(place.Pos+r.o.opos-r.o.ipos, 10) + ": " + errno.Reason(place.Err) + hint)
	}
	return err
}

// fillScreen shows how far a filling is.
type fillScreen struct {
	*run
	painter
	meter
	before int64 // bytes that were filled already
	seen   bool
}

func (s *fillScreen) watch(stats fillmode.Stats) {
	if !s.seen {
		s.before, s.seen = stats.Filled, true
	}
	now := time.Now()
	if !s.due(now) {
		return
	}
	s.add(now, stats.Filled-s.before)
	switch {
	case s.o.json:
		io.WriteString(s.out, s.json(stats, false))
	case s.terminal:
		s.paint(s.lines(stats))
	}
}

func (s *fillScreen) end(stats fillmode.Stats) {
	switch {
	case s.o.json:
		io.WriteString(s.out, s.json(stats, true))
	case s.o.verbosity >= 0:
		s.painter.end(s.lines(stats))
	}
}

func (s *fillScreen) lines(stats fillmode.Stats) []string {
	size := func(n int64) string { return ddnumber.Size(n, s.o.prefixes) }
	now, mean := s.rate(stats.Filled - s.before)
	left := "unknown"
	if d, known := s.left(stats.Left); known || stats.Left == 0 {
		left = clock(d)
	}
	lines := []string{
		"filled " + ddnumber.Percent(stats.Filled, max(stats.Filled+stats.Left, 1)) + ", " + size(stats.Filled) + " in " + strconv.Itoa(stats.FilledAreas) +
			" areas; left " + size(stats.Left) + " in " + strconv.Itoa(stats.LeftAreas) + " areas",
		"rate " + size(now) + "/s, mean " + size(mean) + "/s; time " + clock(time.Since(s.began)) + "; to go " + left,
		"at " + size(stats.Pos) + "; write errors " + strconv.Itoa(stats.Errors) + ", not written " + size(stats.Failed),
		"to " + s.o.target + " with " + s.o.source,
	}
	for i := range lines {
		lines[i] = s.fit(lines[i])
	}
	return lines
}

func (s *fillScreen) json(stats fillmode.Stats, end bool) string {
	now, mean := s.rate(stats.Filled - s.before)
	return numbers("filling", end, []number{{"seconds", int64(time.Since(s.began).Seconds())}, {"filled", stats.Filled}, {"left", stats.Left},
		{"filled_areas", int64(stats.FilledAreas)}, {"left_areas", int64(stats.LeftAreas)}, {"write_errors", int64(stats.Errors)},
		{"not_written", stats.Failed}, {"position", stats.Pos}, {"rate", now}, {"mean_rate", mean}})
}

// number is one of a line of JSON.
type number struct {
	name  string
	value int64
}

// numbers is a line of JSON for scripts; texts are names and values.
func numbers(phase string, end bool, all []number, texts ...[2]string) string {
	var j jsonw.Writer
	j.Object()
	j.Key("phase").String(phase)
	j.Key("ended").Bool(end)
	for _, n := range all {
		j.Key(n.name).Int(n.value)
	}
	for _, t := range texts {
		j.Key(t[0]).String(t[1])
	}
	j.EndObject()
	return string(j.Bytes()) + "\n"
}
