package main

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// objects lists every regular file of a tree that begins as ELF objects do and is a
// program or a library (e_type ET_EXEC or ET_DYN).
func objects(tree string) ([]string, error) {
	var list []string
	err := filepath.WalkDir(tree, func(path string, e fs.DirEntry, err error) error {
		if err != nil || !e.Type().IsRegular() {
			return err
		}
		f, err := os.Open(path)
		if err != nil {
			return err
		}
		defer f.Close()
		var head [18]byte
		if n, _ := f.Read(head[:]); n == len(head) && string(head[:4]) == "\x7fELF" && head[5] == 1 && (head[16] == 2 || head[16] == 3) {
			list = append(list, path)
		}
		return nil
	})
	return list, err
}

// sample takes every k-th of a list, so that at most n are left.
func sample(list []string, n int) []string {
	step := max(1, (len(list)+n-1)/n)
	var some []string
	for i := 0; i < len(list); i += step {
		some = append(some, list[i])
	}
	return some
}

// closures measures what every object of the tree needs.
func closures(b *strings.Builder, binary, tree string, rounds int) (string, error) {
	list, err := objects(tree)
	if err != nil {
		return "", err
	}
	type row struct {
		name  string
		files []string
		argv  []string
	}
	few, fewer := sample(list, 200), sample(list, 40)
	rows := []row{
		{"rescuebox ldd", list, []string{binary, "ldd"}},
		{"rescuebox ldd, the files of the next row", few, []string{binary, "ldd"}},
		{"glibc ldd", few, []string{"ldd"}},
		{"rescuebox ldd, the files of the next row", fewer, []string{binary, "ldd"}},
		{"lddtree", fewer, []string{"lddtree"}},
	}
	fmt.Fprintf(b, "\n## What every ELF object below %s needs\n\n%d objects; the slow tools got every n-th of them. The bound is %.0f s for all.\n\n", tree, len(list), mostSeconds)
	b.WriteString("| tool | objects | ms | µs an object | times ours |\n|---|---:|---:|---:|---:|\n")
	var all, ours time.Duration
	for _, r := range rows {
		n := rounds
		if r.argv[0] != binary {
			n = 1
		}
		d, err := least(n, append(r.argv, r.files...)...)
		if err != nil {
			return "", err
		}
		if r.argv[0] == binary {
			ours = d
		}
		if len(r.files) == len(list) && all == 0 {
			all = d
		}
		fmt.Fprintf(b, "| %s | %d | %d | %d | %.1f |\n", r.name, len(r.files), d.Milliseconds(), d.Microseconds()/int64(len(r.files)), d.Seconds()/ours.Seconds())
	}
	if all.Seconds() > mostSeconds {
		return fmt.Sprintf("all closures take %.2f s", all.Seconds()), nil
	}
	return "", nil
}
