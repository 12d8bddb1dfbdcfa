package b64xfer

import "strings"

// receiver is one way to take a file in on the far side.
type receiver struct {
	name       string
	needs      string
	deflate    bool // always inflates
	canDeflate bool // inflates on demand
	twice      int  // lines with number and length; so many of them once more (see twice)
	encode     func(data []byte, yield func(string) bool)
	command    func(plan) string
	run        func(plan) string
}

// plan is what a receiver's lines depend on. Numbers are in decimal.
type plan struct {
	dest       string
	size       string // bytes of the file
	sum        string // its SHA-256
	crc        string // its checksum by cksum(1)
	lines      string // of the payload, without the last
	once       string // of these, those before the repeated ones
	twice      string // how many are repeated
	force      bool
	deflate    bool
	executable bool // the file can prove itself: rescuebox --selfcheck
}

// part is the name of the file before it is proven.
func (p plan) part() string { return p.dest + ".part" }

var receivers = []receiver{
	{name: "python3", needs: "python3 with zlib", deflate: true,
		encode: base64Lines(960), command: python("python3"), run: start},
	{name: "python2", needs: "python 2.4 to 2.7 with zlib, as python", deflate: true,
		encode: base64Lines(960), command: python("python"), run: start},
	// 80 characters are 60 bytes: the most that a line of uuencode can hold is 63.
	{name: "perl", needs: "perl 5; no module", canDeflate: true,
		encode: base64Lines(80), command: perl, run: start},
	{name: "base64", needs: "base64 of coreutils, busybox or toybox", twice: 1,
		encode: base64Lines(960), command: pipe("base64 -d"), run: prove},
	{name: "openssl", needs: "openssl", twice: 12,
		encode: base64Lines(64), command: pipe("openssl base64 -d"), run: prove},
	{name: "sh", needs: "nothing but a POSIX shell with a printf of its own", twice: 2,
		encode: octalLines, command: builtins, run: prove},
}

// fill replaces the names in braces by what the plan says.
func (p plan) fill(text string) string {
	return replace(text, "{dest}", p.dest, "{part}", p.part(), "{size}", p.size,
		"{sum}", p.sum, "{crc}", p.crc, "{lines}", p.lines, "{once}", p.once,
		"{twice}", p.twice, "{refusal}", p.refusal())
}

// replace replaces the first of each pair by the second, one pair after the other.
// strings.Replacer, which takes them all at once, is 8 KB of program.
func replace(text string, pairs ...string) string {
	for ; len(pairs) > 0; pairs = pairs[2:] {
		text = strings.ReplaceAll(text, pairs[0], pairs[1])
	}
	return text
}

// refusal is what a receiver says when there is something at dest that it must not
// replace. A folder cannot be replaced, forced or not.
func (p plan) refusal() string {
	if p.force {
		return p.dest + " is a folder: send with another --dest"
	}
	return p.dest + " exists: send with --force, or another --dest"
}

// either returns the first text, or the second for a transfer that may replace.
func (p plan) either(careful, forced string) string {
	if p.force {
		return forced
	}
	return careful
}

// start runs a file that the receiver has proven and given its final name.
func start(p plan) string {
	if !p.executable {
		return p.fill("ls -l {dest}")
	}
	return p.fill("{dest} --selfcheck {sum} && {dest}")
}
