package ddrescue

import "strings"

// preview keeps the first bytes of what was read last, to show them.
type preview struct {
	lines int // of 16 bytes
	pos   int64
	data  []byte
}

// Lines of --data-preview: without a number, and at most.
const (
	previewLines    = 3
	maxPreviewLines = 32
)

// take keeps bytes that were read at a position.
func (p *preview) take(pos int64, data []byte) {
	if p.lines > 0 && len(data) > 0 {
		p.pos = pos
		p.data = append(p.data[:0], data[:min(len(data), 16*p.lines)]...)
	}
}

// text is the bytes as "POSITION  hex  characters", 79 columns up to 16 TiB.
func (p *preview) text() (lines []string) {
	const digits = "0123456789ABCDEF"
	for at := 0; at < len(p.data); at += 16 {
		row := p.data[at:min(at+16, len(p.data))]
		var line, chars strings.Builder
		for i := 60; i >= 0; i -= 4 {
			if n := (p.pos + int64(at)) >> i; n > 0 || i < 40 {
				line.WriteByte(digits[n&0xf])
			}
		}
		line.WriteByte(' ')
		for i := range 16 {
			if i == 8 {
				line.WriteByte(' ')
			}
			if i >= len(row) {
				line.WriteString("   ")
				continue
			}
			line.WriteString(" " + string([]byte{digits[row[i]>>4], digits[row[i]&0xf]}))
			c := row[i]
			if c < ' ' || c > '~' {
				c = '.'
			}
			chars.WriteByte(c)
		}
		lines = append(lines, line.String()+"  "+chars.String())
	}
	return lines
}
