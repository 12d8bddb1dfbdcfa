package mapview

import (
	"bufio"
	"io"
	"strconv"
	"strings"

	"rescuebox/internal/ddnumber"
	"rescuebox/internal/mapfile"
)

// The measures of an SVG in its own units.
const (
	svgColumns  = 160
	svgRows     = 80
	svgCellSize = 6
	svgLine     = 20 // of text
	svgMargin   = 12
)

// SVGCells is how many cells WriteSVG has room for.
const SVGCells = svgColumns * svgRows

// states in the order of a legend.
const states = "+?*/-"

// fill are colours that people of any colour vision can tell apart (M. Okabe and
// K. Ito, "Color Universal Design", 2008).
func fill(s mapfile.Status) string {
	switch s {
	case mapfile.Finished:
		return "#009e73"
	case mapfile.NonTrimmed:
		return "#f0e442"
	case mapfile.NonScraped:
		return "#e69f00"
	case mapfile.BadSector:
		return "#d00000"
	}
	return "#c8c8c8"
}

// Total is how much of a domain has a state.
type Total struct {
	Bytes int64
	Areas int
}

// Totals counts the bytes and areas of each state in a domain.
func Totals(m *mapfile.Map, d mapfile.Domain) map[mapfile.Status]Total {
	totals := map[mapfile.Status]Total{}
	for b, in := range d.Pieces(m) {
		if in {
			t := totals[b.Status]
			totals[b.Status] = Total{t.Bytes + b.Size, t.Areas + 1}
		}
	}
	return totals
}

// WriteSVG draws the grid as a picture that needs no other file (SVG 1.1): a legend
// with totals under a title, and the cells; what is not rescued says its place when
// pointed at.
func (g Grid) WriteSVG(w io.Writer, title string, totals map[mapfile.Status]Total) error {
	out := bufio.NewWriterSize(w, 64<<10)
	rows := (len(g.Cells) + svgColumns - 1) / svgColumns
	top := svgMargin + svgLine*(2+len(states))
	width, height := 2*svgMargin+svgColumns*svgCellSize, top+rows*svgCellSize+svgMargin
	out.WriteString(`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ` + strconv.Itoa(width) + " " + strconv.Itoa(height) +
		`" font-family="sans-serif" font-size="14" shape-rendering="crispEdges">` + "\n<title>" + escape(title) + "</title>\n")
	out.WriteString(`<rect width="100%" height="100%" fill="#fff"/>` + "\n")
	whole := int64(0)
	for _, t := range totals {
		whole += t.Bytes
	}
	text(out, svgMargin, svgMargin+svgLine/2, title+": each cell is "+ddnumber.Size(g.Cell, ddnumber.Binary)+" in its worst state")
	for i, c := range states {
		s := mapfile.Status(c)
		y := svgMargin + svgLine*(i+1)
		rect(out, svgMargin, y, svgLine-6, svgLine-6, s)
		out.WriteString("/>\n")
		text(out, svgMargin+svgLine, y+svgLine/2+2, Name(s)+": "+ddnumber.Size(totals[s].Bytes, ddnumber.Binary)+" in "+
			strconv.Itoa(totals[s].Areas)+" areas, "+strings.TrimLeft(ddnumber.Percent(totals[s].Bytes, whole), " "))
	}
	for row := range rows {
		if err := g.svgRow(out, row, top+row*svgCellSize); err != nil {
			return err
		}
	}
	out.WriteString("</svg>\n")
	return out.Flush()
}

// svgRow draws neighbours of one state as one.
func (g Grid) svgRow(out *bufio.Writer, row, y int) error {
	first := row * svgColumns
	cells := g.Cells[first:min(first+svgColumns, len(g.Cells))]
	for from := 0; from < len(cells); {
		to := from + 1
		for to < len(cells) && cells[to] == cells[from] {
			to++
		}
		if s := cells[from]; s != Outside {
			rect(out, svgMargin+from*svgCellSize, y, (to-from)*svgCellSize, svgCellSize, s)
			if s == mapfile.Finished {
				out.WriteString("/>\n")
			} else {
				start := int64(first+from) * g.Cell
				out.WriteString("><title>" + Name(s) + " from " + strconv.FormatInt(start, 10) + " (0x" + strconv.FormatInt(start, 16) + ")</title></rect>\n")
			}
		}
		from = to
	}
	_, err := out.Write(nil)
	return err
}

func rect(out *bufio.Writer, x, y, width, height int, s mapfile.Status) {
	out.WriteString(`<rect x="` + strconv.Itoa(x) + `" y="` + strconv.Itoa(y) + `" width="` + strconv.Itoa(width) +
		`" height="` + strconv.Itoa(height) + `" fill="` + fill(s) + `"`)
}

func text(out *bufio.Writer, x, y int, s string) {
	out.WriteString(`<text x="` + strconv.Itoa(x) + `" y="` + strconv.Itoa(y) + `">` + escape(s) + "</text>\n")
}

// escape makes text of XML 1.0 out of any bytes.
func escape(s string) string {
	var out strings.Builder
	for _, r := range s {
		switch {
		case r == '<':
			out.WriteString("&lt;")
		case r == '>':
			out.WriteString("&gt;")
		case r == '&':
			out.WriteString("&amp;")
		case r == '"':
			out.WriteString("&quot;")
		case r < ' ' || r == 0x7f || r == 0xfffe || r == 0xffff:
			out.WriteByte('?')
		default:
			out.WriteRune(r)
		}
	}
	return out.String()
}
