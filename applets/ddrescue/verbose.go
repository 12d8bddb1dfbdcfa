package ddrescue

import (
	"strconv"

	"rescuebox/internal/ddnumber"
	"rescuebox/internal/mapfile"
)

// describe says with --verbose what is about to be done.
func (r *run) describe() {
	if r.o.verbosity < 1 {
		return
	}
	number := func(n int64) string { return strconv.FormatInt(n, 10) }
	domain, bytes := r.parts[len(r.parts)-1], int64(0)
	sums := map[mapfile.Status]int64{}
	for b, in := range domain.Pieces(r.m) {
		if in {
			bytes += b.Size
			sums[b.Status] += b.Size
		}
	}
	logical, physical := r.source.Sectors()
	r.note("from " + r.o.source + " (" + r.name + "), position " + number(r.o.ipos))
	r.note("to " + r.o.target + ", position " + number(r.o.opos) + ": " + number(bytes) + " bytes")
	r.note("sectors of " + number(logical) + " bytes, physically " + number(physical) + "; read alone at a bad place: " + number(r.sector()))
	text := ""
	for _, s := range []mapfile.Status{mapfile.Finished, mapfile.NonTried, mapfile.NonTrimmed, mapfile.NonScraped, mapfile.BadSector} {
		if sums[s] > 0 {
			text += ", " + string(rune(s)) + " " + ddnumber.Size(sums[s], r.o.prefixes)
		}
	}
	if r.o.mapfile != "" && text != "" {
		r.note(r.o.mapfile + " has" + text[1:])
	}
}

// tellPhase says with --verbose twice what is done now.
func (s *screen) tellPhase(phase string) {
	if s.o.verbosity > 1 && phase != s.phase {
		s.say(phase)
	}
	s.phase = phase
}
