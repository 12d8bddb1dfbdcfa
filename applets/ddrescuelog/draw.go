package ddrescuelog

import (
	"io"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"

	"rescuebox/internal/ddnumber"
	"rescuebox/internal/deadhead"
	"rescuebox/internal/mapfile"
	"rescuebox/internal/mapview"
)

// makeTest makes the map of a disk with a dead head.
func (r *run) makeTest() (*mapfile.Map, error) {
	g, err := deadhead.Parse(r.o.geometry)
	if err == nil {
		var m *mapfile.Map
		if m, err = g.Map(r.o.sector); err == nil {
			return m, nil
		}
	}
	return nil, sentence("'" + r.o.geometry + "': Bad geometry in option '" + r.o.geometryAs + "': " + err.Error())
}

// The picture fills a terminal of 80 by 24, with a line left for the prompt.
const (
	pictureRows   = 16
	pictureColumn = 79
	cellsNarrow   = 60 // where positions have more than cellsWideHex digits
	cellsWide     = 64
	cellsWideHex  = 12
)

func (r *run) picture(m *mapfile.Map, d mapfile.Domain) error {
	colour := r.colour()
	cells, digits := cellsWide, len(strconv.FormatInt(m.Size(), 16))
	if digits > cellsWideHex {
		cells = cellsNarrow
	}
	g := mapview.New(m, d, pictureRows*cells, r.o.sector)
	s := summarize(r.o.files[0], m, d)
	s.size = r.size
	title := ": " + r.size(m.Size()) + ", a character is " + r.size(g.Cell) + " in its worst state"
	out := fit(shown(s.name), pictureColumn-len(title)) + title + "\n"
	for i, row := range g.Rows(cells, colour) {
		pos := strings.ToUpper(strconv.FormatInt(int64(i)*int64(cells)*g.Cell, 16))
		out += "0x" + strings.Repeat("0", digits-len(pos)) + pos + " " + row + "\n"
	}
	for _, c := range shownStates {
		state := mapfile.Status(c)
		t := s.totals[state]
		mark := string(rune(mapview.Mark(state)))
		if colour {
			mark = mapview.Colour(state) + mark + mapview.Plain
		}
		name := mapview.Name(state) + ":"
		out += mark + " " + name + right(r.size(t.Bytes), 24-len(name)) + ",  in" +
			right(strconv.Itoa(t.Areas), 7) + " area(s)  (" + ddnumber.Percent(t.Bytes, s.inside) + ")\n"
	}
	out += "  current pos:" + right(r.size(m.Header.Pos), 12) + ",  current status: " + phase(m.Header.Status) + "\n"
	_, err := io.WriteString(r.s.Out, out)
	return err
}

// fit cuts a name on its left, and takes away what moves a cursor.
func fit(name string, width int) string {
	text := []rune(strings.Map(func(c rune) rune {
		if c < ' ' || c >= 0x7f && c < 0xa0 {
			return '?'
		}
		return c
	}, name))
	if len(text) > width {
		text = append([]rune("..."), text[len(text)-max(width-3, 0):]...)
	}
	return string(text)
}

// colour says whether standard output is a terminal that shows colours, and the
// person did not forbid them (https://no-color.org).
func (r *run) colour() bool {
	f, ok := r.s.Out.(interface{ Fd() uintptr })
	if !ok || r.s.Getenv("NO_COLOR") != "" {
		return false
	}
	if term := r.s.Getenv("TERM"); term == "" || term == "dumb" {
		return false
	}
	_, err := unix.IoctlGetTermios(int(f.Fd()), unix.TCGETS)
	return err == nil
}

func (r *run) svg(m *mapfile.Map, d mapfile.Domain) error {
	g := mapview.New(m, d, mapview.SVGCells, r.o.sector)
	return g.WriteSVG(r.s.Out, shown(r.o.files[0]), mapview.Totals(m, d))
}
