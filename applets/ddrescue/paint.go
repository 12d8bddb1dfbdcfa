package ddrescue

import (
	"io"
	"os"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"rescuebox/internal/applet"
)

// painter shows lines that change: over and over on a terminal, the last ones where
// there is none. On a terminal that is only known to be one it shows the first line.
type painter struct {
	out           io.Writer
	terminal      bool
	escapes       bool // it moves its cursor up
	colour        bool
	columns, rows int
	drawn         int       // lines
	last          time.Time // when it was drawn
}

// often is how often it is drawn.
const often = time.Second

func newPainter(s applet.Streams, quiet bool) painter {
	p := painter{out: s.Out, columns: 80, rows: 24}
	f, ok := s.Out.(*os.File)
	if !ok || quiet {
		return p
	}
	if _, err := unix.IoctlGetTermios(int(f.Fd()), unix.TCGETS); err != nil {
		return p
	}
	p.terminal = true
	term := s.Getenv("TERM")
	p.escapes = term != "" && term != "dumb" && term != "unknown"
	p.colour = p.escapes && s.Getenv("NO_COLOR") == ""
	// A serial line says 0 by 0.
	if size, err := unix.IoctlGetWinsize(int(f.Fd()), unix.TIOCGWINSZ); err == nil && size.Col >= 20 && size.Row >= 4 {
		p.columns, p.rows = int(size.Col), int(size.Row)
	}
	return p
}

// due reports whether it is time to draw, and takes it for done.
func (p *painter) due(now time.Time) bool {
	if now.Sub(p.last) < often {
		return false
	}
	p.last = now
	return true
}

// paint draws lines that fit.
func (p *painter) paint(lines []string) {
	if !p.escapes {
		line := p.fit(lines[0])
		io.WriteString(p.out, "\r"+line+strings.Repeat(" ", max(0, p.columns-1-len(line))))
		p.drawn = 1
		return
	}
	lines = lines[:min(len(lines), p.rows-1)]
	text := ""
	if p.drawn > 0 {
		text = "\x1b[" + strconv.Itoa(p.drawn) + "A"
	}
	for _, line := range lines {
		text += line + "\x1b[K\r\n"
	}
	p.drawn = len(lines)
	io.WriteString(p.out, text)
}

// lift takes away what is drawn, so that a message has its place and stays.
func (p *painter) lift() {
	switch {
	case p.drawn == 0:
	case p.escapes:
		io.WriteString(p.out, "\x1b["+strconv.Itoa(p.drawn)+"A\x1b[J")
	default:
		io.WriteString(p.out, "\r"+strings.Repeat(" ", p.columns-1)+"\r")
	}
	p.drawn = 0
}

// end draws the last lines, on a terminal or not.
func (p *painter) end(lines []string) {
	if p.escapes {
		p.paint(lines)
		return
	}
	p.lift()
	if p.terminal {
		lines = lines[:min(len(lines), p.rows-1)]
	}
	io.WriteString(p.out, strings.Join(lines, "\n")+"\n")
}

// fit cuts a line without colours so that it does not wrap.
func (p *painter) fit(line string) string {
	if !p.terminal {
		return line
	}
	return line[:min(len(line), p.columns-1)]
}
