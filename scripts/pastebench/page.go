package main

import (
	"fmt"
	"strings"

	"rescuebox/scripts/machine"
)

// page writes the table: a row for each receiver, a column for each terminal and
// size.
func page(cells []cell) string {
	var b strings.Builder
	b.WriteString("# Pasting a file, side by side\n\n")
	b.WriteString("Made by `make bench-paste`. Each cell is one paste of a file that nothing compresses,\n" +
		"compared bit for bit: seconds from Enter behind the command to the verdict, and how\n" +
		"many times as long as a plain `base64 -d >FILE` in the same terminal, which checks\n" +
		"nothing. \"115200\" is a pseudo-terminal that is fed 11,520 characters a second.\n\n")
	b.WriteString(machine.Describe() + "\n")
	for _, size := range distinct(cells, func(c cell) string { return megabytes(c.size) }) {
		section(&b, cells, size)
	}
	return b.String()
}

func section(b *strings.Builder, cells []cell, size string) {
	var these []cell
	for _, c := range cells {
		if megabytes(c.size) == size {
			these = append(these, c)
		}
	}
	kinds := distinct(these, func(c cell) string { return c.terminal })
	fmt.Fprintf(b, "\n## %s\n\n| receiver | characters | of the file |", size)
	for _, kind := range kinds {
		b.WriteString(" " + kind + " |")
	}
	b.WriteString("\n|-|-:|-:|" + strings.Repeat("-:|", len(kinds)) + "\n")
	for _, receiver := range distinct(these, func(c cell) string { return c.receiver }) {
		row(b, these, kinds, receiver)
	}
}

func row(b *strings.Builder, cells []cell, kinds []string, receiver string) {
	c, _ := find(cells, receiver, kinds[0])
	fmt.Fprintf(b, "| %s | %d | %.3f |", receiver, c.characters, float64(c.characters)/float64(c.size))
	for _, kind := range kinds {
		c, found := find(cells, receiver, kind)
		switch hand, known := find(cells, byHand, kind); {
		case !found:
			b.WriteString(" |")
		case c.err != nil:
			b.WriteString(" **failed** |")
		case known && hand.err == nil && receiver != byHand:
			fmt.Fprintf(b, " %.2f s, %.2fx |", c.took.Seconds(), c.took.Seconds()/hand.took.Seconds())
		default:
			fmt.Fprintf(b, " %.2f s |", c.took.Seconds())
		}
	}
	b.WriteString("\n")
}

func find(cells []cell, receiver, kind string) (cell, bool) {
	for _, c := range cells {
		if c.receiver == receiver && c.terminal == kind {
			return c, true
		}
	}
	return cell{}, false
}

func megabytes(size int) string { return fmt.Sprintf("%g MB", float64(size)/1e6) }

// distinct returns what the cells differ in, in their order.
func distinct(cells []cell, of func(cell) string) []string {
	var out []string
	known := map[string]bool{}
	for _, c := range cells {
		if s := of(c); !known[s] {
			known[s] = true
			out = append(out, s)
		}
	}
	return out
}
