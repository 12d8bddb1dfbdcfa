// Package mapview draws a map of ddrescue: a grid of cells in the order of the disk,
// each by the worst state of its bytes, as text or as SVG.
package mapview

import (
	"strings"

	"rescuebox/internal/mapfile"
)

// Grid is a disk cut into cells of equal size, of which the last one may be short.
type Grid struct {
	Cell  int64            // bytes of a cell
	Cells []mapfile.Status // worst state in each; Outside where no byte counts
}

// Outside is the state of a cell that has no byte of the domain.
const Outside mapfile.Status = ' '

// badness lists the states from the best to the worst one: what failed is worse than
// what was not tried.
const badness = " +?*/-"

// New cuts a map into at most count cells whose size is a multiple of unit bytes.
func New(m *mapfile.Map, d mapfile.Domain, count int, unit int64) Grid {
	size := m.Size()
	if size == 0 || count < 1 || unit < 1 {
		return Grid{Cell: max(unit, 1)}
	}
	cell := (size-1)/int64(count) + 1
	if rest := cell % unit; rest > 0 && cell <= size {
		cell += unit - rest
	}
	g := Grid{Cell: cell, Cells: make([]mapfile.Status, (size-1)/cell+1)}
	for i := range g.Cells {
		g.Cells[i] = Outside
	}
	for b, in := range d.Pieces(m) {
		if !in || b.Size == 0 {
			continue
		}
		for i := b.Pos / cell; i <= (b.Pos+b.Size-1)/cell; i++ {
			if rank(b.Status) > rank(g.Cells[i]) {
				g.Cells[i] = b.Status
			}
		}
	}
	return g
}

func rank(s mapfile.Status) int { return strings.IndexByte(badness, byte(s)) }

// Name is what ddrescue calls blocks of a state.
func Name(s mapfile.Status) string {
	switch s {
	case mapfile.NonTried:
		return "non-tried"
	case mapfile.NonTrimmed:
		return "non-trimmed"
	case mapfile.NonScraped:
		return "non-scraped"
	case mapfile.BadSector:
		return "bad-sector"
	case mapfile.Finished:
		return "rescued"
	}
	return "outside"
}

// Mark is the character that stands for a state: that of the map, but for rescued
// cells a dot, so that the others are seen among many of them.
func Mark(s mapfile.Status) byte {
	if s == mapfile.Finished {
		return '.'
	}
	return byte(s)
}

// Rows are the cells as lines of text of width characters, for a colour terminal or
// for any other.
func (g Grid) Rows(width int, colour bool) []string {
	var rows []string
	for at := 0; at < len(g.Cells); at += width {
		var row strings.Builder
		last := Outside
		for _, s := range g.Cells[at:min(at+width, len(g.Cells))] {
			if colour && s != last && s != Outside {
				row.WriteString(Colour(s))
				last = s
			}
			row.WriteByte(Mark(s))
		}
		if colour && last != Outside {
			row.WriteString(Plain)
		}
		rows = append(rows, row.String())
	}
	return rows
}

// Plain ends a colour of a terminal.
const Plain = "\x1b[0m"

// Colour begins the colour of a state on a terminal (ECMA-48, select graphic
// rendition): the eight that a serial console has too.
func Colour(s mapfile.Status) string {
	switch s {
	case mapfile.BadSector:
		return "\x1b[0;1;31m"
	case mapfile.NonScraped:
		return "\x1b[0;35m"
	case mapfile.NonTrimmed:
		return "\x1b[0;33m"
	case mapfile.Finished:
		return "\x1b[0;32m"
	}
	return Plain
}
