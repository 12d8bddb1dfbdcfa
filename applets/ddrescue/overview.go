package ddrescue

import (
	"time"

	"rescuebox/internal/mapfile"
	"rescuebox/internal/mapview"
)

// overview is what a map says at a glance. To look at millions of blocks takes time
// that the rescue needs: it is done as seldom as makes it a fiftieth of all.
type overview struct {
	domain  mapfile.Domain
	restful bool // the domain is all of the map, whose sums are known
	totals  map[mapfile.Status]mapview.Total
	grid    mapview.Grid
	seen    time.Time
	took    time.Duration
}

// idle is how many times longer than it took it is not looked again.
const idle = 49

// cells is how many the picture has: three lines.
const cells = 78 * 3

func newOverview(m *mapfile.Map, d mapfile.Domain) *overview {
	begin, end, _, areas := d.Crop(0, m.Size()).Extent()
	return &overview{domain: d, restful: areas == 1 && begin == 0 && end == m.Size() && m.Start == 0}
}

// look takes the map in, unless it did not long ago.
func (o *overview) look(m *mapfile.Map, picture, last bool) {
	start := time.Now()
	if last || start.Sub(o.seen) >= idle*o.took {
		o.totals = mapview.Totals(m, o.domain)
		if picture {
			o.grid = mapview.New(m, o.domain, cells, 512)
		}
		o.seen = time.Now()
		o.took = o.seen.Sub(start)
	}
	if !o.restful {
		return
	}
	for _, s := range []mapfile.Status{mapfile.NonTried, mapfile.NonTrimmed, mapfile.NonScraped, mapfile.BadSector, mapfile.Finished} {
		o.totals[s] = mapview.Total{Bytes: m.Sum(string(rune(s))), Areas: m.Count(string(rune(s)))}
	}
}

// of is how many bytes have a status.
func (o *overview) of(s mapfile.Status) int64 { return o.totals[s].Bytes }

// all is how many bytes there are.
func (o *overview) all() (n int64) {
	for _, t := range o.totals {
		n += t.Bytes
	}
	return n
}
