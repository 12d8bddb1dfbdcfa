package ls

// gap is the number of cells between columns, and the least width of one has it
// too: the layout of GNU ls.
const (
	gap       = 2
	minColumn = 1 + gap
)

// separated prints files in lines of at most the width, each followed by sep.
func (p *page) separated(sep byte) {
	pos := 0
	for i := range p.files {
		f := &p.files[i]
		size := 0
		if p.width > 0 {
			size = p.cells(f)
		}
		if i > 0 {
			p.out.WriteByte(sep)
			if p.width == 0 || pos+size+2 < p.width {
				pos += 2
				p.out.WriteByte(' ')
			} else {
				pos = 0
				p.out.WriteByte('\n')
			}
		}
		p.frills(f, pos)
		pos += size
	}
	p.out.WriteByte('\n')
}

// columns prints files in as many columns as fit, down or across.
func (p *page) columns() {
	sizes := make([]int, len(p.files))
	for i := range p.files {
		sizes[i] = p.cells(&p.files[i])
	}
	down := p.format == vertical
	widths := fit(sizes, p.width, down)
	cols := len(widths)
	rows := (len(sizes) + cols - 1) / cols
	for row := range rows {
		pos := 0
		for col := range cols {
			i := row*cols + col
			if down {
				i = col*rows + row
			}
			if i >= len(sizes) {
				break
			}
			if col > 0 {
				// From the end of the name before to the start of this column.
				from := pos - widths[col-1] + sizes[i-step(down, rows)]
				p.indent(from, pos)
			}
			p.frills(&p.files[i], pos)
			pos += widths[col]
		}
		p.out.WriteByte('\n')
	}
}

// step is how far apart neighbours in a row are.
func step(down bool, rows int) int {
	if down {
		return rows
	}
	return 1
}

// fit returns the widths of the columns, gap included in all but the last, of the
// widest layout whose lines are shorter than line.
func fit(sizes []int, line int, down bool) []int {
	most := max(1, min(len(sizes), (line+minColumn-1)/minColumn))
	for cols := most; cols > 1; cols-- {
		widths := make([]int, cols)
		total := cols * minColumn
		for i := range widths {
			widths[i] = minColumn
		}
		rows := (len(sizes) + cols - 1) / cols
		for i, size := range sizes {
			col := i % cols
			if down {
				col = i / rows
			}
			if col != cols-1 {
				size += gap
			}
			if size > widths[col] {
				total += size - widths[col]
				widths[col] = size
			}
			if total >= line {
				break
			}
		}
		if total < line {
			return widths
		}
	}
	return make([]int, 1)
}

// indent moves from one column to another, with tabs where they reach.
func (p *page) indent(from, to int) {
	for from < to {
		if p.tab > 0 && to/p.tab > (from+1)/p.tab {
			p.out.WriteByte('\t')
			from += p.tab - from%p.tab
		} else {
			p.out.WriteByte(' ')
			from++
		}
	}
}
