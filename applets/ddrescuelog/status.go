package ddrescuelog

import (
	"bufio"
	"errors"
	"io"
	"strconv"
	"strings"

	"rescuebox/internal/applet"
	"rescuebox/internal/ddnumber"
	"rescuebox/internal/jsonw"
	"rescuebox/internal/mapfile"
	"rescuebox/internal/mapview"
)

// shownStates are the states in the order in which ddrescue shows them.
const shownStates = "?+*/-"

// summary is what -t tells of a map.
type summary struct {
	name               string
	m                  *mapfile.Map
	blocks             int // of the map
	begin, end, inside int64
	areas              int // of the domain
	totals             map[mapfile.Status]mapview.Total
	size               func(int64) string
	whole              bool // the domain is the map
}

// status shows every map. One that cannot be read does not stop the others, one that
// is corrupt does.
func (r *run) status(d mapfile.Domain) error {
	failed := false
	for _, name := range r.o.files {
		m, err := r.read(name, false)
		if err != nil && applet.Status(err) == corrupt {
			return err
		}
		if err != nil {
			r.note(0, err.Error())
			failed = true
			continue
		}
		cropped := d.Crop(m.Start, m.Size())
		if empty(cropped) {
			r.nothing()
			continue
		}
		s := summarize(name, m, cropped)
		s.size = r.size
		out := s.text(r.o.verbosity > 0)
		if r.o.json {
			out = s.json()
		}
		if _, err := io.WriteString(r.s.Out, out); err != nil {
			return err
		}
	}
	if failed {
		return applet.Exit(1)
	}
	return nil
}

func summarize(name string, m *mapfile.Map, d mapfile.Domain) summary {
	s := summary{name: name, m: m, totals: mapview.Totals(m, d)}
	s.begin, s.end, s.inside, s.areas = d.Extent()
	for range m.Range(m.Start, m.Size()-m.Start) {
		s.blocks++
	}
	s.whole = s.begin == 0 && s.end == m.Size() && s.areas == 1
	return s
}

// phase is what ddrescue says it does in a header's status.
func phase(s mapfile.Status) string {
	switch s {
	case mapfile.NonTried:
		return "copying"
	case mapfile.NonTrimmed:
		return "trimming"
	case mapfile.Sweeping:
		return "sweeping"
	case mapfile.NonScraped:
		return "scraping"
	case mapfile.BadSector:
		return "retrying"
	case mapfile.Filling:
		return "filling"
	case mapfile.Generating:
		return "generating"
	}
	return "finished"
}

// right pads text on its left.
func right(text string, width int) string {
	return strings.Repeat(" ", max(0, width-len(text))) + text
}

func (s *summary) text(withName bool) string {
	out := "\n"
	if withName {
		out += s.name + "\n"
	}
	size := func(n int64) string { return right(s.size(n), 10) }
	areas := func(n int) string { return right(strconv.Itoa(n), 7) + " area(s)" }
	out += "   current pos: " + size(s.m.Header.Pos) + ",  current status: " + phase(s.m.Header.Status) + "\n"
	out += "mapfile extent: " + size(s.m.Size()-s.m.Start) + ",  in" + areas(s.blocks) + "\n"
	if !s.whole {
		out += "  domain begin: " + size(s.begin) + ",  domain end: " + size(s.end) + "\n"
		out += "   domain size: " + size(s.inside) + ",  in" + areas(s.areas) + "\n"
	}
	out += "\n"
	for _, c := range shownStates {
		t := s.totals[mapfile.Status(c)]
		out += right(mapview.Name(mapfile.Status(c)), 14) + ": " + size(t.Bytes) + ",  in" + areas(t.Areas) +
			"  (" + ddnumber.Percent(t.Bytes, s.inside) + ")\n"
	}
	return out
}

// json is one line for a script.
func (s *summary) json() string {
	var w jsonw.Writer
	w.Object()
	w.Key("map").String(s.name)
	w.Key("current_pos").Int(s.m.Header.Pos)
	w.Key("current_status").String(phase(s.m.Header.Status))
	w.Key("current_pass").Int(int64(s.m.Header.Pass))
	w.Key("extent").Int(s.m.Size() - s.m.Start)
	w.Key("extent_areas").Int(int64(s.blocks))
	w.Key("domain_begin").Int(s.begin)
	w.Key("domain_end").Int(s.end)
	w.Key("domain_size").Int(s.inside)
	w.Key("domain_areas").Int(int64(s.areas))
	for _, c := range shownStates {
		t := s.totals[mapfile.Status(c)]
		w.Key(mapview.Name(mapfile.Status(c))).Object()
		w.Key("bytes").Int(t.Bytes)
		w.Key("areas").Int(int64(t.Areas))
		w.EndObject()
	}
	w.EndObject()
	return string(w.Bytes()) + "\n"
}

// annotated is a map with the blocks of its file, which are not joined.
type annotated struct {
	header   mapfile.Header
	blocks   []mapfile.Block
	comments []string
	prefixes ddnumber.Prefixes
}

// The most that is kept of a file.
const (
	maxBlocks   = 1 << 23
	maxComments = 1024
)

func (a *annotated) read(in io.Reader) (err error) {
	a.header, err = mapfile.ScanComments(in, func(text string) {
		if len(a.comments) < maxComments {
			a.comments = append(a.comments, text)
		}
	}, func(b mapfile.Block) error {
		if len(a.blocks) == maxBlocks {
			return errors.New("more than " + strconv.Itoa(maxBlocks) + " blocks")
		}
		if b.Size > 0 {
			a.blocks = append(a.blocks, b)
		}
		return nil
	})
	return err
}

func (a *annotated) end() int64 {
	last := a.blocks[len(a.blocks)-1]
	return last.Pos + last.Size
}

func (a *annotated) write(w io.Writer, d mapfile.Domain, comments []string) error {
	// A map writes the comments, as printable ones.
	head := mapfile.New(0)
	head.Header, head.Comments = a.header, comments
	var top strings.Builder
	if err := head.Write(&top, mapfile.Since130); err != nil {
		return err
	}
	text, _, _ := strings.Cut(top.String(), a.header.String()+"\n")
	out := bufio.NewWriterSize(w, 64<<10)
	out.WriteString(text + a.header.String() + "\t#  " + ddnumber.Size(a.header.Pos, a.prefixes) + "\n#      pos        size  status\n")
	for _, b := range a.blocks {
		for piece, in := range d.Split(b) {
			line := piece.String()
			if in {
				size := ddnumber.Size(piece.Size, a.prefixes)
				if n, bytes := strings.CutSuffix(size, " B"); bytes {
					size = n + "  "
				}
				line += "\t#  " + right(ddnumber.Size(piece.Pos, a.prefixes), 10) + " " + right(size, 11)
			}
			if _, err := out.WriteString(line + "\n"); err != nil {
				return err
			}
		}
	}
	return out.Flush()
}
