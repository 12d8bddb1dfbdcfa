package ls

import (
	"strconv"

	"golang.org/x/sys/unix"

	"rescuebox/internal/humansize"
	"rescuebox/internal/quoting"
)

// page is a stretch of files that are laid out together.
type page struct {
	*lister
	files  []file
	quoted bool // some name has quotes, so those without are moved by a cell
	// The width in cells of each column that all share.
	inode, block, context int
	long                  longWidths
}

// print lists files in their order.
func (l *lister) print(files []file) {
	if len(files) == 0 {
		return
	}
	l.begun = true
	p := &page{lister: l, files: files}
	p.measure()
	switch {
	case l.format == long:
		p.printLong()
	case l.format == single:
		for i := range files {
			p.frills(&files[i], 0)
			l.out.WriteByte('\n')
		}
	case l.format == commas:
		p.separated(',')
	case l.width == 0:
		p.separated(' ')
	default:
		p.columns()
	}
}

// total prints the blocks of all files of a directory.
func (l *lister) total(files []file) {
	var blocks uint64
	for i := range files {
		if files[i].known() {
			blocks += files[i].more.Blocks
		}
	}
	l.out.WriteString("total " + l.blockCount(blocks) + "\n")
}

// blockCount shows a number of blocks of 512 bytes in the user's unit.
func (l *lister) blockCount(n uint64) string {
	if l.human != 0 {
		return humansize.Ceil(n*512, l.human)
	}
	per := l.blockSize / 512
	return strconv.FormatUint((n+per-1)/per, 10)
}

// measure finds the widths of the columns.
func (p *page) measure() {
	shells := p.quote.Style == quoting.Shell || p.quote.Style == quoting.ShellEscape
	aligned := shells && (p.format == long || p.format != single && p.format != commas && p.width > 0)
	for i := range p.files {
		f := &p.files[i]
		if aligned && !p.quoted {
			p.quoted = p.quote.Quoted(f.name)
		}
		if p.lister.inode {
			p.inode = max(p.inode, len(inodeText(f)))
		}
		if f.broken {
			continue
		}
		if p.blocks {
			p.block = max(p.block, len(p.blockText(f)))
		}
		if p.lister.context {
			p.context = max(p.context, len(f.more.context))
		}
		if p.format == long {
			p.measureLong(f)
		}
	}
	if p.format == commas {
		p.inode, p.block, p.context = 0, 0, 0
	}
}

// inodeText is from the directory where the inode cannot be read: debuggers of
// file systems can use it.
func inodeText(f *file) string {
	if f.ino == 0 {
		return "?"
	}
	return strconv.FormatUint(f.ino, 10)
}

func (p *page) blockText(f *file) string {
	if !f.known() {
		return "?"
	}
	return p.blockCount(f.more.Blocks)
}

// contextText is empty where -Z was not asked for.
func contextText(f *file) string {
	if f.more == nil {
		return "?"
	}
	return f.more.context
}

// right prints text at the right of width cells, and a space.
func (p *page) right(text string, width int) int {
	p.spaces(width - len(text))
	p.out.WriteString(text)
	p.out.WriteByte(' ')
	return max(width, len(text)) + 1
}

// left prints text at the left of width cells, and a space.
func (p *page) left(text string, width int) int {
	p.out.WriteString(text)
	p.spaces(max(0, width-len(text)) + 1)
	return max(width, len(text)) + 1
}

func (l *lister) spaces(n int) {
	for range n {
		l.out.WriteByte(' ')
	}
}

// prefix prints inode number and blocks, and returns the cells they took.
func (p *page) prefix(f *file) int {
	n := 0
	if p.lister.inode {
		n += p.right(inodeText(f), p.inode)
	}
	if p.blocks {
		n += p.right(p.blockText(f), p.block)
	}
	return n
}

// frills prints a file of a short listing that begins at column start.
func (p *page) frills(f *file, start int) {
	start += p.prefix(f)
	if p.lister.context {
		start += p.right(contextText(f), p.context)
	}
	p.name(f.name, p.colour(f), start, true)
	if c := p.indicatorOf(f); c != 0 {
		p.out.WriteByte(c)
	}
}

// cells returns how many cells frills takes.
func (p *page) cells(f *file) int {
	n := 0
	if p.lister.inode {
		n += max(p.inode, len(inodeText(f))) + 1
	}
	if p.blocks {
		n += max(p.block, len(p.blockText(f))) + 1
	}
	if p.lister.context {
		n += max(p.context, len(contextText(f))) + 1
	}
	n += p.quote.Width(p.quote.Append(nil, f.name))
	if p.quoted && !p.quote.Quoted(f.name) {
		n++
	}
	if p.indicatorOf(f) != 0 {
		n++
	}
	return n
}

// name prints a file name, or what a link holds when own is false, and returns
// the cells that it took. It begins at column start.
func (p *page) name(name, sgr string, start int, own bool) int {
	shown := p.quote.Append(nil, name)
	n := 0
	if own && p.quoted && !p.quote.Quoted(name) {
		p.out.WriteByte(' ')
		n = 1
	}
	if sgr == "" {
		p.out.Write(shown)
		return n + p.quote.Width(shown)
	}
	if !p.colored {
		p.lister.colored = true
		p.out.WriteString("\x1b[0m")
	}
	p.out.WriteString("\x1b[" + sgr + "m")
	p.out.Write(shown)
	p.out.WriteString("\x1b[0m")
	// A name that wraps paints the rest of the line on some terminals.
	if p.width > 0 && start/p.width != (start+n+len(shown)-1)/p.width {
		p.out.WriteString("\x1b[K")
	}
	return n + p.quote.Width(shown)
}

// indicatorOf returns what -F, -p and --file-type put after the name, or 0.
func (p *page) indicatorOf(f *file) byte {
	mode := uint32(0)
	if f.known() {
		mode = f.more.Mode
	}
	return p.indicate(f.kind, mode)
}

func (p *page) indicate(kind uint8, mode uint32) byte {
	switch {
	case p.indicator == noIndicator:
	case kind == unix.DT_DIR:
		return '/'
	case p.indicator == slash:
	case kind == unix.DT_REG && p.indicator == classify && mode&0o111 != 0:
		return '*'
	case kind == unix.DT_LNK:
		return '@'
	case kind == unix.DT_FIFO:
		return '|'
	case kind == unix.DT_SOCK:
		return '='
	}
	return 0
}

// colour returns the parameters of the escape sequence (ECMA-48 SGR) for f, those
// that GNU ls has without LS_COLORS, or nothing.
func (p *page) colour(f *file) string {
	if !p.color {
		return ""
	}
	mode := uint32(0)
	if f.known() {
		mode = f.more.Mode
	}
	return sgr(f.kind, mode)
}

func sgr(kind uint8, mode uint32) string {
	switch kind {
	case unix.DT_DIR:
		switch mode & 0o1002 {
		case 0o1002:
			return "30;42"
		case 0o0002:
			return "34;42"
		case 0o1000:
			return "37;44"
		}
		return "01;34"
	case unix.DT_LNK:
		return "01;36"
	case unix.DT_FIFO:
		return "33"
	case unix.DT_SOCK:
		return "01;35"
	case unix.DT_BLK, unix.DT_CHR:
		return "01;33"
	case unix.DT_REG:
		switch {
		case mode&0o4000 != 0:
			return "37;41"
		case mode&0o2000 != 0:
			return "30;43"
		case mode&0o111 != 0:
			return "01;32"
		}
	}
	return ""
}
