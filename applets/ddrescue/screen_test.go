package ddrescue

import (
	"bytes"
	"math"
	"strings"
	"testing"
	"time"

	"rescuebox/internal/applet"
	"rescuebox/internal/mapfile"
	"rescuebox/internal/rescue"
)

// checkered is a map of that many blocks, of a sector each.
func checkered(blocks int) *mapfile.Map {
	m := mapfile.New(int64(blocks) * 512)
	for i := 0; i < blocks; i += 2 {
		m.Set(int64(i)*512, 512, mapfile.Finished)
	}
	return m
}

// On a map of many blocks the screen is a fiftieth of the time, whatever it does.
func TestOverviewIsSeldom(t *testing.T) {
	m := checkered(200000)
	for _, d := range []mapfile.Domain{mapfile.NewDomain(0, -1, nil), mapfile.NewDomain(512, m.Size()-1024, nil), mapfile.NewDomain(0, -1, m)} {
		o := newOverview(m, d)
		looked, spent, start := 0, time.Duration(0), time.Now()
		for time.Since(start) < 400*time.Millisecond {
			before := o.seen
			call := time.Now()
			o.look(m, true, false)
			if o.seen != before {
				looked++
				spent += time.Since(call)
			}
			time.Sleep(time.Millisecond)
		}
		// The first look comes before anything is known, and the last one may have just begun.
		if most := time.Since(start)/(idle+1) + 2*o.took; looked == 0 || spent > max(most, 3*o.took) {
			t.Errorf("%d looks took %v of %v, one %v", looked, spent, time.Since(start), o.took)
		}
	}
}

// Sums are up to date even where the picture is not.
func TestOverviewSums(t *testing.T) {
	m := mapfile.New(5120)
	o := newOverview(m, mapfile.NewDomain(0, -1, nil))
	o.look(m, true, false)
	o.took = time.Hour
	m.Set(0, 512, mapfile.BadSector)
	o.look(m, true, false)
	if o.of(mapfile.BadSector) != 512 || o.totals[mapfile.BadSector].Areas != 1 || o.all() != 5120 {
		t.Errorf("%v", o.totals)
	}
	part := newOverview(m, mapfile.NewDomain(256, 1000, nil))
	part.look(m, true, false)
	if part.of(mapfile.BadSector) != 256 || part.all() != 1000 {
		t.Errorf("%v", part.totals)
	}
}

func testScreen(m *mapfile.Map) *screen {
	o := &options{source: "disk"}
	o.Sector = 512
	return &screen{run: &run{o: o, m: m, name: "9 bytes"}, painter: painter{terminal: true, escapes: true, columns: 80, rows: 24},
		meter: meter{began: time.Now().Add(-time.Minute)}, view: newOverview(m, mapfile.NewDomain(0, -1, nil))}
}

func TestEstimate(t *testing.T) {
	const mib = 1 << 20
	now := time.Now()
	going := []sample{{now.Add(-10 * time.Second), 0}, {now, 20 * mib}}
	stuck := []sample{{now.Add(-10 * time.Second), 20 * mib}, {now, 20 * mib}}
	for _, c := range []struct {
		statuses string // of a MiB each
		samples  []sample
		phase    string
		errors   int
		failing  time.Duration
		want     string
	}{
		{"++++", going, "ended", 0, 0, "nothing is left to try"},
		{"+++-", going, "ended", 3, time.Second, "nothing is left to try"},
		{"+???", nil, "copying", 0, 0, "to go: untried unknown, nothing comes"},
		{"+???", stuck, "copying", 9, time.Second, "to go: untried unknown, nothing comes"},
		{"+" + strings.Repeat("?", 120), going, "copying", 0, 0, "to go: untried 1:00"},
		{"+" + strings.Repeat("?", 120), going, "copying", 1, time.Second, "to go: untried at least 1:00"},
		{"+" + strings.Repeat("?", 120), going, "trimming", 0, 0, "to go: untried at least 1:00"},
		{"*?+*", going, "copying", 2, 1500 * time.Millisecond, "to go: untried at least 0:00; trim at least 0:03; an error takes 1.5 s"},
		{"*+*/", going, "trimming", 2, 10 * time.Millisecond, "to go: trim at least 0:00; scrape at most 0:20; an error takes 0.01 s"},
		{"+//+", going, "scraping", 2, 20 * time.Second, "to go: scrape at most 22:45:20; an error takes 20 s"},
		{"+*/+", going, "copying", 0, 0, "to go: trim and scrape unknown, no read has failed yet"},
	} {
		m := mapfile.New(0)
		for i, s := range c.statuses {
			m.Set(int64(i)*mib, mib, mapfile.Status(s))
		}
		s := testScreen(m)
		s.samples = c.samples
		s.view.look(m, true, true)
		e := rescue.Event{Phase: c.phase, Map: m, Stats: rescue.Stats{Errors: c.errors, Failing: c.failing}}
		if got := s.estimate(e); got != c.want {
			t.Errorf("%.10s: %q, want %q", c.statuses, got, c.want)
		}
	}
}

