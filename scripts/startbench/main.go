// Startbench measures what starting rescuebox costs, part by part, side by side
// with busybox, and under which limit on address space it still starts. It
// writes a page of Markdown and fails when starting takes more than four times
// as long as busybox.
//
//	go run ./scripts/startbench -o docs/bench-start.md
//	go run ./scripts/startbench -binary kit=dist/rescuebox-kit -binary full=dist/rescuebox
package main

import (
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// most is how many times as long as busybox starting may take.
const most = 4.0

// given is the flag -binary, name=path, which may be repeated.
type given []program

func (g *given) String() string { return "" }

func (g *given) Set(value string) error {
	name, path, ok := strings.Cut(value, "=")
	if !ok {
		return fmt.Errorf("want NAME=PATH")
	}
	path, err := filepath.Abs(path)
	if err != nil {
		return err
	}
	*g = append(*g, program{name: "rescuebox, profile " + name, path: path, args: []string{"true"}, judged: true})
	return nil
}

func main() {
	var binaries given
	output := flag.String("o", "", "write the page to this `file` instead of standard output")
	runs := flag.Int("n", 1000, "`runs` of each program")
	box := flag.String("busybox", "busybox", "the busybox to compare with, as a static `program`")
	flag.Var(&binaries, "binary", "measure a built binary too: `NAME=PATH`; repeat for more")
	flag.Parse()
	if err := bench(*output, *runs, *box, binaries); err != nil {
		fmt.Fprintln(os.Stderr, "startbench:", err)
		os.Exit(1)
	}
}

func bench(output string, runs int, box string, binaries []program) error {
	path, err := exec.LookPath(box)
	if err != nil {
		return fmt.Errorf("%w (apt-get install busybox-static)", err)
	}
	dir, err := os.MkdirTemp("", "startbench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	programs, err := prepare(dir, path)
	if err != nil {
		return err
	}
	programs = append(programs, binaries...)
	if err := measure(programs, runs); err != nil {
		return err
	}
	limits, err := addressSpace(dir)
	if err != nil {
		return err
	}
	text, failed := page(programs, limits, runs)
	if output == "" {
		_, err = os.Stdout.WriteString(text)
	} else {
		err = os.WriteFile(output, []byte(text), 0o644)
	}
	if err != nil {
		return err
	}
	if len(failed) > 0 {
		return fmt.Errorf("more than %.0f times as long as busybox: %s", most, strings.Join(failed, ", "))
	}
	return nil
}
