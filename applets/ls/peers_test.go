package ls

import (
	"regexp"
	"strings"
	"testing"

	"rescuebox/internal/applettest"
)

// What busybox and toybox have too.
func TestConfirmAll(t *testing.T) {
	applettest.Confirmation{Applet: &Applet, Fixture: fixture, Cases: rows(t, short), Normalize: inodes}.Run(t)
}

// inodes takes the padding off inode numbers: busybox pads to seven digits whatever
// the widest is. The table for coreutils alone holds the padding.
func inodes(stdout string) string {
	return regexp.MustCompile(`(?m)^ +(\d{5,} )`).ReplaceAllString(stdout, "$1")
}

// The others pad long listings by other rules, count blocks otherwise and show
// times in other formats: this compares the rest.
func TestConfirmLong(t *testing.T) {
	applettest.Confirmation{Applet: &Applet, Fixture: fixture, Cases: rows(t, longRows), Normalize: fields}.Run(t)
}

func fields(stdout string) string {
	stdout = regexp.MustCompile(`(?m)^total .*\n`).ReplaceAllString(stdout, "")
	stdout = regexp.MustCompile(`[A-Z][a-z]{2} [ 0-9]\d  ?[0-9:]{4,5}|\d{4}-\d\d-\d\d \d\d:\d\d(:\d\d(\.\d+)? [+]0000)?`).ReplaceAllString(stdout, "TIME")
	return regexp.MustCompile(` +`).ReplaceAllString(stdout, " ")
}

// rows reads a table of command lines; after ## of each are the letters of reasons.
func rows(t *testing.T, table string) []applettest.Case {
	var cases []applettest.Case
	for line := range strings.Lines(table) {
		line, keys, _ := strings.Cut(strings.TrimSpace(line), " ## ")
		if line == "" {
			continue
		}
		c := applettest.Case{Line: line, Differs: map[string]string{}}
		for _, key := range strings.Fields(keys) {
			peer, reason, ok := strings.Cut(reasons[key], ": ")
			if !ok {
				t.Fatalf("%s: no reason %s", line, key)
			}
			c.Differs[peer] = reason
		}
		cases = append(cases, c)
	}
	return cases
}

var reasons = map[string]string{
	"b-none":    "busybox: it has no such option",
	"t-none":    "toybox: it has no such option",
	"b-status":  "busybox: an operand that is missing has status 1; here 2 tells it from trouble inside a directory, as GNU does",
	"t-status":  "toybox: an operand that is missing has status 1; here 2 tells it from trouble inside a directory, as GNU does",
	"t-blank":   "toybox: it prints an empty line before the first files",
	"b-broken":  "busybox: it follows a link given as operand and does not list one that leads nowhere",
	"b-blocks":  "busybox: it pads numbers of blocks to six cells and more; here to the widest, as GNU does",
	"b-version": "busybox: it knows nothing of suffixes, so file-1.10.tar.gz is before file-1.2~rc1",
	"b-columns": "busybox: its columns all have the width of the longest name",
	"t-columns": "toybox: it fills the line with spaces where GNU uses tabs",
	"b-bytes":   "busybox: it shows unprintable bytes as ? also when not to a terminal, where a script needs the name",
	"b-quote":   "busybox: it shows unprintable bytes as ?, so the name cannot be typed",
	"t-hide":    "toybox: it takes UTF-8 for one character in the C locale too",
	"t-bytes":   "toybox: it turns UTF-8 into Latin-1 in the C locale",
	"t-escape":  "toybox: it escapes by rules of its own",
	"b-ids":     "busybox: it cuts owners to eight digits: another owner",
	"b-human":   "busybox: it shows 1024.0K and 10.0K, and rounds to the nearest",
	"t-human":   "toybox: it rounds to the nearest and shows 1000 as 0.9K",
	"t-arrow":   "toybox: it marks what a link holds as a link, whatever it leads to",
	"g-color":   "coreutils: it prints no colours where TERM is not known",
	"b-color":   "busybox: it has other colours",
	"t-color":   "toybox: it has other colours",
}

const short = `
-1
-a
-A
-d
-R dir
-1R dir
-a1R dir
-R dir/sub empty
empty
-d dir file link
file
dir
dir empty
missing ## b-status t-status
missing file ## b-status t-status
file dir ## t-blank
dir/
dir/sub/
./dir
-- -dash
link
link-dir
link-broken ## b-broken
link-link
-L link
-H link-dir
-F dir
-F kinds
-p kinds
-p dir
-1i kinds
-i file hard
-1s plain ## b-blocks
-s plain ## b-blocks
-S sizes
-Sr sizes
-t times
-tr times
-tu a.c b.c b.h c
-r versions
-U dir ## b-none t-none
-1U dir ## b-none t-none
-f dir ## b-none
-X dir ## t-none
-v dir ## t-none
-v versions ## b-version t-none
-C dir ## b-columns
-C -w40 many
-C -w80 many ## b-columns t-columns
-x -w80 many ## b-columns t-columns
-m dir ## b-none
-q names ## b-none t-hide
-b names ## b-none t-escape
-N names ## b-none t-bytes
-Q names ## b-quote t-none
--group-directories-first dir ## t-none
--color=never kinds
--color=always dir ## g-color b-color t-color
-Z dir ## b-none
`

const longRows = `
-l dir
-la dir
-lA dir
-ld
-lR dir
-ld dir file link link-dir
-ld dir
-l -- -dash
-l link
-l link-dir
-lL link
-lH link
-lH link-dir
-l kinds
-lF kinds ## t-arrow
-lL dir
-ls plain ## b-blocks
-ln owners
-n owners
-l owners ## b-ids
-g owners
-o owners ## b-none
-lS sizes
-lh sizes ## b-human t-human
-lh plain ## t-human
-lt times
-l times
--full-time times
-lu a.c b.c b.h c file
-ltu a.c b.c b.h c file
-lq names ## b-none t-hide
-l names ## b-bytes t-bytes
-lZ dir ## b-none
`
