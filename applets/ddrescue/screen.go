package ddrescue

import (
	"io"
	"strconv"
	"time"

	"rescuebox/internal/ddnumber"
	"rescuebox/internal/mapfile"
	"rescuebox/internal/rescue"
)

// screen shows how far a rescue is: some lines that are drawn again on a terminal, or
// lines of JSON.
type screen struct {
	*run
	painter
	meter
	view    *overview
	logs    *logs
	preview preview
}

func newScreen(r *run, j *rescue.Job, l *logs) *screen {
	return &screen{run: r, painter: newPainter(r.s, r.o.verbosity < 0 || r.o.json), meter: meter{began: time.Now()},
		view: newOverview(r.m, j.Domains[len(j.Domains)-1]), logs: l, preview: preview{lines: r.o.preview}}
}

// watch takes an event of the job.
func (s *screen) watch(e rescue.Event) {
	if e.Read != nil {
		s.preview.take(e.Read.Pos, e.Read.Data)
	}
	now := time.Now()
	due := s.due(now)
	if due {
		s.add(now, e.Good)
	}
	if due && s.seen() {
		s.view.look(e.Map, s.terminal, false)
	}
	s.logs.watch(e, s, due)
	switch {
	case !due:
	case s.o.json:
		io.WriteString(s.out, s.json(e, false))
	case s.terminal:
		s.paint(s.lines(e))
	}
}

// seen reports whether anybody wants to know what the map says.
func (s *screen) seen() bool { return s.terminal || s.o.json || s.logs != nil }

// end shows the last state, on a terminal or not.
func (s *screen) end(stats rescue.Stats) {
	e := rescue.Event{Phase: "ended", Map: s.m, Stats: stats}
	if !s.seen() && s.o.verbosity < 0 {
		return
	}
	s.view.look(s.m, true, true)
	switch {
	case s.o.json:
		io.WriteString(s.out, s.json(e, true))
	case s.o.verbosity >= 0:
		s.painter.end(s.lines(e))
	}
}

// lines fit a serial console of 80 by 24. The first one says most.
func (s *screen) lines(e rescue.Event) []string {
	size := func(n int64) string { return ddnumber.Size(n, s.o.prefixes) }
	now, mean := s.rate(e.Good)
	v := s.view
	good, all, bad := v.of(mapfile.Finished), v.all(), v.totals[mapfile.BadSector]
	last := "none yet"
	if !e.LastGood.IsZero() {
		last = clock(time.Since(e.LastGood)) + " ago"
	}
	lines := []string{
		"rescued " + ddnumber.Percent(good, max(all, 1)) + ", " + size(good) + " of " + size(all) + "; bad " + size(bad.Bytes) + " in " +
			strconv.Itoa(bad.Areas) + " areas; read errors " + strconv.Itoa(e.Errors),
		"left: untried " + size(v.of(mapfile.NonTried)) + ", to trim " + size(v.of(mapfile.NonTrimmed)) + ", to scrape " + size(v.of(mapfile.NonScraped)),
		"rate " + size(now) + "/s, mean " + size(mean) + "/s; time " + clock(time.Since(s.began)) + "; last good read " + last,
		s.estimate(e),
		"phase: " + e.Phase + "; at " + size(e.Pos) + waiting(e.Waiting),
		"from " + s.o.source + ": " + s.name,
	}
	for i := range lines {
		lines[i] = s.fit(lines[i])
	}
	lines = append(lines, s.view.grid.Rows(min(cells/3, s.columns-1), s.colour)...)
	for _, line := range s.preview.text() {
		lines = append(lines, s.fit(line))
	}
	return lines
}

// estimate says how long the rest takes, as far as that is known.
func (s *screen) estimate(e rescue.Event) string {
	untried, trim, scrape := s.view.of(mapfile.NonTried), s.view.totals[mapfile.NonTrimmed], s.view.of(mapfile.NonScraped)
	if untried+trim.Bytes+scrape == 0 {
		return "nothing is left to try"
	}
	text := "to go: "
	if untried > 0 {
		d, known := s.left(untried)
		switch {
		case !known:
			text += "untried unknown, nothing comes"
		case e.Errors > 0 || e.Phase != "copying":
			// What was skipped lies where errors are.
			text += "untried at least " + clock(d)
		default:
			text += "untried " + clock(d)
		}
		text += "; "
	}
	if trim.Bytes+scrape == 0 {
		return text[:len(text)-2]
	}
	if e.Errors == 0 {
		return text + "trim and scrape unknown, no read has failed yet"
	}
	each := e.Failing.Seconds()
	if trim.Bytes > 0 {
		// Each area has a bad place.
		text += "trim at least " + clock(span(each*float64(trim.Areas))) + "; "
	}
	if scrape > 0 {
		text += "scrape at most " + clock(span(each*float64(scrape/s.sector()))) + "; "
	}
	return text + "an error takes " + strconv.FormatFloat(each, 'g', 2, 64) + " s"
}

// sector is what is read alone at a bad place.
func (r *run) sector() int64 {
	if r.o.Sector > 0 {
		return r.o.Sector
	}
	logical, physical := r.source.Sectors()
	return max(logical, physical, 1)
}

func waiting(d time.Duration) string {
	if d < 2*time.Second {
		return ""
	}
	return "; a read takes " + clock(d)
}

// json is one line for a script: bytes, bytes a second, seconds.
func (s *screen) json(e rescue.Event, end bool) string {
	v := s.view
	now, mean := s.rate(e.Good)
	return numbers(e.Phase, end, []number{{"seconds", int64(time.Since(s.began).Seconds())}, {"rescued", v.of(mapfile.Finished)},
		{"bad", v.of(mapfile.BadSector)}, {"bad_areas", int64(v.totals[mapfile.BadSector].Areas)}, {"untried", v.of(mapfile.NonTried)},
		{"non_trimmed", v.of(mapfile.NonTrimmed)}, {"non_scraped", v.of(mapfile.NonScraped)}, {"read_errors", int64(e.Errors)},
		{"reads", int64(e.Reads)}, {"position", e.Pos}, {"rate", now}, {"mean_rate", mean}, {"waiting_seconds", int64(e.Waiting.Seconds())}})
}
