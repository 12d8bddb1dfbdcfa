package rescue

import "rescuebox/internal/mapfile"

// plan returns the phases that follow each other over the domains given: each of the
// first ones for the most important domain first, the hopeless ones for all of them at
// the end.
func plan(m *mapfile.Map, s Strategy, domains []mapfile.Domain) []func() (phase, *board) {
	var all []func() (phase, *board)
	boards := make([]*board, len(domains))
	for i, d := range domains {
		boards[i] = newBoard(m, s, d)
	}
	add := func(b *board, p func(*board) phase) {
		all = append(all, func() (phase, *board) { return p(b), b })
	}
	for _, b := range boards {
		add(b, func(b *board) phase { return newCopying(b) })
		add(b, func(b *board) phase { return newEdges(b) })
		if !s.NoTrim {
			add(b, func(b *board) phase { return newTrimming(b) })
		}
	}
	for _, b := range boards {
		if !s.NoSweep {
			add(b, func(b *board) phase { return newSweeping(b) })
		}
		if !s.NoScrape {
			add(b, func(b *board) phase { return newScraping(b) })
		}
	}
	return all
}
