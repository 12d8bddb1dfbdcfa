package stage0

import (
	"errors"
	"strings"

	"rescuebox/b64xfer/unshifted"
)

// Config is where stage-0 goes, and where stage-1.
type Config struct {
	Arch  string
	Form  Form
	Dest  string // the file that stage-1 will write; stage-0 is Dest.s0, stage-1 Dest.s1
	Over  string // with Plain: an executable file that may be overwritten by stage-0
	Force bool   // replace Dest

	Unshifted bool // all of it is typed without a shift key
}

// loaders are the dynamic loaders of an architecture, glibc's and musl's.
var loaders = map[string]string{
	"amd64": "/lib64/ld-linux-x86-64.so.2 /lib/ld-musl-x86_64.so.1",
	"386":   "/lib/ld-linux.so.2 /lib/ld-musl-i386.so.1",
	"arm64": "/lib/ld-linux-aarch64.so.1 /lib/ld-musl-aarch64.so.1",
	"armv7": "/lib/ld-linux-armhf.so.3 /lib/ld-musl-armhf.so.1",
}

// Command returns the line to type: at most 1,700 characters on amd64 with a path of
// usual length, broken within quotes, where shells take no notice of it. It says READY, and reads Lines from the terminal. The text is for
// bash, dash, busybox ash, ksh93, yash and zsh; mksh has no printf.
//
// While stage-1 is empty nothing has read from the terminal, and the next way to
// start stage-0 is tried. When it has content and no x bit, it is damaged, and what
// is left of the paste is read up to its end. noclobber (set -C) keeps > from
// following a link that somebody else put there. Messages are closed (2>&-), since
// there may be no /dev/null. stage-1 removes both files; the trap does where it never
// runs.
func Command(c Config) (string, error) {
	image, err := Image(c.Arch, c.Form, c.Unshifted)
	switch {
	case err != nil:
		return "", err
	case c.Over != "" && c.Form != Plain:
		return "", errors.New("only the plain form runs by the x bit of another file")
	}
	if !strings.Contains(c.Dest, "/") {
		c.Dest = "./" + c.Dest // a bare name would be looked for in PATH
	}
	taken, why, file, into := "[ -e $D ]", "exists: send with --force or", "$D.s0", ">"
	if c.Force {
		taken, why = "[ -d $D ]", "is a folder: send with"
	}
	text := typed
	if c.Form == Plain {
		text = strings.Replace(text, "{start}", startPlain, 1)
	}
	octal := folded(Octal(image))
	if c.Unshifted {
		octal, text = "$r2", strings.Replace(text, "z='{zeros}'", "z=", 1)
	}
	if c.Over != "" {
		file, into = c.Over, ">|"
	}
	for _, pair := range [][2]string{{"{start}", startObject}, {"{taken}", taken}, {"{why}", why}, {"{dest}", c.Dest}, {"{s0}", file}, {"{into}", into},
		{"{loaders}", loaders[c.Arch]}, {"{image}", octal}, {"{zeros}", strings.Repeat(`\0`, zeros)}} {
		text = strings.ReplaceAll(text, pair[0], pair[1])
	}
	if c.Unshifted {
		return unshifted.Command(text, image)
	}
	return text, nil
}

// most is how many characters of a line are safe: the line editor of busybox cuts at
// 1023, silently.
const most = 450

// folded breaks text in double quotes, where a shell drops a backslash and the newline
// behind it. That must not come between a backslash and what follows.
func folded(text string) string {
	out, start := "", 0
	for i := 1; i < len(text); i++ {
		if i-start >= most && text[i] == '\\' && text[i-1] != '\\' {
			out += text[start:i] + "\\\n"
			start = i
		}
	}
	return out + text[start:]
}

const typed = ` (D={dest};{taken}&&{ echo "$D {why} another --dest";exit 1;};S={s0};T=$D.s1;umask 77;z='{zeros}';r(){ rm -f $D.s0 $T 2>&-;};r;set -C;` +
	`k='trap "" 1 2 15;r';trap "$k" 0;trap "$k;exit 1" 1 2 15;printf "{image}"{into}$S&&:>$T||exit;` +
	`while :;do :>|$T;echo RE""ADY;{start}` +
	`[ -x $T ]&&break;[ -s $T ]||{ echo "damaged: $S does not start (noexec?)";exit 1;};` +
	`[ $z = 0 ]||while IFS= read -r l||{ echo "damaged: given up. Nothing was kept";exit 1;};do case $l in (.|" "*) break;;esac;done;echo "damaged: the receiver; paste the payload again";done;` +
	`$T)`

const startObject = `(enable -f $S x)>|$T 2>&-;z=$?;for l in {loaders};do [ -s $T ]||{ [ -e $l ]&&$l $S>|$T;z=$?;};done;` +
	`[ -s $T ]||{ LD_PRELOAD=$S /bin/sh -c :>|$T;z=$?;};`

const startPlain = `$S>|$T;z=$?;`
