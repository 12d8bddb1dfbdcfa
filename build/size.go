package main

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// weight is what a file weighs.
type weight struct {
	bytes int64
	xz    int64 // xz -9e
}

// weigh builds b and weighs it.
func weigh(b target) (weight, error) {
	tmp, err := os.MkdirTemp("", "rescuebox-size-")
	if err != nil {
		return weight{}, err
	}
	defer os.RemoveAll(tmp)
	file := filepath.Join(tmp, "rescuebox")
	if err := b.write(file); err != nil {
		return weight{}, err
	}
	return weighFile(file)
}

func weighFile(file string) (weight, error) {
	info, err := os.Stat(file)
	if err != nil {
		return weight{}, err
	}
	xz := exec.Command("xz", "-9e", "--threads=1", "--stdout", "--keep", file)
	out, err := xz.StdoutPipe()
	if err != nil {
		return weight{}, err
	}
	if err := xz.Start(); err != nil {
		return weight{}, fmt.Errorf("%w (apt-get install xz-utils)", err)
	}
	n, err := io.Copy(io.Discard, out)
	if err := errors.Join(err, xz.Wait()); err != nil {
		return weight{}, fmt.Errorf("xz: %w", err)
	}
	return weight{bytes: info.Size(), xz: n}, nil
}

// size prints the table of sizes as Markdown: each binary, what each applet adds
// to it, and what each package takes of it; of the profiles named only the last two.
func size(names []string) error {
	out := bufio.NewWriter(os.Stdout)
	defer out.Flush()
	amd64, err := findPlatform("amd64")
	if err != nil {
		return err
	}
	if len(names) == 0 {
		fmt.Fprintf(out, "# Sizes\n\nWritten by `make size`. Bytes, and bytes after `xz -9e`.\n")
		if err := sizeOfBinaries(out); err != nil {
			return err
		}
		names = profiles
	}
	for _, name := range names {
		prof, err := readProfile(name)
		if err != nil {
			return err
		}
		if err := sizeOfApplets(out, target{profile: prof, platform: amd64}); err != nil {
			return err
		}
		if err := sizeOfPackages(out, target{profile: prof, platform: amd64, symbols: true}); err != nil {
			return err
		}
	}
	return out.Flush()
}

func sizeOfBinaries(out *bufio.Writer) error {
	fmt.Fprintf(out, "\n## Binaries\n\n| profile | platform | bytes | xz -9e |\n|---|---|---:|---:|\n")
	for _, name := range profiles {
		prof, err := readProfile(name)
		if err != nil {
			return err
		}
		for _, p := range platforms {
			w, err := weigh(target{profile: prof, platform: p})
			if err != nil {
				return err
			}
			fmt.Fprintf(out, "| %s | %s | %s | %s |\n", name, p.name, digits(w.bytes), digits(w.xz))
			out.Flush()
		}
	}
	return nil
}

// sizeOfApplets weighs the binary without each applet in turn: what it shares
// with others is not counted to it.
func sizeOfApplets(out *bufio.Writer, b target) error {
	whole, err := weigh(b)
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "\n## What each applet adds to %s (amd64)\n\n| applet | bytes | xz -9e |\n|---|---:|---:|\n", b.profile.name)
	for _, name := range b.profile.applets {
		less := b
		less.profile = b.profile.without(name)
		w, err := weigh(less)
		if err != nil {
			return err
		}
		fmt.Fprintf(out, "| %s | %s | %s |\n", name, digits(whole.bytes-w.bytes), digits(whole.xz-w.xz))
		out.Flush()
	}
	return nil
}

// sizeOfPackages sums the symbols of each package. The tables that the runtime
// keeps of all functions (pclntab) are a symbol of their own.
func sizeOfPackages(out *bufio.Writer, b target) error {
	tmp, err := os.MkdirTemp("", "rescuebox-size-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(tmp)
	file := filepath.Join(tmp, "rescuebox")
	if err := b.write(file); err != nil {
		return err
	}
	nm, err := exec.Command("go", "tool", "nm", "-size", file).Output()
	if err != nil {
		return fmt.Errorf("go tool nm: %w", err)
	}
	sums := packageSizes(nm)
	names := make([]string, 0, len(sums))
	for name := range sums {
		names = append(names, name)
	}
	slices.SortFunc(names, func(a, b string) int {
		if sums[a] != sums[b] {
			return int(sums[b] - sums[a])
		}
		return strings.Compare(a, b)
	})
	fmt.Fprintf(out, "\n## What each package takes of %s (amd64)\n\n| package | bytes |\n|---|---:|\n", b.profile.name)
	for _, name := range names {
		if sums[name] >= 1000 {
			fmt.Fprintf(out, "| %s | %s |\n", name, digits(sums[name]))
		}
	}
	return nil
}

// packageSizes sums the sizes that go tool nm -size printed, by package. Symbols
// without space in the file (type b, B) are left out.
func packageSizes(nm []byte) map[string]int64 {
	sums := map[string]int64{}
	for line := range bytes.Lines(nm) {
		f := strings.Fields(string(line))
		if len(f) < 4 || f[2] == "b" || f[2] == "B" {
			continue
		}
		n, err := strconv.ParseInt(f[1], 10, 64)
		if err != nil {
			continue
		}
		sums[packageOf(strings.Join(f[3:], " "))] += n
	}
	return sums
}

// packageOf returns the import path in a symbol's name.
func packageOf(symbol string) string {
	switch symbol {
	case "runtime.pclntab", "runtime.etypes", "runtime.types":
		return symbol
	}
	for _, prefix := range []string{"type:", "go:", "$"} {
		if strings.HasPrefix(symbol, prefix) {
			return prefix
		}
	}
	name, _, _ := strings.Cut(symbol, "[") // type arguments have paths too
	slash := strings.LastIndexByte(name, '/') + 1
	dot := strings.IndexByte(name[slash:], '.')
	if dot < 0 {
		return "(other)"
	}
	return name[:slash+dot]
}

// digits writes n in groups of three.
func digits(n int64) string {
	s := strconv.FormatInt(n, 10)
	sign := ""
	if n < 0 {
		sign, s = "-", s[1:]
	}
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return sign + s
}
