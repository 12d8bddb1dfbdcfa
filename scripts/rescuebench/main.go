// Rescuebench measures ddrescue side by side with GNU's, in one run and on the same
// disks: files and loop devices with bad places, whose reads take as long as those of
// a disk with one head. It counts reads and errors as the disk sees them, compares
// every byte that was copied with the disk, and the map with what is bad. Then it
// copies what is well with both, with dd and with cp. It writes a page of Markdown and
// fails when a bound is missed.
//
//	go run ./scripts/rescuebench -binary bin/rescuebox -o docs/bench-ddrescue.md
//	go run ./scripts/rescuebench -run '200 scat|slow' -on loop -rounds 0
package main

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"time"

	"rescuebox/scripts/faultlab"
)

func main() {
	faultlab.Main()
	var o options
	flag.StringVar(&o.binary, "binary", "bin/rescuebox", "the `program` to measure")
	flag.StringVar(&o.output, "o", "", "write the page to this `file` instead of standard output")
	flag.StringVar(&o.only, "run", "", "only the cases that this `expression` matches")
	flag.StringVar(&o.kinds, "on", "file,loop", "the `kinds` of disks")
	flag.IntVar(&o.rounds, "rounds", 7, "`rounds` of healthy media; 0: none")
	flag.StringVar(&o.healthy.pairs, "healthy", "", "only the pairs of healthy media that this `expression` matches, as disk-tmpfs")
	flag.StringVar(&o.healthy.disk, "disk", os.TempDir(), "the `folder` on a disk, for healthy media")
	flag.StringVar(&o.healthy.tmpfs, "tmpfs", "/dev/shm", "the `folder` in memory")
	flag.StringVar(&o.logs, "logs", "", "write the reads of each run into a file in this `folder`")
	flag.Int64Var(&o.healthy.size, "size", 1<<30, "the `bytes` of a healthy medium")
	flag.Parse()
	if err := o.bench(); err != nil {
		fmt.Fprintln(os.Stderr, "rescuebench:", err)
		os.Exit(1)
	}
}

type options struct {
	binary, output, only, kinds, logs string
	rounds                            int
	healthy                           healthy
}

func (o *options) bench() error {
	only, err := regexp.Compile(o.only)
	if err != nil {
		return err
	}
	if o.healthy.only, err = regexp.Compile(o.healthy.pairs); err != nil {
		return err
	}
	if o.binary, err = filepath.Abs(o.binary); err != nil {
		return err
	}
	if _, err := exec.LookPath("ddrescue"); err != nil {
		return fmt.Errorf("%w (apt-get install gddrescue)", err)
	}
	var all []measured
	for _, c := range cases() {
		if !only.MatchString(c.name) {
			continue
		}
		c.logs = o.logs
		m, err := c.measure(o.binary, strings.Split(o.kinds, ","))
		if err != nil {
			return fmt.Errorf("%s: %w", c.name, err)
		}
		all = append(all, m...)
	}
	table, missed := boundsTable(all)
	rates := ""
	if o.rounds > 0 {
		var more []string
		if rates, more, err = o.healthy.measure(o.binary, o.rounds); err != nil {
			return err
		}
		missed = append(missed, more...)
	}
	page := introduction() + table + rates + details(all)
	if o.output == "" {
		_, err = os.Stdout.WriteString(page)
	} else {
		err = os.WriteFile(o.output, []byte(page), 0o644)
	}
	if err == nil && len(missed) > 0 {
		err = fmt.Errorf("bounds missed: %s", strings.Join(missed, "; "))
	}
	return err
}

// apart is how far from each other tools begin that run at once: what is read well is
// read by then.
const apart = 4 * time.Second

// measure runs all tools on all kinds of a disk.
func (c *testCase) measure(binary string, kinds []string) (all []measured, err error) {
	tools := c.tools(binary)
	for _, kind := range kinds {
		if !c.on(kind) {
			continue
		}
		m := measured{c: c, kind: kind, all: make([]outcome, len(tools))}
		for _, t := range tools {
			m.names = append(m.names, t.name)
		}
		all = append(all, m)
	}
	var wait sync.WaitGroup
	errs := make([]error, len(tools)*len(all))
	for k, m := range all {
		if c.together {
			for i, t := range tools {
				wait.Go(func() { m.all[i], errs[k*len(tools)+i] = c.tell(t, m.kind) })
				time.Sleep(apart)
			}
		} else if err := m.take(tools); err != nil {
			return nil, err
		}
	}
	wait.Wait()
	if err := errors.Join(errs...); err != nil || c.early == 0 {
		return all, err
	}
	return all, c.again(all, tools)
}

// again measures alone what came in the first seconds, and takes that instead.
func (c *testCase) again(all []measured, tools []tool) error {
	short := *c
	short.limit, short.runs = c.early, 3
	for _, m := range all {
		first := measured{c: &short, kind: m.kind, names: m.names, all: make([]outcome, len(tools))}
		if err := first.take(tools); err != nil {
			return err
		}
		for i := range m.all {
			for _, percent := range percents {
				if a, ok := first.all[i].at[percent]; ok {
					m.all[i].at[percent] = a
				}
			}
		}
	}
	return nil
}

// take runs the tools one after the other, as often as it is asked for.
func (m measured) take(tools []tool) error {
	runs := make([][]outcome, len(tools))
	for range max(1, m.c.runs) {
		for i, t := range tools {
			o, err := m.c.tell(t, m.kind)
			if err != nil {
				return err
			}
			runs[i] = append(runs[i], o)
		}
	}
	for i, list := range runs {
		m.all[i] = middle(list)
	}
	return nil
}

// tell runs a tool, and says what came of it.
func (c *testCase) tell(t tool, kind string) (outcome, error) {
	o, err := c.run(t, kind)
	if err != nil {
		return o, fmt.Errorf("%s, %s: %w", t.name, kind, err)
	}
	fmt.Fprintf(os.Stderr, "%-15s %-5s %-22s %6d reads %5d errors, 90 %% %6.2f, 100 %% %6.2f (%d), end %7.2f s, missing %d (%d) %s\n", c.name, kind, t.name,
		o.reads, o.errors, o.at[90].seconds, o.at[100].seconds, o.at[100].errors, o.end, o.check.missing, o.check.good, o.remarks(c))
	return o, nil
}

// peerVersion is GNU's version.
func peerVersion() string {
	out, err := exec.Command("ddrescue", "--version").Output()
	if err != nil {
		return "no GNU ddrescue"
	}
	line, _, _ := strings.Cut(string(out), "\n")
	return line
}
