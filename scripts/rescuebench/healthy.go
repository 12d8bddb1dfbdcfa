package main

import (
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// healthy is where what is well is copied from and to.
type healthy struct {
	disk, tmpfs string // folders
	size        int64
	pairs       string
	only        *regexp.Regexp
}

// Names of the tools, which comparisons are made by.
const (
	oursName    = "ours: ddrescue"
	oursDD      = "ours: dd bs=1M"
	oursDirect  = "ours: dd bs=1M iflag=direct"
	gnuName     = "GNU ddrescue"
	gnuDirect   = "GNU ddrescue -d"
	ddName      = "dd bs=1M"
	ddDirect    = "dd bs=1M iflag=direct"
	copyName    = "cp --reflink=never"
	nowhere     = "/dev/null"
	nowhereName = "null"
)

// comparison is which tool is to be at least as fast as which.
type comparison struct{ ours, peer string }

// Our ddrescue reads past the page cache by default: it is compared with tools that
// do and with those that do not.
var comparisons = []comparison{{oursName, gnuName}, {oursName, gnuDirect}, {oursName, ddName}, {oursName, ddDirect}, {oursDD, ddName}, {oursDirect, ddDirect}}

// healthyTools are all commands from a file to another.
func healthyTools(binary, from, to string) []tool {
	dd := func(argv ...string) []string {
		return append(argv, "if="+from, "of="+to, "bs=1M", "status=none")
	}
	return []tool{
		{oursName, []string{binary, "ddrescue", "-q", "-f", from, to}},
		{gnuName, []string{"ddrescue", "-q", "-f", from, to}},
		{gnuDirect, []string{"ddrescue", "-q", "-f", "-d", from, to}},
		{ddName, dd("dd")},
		{oursDD, dd(binary, "dd")},
		{ddDirect, append(dd("dd"), "iflag=direct")},
		{oursDirect, append(dd(binary, "dd"), "iflag=direct")},
		{copyName, []string{"cp", "--reflink=never", from, to}},
	}
}

// pair is a source and a target.
type pair struct{ from, to string }

func (p pair) String() string { return p.from + "-" + p.to }

// rates are MiB per second of each round, by tool.
type rates map[string][]float64

// measure copies rounds times with all tools in turn, and returns a part of the page
// and what is behind.
func (h *healthy) measure(binary string, rounds int) (page string, missed []string, err error) {
	dirs := map[string]string{}
	for name, parent := range map[string]string{"disk": h.disk, "tmpfs": h.tmpfs} {
		dir, err := os.MkdirTemp(parent, "rescuebench-")
		if err != nil {
			return "", nil, err
		}
		defer os.RemoveAll(dir)
		dirs[name] = dir
		if err := h.fill(filepath.Join(dir, "source")); err != nil {
			return "", nil, err
		}
	}
	var names []string
	for _, t := range healthyTools("", "", "") {
		names = append(names, t.name)
	}
	all := map[pair]rates{}
	var pairs []pair
	for _, p := range []pair{{"disk", nowhereName}, {"disk", "disk"}, {"disk", "tmpfs"}, {"tmpfs", nowhereName}, {"tmpfs", "disk"}, {"tmpfs", "tmpfs"}} {
		if !h.only.MatchString(p.String()) {
			continue
		}
		pairs = append(pairs, p)
		if all[p], err = h.race(binary, dirs, p, rounds); err != nil {
			return "", nil, fmt.Errorf("%s: %w", p, err)
		}
	}
	page, missed = ratesPage(pairs, all, names, h.size, rounds)
	return page, missed, nil
}

// fill makes a file of random bytes that is on its disk and not in the page cache.
func (h *healthy) fill(name string) error {
	f, err := os.Create(name)
	if err != nil {
		return err
	}
	defer f.Close()
	if _, err := io.CopyN(f, rand.NewChaCha8([32]byte{5}), h.size); err != nil {
		return err
	}
	return f.Sync()
}

// race runs all tools on a pair, in each round beginning with another one.
func (h *healthy) race(binary string, dirs map[string]string, p pair, rounds int) (rates, error) {
	from, to := filepath.Join(dirs[p.from], "source"), nowhere
	if p.to != nowhereName {
		to = filepath.Join(dirs[p.to], "target")
	}
	tools := healthyTools(binary, from, to)
	r := rates{}
	for round := range rounds {
		for i := range tools {
			t := tools[(i+round)%len(tools)]
			took, err := copyOnce(t, from, to)
			if err != nil {
				return nil, err
			}
			if round == 0 && to != nowhere {
				if err := same(from, to); err != nil {
					return nil, fmt.Errorf("%s: %w", t.name, err)
				}
			}
			rate := float64(h.size) / mib / took.Seconds()
			r[t.name] = append(r[t.name], rate)
			fmt.Fprintf(os.Stderr, "%-12s %-28s %8.0f MiB/s\n", p, t.name, rate)
		}
	}
	return r, nil
}

// copyOnce copies a file that is not in the page cache to one that is not there, and
// waits till it is on its disk.
func copyOnce(t tool, from, to string) (time.Duration, error) {
	if to != nowhere {
		if err := os.Remove(to); err != nil && !errors.Is(err, os.ErrNotExist) {
			return 0, err
		}
	}
	unix.Sync()
	if err := uncache(from); err != nil {
		return 0, err
	}
	start := time.Now()
	if out, err := exec.Command(t.argv[0], t.argv[1:]...).CombinedOutput(); err != nil {
		return 0, fmt.Errorf("%s: %w: %s", t.name, err, out)
	}
	if to != nowhere {
		f, err := os.OpenFile(to, os.O_WRONLY, 0)
		if err != nil {
			return 0, err
		}
		if err := errors.Join(f.Sync(), f.Close()); err != nil {
			return 0, err
		}
	}
	return time.Since(start), nil
}

// uncache drops a file from the page cache; one of a tmpfs stays.
func uncache(name string) error {
	f, err := os.Open(name)
	if err != nil {
		return err
	}
	defer f.Close()
	return os.NewSyscallError("fadvise", unix.Fadvise(int(f.Fd()), 0, 0, unix.FADV_DONTNEED))
}

// same compares two files.
func same(a, b string) error {
	if out, err := exec.Command("cmp", a, b).CombinedOutput(); err != nil {
		return fmt.Errorf("%w: %s", err, out)
	}
	return nil
}

// ratesPage shows the medians, and the comparisons: the median of the ratios of each
// round.
func ratesPage(pairs []pair, all map[pair]rates, names []string, size int64, rounds int) (page string, missed []string) {
	var b strings.Builder
	fmt.Fprintf(&b, "\n## Healthy media, MiB/s\n\nA file of %d MiB that is not in the page cache, to one that is not there, till it is on its\n"+
		"disk. %d rounds of all tools in turn, medians.\n\n| |", size/mib, rounds)
	for _, p := range pairs {
		fmt.Fprintf(&b, " %s to %s |", p.from, p.to)
	}
	b.WriteString("\n|-|" + strings.Repeat("-:|", len(pairs)) + "\n")
	for _, name := range names {
		fmt.Fprintf(&b, "| %s |", name)
		for _, p := range pairs {
			fmt.Fprintf(&b, " %.0f |", median(slices.Clone(all[p][name])))
		}
		b.WriteString("\n")
	}
	b.WriteString("\n## Bounds, healthy media\n\nOurs to the peer's rate in the same round: the median, and the middle half of the rounds.\n" +
		"At least 1 is asked for; \"even\" is less than that, by less than the rounds differ.\n\n| |")
	for _, p := range pairs {
		fmt.Fprintf(&b, " %s to %s |", p.from, p.to)
	}
	b.WriteString("\n|-|" + strings.Repeat("-|", len(pairs)) + "\n")
	for _, c := range comparisons {
		fmt.Fprintf(&b, "| %s, beside %s |", c.ours, c.peer)
		for _, p := range pairs {
			low, mid, high := quartiles(ratios(all[p][c.ours], all[p][c.peer]))
			verdict := judgedRate(low, mid, high)
			if verdict == miss {
				missed = append(missed, fmt.Sprintf("%s, %s beside %s", p, c.ours, c.peer))
			}
			fmt.Fprintf(&b, " %.2f (%.2f-%.2f) %s |", mid, low, high, verdict)
		}
		b.WriteString("\n")
	}
	return b.String(), missed
}

func judgedRate(low, mid, high float64) string {
	switch {
	case mid >= 1:
		return pass
	case high >= 1 && low < 1:
		return "even"
	}
	return miss
}

// ratios are those of the same rounds.
func ratios(ours, peers []float64) (list []float64) {
	for i := range min(len(ours), len(peers)) {
		list = append(list, ours[i]/peers[i])
	}
	return list
}

// quartiles are the borders of the middle half, and the median.
func quartiles(list []float64) (low, mid, high float64) {
	if len(list) == 0 {
		return 0, 0, 0
	}
	list = slices.Sorted(slices.Values(list))
	n := len(list)
	return list[n/4], list[n/2], list[n-1-n/4]
}
