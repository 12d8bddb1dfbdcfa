package rescue

import "rescuebox/internal/mapfile"

// plan returns the phases that follow each other over the domains given: each of the
// first ones for the most important domain first, the hopeless ones for all of them at
// the end.
func plan(r *record, s Strategy, domains []mapfile.Domain) []func() phase {
	var all []func() phase
	boards := make([]*board, len(domains))
	for i, d := range domains {
		boards[i] = newBoard(r, s, d)
	}
	add := func(skip bool, b *board, p func(*board) phase) {
		if !skip {
			all = append(all, func() phase { return p(b) })
		}
	}
	for _, b := range boards {
		add(s.NoCopy, b, func(b *board) phase { return b.oriented(func(b *board) phase { return newCopying(b) }) })
		add(s.NoEdges, b, func(b *board) phase { return b.oriented(func(b *board) phase { return newEdges(b) }) })
		add(s.NoTrim, b, func(b *board) phase { return newTrimming(b) })
	}
	for _, b := range boards {
		add(s.NoSweep, b, func(b *board) phase { return newSweeping(b) })
		add(s.NoScrape, b, func(b *board) phase { return newScraping(b) })
	}
	return all
}

// oriented is a phase that goes forward, turned around where the strategy says so.
func (b *board) oriented(p func(*board) phase) phase {
	if !b.Reverse {
		return p(b)
	}
	m := newMirror(b.m.Size(), max(b.Most, b.Cluster, b.Back))
	return mirrored{p(m.board(b)), m}
}
