package b64xfer

import (
	"strconv"
	"strings"

	"rescuebox/b64xfer/wire"
)

// receiver is one way to take a file in on the far side.
type receiver struct {
	name     string // as its program
	needs    string // what must be there, for the person
	inflates bool   // takes a zlib stream
	typed    bool   // is all in the command: nothing of ours is landed
	memory   bool   // executes what came without a file

	unshifted bool   // can be typed without a shift key
	stop      string // with what the line that runs the file begins, where a space in front is not seen as the end
	xbit      string // how the file gets its x bit
	probe     string // shell text that prints QQ== decoded or the like when it works there

	// start returns the command line that starts it, and the lines before the chunks
	// (a receiver of our own, with their end) if it needs any.
	start func(plan) (command string, first []string, err error)
}

// receivers is all there are, best first: those that need no program of ours there.
func receivers() []receiver {
	return append(interpreters(), landings()...)
}

// plan is what a receiver's lines depend on.
type plan struct {
	Options
	header     wire.Header
	sum        string // SHA-256 of the file, in hexadecimal
	size       int64  // of the file, in bytes
	executable bool   // the file can prove itself: rescuebox --selfcheck
}

// part is the name of the file before it is proven.
func (p plan) part() string { return p.Dest + ".part" }

// fill replaces the names in braces by what the plan says.
func (p plan) fill(text string) string {
	return replace(text, "{dest}", p.Dest, "{part}", p.part(), "{size}", strconv.FormatInt(p.header.Size, 10),
		"{sum}", p.sum, "{count}", strconv.Itoa(p.header.Count()), "{chunk}", strconv.Itoa(p.header.Chunk),
		"{refusal}", p.refusal(), "{bytes}", strconv.FormatInt(p.size, 10))
}

// replace replaces the first of each pair by the second, one pair after the other.
func replace(text string, pairs ...string) string {
	for ; len(pairs) > 0; pairs = pairs[2:] {
		text = strings.ReplaceAll(text, pairs[0], pairs[1])
	}
	return text
}

// refusal is what a receiver says when there is something at Dest that it must not
// replace. A folder cannot be replaced, forced or not.
func (p plan) refusal() string {
	if p.Force {
		return p.Dest + " is a folder: send with another --dest"
	}
	return p.Dest + " exists: send with --force, or another --dest"
}

// either returns the first text, or the second for a transfer that may replace.
func (p plan) either(careful, forced string) string {
	if p.Force {
		return forced
	}
	return careful
}

// run is the line that runs a file which has been proven and has its final name.
func (p plan) run() string {
	if !p.executable {
		return p.fill("[ -s {dest} ] && echo {dest}") // no program may run there
	}
	return p.fill("{dest} --selfcheck {sum} && {dest}")
}
