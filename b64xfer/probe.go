package b64xfer

import (
	"errors"
	"path"
	"slices"
	"strings"
)

// The lines of what the far side answers begin with these.
const (
	probeShell  = "b64xfer-shell: "
	probeRuns   = "b64xfer-runs: "
	probeDirs   = "b64xfer-dirs: "
	probeNoexec = "b64xfer-noexec: "
	probeEnd    = "b64xfer-end"

	probeMark = "b64xfer-"
)

// Answer is what a far side has said of itself.
type Answer struct {
	Shell   string   // its name, or "sh"
	Machine string   // as uname -m says it; empty where that did not run
	Loaders []string // dynamic loaders that exist there
	Runs    []string // receivers that work, in the order of Receivers
	Dirs    []string // folders that can be written to
	Noexec  []string // where file systems are mounted from which nothing is executed
}

// probeCommand asks with nothing but the shell. Each receiver has decoded the letter A
// when it is named: a program that is there may not run any more. Marks are written
// in two parts, so that the echo is not taken for them.
const probeCommand = `
(r=;a=;d=;e=;set +f;
{tests}
for l in {loaders};do [ -e $l ]&&a="$a $l";done;
for l in /tmp /dev/shm /run /var/tmp ${HOME:-/} .;do [ -d $l ]&&[ -w $l ]&&d="$d $l";done;
{ while read -r x m y o z;do case $o in (*noexec*) e="$e $m";;esac;done </proc/mounts;} 2>&-;
s=sh;[ "$BASH_VERSION" ]&&s=bash;[ "$ZSH_VERSION" ]&&s=zsh;[ "$YASH_VERSION" ]&&s=yash;
case $KSH_VERSION in (Version*) s=ksh;;(*MIRBSD*|*LEGACY*) s=mksh;;esac;
echo b64xfer-sh"ell: $s $(uname -m 2>&-) $a";echo b64xfer-ru"ns:$r";
echo b64xfer-di"rs:$d";echo b64xfer-no"exec:$e";echo b64xfer-e"nd")
`

// Probe returns what is typed into a shell of unknown kind, to learn what works there:
// some lines of at most 1000 characters. It changes nothing there.
func Probe() string {
	var tests strings.Builder
	for _, r := range receivers() {
		if r.probe != "" {
			tests.WriteString(`[ "$(` + r.probe + `)" = A ]&&r="$r ` + r.name + "\";\n")
		}
	}
	var all []string
	for _, arch := range []string{"amd64", "386", "arm64", "armv7"} {
		all = append(all, loaders[arch]...)
	}
	text := replace(probeCommand, "{tests}", tests.String(), "{loaders}", strings.Join(all, " "))
	return " " + fold(pieces(text), "\n")
}

// loaders are the dynamic loaders of glibc and musl.
var loaders = map[string][]string{
	"amd64": {"/lib64/ld-linux-x86-64.so.2", "/lib/ld-musl-x86_64.so.1"},
	"386":   {"/lib/ld-linux.so.2", "/lib/ld-musl-i386.so.1"},
	"arm64": {"/lib/ld-linux-aarch64.so.1", "/lib/ld-musl-aarch64.so.1"},
	"armv7": {"/lib/ld-linux-armhf.so.3", "/lib/ld-musl-armhf.so.1"},
}

// ParseProbe finds the answer in what a terminal has shown, between echoes and
// prompts. It is an error when there is none, or not all of it.
func ParseProbe(text string) (Answer, error) {
	var a Answer
	begun := false
	for line := range strings.Lines(text) {
		// A prompt, or what sets a terminal's mode, may stand in front.
		if i := strings.Index(line, probeMark); i >= 0 {
			line = line[i:]
		}
		line = strings.TrimSpace(line)
		if fields, found := strings.CutPrefix(line, probeShell); found {
			a, begun = Answer{}, true
			words := strings.Fields(fields)
			for i, word := range words {
				switch {
				case i == 0:
					a.Shell = word
				case strings.HasPrefix(word, "/"):
					a.Loaders = append(a.Loaders, word)
				default:
					a.Machine = word
				}
			}
		}
		for _, list := range []struct {
			mark string
			to   *[]string
		}{{probeRuns, &a.Runs}, {probeDirs, &a.Dirs}, {probeNoexec, &a.Noexec}} {
			if fields, found := strings.CutPrefix(line+" ", list.mark); found {
				*list.to = strings.Fields(fields)
			}
		}
		if line == probeEnd && begun && a.Shell != "" {
			return a, nil
		}
	}
	return Answer{}, errors.New("no answer of the probe in that: its last line is " + probeEnd)
}

// Arch returns the architecture, as Options has it: what the kernel says, else what
// its dynamic loaders are for, else amd64.
func (a Answer) Arch() string {
	switch m := a.Machine; {
	case m == "x86_64":
		// A 32-bit system may run on such a kernel.
		if len(a.Loaders) > 0 && !slices.ContainsFunc(a.Loaders, func(l string) bool { return slices.Contains(loaders["amd64"], l) }) {
			return "386"
		}
		return "amd64"
	case len(m) == 4 && m[0] == 'i' && m[2:] == "86":
		return "386"
	case strings.HasPrefix(m, "aarch64"):
		return "arm64"
	case strings.HasPrefix(m, "armv"):
		return "armv7"
	case m != "":
		return m // New says that there is nothing for it
	}
	for _, arch := range []string{"amd64", "386", "arm64", "armv7"} {
		if slices.ContainsFunc(a.Loaders, func(l string) bool { return slices.Contains(loaders[arch], l) }) {
			return arch
		}
	}
	return "amd64"
}

// Choose returns what to send with: the receiver that names damage best and costs
// least, the architecture, and a place there for a file with a base name. Where
// nothing can be executed from any folder, it is executed from memory, if something
// there can. The error says what is missing.
func (a Answer) Choose(base string) (receiver string, o Options, err error) {
	o.Arch = a.Arch()
	for _, dir := range a.Dirs {
		if !a.noexec(dir) {
			o.Dest = path.Join(dir, base)
			break
		}
	}
	o.Memory = o.Dest == ""
	if o.Memory {
		o.Dest = "/" + base
	}
	for _, r := range receivers() {
		landed := r.probe == "" || !r.typed
		if o.Memory && (landed || !r.memory) {
			continue
		}
		if slices.Contains(a.Runs, r.name) {
			return r.name, o, nil
		}
	}
	if o.Memory {
		return "", o, errors.New("nothing over there can be executed: no folder, and no python, perl, ruby or php")
	}
	if a.Shell == "mksh" {
		return "mksh", o, nil
	}
	return "sh", o, nil
}

// noexec reports whether the file system of a folder is mounted so. The mount
// that is nearest decides, and only those mounted so are known: others may lie between.
func (a Answer) noexec(dir string) bool {
	for _, mount := range a.Noexec {
		if dir == mount || strings.HasPrefix(dir, strings.TrimSuffix(mount, "/")+"/") {
			return true
		}
	}
	return false
}
