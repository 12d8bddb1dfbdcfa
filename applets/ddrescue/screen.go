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
	phase   string    // that was told last
	gone    time.Time // since when the source is; zero: it is there
}

// Phases of waiting.
const (
	awaitRoom   = "waiting for room on the target"
	awaitSource = "waiting for the source"
)

func newScreen(r *run, j *rescue.Job, l *logs) *screen {
	return &screen{run: r, painter: newPainter(r.s, r.o.verbosity < 0 || r.o.json), meter: meter{began: time.Now()},
		view: newOverview(r.m, j.Domains[len(j.Domains)-1]), logs: l, preview: preview{lines: r.o.preview}}
}

// watch takes an event of the job.
func (s *screen) watch(e rescue.Event) {
	if e.Read != nil {
		s.preview.take(e.Read.Pos, e.Read.Data)
	}
	if e.Full {
		e.Phase = awaitRoom
	}
	s.tellPhase(e.Phase)
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
		io.WriteString(s.out, s.json(e, false, nil))
	case s.terminal:
		s.paint(s.lines(e))
	}
}

// seen reports whether anybody wants to know what the map says.
func (s *screen) seen() bool { return s.terminal || s.o.json || s.logs != nil }

// say prints a message in a place of its own, unless quiet.
func (s *screen) say(text string) {
	if s.o.verbosity >= 0 {
		s.lift()
		s.note(text)
	}
}

// end shows the last state, on a terminal or not, and for a script why it has ended.
func (s *screen) end(stats rescue.Stats, err error) {
	e := rescue.Event{Phase: "ended", Map: s.m, Stats: stats}
	if !s.seen() && s.o.verbosity < 0 {
		return
	}
	s.view.look(s.m, true, true)
	switch {
	case s.o.json:
		io.WriteString(s.out, s.json(e, true, err))
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
		s.alarm(e) + "rescued " + ddnumber.Percent(good, max(all, 1)) + ", " + size(good) + " of " + size(all) + "; bad " + size(bad.Bytes) + " in " +
			strconv.Itoa(bad.Areas) + " areas; read errors " + strconv.Itoa(e.Errors),
		"left: untried " + size(v.of(mapfile.NonTried)) + ", to trim " + size(v.of(mapfile.NonTrimmed)) + ", to scrape " + size(v.of(mapfile.NonScraped)),
		"rate " + size(now) + "/s, mean " + size(mean) + "/s; time " + clock(time.Since(s.began)) + "; last good read " + last,
		s.estimate(e),
		"phase: " + e.Phase + s.away() + "; at " + size(e.Pos) + waiting(e.Waiting),
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

// alarm is what somebody has to do something about: it stands first, where a terminal
// that is not known has one line.
func (s *screen) alarm(e rescue.Event) string {
	switch {
	case e.Full:
		return "TARGET FULL! "
	case !s.gone.IsZero():
		return "SOURCE GONE! "
	}
	return ""
}

// away is for how long the source is.
func (s *screen) away() string {
	if s.gone.IsZero() {
		return ""
	}
	return " for " + clock(time.Since(s.gone))
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
	return text + "an error takes " + seconds(e.Failing)
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
func (s *screen) json(e rescue.Event, end bool, stopped error) string {
	v, l := s.view, s.remaining(e.Stats)
	now, mean := s.rate(e.Good)
	all := []number{{"seconds", int64(time.Since(s.began).Seconds())}, {"rescued", v.of(mapfile.Finished)},
		{"bad", v.of(mapfile.BadSector)}, {"bad_areas", int64(v.totals[mapfile.BadSector].Areas)}, {"untried", v.of(mapfile.NonTried)},
		{"non_trimmed", v.of(mapfile.NonTrimmed)}, {"non_scraped", v.of(mapfile.NonScraped)}, {"read_errors", int64(e.Errors)},
		{"reads", int64(e.Reads)}, {"position", e.Pos}, {"rate", now}, {"mean_rate", mean}, {"waiting_seconds", int64(e.Waiting.Seconds())},
		{"left_errors_most", l.errors}}
	if l.known {
		all = append(all, number{"failing_microseconds", l.each.Microseconds()}, number{"left_seconds_least", int64(l.least.Seconds())},
			number{"left_seconds_most", int64(l.most.Seconds())})
	}
	if stopped == nil {
		return numbers(e.Phase, end, all)
	}
	return numbers(e.Phase, end, all, [2]string{"stopped", stopped.Error()})
}
