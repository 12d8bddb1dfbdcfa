// Elfbench measures ldd and libcheck side by side with the tools that they stand
// for, in one run and on the same files: the closure of every ELF object of a tree
// beside glibc's ldd and pax-utils' lddtree, and the reading of all libraries in the
// loader's cache beside dd and debsums. It writes a page of Markdown and fails when a
// bound is missed.
//
//	go run ./scripts/elfbench -binary bin/rescuebox -o docs/bench-elf.md
package main

import (
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"rescuebox/scripts/machine"
)

// The bounds: seconds for all closures, and the rate of reading beside dd's.
const (
	mostSeconds = 2.0
	leastRate   = 0.8
)

func main() {
	binary := flag.String("binary", "bin/rescuebox", "the `program` to measure")
	output := flag.String("o", "", "write the page to this `file` instead of standard output")
	tree := flag.String("tree", "/usr", "the `folder` whose objects are looked at")
	rounds := flag.Int("n", 5, "`rounds`; the least time counts")
	flag.Parse()
	if err := bench(*binary, *output, *tree, *rounds); err != nil {
		fmt.Fprintln(os.Stderr, "elfbench:", err)
		os.Exit(1)
	}
}

func bench(binary, output, tree string, rounds int) error {
	binary, err := filepath.Abs(binary)
	if err != nil {
		return err
	}
	for tool, install := range map[string]string{"lddtree": "pax-utils", "debsums": "debsums", "ldd": "libc-bin"} {
		if _, err := exec.LookPath(tool); err != nil {
			return fmt.Errorf("%w (apt-get install %s)", err, install)
		}
	}
	var b strings.Builder
	fmt.Fprintf(&b, "# Libraries: finding and reading\n\nWritten by `make bench-elf` on %s.\nTimes are the least of %d rounds, whole processes.\n", machine.Describe(), rounds)
	var missed []string
	for _, part := range []func(*strings.Builder) (string, error){
		func(b *strings.Builder) (string, error) { return closures(b, binary, tree, rounds) },
		func(b *strings.Builder) (string, error) { return reading(b, binary, rounds) },
		func(b *strings.Builder) (string, error) { return "", digests(b, binary, rounds) },
	} {
		miss, err := part(&b)
		if err != nil {
			return err
		}
		if miss != "" {
			missed = append(missed, miss)
		}
	}
	if output == "" {
		_, err = os.Stdout.WriteString(b.String())
	} else {
		err = os.WriteFile(output, []byte(b.String()), 0o644)
	}
	if err == nil && missed != nil {
		err = fmt.Errorf("over the bound: %s", strings.Join(missed, "; "))
	}
	return err
}

// least runs a command some rounds and returns the least time. A status that is not
// zero is expected of checkers and of ldd on static files.
func least(rounds int, argv ...string) (time.Duration, error) {
	best := time.Duration(0)
	for range rounds {
		cmd := exec.Command(argv[0], argv[1:]...)
		begin := time.Now()
		err := cmd.Run()
		d := time.Since(begin)
		if _, status := err.(*exec.ExitError); err != nil && !status {
			return 0, fmt.Errorf("%s: %w", argv[0], err)
		}
		if best == 0 || d < best {
			best = d
		}
	}
	return best, nil
}
