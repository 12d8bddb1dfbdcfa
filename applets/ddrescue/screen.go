package ddrescue

import (
	"bufio"
	"io"
	"os"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"rescuebox/internal/ddnumber"
	"rescuebox/internal/errno"
	"rescuebox/internal/jsonw"
	"rescuebox/internal/mapfile"
	"rescuebox/internal/mapview"
	"rescuebox/internal/rescue"
)

// screen shows how far a rescue is: some lines that are drawn again on a terminal, or
// lines of JSON.
type screen struct {
	*run
	whole    mapfile.Domain
	terminal bool
	colour   bool
	logs     *bufio.Writer
	began    time.Time
	drawn    int // lines
	last     time.Time
	rates    []sample // of the last half minute
	before   int64    // bytes that were there at the beginning
}

type sample struct {
	at   time.Time
	good int64
}

// often is how often it is drawn.
const often = time.Second

func newScreen(r *run, j *rescue.Job, logs *bufio.Writer) *screen {
	s := &screen{run: r, whole: j.Domains[len(j.Domains)-1], logs: logs, began: time.Now(), before: r.m.Sum("+")}
	if f, ok := r.s.Out.(*os.File); ok && r.o.verbosity >= 0 && !r.o.json {
		_, err := unix.IoctlGetTermios(int(f.Fd()), unix.TCGETS)
		s.terminal = err == nil
	}
	term := r.s.Getenv("TERM")
	s.colour = s.terminal && r.s.Getenv("NO_COLOR") == "" && term != "" && term != "dumb"
	return s
}

// watch takes an event of the job.
func (s *screen) watch(e rescue.Event) {
	if e.Read != nil && s.logs != nil {
		reason := ""
		if e.Read.Err != nil {
			reason = errno.Reason(e.Read.Err)
		}
		s.logs.WriteString(strings.Join([]string{"0x" + strconv.FormatInt(e.Read.Pos, 16), strconv.FormatInt(e.Read.Size, 10),
			strconv.FormatInt(e.Read.Got, 10), reason}, "\t") + "\n")
	}
	now := time.Now()
	if now.Sub(s.last) < often {
		return
	}
	s.last = now
	s.rates = append(s.rates, sample{now, e.Good})
	if len(s.rates) > 30 {
		s.rates = s.rates[1:]
	}
	s.show(e)
}

func (s *screen) show(e rescue.Event) {
	switch {
	case s.o.json:
		io.WriteString(s.s.Out, s.json(e, false))
	case s.terminal:
		lines := s.lines(e)
		text := ""
		if s.drawn > 0 {
			text = "\x1b[" + strconv.Itoa(s.drawn) + "A"
		}
		for _, line := range lines {
			text += line + "\x1b[K\r\n"
		}
		s.drawn = len(lines)
		io.WriteString(s.s.Out, text)
	}
}

// end shows the last state, on a terminal or not.
func (s *screen) end(stats rescue.Stats) {
	e := rescue.Event{Phase: "ended", Map: s.m, Stats: stats}
	switch {
	case s.o.json:
		io.WriteString(s.s.Out, s.json(e, true))
	case s.terminal:
		s.show(e)
	case s.o.verbosity >= 0:
		io.WriteString(s.s.Out, strings.Join(s.lines(e), "\n")+"\n")
	}
}

// rate is bytes a second now, and since the beginning.
func (s *screen) rate(e rescue.Event) (now, mean int64) {
	took := time.Since(s.began).Seconds()
	mean = int64(float64(e.Good) / max(took, 0.001))
	now = mean
	if n := len(s.rates); n > 1 {
		a, b := s.rates[max(0, n-5)], s.rates[n-1]
		now = int64(float64(b.good-a.good) / max(b.at.Sub(a.at).Seconds(), 0.001))
	}
	return now, mean
}

// left is how long the rest takes at the rate of the last half minute, or false if
// nothing comes any more.
func (s *screen) left(untried int64) (time.Duration, bool) {
	n := len(s.rates)
	if n < 2 {
		return 0, false
	}
	a, b := s.rates[0], s.rates[n-1]
	rate := float64(b.good-a.good) / max(b.at.Sub(a.at).Seconds(), 0.001)
	if rate < 1 {
		return 0, false
	}
	return time.Duration(float64(untried) / rate * float64(time.Second)), true
}

