package b64xfer

import (
	"path"
	"strconv"
	"strings"

	"rescuebox/b64xfer/stage1"
)

// landing is a way to land stage-1, a small receiver of our own that does the rest,
// with what the host has.
type landing struct {
	name, needs string
	decoder     string // program that must run; none for a shell's own printf
	xbit        string
	probe       string // prints A when the decoder works
	decode      string // makes $Q of $t; p says it
	own         bool   // decode creates $Q, and sets its x bit
	newline     bool   // $t keeps the ends of lines
	encode      encoder
}

// encoder makes lines of text of the program that decode turns into $Q. The path of
// that is for those who write it into the text.
type encoder func(program []byte, file string) []string

// endFirst is the line behind those that carry stage-1.
const endFirst = ".."

// landings are the receivers that land stage-1.
func landings() []receiver {
	var all []receiver
	for _, l := range append(decoders(), builtins()...) {
		all = append(all, receiver{name: l.name, needs: l.needs, memory: true, xbit: l.xbit, probe: l.probe, start: l.start})
	}
	return append(all, typedObjects()...)
}

// newline stands for one that a command needs, while others may go.
const newline = "\x01"

// machines are what uname -m says where programs of an architecture run.
var machines = map[string]string{
	"amd64": "x86_64", "386": "i?86|x86_64", "arm64": "aarch64*", "armv7": "armv7*|armv8*|aarch64",
}

// start makes the command and the lines. Those that hold what stage-1 cannot check
// itself come twice, the second time behind the others.
func (l landing) start(p plan) (string, []string, error) {
	program, head, err := p.stage1()
	if err != nil {
		return "", nil, err
	}
	file := p.Dest + ".s1"
	lines := l.encode(program, file)
	twice := len(l.encode(program[:head], file))
	first := make([]string, 0, len(lines)+twice+1)
	for i, line := range append(lines, lines[:twice]...) {
		first = append(first, strconv.Itoa(i+1)+":"+strconv.Itoa(len(line))+":"+line)
	}
	create := landingCreate
	if l.own {
		create = landingFolder
	}
	command := replace(landingCommand, "{prove}", p.when(l.probe != "", landingProbe), "{create}", create,
		"{probe}", l.probe, "{decoder}", l.decoder, "{decode}", l.decode, "{remove}", p.when(l.own, "rm -f $Q 2>&-;"), "{separator}", p.when(l.newline, newline),
		"{taken}", p.taken("[ -e $D ]||[ -h $D ]", "[ -d $D ]", "false"), "{machines}", machines[p.Arch], "{arch}", p.Arch,
		"{lines}", strconv.Itoa(len(first)), "{once}", strconv.Itoa(len(lines)), "{twice}", strconv.Itoa(twice),
		"{folder}", path.Dir(p.Dest))
	return strings.ReplaceAll(fold(p.pieces(command), "\n"), newline, "\n"), append(first, endFirst), nil
}

// stage1 is the program for this plan, and how much of its beginning it cannot check
// itself. Zeros behind it make base64 without padding.
func (p plan) stage1() (program []byte, head int, err error) {
	program, err = stage1.Image(p.Arch, stage1.Params{Header: p.header, Ack: p.Ack, Memory: p.Memory})
	if err != nil {
		return nil, 0, err
	}
	for len(program)%3 > 0 {
		program = append(program, 0)
	}
	return program, stage1.Head(p.Arch), nil
}

