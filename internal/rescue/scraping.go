package rescue

import "rescuebox/internal/mapfile"

// scraping reads every sector of some blocks alone, forward. Where many are good it
// reads more at once, up to a cluster, if failures are rare.
type scraping struct {
	*board
	statuses string
	status   mapfile.Status
	name     string
	cursor   int64
	end      int64 // sector by sector up to here
	size     int64
	calm     int
}

// calmSectors is after how many good sectors the next reads are twice as large.
const calmSectors = 32

// newScraping is for what is known to fail.
func newScraping(b *board) *scraping {
	return &scraping{board: b, statuses: "/*?", status: mapfile.NonScraped, name: "scraping", size: b.Sector}
}

func (s *scraping) about() (mapfile.Status, int, string) { return s.status, 1, s.name }

func (s *scraping) next(flying int) (Read, bool) {
	if flying > 0 {
		return Read{}, false
	}
	b, ok := s.block(s.cursor, s.statuses)
	if !ok {
		return Read{}, false
	}
	if b.Pos > s.cursor {
		s.size, s.calm = s.Sector, 0
	}
	size := s.size
	if b.Pos < s.end {
		size = s.Sector
	}
	return Read{b.Pos, min(b.Pos+b.Size, upTo(b.Pos, size)) - b.Pos}, true
}

func (s *scraping) done(o Outcome) {
	if s.note(o, mapfile.NonScraped) {
		s.cursor = o.End()
		if s.calm++; s.calm == calmSectors {
			s.calm = 0
			if s.apart() > sparse*s.Cluster {
				s.size = min(2*s.size, s.Cluster)
			}
		}
		return
	}
	s.calm = 0
	if o.Size > s.Sector {
		s.cursor, s.end = o.Pos+o.Got-o.Got%s.Sector, o.End()
	} else {
		s.cursor = o.End()
	}
	s.size = s.Sector
}

// sweeping looks at what is still untried: the first sector of each cluster says
// whether the cluster is read now, or left for scraping. The largest untried runs
// come first: there is most hope.
type sweeping struct {
	*board
	cursor int64
	end    int64 // clusters up to here are read, as far as they are good
}

func newSweeping(b *board) *sweeping { return &sweeping{board: b} }

func (s *sweeping) about() (mapfile.Status, int, string) { return mapfile.Sweeping, 1, "sweeping" }

func (s *sweeping) next(flying int) (Read, bool) {
	if flying > 0 {
		return Read{}, false
	}
	b, ok := s.block(s.cursor, "?")
	if !ok {
		return Read{}, false
	}
	size := s.Sector
	if b.Pos == s.cursor && b.Pos < s.end {
		size = s.Cluster
	}
	return Read{b.Pos, min(b.Pos+b.Size, upTo(b.Pos, size)) - b.Pos}, true
}

func (s *sweeping) done(o Outcome) {
	if s.note(o, mapfile.NonScraped) {
		s.cursor = o.End()
		// The rest of this cluster, then the next one.
		s.end = upTo(o.End(), s.Cluster)
		return
	}
	s.end = 0
	s.cursor = upTo(o.Pos, s.Cluster)
	if b, ok := s.block(o.End(), "?"); ok && b.Pos == o.End() {
		s.set(Read{b.Pos, min(s.cursor, b.Pos+b.Size) - b.Pos}, mapfile.NonScraped)
	}
}

// retrying reads bad sectors again, once in a pass.
type retrying struct {
	*board
	pass   int
	cursor int64
}

func newRetrying(b *board, pass int) *retrying { return &retrying{board: b, pass: pass} }

func (r *retrying) about() (mapfile.Status, int, string) {
	return mapfile.BadSector, r.pass, "retrying bad sectors"
}

func (r *retrying) next(flying int) (Read, bool) {
	if flying > 0 {
		return Read{}, false
	}
	b, ok := r.block(r.cursor, "-")
	if !ok {
		return Read{}, false
	}
	end := min(b.Pos+b.Size, upTo(b.Pos, r.Sector))
	r.cursor = end
	return Read{b.Pos, end - b.Pos}, true
}

func (r *retrying) done(o Outcome) { r.note(o, mapfile.BadSector) }
