package mapfile

import (
	"bufio"
	"io"
	"math"
	"math/bits"
	"strconv"
	"strings"
)

// Readers says which versions of ddrescue are to read a map that is written.
type Readers int

const (
	// Since130 are ddrescue 1.30 and newer.
	Since130 Readers = iota
	// AllReaders are older ones too. They know no sweeping and refuse a map in that
	// phase; it is written as the first pass of copying, which reads the same blocks.
	AllReaders
)

// columns are the heads over the header and over the blocks.
const (
	columns      = "# current_pos  current_status  current_pass\n"
	blockColumns = "#      pos        size  status\n"
)

// Write writes the map as ddrescue 1.30 does, under its comments.
func (m *Map) Write(w io.Writer, readers Readers) error {
	out := bufio.NewWriterSize(w, 64<<10)
	for _, c := range m.Comments {
		out.WriteString("# " + printable(c) + "\n")
	}
	h := m.Header
	if h.Status == Sweeping && readers == AllReaders {
		h.Status, h.Pass = NonTried, 1
	}
	out.WriteString(columns + h.String() + "\n" + blockColumns)
	none := true
	var line []byte
	for b := range m.Range(m.Start, math.MaxInt64) {
		none = false
		line = append(b.appendTo(line[:0]), '\n')
		if _, err := out.Write(line); err != nil {
			return err // bufio keeps it: no use to go on
		}
	}
	if none {
		out.WriteString(Block{Status: NonTried}.String() + "\n")
	}
	return out.Flush()
}

// String is the header as ddrescue writes it: position, status and pass.
func (h Header) String() string {
	return string(appendHex(nil, h.Pos)) + "     " + string(rune(h.Status)) + "               " + strconv.Itoa(max(h.Pass, 1))
}

// String is the block as ddrescue writes it: position, size and status.
func (b Block) String() string { return string(b.appendTo(nil)) }

func (b Block) appendTo(line []byte) []byte {
	line = append(appendHex(line, b.Pos), "  "...)
	line = append(appendHex(line, b.Size), "  "...)
	return append(line, byte(b.Status))
}

// Hex is a number, which is not negative, as maps have them: 0x%08llX of printf(3).
func Hex(n int64) string { return string(appendHex(nil, n)) }

// appendHex writes a number, which is not negative, as 0x%08llX of printf(3) does.
func appendHex(line []byte, n int64) []byte {
	line = append(line, "0x"...)
	digits := max(8, (bits.Len64(uint64(n))+3)/4)
	for digits--; digits >= 0; digits-- {
		line = append(line, "0123456789ABCDEF"[n>>(4*digits)&0xf])
	}
	return line
}

// printable keeps a comment on its line: one cannot hold a block, whoever wrote it.
func printable(text string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return '?'
		}
		return r
	}, text)
}