// landingCommand runs in a subshell, so that its traps and options end with it.
// Messages are closed (2>&-) and not sent to /dev/null, which may be missing.
//
// The lines of stage-1 are kept in $t, each with its number and length compared, so
// that a decoder gets nothing damaged; n counts them, f and g are those that come
// twice. After damage (e) the rest is still read, to its end: the shell would take
// it for commands.
//
// noclobber (set -C) keeps > from following a link that somebody else put there. A
// trap on 0 alone does not do: dash does not run it when a signal kills it. Nor may
// stty be stopped there: when a substitution has died of SIGINT, bash takes the
// terminal away from its own subshell, and SIGTTOU is next. A signal's trap cleans up
// before it exits: one that comes when the trap on 0 has begun would end that. A terminal
// that hangs up is noticed as the end of what is read: SIGHUP is left alone, since zsh
// runs a trap in the middle of malloc, and then waits for itself for ever.
//
// On a terminal ksh93 reads ahead of the line that its read returns, unless its line
// editors are off.
//
// A decoder's message may end without a newline: what follows it stands on a line of
// its own.
//
// stage-1 removes its file when it starts. While that is there, the next way to
// start it is tried: the kernel, bash's enable -f, and LD_PRELOAD. Its status is 99
// when it finds itself damaged; what a decoder has cut short dies of a signal.
const landingCommand = `
(D={dest};Q=$D.s1;{ {taken};}&&{ echo "{refusal}";exit 1;};
case $(uname -m 2>&-) in ({machines}|"") ;;(*) echo "this host is no {arch}: use another --arch";exit 1;;esac;
{prove}
p(){ printf %s "$1" 2>&-||print -rn -- "$1";};
case $KSH_VERSION in (Version*) set +o emacs +o vi +o gmacs +o viraw;;esac;
umask 077;rm -f $Q 2>&-;set -C;s=$(stty -g 2>&-);{create}
k='trap "" 1 2 3 15;[ -e $Q ]&&{ rm -f $Q 2>&-||: >|$Q;};[ "$s" ]&&stty $s';trap "$k" 0;
trap "$k;exit 1" 2 3 15;trap "" 1 PIPE TTOU;[ "$s" ]&&stty -echo;
case $Q in (/*) ;;(*) Q=./$Q;;esac;
until false;do echo RE""ADY;n=0;e=;t=;f=;g=;w=;z=;
while IFS= read -r l||{ echo "damaged: given up. Nothing was kept";exit 1;};do 
case $l in (.|" "*) break;;("") continue;;
(..) [ "$n$g" = "{lines}$f" ]&&[ -z "$e" ]&&w=1&&break;e=${e:-"line $n"};esac;
[ "$e" ]&&continue;n=$((n+1));x=${l#*:*:};
[ "$l" = "$n:${#x}:$x" ]||{ e="line $n";continue;};
if [ $n -gt {once} ];then g=$g$x;else [ $n -gt {twice} ]||f=$f$x;t="$t$x{separator}";fi;
done;
if [ "$w" ];then {remove}{decode}||{ z=99;echo;};[ -s $Q ]||z=99;
{ chmod 700 $Q||busybox chmod 700 $Q||{ zmodload zsh/files&&zf_chmod 700 $Q;};} 2>&-;
[ -x $Q ]&&[ -z "$z" ]&&{ $Q 2>&-;z=$?;};
[ "${z:-0}" -gt 128 ]&&z=99;
[ -e $Q ]&&[ "${z:-0}" -ne 99 ]&&{ (enable -f $Q x) 2>&-;z=$?;};
for x in /bin/sh /bin/bash /bin/dash /bin/zsh /bin/ksh /bin/mksh /bin/yash;do 
[ -e $Q ]&&[ "${z:-0}" -ne 99 ]&&[ -x $x ]&&{ LD_PRELOAD=$Q $x -c : 2>&-;z=$?;};done;
[ -e $Q ]||[ "$z" = 99 ]||exit $z;
while IFS= read -r l;do case $l in (.|" "*) break;;esac;done;
[ "$z" = 99 ]||{ echo "damaged: the receiver does not start from $Q (noexec, or no {arch}?): use another --dest, or --to";exit 1;};
fi;
echo "damaged: ${e:-line $n} of the receiver; paste the payload again";
done)
`

const landingProbe = `[ "$({probe})" = A ]||{ echo "no {decoder} runs here: use another --to";exit 1;};`

// landingCreate proves that the file can be written, before all is pasted.
const landingCreate = `: >$Q||exit 1;`

// landingFolder does nearly that, where the decoder wants to create it.
const landingFolder = `[ -w {folder} ]||{ echo "$D: its folder is not there, or not for writing";exit 1;};`