// lines are at most 80 wide and 12 high: they fit a serial console.
func (s *screen) lines(e rescue.Event) []string {
	totals := mapview.Totals(s.m, s.whole)
	size := func(n int64) string { return ddnumber.Size(n, s.o.prefixes) }
	of := func(st mapfile.Status) int64 { return totals[st].Bytes }
	all := int64(0)
	for _, t := range totals {
		all += t.Bytes
	}
	now, mean := s.rate(e)
	good := of(mapfile.Finished)
	untried := of(mapfile.NonTried) + of(mapfile.NonTrimmed) + of(mapfile.NonScraped)
	eta := "not to be told"
	if d, known := s.left(of(mapfile.NonTried)); known {
		eta = clock(d)
	}
	if untried == 0 {
		eta = "0:00"
	}
	last := "none yet"
	if !e.LastGood.IsZero() {
		last = clock(time.Since(e.LastGood)) + " ago"
	}
	lines := []string{
		cut(s.o.source + ": " + s.name),
		cut("rescued " + ddnumber.Percent(good, max(all, 1)) + ", " + size(good) + " of " + size(all) + "; bad " + size(of(mapfile.BadSector)) + " in " +
			strconv.Itoa(totals[mapfile.BadSector].Areas) + " areas; read errors " + strconv.Itoa(e.Errors)),
		cut("left: untried " + size(of(mapfile.NonTried)) + ", to trim " + size(of(mapfile.NonTrimmed)) + ", to scrape " + size(of(mapfile.NonScraped))),
		cut("rate " + size(now) + "/s, mean " + size(mean) + "/s; time " + clock(time.Since(s.began)) + "; untried takes " + eta),
		cut("phase: " + e.Phase + "; at " + size(e.Pos) + "; last good read " + last + waiting(e.Waiting)),
	}
	grid := mapview.New(s.m, s.whole, 78*3, 512)
	return append(lines, grid.Rows(78, s.colour)...)
}

func waiting(d time.Duration) string {
	if d < 2*time.Second {
		return ""
	}
	return "; a read takes " + clock(d)
}

func cut(line string) string { return line[:min(len(line), 79)] }

// clock is a time as 1:02:03 or 2:03.
func clock(d time.Duration) string {
	n := int64(d.Seconds())
	two := func(n int64) string { return strconv.FormatInt(n/10, 10) + strconv.FormatInt(n%10, 10) }
	if n >= 3600 {
		return strconv.FormatInt(n/3600, 10) + ":" + two(n/60%60) + ":" + two(n%60)
	}
	return strconv.FormatInt(n/60, 10) + ":" + two(n%60)
}

// json is one line for a script: bytes, bytes a second, seconds.
func (s *screen) json(e rescue.Event, end bool) string {
	totals := mapview.Totals(s.m, s.whole)
	now, mean := s.rate(e)
	var j jsonw.Writer
	j.Object()
	j.Key("phase").String(e.Phase)
	j.Key("ended").Bool(end)
	for _, n := range []struct {
		name  string
		value int64
	}{{"seconds", int64(time.Since(s.began).Seconds())}, {"rescued", totals[mapfile.Finished].Bytes}, {"bad", totals[mapfile.BadSector].Bytes},
		{"bad_areas", int64(totals[mapfile.BadSector].Areas)}, {"untried", totals[mapfile.NonTried].Bytes},
		{"non_trimmed", totals[mapfile.NonTrimmed].Bytes}, {"non_scraped", totals[mapfile.NonScraped].Bytes}, {"read_errors", int64(e.Errors)},
		{"reads", int64(e.Reads)}, {"position", e.Pos}, {"rate", now}, {"mean_rate", mean}, {"waiting_seconds", int64(e.Waiting.Seconds())}} {
		j.Key(n.name).Int(n.value)
	}
	j.EndObject()
	return string(j.Bytes()) + "\n"
}
