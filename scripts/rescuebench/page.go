package main

import (
	"fmt"
	"strings"

	"rescuebox/scripts/machine"
)

const intro = `# ddrescue side by side with GNU's

Written by ` + "`make bench-ddrescue`" + ` on %s, beside %s.

A disk of 64 MiB: 100 MB/s, 4 to 16 ms to read elsewhere than behind the last read,
20 ms for a read that fails (2 ms for the dead head), in real time. "file" is the disk
as a file (FUSE), "loop" the block device above it, where the kernel reads ahead of who
does not go past its cache. Reads and errors are those that the disk sees; seconds are
until it has delivered so much of what is recoverable (a tool may lose that again), and
to the end of the process. The memory is the process's largest (VmHWM). Each copied byte
is compared with the disk: one that is not the disk's ends the run. The map is compared
with what is bad. Of 1 bad sector there are %d runs in turn, and the medians count. The
tools of the zone and of the dead head run at the same time, begun 4 s apart: nearly all
of it is waiting for the disks, of which each has its own. When the recoverable was in is
then measured there alone, by the medians of 3 runs of 6 s. A run that is stopped had a
limit: 225 s in the zone, 2 minutes at the dead head, 30 s in the hang (of 15 s, Ctrl-C
after 2 s), a minute on the drive that dies, 5 minutes elsewhere.
`

func introduction() string {
	return fmt.Sprintf(intro, machine.Describe(), peerVersion(), cases()[0].runs)
}

// boundsTable has a line for each bound of all disks, and how many are missed.
func boundsTable(all []measured) (table string, missed []string) {
	var b strings.Builder
	b.WriteString("\n## Bounds, failing disks\n\nOurs and GNU's with their defaults. Times within 2 % are the same.\n\n" +
		"| disk | | bound | ours | GNU | ours/GNU | result | GNU, best flags |\n|-|-|-|-:|-:|-:|-|-:|\n")
	for _, m := range all {
		for _, one := range m.boundsOf() {
			fmt.Fprintf(&b, "| %s | %s | %s %s | %s | %s | %s | %s | %s |\n", m.c.name, m.kind, one.what, one.allowed, one.ours, one.peer, one.ratio, one.result, one.best)
			if strings.HasPrefix(one.result, miss) {
				missed = append(missed, m.c.name+", "+m.kind+": "+one.what)
			}
		}
	}
	return b.String(), missed
}

// details has what each tool needed on each disk.
func details(all []measured) string {
	var b strings.Builder
	name := ""
	for _, m := range all {
		if m.c.name != name {
			name = m.c.name
			fmt.Fprintf(&b, "\n## %s\n\n| | tool | reads | errors | 50 %% | 90 %% | 99 %% | 100 %% (errors) | end | missing (good ones) | memory | |\n|-|-|-:|-:|-:|-:|-:|-:|-:|-:|-:|-|\n", name)
		}
		for i, o := range m.all {
			fmt.Fprintf(&b, "| %s | %s %s\n", m.kind, m.names[i], o.row(m.c))
		}
	}
	return b.String()
}

func (o outcome) row(c *testCase) string {
	at := func(percent int) string {
		a, ok := o.at[percent]
		switch {
		case !ok:
			return "never"
		case percent == 100:
			return fmt.Sprintf("%.2f (%d)", a.seconds, a.errors)
		}
		return fmt.Sprintf("%.2f", a.seconds)
	}
	end := fmt.Sprintf("%.2f", o.end)
	if o.limited {
		end = "stopped at " + fmt.Sprint(c.limited())
	}
	return fmt.Sprintf("| %d | %d | %s | %s | %s | %s | %s | %d (%d) | %.1f MB | %s |", o.reads, o.errors, at(50), at(90), at(99), at(100), end,
		o.check.missing, o.check.good, float64(o.memory)/1024, o.remarks(c))
}

func (o outcome) remarks(c *testCase) string {
	var all []string
	if o.check.wrong > 0 && c.accident != dies {
		all = append(all, fmt.Sprintf("%d good sectors are called bad", o.check.wrong))
	}
	switch c.accident {
	case hangs:
		all = append(all, fmt.Sprintf("behind Ctrl-C: said %.2f s, map %.2f s, ended %.2f s", o.answered, o.saved, o.gone))
	case dies:
		if !o.limited {
			all = append(all, fmt.Sprintf("status %d", o.status))
		}
		all = append(all, fmt.Sprintf("%d sectors are called bad", o.check.bad))
	}
	return strings.Join(all, "; ")
}
