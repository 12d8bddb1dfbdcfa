package main

import (
	"encoding/binary"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"rescuebox/internal/ldcache"
)

// cached returns the real paths of the libraries in the loader's cache and their
// bytes.
func cached() (list []string, bytes int64, err error) {
	data, err := os.ReadFile("/etc/ld.so.cache")
	if err != nil {
		return nil, 0, err
	}
	cache, err := ldcache.Parse(data, binary.NativeEndian)
	if err != nil {
		return nil, 0, err
	}
	for _, e := range cache.Entries() {
		if real, err := filepath.EvalSymlinks(e.Path); err == nil {
			list = append(list, real)
		}
	}
	slices.Sort(list)
	list = slices.Compact(list)
	for _, path := range list {
		info, err := os.Stat(path)
		if err != nil {
			return nil, 0, err
		}
		bytes += info.Size()
	}
	return list, bytes, nil
}

// reading measures libcheck of all libraries in the cache beside dd, which reads one
// file after the other without looking at it. One shell starts all dd, so that they
// cost a fork each and no more.
func reading(b *strings.Builder, program string, rounds int) (string, error) {
	list, bytes, err := cached()
	if err != nil {
		return "", err
	}
	fmt.Fprintf(b, "\n## Reading all libraries in the loader's cache past the page cache\n\n%d files, %.0f MB. The bound is %.1f of dd's rate. In turn, in each round.\n\n", len(list), float64(bytes)/1e6, leastRate)
	dd := []string{"sh", "-c", `for f; do dd if="$f" of=/dev/null iflag=direct bs=1M 2>/dev/null || exit; done`, "sh"}
	rows := []struct {
		name string
		argv []string
		best time.Duration
	}{
		{name: "dd iflag=direct bs=1M", argv: append(dd, list...)},
		{name: "rescuebox libcheck --no-digests", argv: append([]string{program, "libcheck", "-q", "--no-digests"}, list...)},
		{name: "rescuebox libcheck (and compares digests)", argv: append([]string{program, "libcheck", "-q"}, list...)},
	}
	for range rounds {
		for i := range rows {
			d, err := least(1, rows[i].argv...)
			if err != nil {
				return "", err
			}
			if rows[i].best == 0 || d < rows[i].best {
				rows[i].best = d
			}
		}
	}
	b.WriteString("| tool | ms | MB/s | of dd's rate |\n|---|---:|---:|---:|\n")
	miss := ""
	for _, r := range rows {
		ratio := rows[0].best.Seconds() / r.best.Seconds()
		fmt.Fprintf(b, "| %s | %d | %.0f | %.2f |\n", r.name, r.best.Milliseconds(), float64(bytes)/1e6/r.best.Seconds(), ratio)
		if ratio < leastRate {
			miss = fmt.Sprintf("%s reads at %.2f of dd's rate", r.name, ratio)
		}
	}
	return miss, nil
}

// digests measures the comparison with dpkg's digests beside debsums, on the
// libraries of some packages.
func digests(b *strings.Builder, program string, rounds int) error {
	packages := []string{"libc6", "coreutils", "bash", "util-linux", "libssl3", "e2fsprogs", "perl-base", "systemd"}
	var files []string
	for _, p := range packages {
		out, err := exec.Command("dpkg", "-L", p).Output()
		if err != nil {
			return fmt.Errorf("dpkg -L %s: %w", p, err)
		}
		for _, path := range strings.Fields(string(out)) {
			if info, err := os.Lstat(path); err == nil && info.Mode().IsRegular() {
				files = append(files, path)
			}
		}
	}
	ours, err := least(rounds, append([]string{program, "libcheck", "-q"}, files...)...)
	if err != nil {
		return err
	}
	theirs, err := least(1, append([]string{"debsums", "-s"}, packages...)...)
	if err != nil {
		return err
	}
	fmt.Fprintf(b, "\n## Comparing with dpkg's digests\n\nAll %d files of %s.\n\n| tool | ms | times ours |\n|---|---:|---:|\n", len(files), strings.Join(packages, " "))
	fmt.Fprintf(b, "| rescuebox libcheck | %d | 1.0 |\n| debsums -s | %d | %.1f |\n", ours.Milliseconds(), theirs.Milliseconds(), theirs.Seconds()/ours.Seconds())
	return nil
}
