package rescue

import "rescuebox/internal/mapfile"

// scraping reads every sector of some blocks alone, forward. Where many are good it
// reads more at once, up to a cluster, if failures are rare.
type scraping struct {
	sequence
	end  int64 // sector by sector up to here
	size int64
	calm int
}

// calmSectors is after how many good sectors the next reads are twice as large.
const calmSectors = 32

// newScraping is for what is known to fail.
func newScraping(b *board) *scraping { return &scraping{sequence: newSequence(b, b.Reverse)} }

func (s *scraping) about() (mapfile.Status, int, string) { return mapfile.NonScraped, 1, "scraping" }

// wanted are the statuses of what is read. Trimming and sweeping leave nothing behind
// but what they are not asked to look at.
func (s *scraping) wanted() string {
	statuses := "/"
	if !s.NoTrim {
		statuses += "*"
	}
	if !s.NoSweep {
		statuses += "?"
	}
	return statuses
}

func (s *scraping) next(flying int) (Read, bool) {
	if flying > 0 {
		return Read{}, false
	}
	if s.from >= s.to {
		if !s.take(s.wanted()) {
			return Read{}, false
		}
		s.size, s.calm = s.Sector, 0
	}
	if s.from < s.end {
		return s.step(s.Sector), true
	}
	return s.step(s.size), true
}

func (s *scraping) done(o Outcome) {
	if s.note(o, mapfile.NonScraped) {
		s.from = o.End()
		if s.calm++; s.calm == calmSectors {
			s.calm = 0
			if !s.dense(s.Sector) {
				s.size = min(2*s.size, s.Cluster)
			}
		}
		return
	}
	if s.calm, s.size, s.from = 0, s.Sector, o.End(); o.Size > s.Sector {
		s.from, s.end = o.Pos+o.Got-o.Got%s.Sector, o.End()
	}
}

// sweeping looks at what is still untried: the first sector of each cluster says
// whether the cluster is read now, or left for scraping.
type sweeping struct {
	sequence
	end int64 // the cluster up to here is read, as far as it is good
}

func newSweeping(b *board) *sweeping { return &sweeping{sequence: newSequence(b, b.Reverse)} }

func (s *sweeping) about() (mapfile.Status, int, string) { return mapfile.Sweeping, 1, "sweeping" }

func (s *sweeping) next(flying int) (Read, bool) {
	if flying > 0 {
		return Read{}, false
	}
	if s.from >= s.to {
		if !s.take("?") {
			return Read{}, false
		}
		s.end = 0
	}
	// With retries a larger read is an attempt at all of its places.
	if s.from < s.end && (s.Retries != 0 || !s.dense(s.Sector)) {
		return s.step(s.Cluster), true
	}
	return s.step(s.Sector), true
}

func (s *sweeping) done(o Outcome) {
	if s.note(o, mapfile.NonScraped) {
		if s.from = o.End(); s.from >= s.end {
			// The rest of this cluster, or the next one.
			s.end = upTo(o.End(), s.Cluster)
		}
		return
	}
	rest := min(s.to, upTo(o.Pos, s.Cluster))
	s.set(Read{o.End(), rest - o.End()}, mapfile.NonScraped)
	s.from, s.end = rest, 0
}

// retrying reads bad sectors again, once in a pass. Each pass has the other direction.
type retrying struct {
	sequence
	pass int
}

func newRetrying(b *board, pass int) *retrying {
	return &retrying{newSequence(b, b.Reverse != (pass%2 == 0)), pass}
}

func (r *retrying) about() (mapfile.Status, int, string) {
	return mapfile.BadSector, r.pass, "retrying bad sectors"
}

func (r *retrying) next(flying int) (Read, bool) {
	if flying > 0 || r.from >= r.to && !r.take("-") {
		return Read{}, false
	}
	return r.step(r.Sector), true
}

func (r *retrying) done(o Outcome) {
	r.note(o, mapfile.BadSector)
	r.from = o.End()
}
