package rescue

import "rescuebox/internal/mapfile"

// edges reads what was skipped and lies next to something good, until it fails:
// forward from its beginning, backward from its end.
type edges struct {
	*board
	cursor   int64 // blocks before it are done
	from, to int64 // of the block, what is left of it
	began    bool  // its beginning is done
	size     int64
}

func newEdges(b *board) *edges { return &edges{board: b} }

func (e *edges) about() (mapfile.Status, int, string) { return mapfile.NonTried, 2, "copying, edges" }

func (e *edges) next(flying int) (Read, bool) {
	for flying == 0 {
		if e.from < e.to {
			if !e.began {
				if e.from == 0 || e.m.Status(e.from-1) == mapfile.Finished {
					return Read{e.from, min(e.to, upTo(e.from, e.Cluster)) - e.from}, true
				}
				e.began, e.size = true, e.Cluster
			}
			if e.m.Status(e.to) == mapfile.Finished && !e.Forward {
				from := max(e.from, e.to-e.size)
				return Read{from, e.to - from}, true
			}
		}
		b, ok := e.block(max(e.cursor, e.to), "?")
		if !ok {
			break
		}
		e.from, e.to, e.began = b.Pos, b.Pos+b.Size, false
		e.cursor = e.to
	}
	return Read{}, false
}

func (e *edges) done(o Outcome) {
	good := e.note(o, mapfile.NonTrimmed)
	switch {
	case good && !e.began:
		e.from = o.End()
	case good:
		e.to = o.Pos
		e.size = min(2*e.size, e.Back)
	case !e.began:
		e.from, e.began, e.size = o.End(), true, e.Cluster
	default:
		e.from = e.to // both ends are bad
	}
}
