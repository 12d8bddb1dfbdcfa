package gzipcmd

import (
	"io"
	"strconv"
	"strings"
	"time"

	"rescuebox/internal/gz"
)

// totals are summed up by -l.
type totals struct {
	files         int
	packed, plain int64
	framing       int64
	headed        bool
}

// listOne writes a line of -l in GNU gzip's columns.
func (c *command) listOne(name string, info gz.Info, mtime time.Time) {
	if !c.totals.headed && !c.quiet {
		c.totals.headed = true
		head := "         compressed        uncompressed  ratio uncompressed_name\n"
		if c.verbose {
			head = "method  crc     date  time  " + head
		}
		c.write(head)
	}
	plain := info.Name
	if !c.name || plain == "" {
		plain = name
		if name == "stdin" {
			plain = "stdout"
		} else if target, err := c.target(name); err == nil {
			plain = target
		}
	}
	if c.name && !info.ModTime.IsZero() {
		mtime = info.ModTime
	}
	line := ""
	if c.verbose {
		crc := strconv.FormatUint(uint64(info.CRC), 16)
		line = "defla " + strings.Repeat("0", 8-len(crc)) + crc + " " + mtime.Format("Jan _2 15:04") + " "
	}
	c.write(line + sizes(info.In, info.Out, info.Framing) + " " + plain + "\n")
	c.totals.files++
	c.totals.packed += info.In
	c.totals.plain += info.Out
	c.totals.framing += info.Framing
}

func (c *command) listTotals() {
	if c.totals.files < 2 || c.quiet {
		return
	}
	line := ""
	if c.verbose {
		line = strings.Repeat(" ", 28)
	}
	c.write(line + sizes(c.totals.packed, c.totals.plain, c.totals.framing) + " (totals)\n")
}

func (c *command) write(text string) {
	if _, err := io.WriteString(c.s.Out, text); err != nil {
		c.fail("write error", err)
	}
}

func sizes(packed, plain, framing int64) string {
	return column(packed) + " " + column(plain) + " " + ratio(packed-framing, plain)
}

func column(n int64) string {
	text := strconv.FormatInt(n, 10)
	return strings.Repeat(" ", max(0, 19-len(text))) + text
}

// ratio is by how much packing made it smaller, in percent.
func ratio(packed, plain int64) string {
	percent := 0.0
	if plain > 0 {
		percent = 100 * (1 - float64(packed)/float64(plain))
	}
	text := strconv.FormatFloat(percent, 'f', 1, 64) + "%"
	return strings.Repeat(" ", max(0, 6-len(text))) + text
}
