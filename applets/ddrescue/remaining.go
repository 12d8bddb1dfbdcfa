package ddrescue

import (
	"strconv"
	"time"

	"rescuebox/internal/ddnumber"
	"rescuebox/internal/mapfile"
	"rescuebox/internal/rescue"
)

// remaining is what a rescue has not tried, and what that costs at what a failed read
// has taken so far.
type remaining struct {
	untried, trim, scrape int64 // bytes
	errors                int64 // failed reads at most: each sector is bad
	each                  time.Duration
	least, most           time.Duration
	known                 bool // the times are: some read has failed
}

// remaining looks at the map. At least each area to trim has a bad place, and what is
// untried is read at the mean rate; at most each sector fails alone.
func (s *screen) remaining(stats rescue.Stats) remaining {
	v, sector := s.view, s.sector()
	trim := v.totals[mapfile.NonTrimmed]
	l := remaining{untried: v.of(mapfile.NonTried), trim: trim.Bytes, scrape: v.of(mapfile.NonScraped), each: stats.Failing, known: stats.Failing > 0}
	for _, n := range []int64{l.untried, l.trim, l.scrape} {
		l.errors += (n + sector - 1) / sector
	}
	each := l.each.Seconds()
	least := each * float64(trim.Areas)
	if _, mean := s.rate(stats.Good); l.untried > 0 && mean > 0 {
		least += float64(l.untried) / float64(mean)
	}
	l.least, l.most = span(least), span(max(least, each*float64(l.errors)))
	return l
}

// text says it to a person.
func (l remaining) text(p ddnumber.Prefixes) string {
	if l.untried+l.trim+l.scrape == 0 {
		return "Nothing is left to try"
	}
	text := ""
	for _, part := range []struct {
		bytes int64
		what  string
	}{{l.untried, " untried"}, {l.trim, " to trim"}, {l.scrape, " to scrape"}} {
		if part.bytes > 0 {
			text += ", " + ddnumber.Size(part.bytes, p) + part.what
		}
	}
	text = "Left:" + text[1:] + ": at most " + strconv.FormatInt(l.errors, 10) + " failed reads"
	if !l.known {
		return text + ", whose cost is not known yet"
	}
	return text + ", " + clock(l.least) + " to " + clock(l.most) + " at " + seconds(l.each) + " each"
}

// seconds is a time with two digits: 0.015 s.
func seconds(d time.Duration) string {
	if d < time.Millisecond {
		return "under 0.001 s"
	}
	return strconv.FormatFloat(d.Seconds(), 'g', 2, 64) + " s"
}
