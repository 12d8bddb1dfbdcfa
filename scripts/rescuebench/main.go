// Rescuebench measures ddrescue side by side with GNU's, in one run and on the same
// disks: files and loop devices with bad places, whose reads take as long as those of
// a disk with one head. It counts reads and errors as the disk sees them, compares
// every byte that was copied with the disk, and the map with what is bad, and writes a
// page of Markdown. It fails when ours is missing more or makes more errors.
//
//	go run ./scripts/rescuebench -binary bin/rescuebox -o docs/bench-rescue.md
//	go run ./scripts/rescuebench -cases '200 scattered,slow'
package main

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"rescuebox/scripts/faultlab"
	"rescuebox/scripts/machine"
)

func main() {
	faultlab.Main()
	binary := flag.String("binary", "bin/rescuebox", "the `program` to measure")
	output := flag.String("o", "", "write the page to this `file` instead of standard output")
	only := flag.String("cases", "", "the `names` of cases, with commas between; empty: all")
	on := flag.String("on", "file,loop", "the `kinds` of disks")
	flag.Parse()
	if err := bench(*binary, *output, *only, strings.Split(*on, ",")); err != nil {
		fmt.Fprintln(os.Stderr, "rescuebench:", err)
		os.Exit(1)
	}
}

func bench(binary, output, only string, kinds []string) error {
	binary, err := filepath.Abs(binary)
	if err != nil {
		return err
	}
	var b strings.Builder
	fmt.Fprintf(&b, "# Copying a failing disk, side by side\n\nWritten by `make bench-rescue` on %s, beside %s.\n"+
		"A disk of 64 MiB: 100 MB/s, 4 to 16 ms to read elsewhere than behind the last read,\n"+
		"20 ms for a read that fails (2 ms for the dead head), in real time. \"file\" is the disk\n"+
		"as a file, \"loop\" a block device above it. Reads and errors are those that the disk\n"+
		"sees; seconds are until so much of what is recoverable was read, and to the end.\n"+
		"Every copied byte is compared with the disk, and the map with what is bad.\n", machine.Describe(), peerVersion())
	missed := 0
	for _, c := range cases() {
		if only != "" && !slices.Contains(strings.Split(only, ","), c.name) {
			continue
		}
		fmt.Fprintf(&b, "\n## %s\n\n| disk | tool | reads | errors | 50 %% | 90 %% | 99 %% | 100 %% (errors) | end | missing sectors | memory |\n|-|-|-:|-:|-:|-:|-:|-:|-:|-:|-:|\n", c.name)
		for _, kind := range kinds {
			n, err := c.compare(&b, binary, kind)
			if err != nil {
				return fmt.Errorf("%s, %s: %w", c.name, kind, err)
			}
			missed += n
		}
	}
	if output == "" {
		_, err = os.Stdout.WriteString(b.String())
	} else {
		err = os.WriteFile(output, []byte(b.String()), 0o644)
	}
	if err == nil && missed > 0 {
		err = fmt.Errorf("%d bounds missed: see the page", missed)
	}
	return err
}

// compare runs all tools on one kind of disk, and counts where ours is behind GNU's
// default: in missing sectors, errors, the time to 90 % or to the end.
func (c *testCase) compare(b *strings.Builder, binary, kind string) (missed int, err error) {
	tools := []tool{
		{"ours", append([]string{binary, "ddrescue", "-q"}, c.options...)},
		{"GNU", append([]string{"ddrescue", "-q"}, c.options...)},
		{"GNU " + strings.Join(c.best, " "), append(append([]string{"ddrescue", "-q"}, c.options...), c.best...)},
	}
	var results []outcome
	for _, tool := range tools {
		o, err := c.run(tool, kind)
		if err != nil {
			return missed, fmt.Errorf("%s: %w", tool.name, err)
		}
		fmt.Fprintf(os.Stderr, "%-16s %-5s %-12s %6d reads %5d errors, 90 %% %7.2f, end %7.2f s, %d missing\n", c.name, kind, tool.name, o.reads, o.errors,
			o.at[90].seconds, o.end, o.missing)
		fmt.Fprintf(b, "| %s | %s | %d | %d | %.2f | %.2f | %.2f | %.2f (%d) | %.2f | %d | %.1f MB |\n", kind, tool.name, o.reads, o.errors, o.at[50].seconds,
			o.at[90].seconds, o.at[99].seconds, o.at[100].seconds, o.at[100].errors, o.end, o.missing, float64(o.memory)/1024)
		results = append(results, o)
	}
	ours, peer := results[0], results[1]
	for what, behind := range map[string]bool{"missing sectors": ours.missing > peer.missing, "errors": ours.errors > peer.errors,
		"the time to 90 %": ours.at[90].seconds > peer.at[90].seconds, "the end": ours.end > peer.end} {
		if behind {
			missed++
			fmt.Fprintf(b, "\n**Behind GNU on the %s: %s.**\n\n", kind, what)
		}
	}
	return missed, nil
}
