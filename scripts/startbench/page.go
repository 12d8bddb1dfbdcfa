package main

import (
	"debug/elf"
	"fmt"
	"os"
	"strings"

	"rescuebox/internal/start"
	"rescuebox/scripts/machine"
)

// page words the results, and names the programs that start too slowly.
func page(programs []program, limits []limit, runs int) (text string, failed []string) {
	var b strings.Builder
	fmt.Fprintf(&b, `# What starting costs

Written by `+"`go run ./scripts/startbench -o docs/bench-start.md`"+` on %s.

Time from fork to the end of wait, of %d runs each, all programs in turn. Each
row adds a part to the one above it, profiles aside. The bound is %.0f times
busybox, for the least and for the median. The least is the figure to compare:
the Go runtime starts threads, and so a busy machine slows it more than busybox.

| program | file KiB | from file KiB | zero KiB | least µs | median µs | least, busybox = 1 | median, busybox = 1 |
|---|---:|---:|---:|---:|---:|---:|---:|
`, machine.Describe(), runs, most)
	box := programs[1]
	for _, p := range programs {
		least, median := p.min.Seconds()/box.min.Seconds(), p.median.Seconds()/box.median.Seconds()
		fmt.Fprintf(&b, "| %s | %s | %d | %d | %.2f | %.2f |\n", p.name, sizes(p.path), p.min.Microseconds(), p.median.Microseconds(), least, median)
		if p.judged && max(least, median) > most {
			failed = append(failed, fmt.Sprintf("%s (%.2f, %.2f)", p.name, least, median))
		}
	}
	verdict := "All are within the bound."
	if len(failed) > 0 {
		verdict = "Over the bound (least, median): " + strings.Join(failed, "; ") + "."
	}
	b.WriteString("\n" + verdict + "\n")
	b.WriteString(`
"From file" is what rescuebox locks in memory, so that it survives the failure
of the disk that it lies on; "zero" is memory that starts as zeros (BSS).
Locking grows with the size of the binary. That is why it waits until a process
is some milliseconds old: a short command ends before and pays nothing.

## Address space

The least limit (ulimit -v) that the applet true starts under ten times out of ten:

| program | MiB |
|---|---:|
`)
	for _, l := range limits {
		fmt.Fprintf(&b, "| %s | %.1f |\n", l.name, float64(l.kib)/1024)
	}
	fmt.Fprintf(&b, `
The entry code raises a soft limit before the Go runtime reserves its memory, and
a hard one where that is allowed. Where it is not and the limit is below %d MiB,
it names the 32-bit build and exits with status 1.
`, start.AddressSpace>>20)
	return b.String(), failed
}

// sizes returns the cells of a program's file, loaded and zero-filled sizes.
func sizes(path string) string {
	info, err := os.Stat(path)
	if err != nil {
		return "? | ? | ?"
	}
	f, err := elf.Open(path)
	if err != nil {
		return fmt.Sprintf("%d | ? | ?", info.Size()/1024)
	}
	defer f.Close()
	var file, zero uint64
	for _, p := range f.Progs {
		if p.Type == elf.PT_LOAD {
			file += p.Filesz
			zero += p.Memsz - p.Filesz
		}
	}
	return fmt.Sprintf("%d | %d | %d", info.Size()/1024, file/1024, zero/1024)
}
