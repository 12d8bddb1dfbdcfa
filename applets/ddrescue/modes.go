package ddrescue

import (
	"slices"
	"strings"

	"rescuebox/internal/applet"
)

// check looks at what options mean together.
func (o *options) check() error {
	modes := 0
	for _, mode := range []bool{o.fillTypes != "", o.generate, o.command} {
		if mode {
			modes++
		}
	}
	switch {
	case o.SameFile && o.mayOverlap():
		return applet.Usage(1, "--same-file: the same position for input and output, or a --size by which they do not overlap: reads run ahead of writes")
	case modes > 1:
		return applet.Usage(1, "one of --fill-mode, --generate-mode and --command-mode")
	case o.mapfile == "" && (o.tryAgain || o.retrim || o.complete || o.checkSize || o.fillTypes != "" || o.generate):
		return applet.Usage(1, "that needs a MAP")
	case o.ignoreErrors && o.fillTypes == "":
		return applet.Usage(1, "--ignore-write-errors belongs to --fill-mode: a rescue with holes that the map calls finished would be lost")
	case o.testMap == "-" && (o.domain == "-" || o.usedFirst == "-") || o.domain == "-" && o.usedFirst == "-":
		return applet.Usage(1, "only one map can come from standard input")
	}
	return nil
}

// mayOverlap reports whether a copy within one file could overwrite what is not read
// yet.
func (o *options) mayOverlap() bool {
	apart := max(o.opos-o.ipos, o.ipos-o.opos)
	return apart > 0 && (o.size < 0 || o.size > apart)
}

// Options that mean something in each mode beside its own.
const (
	fillOptions     = "FbBcfimLoqsvwy"
	generateOptions = "GbBcimLoqsv"
	commandOptions  = "bBcCdDfHiILmoOpqsStvWxy"
)

// idle are the options that were given and do nothing in a mode that takes those of
// letters, and some without one.
func (o *options) idle(letters string, long ...rune) string {
	var names []string
	for _, g := range o.given {
		if !strings.ContainsRune(letters, g.letter) && !slices.Contains(long, g.letter) && !slices.Contains(names, g.name) {
			names = append(names, g.name)
		}
	}
	return strings.Join(names, " ")
}

// noteIdle says which options do nothing in a mode.
func (r *run) noteIdle(mode, letters string, long ...rune) {
	if names := r.o.idle(letters, append(long, optInterval, optJSON, optOverride)...); names != "" {
		r.note(names + ": nothing in " + mode)
	}
}

// defaultSector is that of ddrescue, in bytes.
const defaultSector = 512

// clusters are the sizes of a sector and of a cluster in bytes, where those of the disk
// are known or not.
func (o *options) clusters(sector int64) (_, cluster int64, err error) {
	if o.Sector > 0 {
		sector = o.Sector
	}
	cluster = max(64<<10, sector)
	if o.cluster > 0 {
		cluster = sector * o.cluster
	}
	if cluster > 1<<29 {
		err = applet.Usage(1, "--cluster-size: at most 512 MiB")
	}
	return sector, cluster, err
}