// No number makes a line wrap, nor are there more than fit.
func TestFits(t *testing.T) {
	m := mapfile.New(math.MaxInt64)
	for i := range int64(1000) {
		m.Set(i*(math.MaxInt64/1001), math.MaxInt64/5000, mapfile.Status("?*/-+"[i%5]))
	}
	s := testScreen(m)
	s.name = strings.Repeat("a disk with a long name, ", 20)
	s.preview = preview{lines: 32, pos: 1 << 43, data: bytes.Repeat([]byte{0xff}, 512)}
	s.view.look(m, true, true)
	var out bytes.Buffer
	s.out = &out
	e := rescue.Event{Phase: "retrying bad sectors", Map: m, Stats: rescue.Stats{Errors: math.MaxInt32, Good: math.MaxInt64, Pos: math.MaxInt64, Failing: time.Hour, Waiting: 999 * time.Hour}}
	for range 2 {
		s.paint(s.lines(e))
	}
	frames := strings.Split(out.String(), "\x1b[23A")
	if len(frames) != 2 || strings.Count(frames[0], "\n") != 23 {
		t.Errorf("%d frames, the first of %d lines", len(frames), strings.Count(frames[0], "\n"))
	}
	for line := range strings.Lines(out.String()) {
		line = strings.ReplaceAll(strings.ReplaceAll(line, "\x1b[23A", ""), "\x1b[K", "")
		if n := len(strings.TrimRight(line, "\r\n")); n > 79 {
			t.Errorf("%d columns: %q", n, line)
		}
	}
}

// A terminal that is not known to have escape sequences gets none, but one line that
// is written over; what is no terminal gets the last lines only.
func TestPlain(t *testing.T) {
	var out bytes.Buffer
	p := painter{out: &out, terminal: true, columns: 20, rows: 24}
	p.paint([]string{"one and some more than fits", "two"})
	p.paint([]string{"three", "four"})
	p.end([]string{"five", "six"})
	want := "\rone and some more t\rthree              \r                   \rfive\nsix\n"
	if out.String() != want {
		t.Errorf("%q, want %q", out.String(), want)
	}
	out.Reset()
	p = newPainter(applet.Streams{Out: &out, LookupEnv: func(string) (string, bool) { return "xterm", true }}, false)
	if p.terminal || p.escapes || p.colour {
		t.Errorf("%+v", p)
	}
	p.end([]string{"five", "six"})
	if out.String() != "five\nsix\n" {
		t.Errorf("%q", out.String())
	}
}

func BenchmarkOverview(b *testing.B) {
	m := checkered(1 << 20)
	for _, c := range []struct {
		name string
		d    mapfile.Domain
	}{{"all", mapfile.NewDomain(0, -1, nil)}, {"domain", mapfile.NewDomain(0, -1, m)}} {
		b.Run(c.name, func(b *testing.B) {
			o := newOverview(m, c.d)
			for b.Loop() {
				o.look(m, true, true)
			}
		})
	}
}
